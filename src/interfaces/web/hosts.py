"""Checks whether the Host header of a request names the local machine."""

import re

_LOOPBACK = re.compile(r"(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]*)?", re.IGNORECASE)


def is_loopback(host: str) -> bool:
    """Return whether ``host``, the value of a header Host, names the machine of the browser itself."""
    return bool(_LOOPBACK.fullmatch(host))
