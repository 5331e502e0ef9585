"""Where objects of any size are kept; chosen by a URL. The libraries of what is not chosen are not even loaded."""

import re
from pathlib import Path

from src.application.ports import BlobStore

_KINDS = "file://PATH, s3://BUCKET[/PREFIX], gs://BUCKET[/PREFIX] or memory://"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
_PREFIX = re.compile(r"(?:[\w=-][\w.=-]*/)*", re.ASCII)


def make_blobs(url: str, *, timeout: float = 30.0) -> BlobStore:
    """The blob store of ``file://PATH``, ``s3://BUCKET[/PREFIX]``, ``gs://BUCKET[/PREFIX]`` or ``memory://``.

    PATH is taken as it is, absolute or not. ``timeout`` bounds, in seconds, each request to a bucket; a request
    that failed is repeated only within it. Connects to nothing, and makes nothing. May be called before a fork,
    but what it returns must not be used before one. Raises ValueError, with a sentence to act on.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("file", "s3", "gs", "memory"):
        raise ValueError(f"{scheme!r} is no kind of blob store; write {_KINDS}")
    if scheme == "file":
        if not rest or "\0" in rest:
            raise ValueError("file:// needs the path of a folder; write file:///var/lib/portero/files, for example")
        from src.infrastructure.blobs.disk import DiskBlobs

        return DiskBlobs(Path(rest))
    if scheme == "memory":
        if rest:
            raise ValueError(f"memory:// is complete in itself; remove {rest!r}")
        from src.infrastructure.blobs.objects import memory

        return memory()
    bucket, prefix = _split(scheme, rest)
    if scheme == "s3":
        from src.infrastructure.blobs.objects import s3

        return s3(bucket, prefix, timeout)
    from src.infrastructure.blobs.google import GoogleBlobs

    return GoogleBlobs(bucket, prefix, timeout)


def _split(scheme: str, rest: str) -> tuple[str, str]:
    """The bucket, and the prefix of all keys: empty, or with a slash at its end."""
    bucket, _, prefix = rest.partition("/")
    if not _BUCKET.fullmatch(bucket):
        advice = "a name of 3 or more lower-case letters, digits, dots, dashes or underscores"
        raise ValueError(f"{bucket!r} is no name of a bucket; write {scheme}://BUCKET/PREFIX, where BUCKET is {advice}")
    prefix = prefix and prefix.rstrip("/") + "/"
    if not _PREFIX.fullmatch(prefix):
        advice = "names of letters, digits and any of '_-=.', not beginning with a dot, with single slashes between"
        raise ValueError(f"{prefix!r} cannot be a prefix in a bucket; write {advice}")
    return bucket, prefix
