"""The service that the clients of a test file call."""

from collections.abc import Iterator

import pytest

from tests.e2e.service import PASSWORD, portero

ADMIN = "admin@example.com"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = {"ADMIN_EMAIL": ADMIN, "ADMIN_PASSWORD": PASSWORD}
    with portero(tmp_path_factory.mktemp("data"), settings) as address:
        yield f"http://{address}"
