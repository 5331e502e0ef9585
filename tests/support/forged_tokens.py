"""Forged tokens: each is a valid token with one defect."""

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from src.infrastructure.tokens.signing_keys import SigningKey
from tests.support.world import KEY, segment

STRANGE_KEY = SigningKey.generate()
EC_KEY = SigningKey.of(generate_private_key(SECP256R1()))
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
PUBLIC = KEY.public_jwk

Header = dict[str, Any]
Claims = dict[str, Any]


@dataclass(frozen=True)
class Good:
    """A valid token, taken apart, from which the cases are made."""

    token: str
    key: SigningKey = KEY

    @property
    def parts(self) -> list[str]:
        return self.token.split(".")

    @property
    def header(self) -> Header:
        return jwt.get_unverified_header(self.token)

    @property
    def claims(self) -> Claims:
        claims: Claims = jwt.decode(self.token, options={"verify_signature": False})
        return claims

    def sign(self, header: Header | str | bytes, claims: Claims | str | bytes, key: SigningKey | None = None) -> str:
        """Return a token with this header and these claims, or with these exact texts, and a valid signature."""
        return self.sign_text(f"{segment(header)}.{segment(claims)}", key)

    def sign_text(self, signed: str, key: SigningKey | None = None) -> str:
        """Return the first two parts unchanged, with a valid signature."""
        key = key or self.key
        if key.algorithm == "EdDSA":
            signature = jwt.algorithms.OKPAlgorithm().sign(signed.encode(), key.private)  # type: ignore[arg-type]
        else:
            algorithm = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256)
            signature = algorithm.sign(signed.encode(), key.private)  # type: ignore[arg-type]
        return f"{signed}.{segment(signature)}"

    def with_header(self, **changes: Any) -> str:
        """Return a validly signed token with a changed header. A member that is changed to ... is removed."""
        return self.sign(_changed(self.header, changes), self.claims)

    def with_claims(self, **changes: Any) -> str:
        """Return a validly signed token with changed claims. A claim that is changed to ... is removed."""
        return self.sign(self.header, _changed(self.claims, changes))

    def unsigned(self, algorithm: str) -> str:
        return f"{segment({**self.header, 'alg': algorithm})}.{self.parts[1]}."

    def mac(self, secret: bytes) -> str:
        """Return the token signed with HS256, whose shared secret is ``secret``, such as a public key."""
        signed = f"{segment({**self.header, 'alg': 'HS256'})}.{self.parts[1]}"
        return f"{signed}.{segment(hmac.digest(secret, signed.encode(), 'sha256'))}"


def _changed(members: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**members, **changes}.items() if value is not ...}


def spare_bits(part: str) -> str:
    """Return the same bytes in base64url with one unused bit of the last character set."""
    return part[:-1] + ALPHABET[ALPHABET.index(part[-1]) | 1]


def _padded(part: str) -> str:
    return part + "=" * (-len(part) % 4 or 4)


def _twice(members: dict[str, Any], name: str, first: Any) -> str:
    """Return JSON with a member given twice. Most parsers take the last one."""
    return f'{{"{name}": {json.dumps(first)}, {json.dumps(members)[1:]}'


def _der(good: Good) -> bytes:
    return good.key.public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _pem(good: Good) -> bytes:
    return good.key.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def joined(*parts: str) -> str:
    """Join the parts of a token."""
    return ".".join(parts)


FORGED: dict[str, Callable[[Good], str]] = {
    "alg none": lambda good: good.unsigned("none"),
    "alg None": lambda good: good.unsigned("None"),
    "alg NONE": lambda good: good.unsigned("NONE"),
    "alg nOnE": lambda good: good.unsigned("nOnE"),
    "alg empty": lambda good: good.unsigned(""),
    "alg none with a signature": lambda good: good.unsigned("none") + good.parts[2],
    "alg none rightly signed": lambda good: good.with_header(alg="none"),
    "alg missing": lambda good: good.with_header(alg=...),
    "alg null": lambda good: good.with_header(alg=None),
    "alg a list": lambda good: good.with_header(alg=["EdDSA"]),
    "alg in lower case": lambda good: good.with_header(alg="eddsa"),
    "alg Ed25519": lambda good: good.with_header(alg="Ed25519"),
    "alg of another key": lambda good: good.with_header(alg="ES256"),
    "HS256 with the public PEM": lambda good: good.mac(_pem(good)),
    "HS256 with the public PEM, stripped": lambda good: good.mac(_pem(good).strip()),
    "HS256 with the public DER": lambda good: good.mac(_der(good)),
    "HS256 with the public JWK": lambda good: good.mac(json.dumps(PUBLIC).encode()),
    "HS256 with x of the JWK": lambda good: good.mac(PUBLIC["x"].encode()),
    "HS256 with the raw key": lambda good: good.mac(good.key.public.public_bytes_raw()),  # type: ignore[union-attr]
    "HS256 with nothing": lambda good: good.mac(b""),
    "HS256 with the kid": lambda good: good.mac(good.key.kid.encode()),
    "kid missing": lambda good: good.with_header(kid=...),
    "kid null": lambda good: good.with_header(kid=None),
    "kid empty": lambda good: good.with_header(kid=""),
    "kid unknown": lambda good: good.with_header(kid=STRANGE_KEY.kid),
    "kid a number": lambda good: good.with_header(kid=0),
    "kid a list": lambda good: good.with_header(kid=[good.key.kid]),
    "kid an object": lambda good: good.with_header(kid={"kid": good.key.kid}),
    "kid a path": lambda good: good.with_header(kid="../../../../dev/null"),
    "kid a query": lambda good: good.with_header(kid="' OR 1=1 --"),
    "kid in other case": lambda good: good.with_header(kid=good.key.kid.swapcase()),
    "kid with a space": lambda good: good.with_header(kid=good.key.kid + " "),
    "typ missing": lambda good: good.with_header(typ=...),
    "typ null": lambda good: good.with_header(typ=None),
    "typ JWT": lambda good: good.with_header(typ="JWT"),
    "typ in upper case": lambda good: good.with_header(typ="AT+JWT"),
    "typ in full": lambda good: good.with_header(typ="application/at+jwt"),
    "typ a list": lambda good: good.with_header(typ=["at+jwt"]),
    "header jwk": lambda good: good.with_header(jwk=PUBLIC),
    "header jwk of a strange key that signs": lambda good: good.sign(
        {**good.header, "jwk": STRANGE_KEY.public_jwk}, good.claims, STRANGE_KEY
    ),
    "header jku": lambda good: good.with_header(jku="https://example.com/jwks.json"),
    "header x5u": lambda good: good.with_header(x5u="https://example.com/x"),
    "header x5c": lambda good: good.with_header(x5c=["MIIB"]),
    "header x5t": lambda good: good.with_header(x5t="x"),
    "header crit": lambda good: good.with_header(crit=["exp"]),
    "header crit empty": lambda good: good.with_header(crit=[]),
    "header b64 false": lambda good: good.with_header(b64=False, crit=["b64"]),
    "header b64 true": lambda good: good.with_header(b64=True),
    "header cty": lambda good: good.with_header(cty="JWT"),
    "header zip": lambda good: good.with_header(zip="DEF"),
    "header an array": lambda good: good.sign("[]", good.claims),
    "header null": lambda good: good.sign("null", good.claims),
    "header empty": lambda good: good.sign("{}", good.claims),
    "header no JSON": lambda good: good.sign("x", good.claims),
    "header with a byte order mark": lambda good: good.sign("\ufeff" + json.dumps(good.header), good.claims),
    "header in UTF-16": lambda good: good.sign(json.dumps(good.header).encode("utf-16"), good.claims),
    "payload in UTF-16": lambda good: good.sign(good.header, json.dumps(good.claims).encode("utf-16")),
    "header nested deeply": lambda good: good.sign("[" * 100_000, good.claims),
    "header alg twice": lambda good: good.sign(_twice(good.header, "alg", "none"), good.claims),
    "header kid twice": lambda good: good.sign(_twice(good.header, "kid", "x"), good.claims),
    "header typ twice and alike": lambda good: good.sign(_twice(good.header, "typ", "at+jwt"), good.claims),
    "payload sub twice": lambda good: good.sign(good.header, _twice(good.claims, "sub", "x")),
    "payload exp twice and alike": lambda good: good.sign(good.header, _twice(good.claims, "exp", good.claims["exp"])),
    "payload role twice": lambda good: good.sign(good.header, _twice(good.claims, "role", "admin")),
    "payload an array": lambda good: good.sign(good.header, "[]"),
    "payload no JSON": lambda good: good.sign(good.header, "x"),
    "payload not UTF-8": lambda good: good.sign(good.header, b'{"sub": "\xff"}'),
    "payload nested deeply": lambda good: good.sign(good.header, '{"a":' * 500),
    "payload changed": lambda good: joined(good.parts[0], segment({**good.claims, "role": "admin"}), good.parts[2]),
    "payload in another spelling": lambda good: joined(
        good.parts[0], segment(json.dumps(good.claims, indent=1)), good.parts[2]
    ),
    "signature missing": lambda good: joined(*good.parts[:2]),
    "signature empty": lambda good: joined(*good.parts[:2], ""),
    "signature of zeros": lambda good: joined(*good.parts[:2], segment(bytes(64))),
    "signature cut": lambda good: good.token[:-4],
    "signature lengthened": lambda good: good.token + "AAAA",
    "signature of another token": lambda good: joined(*good.parts[:2], good.with_claims(jti="x").split(".")[2]),
    "signed by a strange key": lambda good: good.sign(good.header, good.claims, STRANGE_KEY),
    "parts swapped": lambda good: joined(good.parts[1], good.parts[0], good.parts[2]),
    "empty parts": lambda good: "..",
    "header missing": lambda good: joined("", *good.parts[1:]),
    "payload missing": lambda good: joined(good.parts[0], "", good.parts[2]),
    "one part": lambda good: good.parts[0],
    "four parts": lambda good: good.token + ".AAAA",
    "four parts, the last empty": lambda good: good.token + ".",
    "five parts, as of a JWE": lambda good: joined(
        segment({"alg": "dir", "enc": "A256GCM", **good.header}), "", "AAAA", "AAAA", "AAAA"
    ),
    "JSON serialisation": lambda good: json.dumps(
        {"protected": good.parts[0], "payload": good.parts[1], "signature": good.parts[2]}
    ),
    "padding at the end": lambda good: good.token + "==",
    "padding inside": lambda good: joined(good.parts[0], _padded(good.parts[1]), good.parts[2]),
    "spare bits of the signature": lambda good: joined(*good.parts[:2], spare_bits(good.parts[2])),
    "base64 in the other alphabet": lambda good: joined(
        *good.parts[:2], base64.b64encode(b"\xff" * 64).decode().rstrip("=")
    ),
    "space inside": lambda good: joined(good.parts[0], " " + good.parts[1], good.parts[2]),
    "tab inside": lambda good: good.token[:50] + "\t" + good.token[50:],
    "newline inside": lambda good: good.token[:50] + "\n" + good.token[50:],
    "newline in the signature": lambda good: good.token[:-8] + "\r\n" + good.token[-8:],
    "NUL at the end": lambda good: good.token + "\0",
    "a character that base64 skips": lambda good: good.token[:-8] + "!" + good.token[-8:],
    "non-ASCII": lambda good: good.token[:50] + "é" + good.token[50:],
    "full-width": lambda good: good.token.replace("e", "ｅ"),  # noqa: RUF001 - that is the point
    "in quotes": lambda good: f'"{good.token}"',
    "in percent": lambda good: good.token.replace(".", "%2E"),
    "a megabyte of signature": lambda good: good.token + "A" * (1 << 20),
    "a megabyte of payload": lambda good: good.with_claims(jti="x" * (1 << 20)),
    "a megabyte of header": lambda good: segment('{"typ": "at+jwt", "x": "' + "x" * (1 << 20)),
    "a megabyte of dots": lambda good: "." * (1 << 20),
    "too long by a little": lambda good: good.with_claims(jti="x" * 4000),
}

CLAIMS = ["iss", "aud", "sub", "user_id", "role", "sid", "iat", "exp", "jti", "client_id"]
HOW = ["auth_time", "acr", "amr"]


def wrong_claims(now: int) -> dict[str, dict[str, Any]]:
    """Return claims that make a token invalid at ``now`` (seconds since 1970), by what is wrong with them."""
    return {
        **{f"{name} missing": {name: ...} for name in CLAIMS},
        **{f"{name} null": {name: None} for name in CLAIMS},
        **{f"{name} a list": {name: ["x"]} for name in CLAIMS},
        **{f"{name} empty": {name: ""} for name in CLAIMS},
        **{f"{name} a number too large": {name: 10**400} for name in CLAIMS},
        "claim too many": {"scope": "all"},
        "nbf too many": {"nbf": now},
        "exp a text": {"exp": str(now + 600)},
        "exp a float": {"exp": now + 600.5},
        "exp a whole float": {"exp": float(now + 600)},
        "exp true": {"exp": True},
        "exp negative": {"exp": -1},
        "exp zero": {"exp": 0},
        "exp infinite": {"exp": float("inf")},
        "exp not a number": {"exp": float("nan")},
        "exp a second ago": {"iat": now - 901, "exp": now - 1},
        "exp now": {"iat": now - 900, "exp": now},
        "exp == iat": {"iat": now + 30, "exp": now + 30},
        "exp before iat": {"iat": now + 30, "exp": now + 20},
        "exp in a year": {"exp": now + 365 * 86400},
        "exp in milliseconds": {"exp": (now + 600) * 1000},
        "iat far ahead": {"iat": now + 3600, "exp": now + 4500},
        "iat negative": {"iat": -1},
        "iat true": {"iat": True},
        "iat a float": {"iat": now + 0.5},
        "iss wrong": {"iss": "https://example.com"},
        "iss a prefix": {"iss": "porter"},
        "iss longer": {"iss": "portero/"},
        "iss in other case": {"iss": "Portero"},
        "iss in a list": {"iss": ["portero"]},
        "aud wrong": {"aud": "other"},
        "aud a prefix": {"aud": "porter"},
        "aud in a list": {"aud": ["portero"]},
        "aud in a list with others": {"aud": ["portero", "other"]},
        "aud empty list": {"aud": []},
        "sub of somebody else": {"sub": "0" * 32},
        "user_id of somebody else": {"user_id": "0" * 32},
        "unknown user": {"sub": "0" * 32, "user_id": "0" * 32},
        "user a path": {"sub": "users/x", "user_id": "users/x"},
        "role unknown": {"role": "root"},
        "role in upper case": {"role": "USER"},
        "sid true": {"sid": True},
        "auth_time a text": {"auth_time": str(now)},
        "auth_time true": {"auth_time": True},
        "auth_time negative": {"auth_time": -1},
        "auth_time of no date": {"auth_time": 10**30},
        "acr unknown": {"acr": "aal3"},
        "acr a list": {"acr": ["aal2"]},
        "amr a text": {"amr": "pwd"},
        "amr a list of numbers": {"amr": [1]},
        "amr an object": {"amr": {"pwd": 1}},
    }
