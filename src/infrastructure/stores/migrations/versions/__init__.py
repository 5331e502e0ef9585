"""The migrations, ordered by their numbers."""
