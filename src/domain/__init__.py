"""Entities, values, rules and repository ports. Standard library only: no I/O, no framework, no HTTP."""
