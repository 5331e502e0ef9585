"""Compresses answers of 1 KB or more with zstd, brotli or gzip."""

from flask import Flask
from flask_compress import Compress


def compression_of(app: Flask) -> Compress:
    """Return what compresses the answers of a view, when the client accepts it.

    Only the views that are decorated with it compress: no answer with a token is compressed, because its length would
    tell how far a guess that stands beside the token is right (BREACH).
    """
    app.config.update(
        COMPRESS_REGISTER=False,
        COMPRESS_MIN_SIZE=1024,
        COMPRESS_ALGORITHM=["zstd", "br", "gzip"],
        COMPRESS_ALGORITHM_STREAMING=["zstd", "br", "gzip"],
        COMPRESS_EVALUATE_CONDITIONAL_REQUEST=False,  # ``unless_known`` does it, and makes no second Date
    )
    return Compress(app)
