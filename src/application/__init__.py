"""Use cases. Imports the domain only."""
