"""Object storage. A URL chooses the store, and only the library of that store is loaded."""

import re
from pathlib import Path

from src.application.ports import BlobStore

_KINDS = "file://PATH, s3://BUCKET[/PREFIX], gs://BUCKET[/PREFIX] or memory://"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
_PREFIX = re.compile(r"(?:[\w=-][\w.=-]*/)*", re.ASCII)


def make_blobs(url: str, *, timeout: float = 30.0) -> BlobStore:
    """Return the store of ``file://PATH``, ``s3://BUCKET[/PREFIX]``, ``gs://BUCKET[/PREFIX]`` or ``memory://``.

    PATH may be relative. A request to a bucket and its repetitions take at most ``timeout`` seconds. The function opens
    no connection and creates no folder. A process must not fork after it has used the store. Raise ValueError for any
    other URL, with a message that says what to correct.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("file", "s3", "gs", "memory"):
        raise ValueError(f"{scheme!r} is not a kind of blob store; write {_KINDS}")
    if scheme == "file":
        if not rest or "\0" in rest:
            raise ValueError("file:// needs the path of a folder; write file:///var/lib/portero/files, for example")
        from src.infrastructure.blobs.disk import DiskBlobs

        return DiskBlobs(Path(rest))
    if scheme == "memory":
        if rest:
            raise ValueError(f"memory:// takes no name; remove {rest!r}")
        from src.infrastructure.blobs.objects import memory

        return memory()
    bucket, prefix = _split(scheme, rest)
    if scheme == "s3":
        try:
            from src.infrastructure.blobs.s3 import open_s3
        except ModuleNotFoundError as error:
            raise ValueError(f"s3:// needs requirements/extras.txt installed ({error})") from None
        return open_s3(bucket, prefix, timeout)
    from src.infrastructure.blobs.google import GoogleBlobs

    return GoogleBlobs(bucket, prefix, timeout)


def _split(scheme: str, rest: str) -> tuple[str, str]:
    """Return the name of the bucket, and the prefix of all keys. The prefix is empty or ends with a slash."""
    bucket, _, prefix = rest.partition("/")
    if not _BUCKET.fullmatch(bucket):
        advice = "a name of 3 or more lower-case letters, digits, dots, dashes or underscores"
        raise ValueError(
            f"{bucket!r} is not the name of a bucket; write {scheme}://BUCKET/PREFIX, where BUCKET is {advice}"
        )
    prefix = prefix and prefix.rstrip("/") + "/"
    if not _PREFIX.fullmatch(prefix):
        advice = "names of letters, digits and any of '_-=.', not beginning with a dot, with single slashes between"
        raise ValueError(f"{prefix!r} cannot be a prefix in a bucket; write {advice}")
    return bucket, prefix
