import json
from pathlib import Path

from src.infrastructure.stores.firestore.indexes import firestore_indexes


def test_the_index_file_follows_the_schema() -> None:
    """Otherwise run: python -m src.infrastructure.stores.firestore.indexes > firestore.indexes.json."""
    file = Path(__file__).parents[2] / "firestore.indexes.json"
    assert json.loads(file.read_text()) == firestore_indexes()
