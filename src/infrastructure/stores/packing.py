"""Packs JSON into ASCII text: compressed, and encoded in base64.

The size of a document is limited. A large value that is packed fits into fewer documents.
"""

import base64
import json
import zlib
from typing import Any

from pydantic_core import to_json


def pack(value: Any) -> str:
    """Encode ``value`` as JSON and return it as packed text. It may contain dataclasses and enumerations."""
    return pack_json(to_json(value))


def pack_json(document: bytes) -> str:
    """Return the JSON text ``document`` as packed text: compressed, and encoded in base64."""
    return base64.b64encode(zlib.compress(document, 1)).decode()


def unpack(text: str) -> Any:
    """Return the value that was packed into ``text``."""
    return json.loads(zlib.decompress(base64.b64decode(text)))
