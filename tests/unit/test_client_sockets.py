"""The connections of the web server."""

import socket

from src.bootstrap.servers.sockets import ClientSocket


def test_a_body_is_received_in_small_parts_so_that_slow_clients_hold_little_memory() -> None:
    accepted, client = socket.socketpair()
    with ClientSocket(accepted) as server, client:
        client.sendall(bytes(100_000))
        assert len(server.recv(1 << 20)) == 1 << 16
