"""Adapters: everything that talks to external systems. Imports application and domain."""
