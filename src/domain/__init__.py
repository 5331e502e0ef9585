"""Entities, values, rules and repository ports. They use the standard library only: no I/O, framework or HTTP."""
