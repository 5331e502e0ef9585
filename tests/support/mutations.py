"""Credentials of passkeys with random mutations."""

import copy
import json
from random import Random
from typing import Any

from fido2.utils import websafe_decode, websafe_encode

_VALUES: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        -1,
        2**64,
        1.5,
        "",
        "A",
        "=",
        "é",
        "\ud800",
        "\x00",
        "x" * 20_000,
        [],
        [[]],
        {},
        {"": None},
    ),
    *("AAAA", websafe_encode(b"{}"), websafe_encode(b"[]"), websafe_encode(b"\x9f" * 90)),
]
_BYTES = [
    *(b"", b"\x00", b"\xff" * 9, b"\x81" * 3000, b"\x9b" + b"\xff" * 8, b"\xbb" + b"\xff" * 8, b"\x5b" + b"\xff" * 8),
    *(
        b"\xa1\x80\x80",
        b"\xa1\xa0\x80",
        b"\xf6",
        b"\xfb" + b"\x00" * 8,
        b"\xc0\x00",
        b"\x1f",
        b"[" * 3000,
        b'{"a":' * 3000,
    ),
]


def mutated(credential: dict[str, Any], chance: Random) -> dict[str, Any]:
    """Return a copy of a credential with one to three mutations of its members or of the bytes in them."""
    copied = copy.deepcopy(credential)
    for _ in range(chance.randint(1, 3)):
        target = copied["response"] if isinstance(copied.get("response"), dict) and chance.random() < 0.8 else copied
        if not target:
            break
        name = chance.choice([*target])
        match chance.randrange(6):
            case 0:
                del target[name]
            case 1:
                target[name] = chance.choice(_VALUES)
            case 2 if name == "clientDataJSON":
                target[name] = _with_client_data(target[name], chance)
            case _:
                target[name] = _with_bytes(target[name], chance)
    return copied


def _with_client_data(text: Any, chance: Random) -> Any:
    try:
        data = json.loads(websafe_decode(str(text)))
        data[chance.choice([*data, "new"])] = chance.choice([*_VALUES, 10**4000])
        return websafe_encode(json.dumps(data).encode())
    except (ValueError, TypeError, AttributeError, RecursionError):
        return text


def _with_bytes(text: Any, chance: Random) -> Any:
    """Return the text with some of its bytes inserted, removed or replaced."""
    try:
        data = bytearray(websafe_decode(str(text)))
    except (ValueError, TypeError):
        return text
    start = chance.randint(0, len(data))
    end = chance.choice([start, start + 1, start + chance.randint(0, 40), len(data)])
    data[start:end] = chance.choice(
        [chance.randbytes(end - start if end < 200 else 3), chance.randbytes(1), chance.choice(_BYTES)]
    )
    return websafe_encode(bytes(data))
