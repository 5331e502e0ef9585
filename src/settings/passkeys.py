"""The domain and the origins of passkeys, and the rules of WebAuthn for them."""

import re
from collections.abc import Iterator, Sequence

_DOMAIN = r"localhost|(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z](?:[a-z0-9-]*[a-z0-9])?"
_ORIGIN = re.compile(
    rf"(?:https://(?P<domain>{_DOMAIN})(?!:443$)|http://(?P<local>localhost)(?!:80$))(?::[1-9]\d{{0,4}})?"
)
"""A page with a domain, as browsers name it. Without encryption only pages of this machine can use passkeys."""
_ANDROID_APP = re.compile(r"android:apk-key-hash:[A-Za-z0-9_-]{43}")


def domain_of(origin: str) -> str | None:
    """Return the domain of an origin whose pages can use passkeys.

    Return None for any other text, such as ``http://10.0.0.1``.
    """
    match = _ORIGIN.fullmatch(origin)
    return (match["domain"] or match["local"]) if match else None


def passkey_problems(domain: str | None, origins: Sequence[str], *, are_set: bool) -> Iterator[str]:
    """Yield the flaws of the domain and the origins of passkeys.

    Yields nothing unless ``are_set`` says that at least one of the two settings is set.
    """
    if not are_set:
        return
    if domain is None:
        yield "PASSKEY_RP_ID: name the domain of PASSKEY_ORIGINS, or set PUBLIC_URL"
    elif not re.fullmatch(_DOMAIN, domain) or len(domain) > 253:
        yield "PASSKEY_RP_ID: write a domain in small letters, such as example.com, without https:// and without a port"
    elif not origins or not all(_may_use(domain, origin) for origin in origins):
        example = "http://localhost:3000" if domain == "localhost" else f"https://{domain}"
        yield (
            f"PASSKEY_ORIGINS: name pages of {domain} or of a domain under it as browsers do, such as {example}, "
            "separated by commas, in small letters, without a path and without patterns"
        )


def _may_use(domain: str, origin: str) -> bool:
    """Return whether a page or an Android app can use the passkeys of a domain."""
    own = domain_of(origin)
    return own == domain or bool(own and own.endswith(f".{domain}")) or bool(_ANDROID_APP.fullmatch(origin))
