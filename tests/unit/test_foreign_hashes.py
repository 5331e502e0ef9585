"""Hashes of other systems, each made by the system itself, and the logins that replace them."""

import pytest
from argon2 import PasswordHasher, low_level

from src.application.importing import NotImportable
from src.infrastructure.identity import foreign_hashes
from src.infrastructure.identity.argon2 import Argon2Hasher
from src.infrastructure.identity.foreign_hashes import accept, firebase_scrypt, verify, with_hmac
from src.infrastructure.identity.foreign_hashes.forms import parse

PASSWORD = "pässword horse"
FLASK_SALT = "146585145368132386173505678016728509634"
FIREBASE = {
    "signer_key": "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==",
    "salt_separator": "Bw==",
}
"""The parameters of the example in https://github.com/firebase/scrypt."""

DJANGO = {  # 5.2, with few iterations
    "pbkdf2": "pbkdf2_sha256$1000$8PGtiyROvNWhNoPeOsebDQ$jfd2YRsZIO9hWgoJxX9jDbGvnTiUCxh5dKQEWq4+qoQ=",
    "pbkdf2 sha1": "pbkdf2_sha1$1000$WFHMzCYgZDpMtKF0CdAXxb$bMoGOYEPzg4NwQUvcBfuCto7t24=",
    "scrypt": "scrypt$1024$Gs0YQ5p03nsTypI48SYrWi$8$5$ePE3Y/zc2oM15/hRkCei9EUZ0OX5yYn5TeuCZp/W71NkHWESPL1XN/"
    "EDkhjDxNygSXOgYx1SuzDOO8/hw4lAmA==",
    "argon2": "argon2$argon2id$v=19$m=64,t=1,p=1$NXhFaklCNll2UWlFODFPcHU2cVRQRw$"
    "alIq6UVoqBshC34/wzt6lYICPEgp23+NfUfLA7gRpkw",
    "bcrypt": "bcrypt$$2b$04$3PCSFz.TurQl7qOfyUOpGeJtcVBnVa1Ck/hyKFRMhu7eQn41sP33K",
    "bcrypt sha256": "bcrypt_sha256$$2b$04$CINJwq6lqrGQU6u6IcojTO1iJ4K.MBwUiNMBIUSuUeNvFNUPOPZla",
}
PASSLIB = {  # libpass 1.9
    "pbkdf2 sha1": "$pbkdf2$1000$DIGQUmqtFaL0HkNoTcnZew$uwK6DC/s6LVXbDSkw.gh9olf49A",
    "pbkdf2 sha256": "$pbkdf2-sha256$1000$NyaktNb6P4dQKkUIAUBIiQ$l.Odcibz.ZIVZSHLLLkG8C45MR4gFGFZqIWFLBoWsC8",
    "pbkdf2 sha512": "$pbkdf2-sha512$1000$41yr9b631hpD6N0bI6QUIg$mIOC2wL//MQPLZn56QmH04jHXcvN/LNCTkPSyJW/AMvVyNCJyU18"
    "9mS/7MjgXYu3uz6RSUAqEmHCQhGhG5Wo/w",
    "scrypt": "$scrypt$ln=4,r=8,p=1$EKL0PmdsjdH6f+8d47yX0g$p7MBfkZck4ZoUVHotMwbMby3GfM9JwW+s/34Cp9PnMk",
}
WERKZEUG = {  # 3.1
    "pbkdf2": "pbkdf2:sha256:1000$I7kHDCcdiwVj65zc$365fab269ea0f93db42cf9099c751e87672344fce2eed2a4e440d6fbfdb50cf2",
    "scrypt": "scrypt:1024:8:1$Fi67ucGGGlEEF52W$1a8cbd75184ac6dd2314d4a5973c57d2ace624dafb2ecfe877eb03cd92ed774fd88e55"
    "fd49460c8a122b8f53bfa16b30d10d7e226091fa065940b2f302533597",
}
FLASK_SECURITY = {  # 5.9, which normalises passwords to NFKD
    "bcrypt": "$2b$04$clZRQwd40uBQ6MJQSIm4/etrnb.ZDt3HcMRlf5ocLFDc4/xmb6.J2",
    "bcrypt, twice": with_hmac("$2b$04$8VpKPq9kQ1cnaX6t49P1xOXACgeR5BiLy2IN7PAF8L4cI05lRXP1u", FLASK_SALT),
    "pbkdf2": "$pbkdf2-sha512$1000$BSAEAGAMYYwRIqR0rpXyvg$GCgOzuxEn9vo9c/g30LzhJiBZm9KWI/6UZk/cizbX6yi0x8wy.dVbtB0qdI7"
    "nDvxDbklv.SzTPn/sgK2R.jIDQ",
    "pbkdf2, twice": with_hmac(
        "$pbkdf2-sha512$1000$pHROKeW81xrjnHMOoZTSeg$tPIVH0s9LOQZqdJDgYPmGQIViH6WzjidGEkB9r7zMmvnTwRRRh9544J8WR/q7wWBd42"
        "swkPgVkpXYaYlHc16iA",
        FLASK_SALT,
    ),
    "scrypt, twice": with_hmac(
        "$scrypt$ln=4,r=8,p=1$bK0VYgzBuLdWSolxDuE8Zw$ZFAtaD9Lxa7Y3QlUNofHbD2LI+3QzPN6xU/y4HUPms4", FLASK_SALT
    ),
}
SYSTEMS = {"Django": DJANGO, "passlib": PASSLIB, "Werkzeug": WERKZEUG, "Flask-Security": FLASK_SECURITY}
HASHES = {f"{system}: {name}": hash for system, hashes in SYSTEMS.items() for name, hash in hashes.items()}


def vector(**changed: int | str) -> str:
    """Return the hash of the example of Firebase's scrypt, with changed parameters."""
    hash = "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="
    parameters = {**FIREBASE, "rounds": 8, "mem_cost": 14, "hash": hash, "salt": "42xEC+ixf3L2lw==", **changed}
    return firebase_scrypt(**parameters)  # type: ignore[arg-type]


@pytest.mark.parametrize("hash", HASHES.values(), ids=HASHES)
def test_a_hash_of_another_system_accepts_its_password_only(hash: str) -> None:
    kept = accept(hash)
    assert verify(kept, PASSWORD)
    assert verify(kept, "pa\u0308ssword horse")
    for wrong in ("password horse", PASSWORD + " ", PASSWORD.upper(), "", "\0", "x" * 5000, "\ud800"):
        assert not verify(kept, wrong)


def test_the_published_example_of_firebase_is_accepted() -> None:
    kept = accept(vector())
    assert verify(kept, "user1password")
    assert not verify(kept, "user2password")
    urlsafe = vector(hash="lSrfV15cpx95_sZS2W9c9Kp6i_LVgQNDNC_qzrCnh1SAyZvqmZqAjTdn3aoItz-VHjoZilo78198JAdRuid5lQ")
    assert verify(accept(urlsafe), "user1password")


def test_an_argon2_hash_of_another_system_is_normalised_as_it_was_there() -> None:
    hash = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("pa\u0308ssword")
    assert verify(accept(hash), "pässword")


def test_each_version_of_argon2_is_checked() -> None:
    for version, left_out in ((0x10, "$v=16"), (0x10, ""), (0x13, "")):
        secret = low_level.hash_secret(PASSWORD.encode(), b"salt" * 4, 1, 8, 1, 32, low_level.Type.ID, version)
        kept = accept(secret.decode().replace(left_out, ""))
        assert verify(kept, PASSWORD)
        assert not verify(kept, "secret")


def test_bcrypt_ignores_what_comes_after_72_bytes() -> None:
    import bcrypt

    kept = accept(bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode())
    assert verify(kept, "x" * 100)
    assert not verify(kept, "x" * 71)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "secret",
        "md5$salt$5ebe2294ecd0e0f08eab7690d2a6ee69",
        "5ebe2294ecd0e0f08eab7690d2a6ee69",
        "!abcdef",
        "$2b$04$short",
        "$2x$04$3PCSFz.TurQl7qOfyUOpGeJtcVBnVa1Ck/hyKFRMhu7eQn41sP33K",
        "pbkdf2_sha256$0$salt$aaaa",
        "pbkdf2_sha256$1000$salt$a",
        "scrypt:1000:8:1$salt$aa",
        "$argon2id$v=19$m=64,t=1,p=1$broken",
        *(
            DJANGO["argon2"].replace(*changed)
            for changed in (
                ("v=19", "v=77"),
                ("t=1", "t=0"),
                ("p=1", "p=0"),
                ("m=64", "m=7"),
                ("m=64,t=1,p=1", "m=31,t=1,p=4"),
                ("m=64,t=1", "t=1,m=64"),
                ("NXhFaklCNll2UWlFODFPcHU2cVRQRw", "NXhFaklC"),
                ("NXhFaklCNll2UWlFODFPcHU2cVRQRw", "NXhFaklCNll2U"),
            )
        ),
        "hmac-sha512$a2V5$secret",
        DJANGO["pbkdf2"][:60],
        WERKZEUG["scrypt"][:59],
        DJANGO["bcrypt"].replace("$04$", "$03$"),
        vector(hash="aaaa"),
        vector(signer_key=""),
        vector(rounds=0),
    ],
)
def test_a_text_that_is_not_a_known_hash_is_refused(text: str) -> None:
    with pytest.raises(NotImportable, match=r"not a hash|cost too much"):
        accept(text)
    assert not verify(text, "secret")


def test_a_hash_whose_parameters_do_not_go_together_has_no_password() -> None:
    assert not verify(accept(f"$scrypt$ln=16,r=1,p=1$aaaa${'a' * 43}"), "secret")


@pytest.mark.parametrize(
    "text",
    [
        "pbkdf2_sha256$99999999$salt$aaaa",
        "scrypt:1048576:8:1$salt$aa",
        "$scrypt$ln=30,r=8,p=1$aaaa$aaaa",
        "$2b$31$3PCSFz.TurQl7qOfyUOpGeJtcVBnVa1Ck/hyKFRMhu7eQn41sP33K",
        "$argon2id$v=19$m=4194304,t=1,p=1$NXhFaklCNll2UWlFODFPcHU2cVRQRw$alIq6UVoqBshC34/wzt6lYICPEgp23+NfUfLA7gRpkw",
        "$argon2id$v=19$m=131072,t=1,p=16384$NXhFaklCNll2UWlFODFPcHU2cVRQRw$alIq6UVoqBshC34/wzt6lYICPEgp23+NfUfLA7gRpkw",
        "$argon2id$v=19$m=64,t=1000000,p=1$NXhFaklCNll2UWlFODFPcHU2cVRQRw$alIq6UVoqBshC34/wzt6lYICPEgp23+NfUfLA7gRpkw",
        "$argon2id$v=19$m=128,t=4096,p=16$NXhFaklCNll2UWlFODFPcHU2cVRQRw$alIq6UVoqBshC34/wzt6lYICPEgp23+NfUfLA7gRpkw",
        f"pbkdf2:sha256:1000$salt${'ab' * 1600}",
        f"pbkdf2:sha256:1000$salt${'ab' * 65}",
        f"pbkdf2:sha1:2000000$salt${'ab' * 64}",
        f"pbkdf2:sha256:1000${'x' * 129}${'ab' * 32}",
        f"scrypt:131072:8:16$salt${'ab' * 64}",
        f"scrypt:1024:8:17$salt${'ab' * 64}",
        f"scrypt:1024:8:1$salt${'ab' * 65}",
        vector(mem_cost=30),
        vector(salt="x" * 400),
    ],
)
def test_a_hash_that_costs_too_much_to_check_is_refused(text: str) -> None:
    with pytest.raises(NotImportable, match="cost too much"):
        accept(text)


def test_a_hash_that_takes_more_than_a_second_here_is_refused_with_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time is measured with a cheaper hash of the same algorithm; none of these hashes is computed."""
    hashes = {
        "sha256": f"pbkdf2:sha256:1000000$salt${'ab' * 32}",
        "bcrypt": DJANGO["bcrypt"].replace("$04$", "$12$"),
        "scrypt": f"scrypt:65536:8:8$salt${'ab' * 64}",
        "argon2": DJANGO["argon2"].replace("m=64,t=1,p=1", "m=65536,t=3,p=4"),
    }
    for algorithm, text in hashes.items():
        monkeypatch.setattr(foreign_hashes, "_sample_seconds", {algorithm: 0.001}.__getitem__)
        assert parse(accept(text)).algorithm == algorithm
        monkeypatch.setattr(foreign_hashes, "_sample_seconds", {algorithm: 0.3}.__getitem__)
        with pytest.raises(NotImportable, match=r"cost too much: \d+\.\d seconds here, 1 is allowed"):
            accept(text)


def test_the_forms_of_a_password_are_checked_for_a_second_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, decomposed = accept(DJANGO["pbkdf2"]), "pa\u0308ssword horse"
    for seconds, checked in ((0.4, [True, True]), (0.6, [True, False])):
        monkeypatch.setattr(foreign_hashes, "_sample_seconds", {"sha256": seconds * 20}.__getitem__)
        assert [verify(kept, PASSWORD), verify(kept, decomposed)] == checked


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512", "bcrypt", "scrypt", "argon2"])
def test_the_sample_of_each_algorithm_is_timed_quickly(algorithm: str) -> None:
    assert 0 < foreign_hashes._sample_seconds(algorithm) < 0.5


def test_a_stored_hash_beyond_the_bounds_is_not_computed_and_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    """The hash was imported by a version with other bounds."""
    assert not verify(f"pbkdf2:sha256:3000000$salt${'ab' * 1600}", "secret")
    assert "cost too much" in caplog.text


def test_a_long_text_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(NotImportable):
        accept("pbkdf2:sha256:1000$" + "x" * 1_000_000 + "$" + "ab" * 32)


def test_a_login_replaces_the_hash_by_one_of_our_own() -> None:
    hasher = Argon2Hasher(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1), at_once=1)
    imported = accept(DJANGO["pbkdf2"])
    assert hasher.needs_rehash(imported)
    assert hasher.verify(imported, PASSWORD)
    assert not hasher.verify(imported, "wrong")
    own = hasher.hash_password(PASSWORD)
    assert not hasher.needs_rehash(own)
    assert hasher.verify(own, PASSWORD)
