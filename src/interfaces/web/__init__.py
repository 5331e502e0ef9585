"""Pages for people, rendered on the server. They need no script."""
