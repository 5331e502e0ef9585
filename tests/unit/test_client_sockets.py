"""The connections of the web server."""

import socket
from contextlib import ExitStack, suppress
from queue import Queue
from threading import Thread

import pytest
from gunicorn.http.errors import LimitRequestHeaders

from src.bootstrap.servers.sockets import MAX_HEAD_BYTES, MAX_WAITING, ClientSocket, Receivers


def test_a_body_is_received_in_small_parts_so_that_slow_clients_hold_little_memory() -> None:
    accepted, client = socket.socketpair()
    with ClientSocket(accepted, Receivers(1)) as server, client:
        server.awaits_head = False
        client.sendall(bytes(100_000))
        assert len(server.recv(1 << 20)) == 1 << 16


def test_no_more_of_a_head_is_received_than_the_longest_one_has() -> None:
    accepted, client = socket.socketpair()
    with ClientSocket(accepted, Receivers(1)) as server, client:
        client.sendall(bytes(100_000))
        assert len(server.recv(1000)) + len(server.recv(1 << 20)) == MAX_HEAD_BYTES
        with pytest.raises(LimitRequestHeaders):
            server.recv(1)


def test_of_more_clients_than_threads_may_wait_for_the_slowest_is_cut_off() -> None:
    receivers = Receivers(1)
    with ExitStack() as stack:
        pairs = [socket.socketpair() for _ in range(2)]
        slow, fast = (stack.enter_context(ClientSocket(accepted, receivers)) for accepted, _ in pairs)
        _, client = (stack.enter_context(client) for _, client in pairs)
        client.sendall(bytes(10_000))
        assert len(fast.recv(10_000)) == 10_000
        with receivers.waiting_for(slow), receivers.waiting_for(fast):
            assert (slow.is_cut_off, fast.is_cut_off) == (True, False)
            assert slow.recv(1) == b""


def test_only_some_threads_wait_for_clients_that_take_nothing_of_a_response_of_unknown_length() -> None:
    cut: Queue[str] = Queue()

    def answer(server: ClientSocket) -> None:
        with suppress(ConnectionError):
            for part in server.paced([bytes(1 << 20)] * 8, ["200 OK", []]):
                server.sendall(part)
        cut.put("cut")

    with ExitStack() as stack:
        threads, clients = [], []
        for _ in range(MAX_WAITING + 2):
            accepted, client = socket.socketpair()
            server = stack.enter_context(ClientSocket(accepted, Receivers(1)))
            clients.append(client)
            threads.append(Thread(target=answer, args=(server,)))
            threads[-1].start()
        assert [cut.get(timeout=60) for _ in range(2)] == ["cut"] * 2, "the last two find no place to wait"
        assert cut.empty(), "the others still wait"
        for client in clients:
            client.close()  # ends the wait of its thread
        for thread in threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in threads)
