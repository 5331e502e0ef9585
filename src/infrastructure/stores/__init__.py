"""Document stores: one interface, and one implementation for each database."""
