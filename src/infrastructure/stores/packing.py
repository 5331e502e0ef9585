"""Compressed JSON as ASCII text, so that large values take few documents."""

import base64
import json
import zlib
from typing import Any


def pack(document: bytes) -> str:
    """Return a JSON document, compressed and in base64."""
    return base64.b64encode(zlib.compress(document, 1)).decode()


def pack_value(value: Any) -> str:
    """Return ``value`` as packed JSON."""
    return pack(json.dumps(value, ensure_ascii=False).encode())


def unpack(text: str) -> Any:
    """Return the value of packed JSON."""
    return json.loads(zlib.decompress(base64.b64decode(text)))
