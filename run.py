"""Lets `FLASK_APP=run.py flask run` start the service."""

from src.main import create_app

__all__ = ["create_app"]
