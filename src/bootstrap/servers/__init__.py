"""The web servers: gunicorn and granian."""
