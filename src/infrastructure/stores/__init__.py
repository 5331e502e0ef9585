"""The store driver: three verbs, one adapter a database."""
