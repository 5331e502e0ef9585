"""Files out, as streams, and under what name."""

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote

from flask import Response, g

_MAX_NAME_BYTES = 255  # of most file systems
_MAX_SUFFIX_BYTES = 32


def safe_filename(text: str) -> str:
    """What we keep and show of a name that a client gave: one line without a path, 1 to 255 bytes in UTF-8.

    Letters of every script stay; control and format characters and dots and blanks at the ends do not.
    """
    last = re.split(r"[/\\]", text)[-1]
    shown = "".join(char for char in last if char.isprintable() or char.isspace())
    name = unicodedata.normalize("NFC", " ".join(shown.split())).strip(" .")
    if len(name.encode()) > _MAX_NAME_BYTES:
        stem, dot, suffix = name.rpartition(".")
        if not stem or len(suffix.encode()) > _MAX_SUFFIX_BYTES:
            stem, dot, suffix = name, "", ""
        room = _MAX_NAME_BYTES - len((dot + suffix).encode())
        name = stem.encode()[:room].decode(errors="ignore").rstrip(" .") + dot + suffix
    return name or "file"


def attachment(chunks: Iterable[bytes], filename: str, size: int) -> Response:
    """A download that no cache keeps and no browser shows; ``chunks`` is closed when the client leaves."""
    g.private = True
    plain = re.sub(r'[^ -~]|["\\%]', "_", filename)  # for clients older than RFC 6266
    encoded = quote(filename, safe="!#$&+^`|")  # RFC 8187's attr-char, the rest of which quote never touches
    response = Response(chunks, content_type="application/octet-stream")
    response.content_length = size
    response.headers["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
    return response
