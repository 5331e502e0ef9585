"""The JSON interface over HTTP, on Flask."""
