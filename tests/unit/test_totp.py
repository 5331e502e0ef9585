"""The codes of authenticator apps."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest

from src.infrastructure.factors.totp import TotpApps, code_at

APPS = TotpApps("Por:tero")
RFC_SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_the_last_six_digits_of_those_in_rfc_6238(seconds: int, code: str) -> None:
    assert code_at(RFC_SECRET, seconds // 30) == code[-6:]


@pytest.mark.parametrize(("seconds", "step"), [(-31, None), (-30, 99), (0, 100), (29, 100), (59, 101), (60, None)])
def test_a_code_is_accepted_one_step_early_or_late(seconds: int, step: int | None) -> None:
    setup = APPS.new("anna")
    code = pyotp.TOTP(setup.text).at(3000 + seconds)
    assert APPS.accepted_step(setup.secret, code, datetime.fromtimestamp(3000, UTC)) == step


def test_people_may_type_the_space_that_apps_show_and_anything_else_is_wrong() -> None:
    moment = datetime.fromtimestamp(3000, UTC)
    code = code_at(RFC_SECRET, 100)
    assert APPS.accepted_step(RFC_SECRET, f"{code[:3]} {code[3:]} ", moment) == 100
    for wrong in ("", code[:5], f"{code}0", "\uff11\uff12\uff13\uff14\uff15\uff16", "\ud800"):
        assert APPS.accepted_step(RFC_SECRET, wrong, moment) is None


def test_an_app_reads_the_secret_the_service_and_the_account_from_the_uri() -> None:
    setup = APPS.new("ana:ruiz@example.com")
    parts = urlsplit(setup.uri)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == "/Portero:anaruiz@example.com"
    assert parse_qs(parts.query) == {"secret": [setup.text], "issuer": ["Portero"]}
    assert pyotp.parse_uri(setup.uri).at(59) == pyotp.TOTP(setup.text).at(59)  # type: ignore[attr-defined]
    assert len(setup.secret) == 20
    assert setup.qr_svg.startswith("<svg")
