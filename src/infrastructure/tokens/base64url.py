"""Base64url without padding (RFC 7515), in which every value has exactly one spelling."""

from jwt.utils import base64url_decode, base64url_encode

from src.domain.errors import InvalidToken


def encode(data: bytes) -> str:
    """Return ``data`` in base64url."""
    return base64url_encode(data).decode()


def decode(text: str) -> bytes:
    """Return the bytes whose encoding is ``text``. Raise InvalidToken for any other text.

    Decoders commonly accept padding, unused bits and foreign characters, which would give a token several spellings.
    """
    try:
        data = base64url_decode(text)
    except ValueError:
        raise InvalidToken from None
    if encode(data) != text:
        raise InvalidToken
    return data
