"""Checks the address of the web server."""

import socket

from src.settings import ConfigurationError


def require_free_address(host: str, port: int) -> None:
    """Raise ConfigurationError when the address is in use, which the servers would tell late or not at all.

    As for gunicorn, a name stands for an IPv4 address. Does not listen, because a client that connected meanwhile would
    be reset.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of an earlier service may linger
            probe.bind((host, port))
    except (OSError, UnicodeError) as error:  # the second one for a name that is too long
        reason = error.strerror if isinstance(error, OSError) else "this is not the name of a host"
        raise ConfigurationError(f"HOST, PORT: {host}:{port} cannot be used ({reason})") from None
