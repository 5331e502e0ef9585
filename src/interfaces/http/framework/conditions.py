"""Evaluates the conditions of requests (RFC 9110 section 13)."""

import re
from collections.abc import Iterable

from flask import Response, request

_ENCODED = re.compile(':(zstd|br|gzip)(?="|$)')
"""The end of the ETag of a compressed answer."""

WITHHELD = ":withheld"
"""The end of the ETag of a user that is shown with another role than the stored one. The revision is before it."""


def expected_revisions() -> frozenset[str] | None:
    """Return the revisions that ``If-Match`` accepts, or None if it accepts any."""
    if "If-Match" not in request.headers or request.if_match.star_tag:
        return None
    return frozenset(tag.removesuffix(WITHHELD) for tag in _revisions(request.if_match.as_set()))


def unless_known(response: Response) -> Response:
    """Return a response with an ETag, or 304 if ``If-None-Match`` shows that the client has the same version."""
    known, (etag, _) = request.if_none_match, response.get_etag()
    tags = _revisions(known.as_set(include_weak=True))
    if request.method not in ("GET", "HEAD") or not (known.star_tag or etag in tags):
        return response
    unchanged = Response(status=304, headers={"ETag": response.headers["ETag"]})
    if "Cache-Control" in response.headers:
        unchanged.headers["Cache-Control"] = response.headers["Cache-Control"]
    del unchanged.headers["Content-Type"]
    return unchanged


def without_encodings(tags: str) -> str:
    """Return ETags without the names of encodings at their ends."""
    return _ENCODED.sub("", tags)


def _revisions(tags: Iterable[str | None]) -> frozenset[str]:
    return frozenset(without_encodings(tag) for tag in tags if tag)  # Werkzeug parses an empty tag as None
