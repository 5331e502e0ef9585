"""At its start, the service looks whether its address is free."""

import socket
from threading import Event, Thread

import pytest

from src.bootstrap.servers.addresses import require_free_address
from src.settings import ConfigurationError
from tests.support.emulators import free_port


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_an_address_that_is_in_use_is_refused(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as server:
        port = server.getsockname()[1]
        with pytest.raises(ConfigurationError, match="Address already in use"):
            require_free_address(host, port)
    require_free_address(host, port)


def test_nobody_can_connect_while_it_is_tried() -> None:
    """A connection that the service does not accept later would be reset, and its request lost."""
    port, ended, connected = free_port(), Event(), list[int]()

    def connect() -> None:
        while not ended.is_set():
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    connected.append(client.getsockname()[1])

    clients = [Thread(target=connect) for _ in range(2)]
    for client in clients:
        client.start()
    for _ in range(10_000):
        require_free_address("127.0.0.1", port)
    ended.set()
    for client in clients:
        client.join()
    assert not connected
