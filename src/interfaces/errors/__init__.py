"""The answers to errors: as JSON, in the form of OAuth2, and as pages."""
