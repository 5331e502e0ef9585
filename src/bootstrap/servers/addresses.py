"""Checks the address of the web server."""

import socket

from src.settings import ConfigurationError


def require_free_address(host: str, port: int) -> None:
    """Raise ConfigurationError when the address is in use. gunicorn would share the port, or retry forever.

    Does not listen, because a client that connected meanwhile would be reset.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of an earlier service may linger
            probe.bind(address)
    except (OSError, UnicodeError) as error:  # the second one for a name that is too long
        reason = error.strerror if isinstance(error, OSError) else "this is not the name of a host"
        raise ConfigurationError(f"HOST, PORT: {host}:{port} cannot be used ({reason})") from None
