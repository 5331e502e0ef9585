"""How errors are answered: as JSON, to OAuth2 clients, and as pages."""
