"""Sends files to clients, and makes the filenames that clients choose safe."""

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote

from flask import Response

_MAX_NAME_BYTES = 255  # the limit of most file systems
_MAX_SUFFIX_BYTES = 32


def safe_filename(text: str) -> str:
    """Return the filename ``text`` as one line without a path, in 1 to 255 bytes of UTF-8.

    Letters of every script are kept. Control and format characters, and dots and blanks at the ends, are removed.
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
    """Return a download that is neither cached nor shown in the browser.

    ``size`` is in bytes. ``chunks`` is closed when the answer ends or the client disconnects.
    """
    plain = re.sub(r'[^ -~]|["\\%]', "_", filename)  # for clients older than RFC 6266
    encoded = quote(filename, safe="!#$&+^`|")  # quote() and these keep the attr-char of RFC 8187
    response = Response(chunks, content_type="application/octet-stream")
    response.content_length = size
    response.headers["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
    return response
