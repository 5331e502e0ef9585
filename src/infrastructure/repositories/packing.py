"""Large JSON as a short text: Firestore takes a mebibyte in a document."""

import base64
import json
import zlib
from typing import Any


def packed(value: Any) -> str:
    """JSON, compressed, in ASCII."""
    return base64.b85encode(zlib.compress(json.dumps(value, ensure_ascii=False).encode())).decode()


def unpacked(text: str | None) -> Any:
    """What was packed; None for nothing."""
    return json.loads(zlib.decompress(base64.b85decode(text))) if text else None
