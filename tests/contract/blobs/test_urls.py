"""The URLs of blob stores, and the libraries that are loaded for each."""

import re
import subprocess
import sys

import pytest

from src.infrastructure.blobs import make_blobs
from tests.support.blobs import KEY


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("", "file://PATH"),
        ("/var/files", "file://PATH"),
        ("ftp://x", "s3://BUCKET"),
        ("file://", "file:///var"),
        ("memory://x", "remove 'x'"),
        ("s3://", "BUCKET is a name"),
        ("s3:///prefix", "BUCKET is a name"),
        ("gs://Upper", "BUCKET is a name"),
        ("s3://user:secret@host", "BUCKET is a name"),
        ("gs://bucket/a//b", "cannot be a prefix"),
        ("s3://bucket/../b", "cannot be a prefix"),
        ("s3://bucket/a?region=x", "cannot be a prefix"),
    ],
)
def test_a_bad_url_is_refused_with_advice(url: str, advice: str) -> None:
    with pytest.raises(ValueError, match=re.escape(advice)):
        make_blobs(url)


@pytest.mark.parametrize("scheme", ["s3", "gs"])
def test_a_prefix_may_be_missing_or_end_in_a_slash(scheme: str) -> None:
    for url in ("bucket", "bucket/"):
        assert make_blobs(f"{scheme}://{url}").uri(KEY) == f"{scheme}://bucket/{KEY}"
    assert make_blobs(f"{scheme}://bucket/a=1/b/").uri(KEY) == f"{scheme}://bucket/a=1/b/{KEY}"


def test_only_the_library_of_the_chosen_store_is_loaded() -> None:
    script = (
        "import sys\n"
        "from src.infrastructure.blobs import make_blobs\n"
        "make_blobs('file:///tmp')\n"
        "assert not {'obstore', 'requests', 'google.auth', 'google.cloud.storage'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], timeout=120, check=True)
