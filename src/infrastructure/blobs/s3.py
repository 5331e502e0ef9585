"""Opens a bucket of S3 or of a compatible service."""

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError
from botocore.session import Session
from obstore.exceptions import BaseError
from obstore.store import S3Store

from src.infrastructure.blobs.objects import ObjectBlobs, reason_of

if TYPE_CHECKING:
    from obstore.store import S3Config, S3Credential

_KEPT_SECONDS = 300
"""The time for which obstore keeps credentials. botocore renews temporary ones ten minutes before they end."""


def open_s3(bucket: str, prefix: str, timeout: float) -> ObjectBlobs:
    """Return a store in a bucket. Raise ValueError when the AWS configuration is contradictory.

    Credentials, region and endpoint come from the standard sources of AWS tools: the AWS_* variables, a profile of
    ``~/.aws``, or the role of a container, a web identity or an instance. Without the permission s3:ListBucket, S3
    answers a read of a missing object with 403 instead of 404. When a process is killed, the parts of its unfinished
    upload stay in the bucket until the bucket's rule AbortIncompleteMultipartUpload removes them.
    """
    limit = timedelta(seconds=timeout)
    session = Session()
    try:
        if "AWS_ACCESS_KEY_ID" in os.environ:
            session.get_credentials()  # fails when the variables are incomplete
        store = S3Store(
            bucket,
            credential_provider=lambda: _credentials(session),
            config=_config(session.get_scoped_config()),
            client_options={
                "allow_http": True,  # for an http AWS_ENDPOINT_URL; the endpoints of AWS are https
                "connect_timeout": timedelta(seconds=min(5.0, timeout)),
                "timeout": limit,
            },
            retry_config={
                "max_retries": 2,
                "retry_timeout": limit,
                "backoff": {"init_backoff": timedelta(seconds=0.1), "max_backoff": timedelta(seconds=1), "base": 2},
            },
        )
    except (BaseError, BotoCoreError) as error:
        raise ValueError(f"the AWS_* variables and ~/.aws do not go together: {reason_of(error)}") from None
    return ObjectBlobs(store, f"s3://{bucket}/", prefix)


def _config(profile: dict[str, str]) -> "S3Config":
    """Return the options of a profile, except those that an environment variable overrides.

    obstore reads the variables itself.
    """
    config: S3Config = {}
    if "region" in profile and not {"AWS_REGION", "AWS_DEFAULT_REGION"} & os.environ.keys():
        config["region"] = profile["region"]
    if "endpoint_url" in profile and not {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"} & os.environ.keys():
        config["endpoint"] = profile["endpoint_url"]
    return config


def _credentials(session: Session) -> "S3Credential":
    """Return the credentials that botocore finds. obstore calls this from its own threads."""
    if (found := session.get_credentials()) is None:
        raise LookupError("there are no credentials: no AWS_ACCESS_KEY_ID, no profile of ~/.aws, and no role")
    keys = found.get_frozen_credentials()
    return {
        "access_key_id": keys.access_key,
        "secret_access_key": keys.secret_key,
        "token": keys.token,
        "expires_at": datetime.now(UTC) + timedelta(seconds=_KEPT_SECONDS),
    }
