"""The framework of the JSON interface, which handles every operation: declarations, authentication, and bodies."""
