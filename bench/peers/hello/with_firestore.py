"""Bare Flask that has imported the client library of Firestore."""

from app import app
from google.cloud import firestore

__all__ = ["app", "firestore"]
