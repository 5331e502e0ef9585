"""Adapters: everything that talks to the world outside. Imports application and domain."""
