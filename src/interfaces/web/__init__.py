"""Pages for people, rendered on the server. They work without scripts."""
