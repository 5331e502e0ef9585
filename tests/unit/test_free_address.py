"""At its start, the service checks that its address is free."""

import contextlib
import errno
import socket
from types import SimpleNamespace

import pytest

from src.bootstrap.servers import addresses
from src.bootstrap.servers.addresses import require_free_address
from src.settings import ConfigurationError
from tests.support.emulators import free_port


def _loopback_addresses() -> list[str]:
    """Return the loopback addresses of this machine. A container of Docker often has none of IPv6."""
    addresses = ["127.0.0.1"]
    with contextlib.suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        addresses.append("::1")
    return addresses


@pytest.mark.parametrize("host", _loopback_addresses())
def test_an_address_that_is_in_use_is_refused(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    port = free_port()
    in_use = pytest.raises(ConfigurationError, match="Address already in use")
    with socket.create_server((host, port), family=family), in_use:
        require_free_address(host, port)
    require_free_address(host, port)


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_an_address_that_this_machine_does_not_have_is_refused(host: str) -> None:
    """These addresses are for documentation (RFC 5737, RFC 3849), so no machine has them."""
    with pytest.raises(ConfigurationError, match=r"HOST, PORT: .* cannot be used"):
        require_free_address(host, 8000)


def test_nobody_can_connect_while_the_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that the service does not accept later would be reset, and its request lost."""
    port, outcomes = free_port(), list[int]()

    class Tried(socket.socket):
        def close(self) -> None:
            with socket.socket() as client:
                outcomes.append(client.connect_ex(("127.0.0.1", port)))
            super().close()

    # The module's name, as a change of the class itself would meet the sockets of all threads.
    with monkeypatch.context() as patched:
        patched.setattr(addresses, "socket", SimpleNamespace(**{**vars(socket), "socket": Tried}))
        require_free_address("127.0.0.1", port)
    assert outcomes == [errno.ECONNREFUSED]
