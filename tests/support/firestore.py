"""Reads a Firestore store with the official client."""

from functools import cache

from google.cloud import firestore
from google.cloud.firestore_v1.collection import CollectionReference

from src.infrastructure.stores.firestore import FirestoreStore


def collection_of(store: FirestoreStore, name: str) -> CollectionReference:
    """Return a collection of the store's project."""
    return _client(store._database.split("/")[1]).collection(name)


@cache
def _client(project: str) -> firestore.Client:
    return firestore.Client(project=project)
