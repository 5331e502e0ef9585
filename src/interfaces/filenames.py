"""Makes the filenames that clients choose safe."""

import re
import unicodedata

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
