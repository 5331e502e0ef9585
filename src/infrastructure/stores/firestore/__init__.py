"""The store on Firestore."""

from src.infrastructure.stores.firestore.store import FirestoreStore

__all__ = ["FirestoreStore"]
