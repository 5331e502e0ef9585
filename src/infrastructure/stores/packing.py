"""Packs JSON into ASCII text: compressed, and encoded in base64.

The size of a document is limited. A large value that is packed fits into fewer documents.
"""

import base64
import json
import zlib
from typing import Any

from pydantic_core import to_json


def pack(value: Any) -> str:
    """Return ``value``, which may contain dataclasses and enumerations, as JSON, compressed and in base64."""
    return pack_json(to_json(value))


def pack_json(document: bytes) -> str:
    """Return a JSON document, compressed and in base64."""
    return base64.b64encode(zlib.compress(document, 1)).decode()


def unpack(text: str) -> Any:
    """Return the value of packed JSON."""
    return json.loads(zlib.decompress(base64.b64decode(text)))
