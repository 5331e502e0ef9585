"""Compresses answers of 1 KB or more with zstd, brotli or gzip."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from posixpath import normpath
from typing import Any

from flask import Flask, Response, make_response, request
from flask_compress import Compress, DictCache

from src.interfaces.http.framework.conditions import without_encodings

_ENCODINGS = ["zstd", "br", "gzip"]


def compression_of(app: Flask, *, once: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """Return a decorator for views, which compresses their answers if the client accepts it.

    Only decorated views compress. An answer with a token is never compressed, because its length would reveal how much
    of a guess beside the token is right (BREACH).

    With ``once``, the views send files that do not change while the process runs. Each file is read and compressed
    once, and all answers share its bytes.
    """
    app.config.update(
        COMPRESS_REGISTER=False,
        COMPRESS_MIN_SIZE=1024,
        COMPRESS_ALGORITHM=_ENCODINGS,
        COMPRESS_ALGORITHM_STREAMING=_ENCODINGS,
        COMPRESS_EVALUATE_CONDITIONAL_REQUEST=False,  # ``unless_known`` does it, and makes no second Date
        COMPRESS_CACHE_BACKEND=DictCache if once else None,
        COMPRESS_CACHE_KEY=lambda request: normpath(request.path),  # a file has many paths: /docs/./x is /docs/x
    )
    compressed = Compress(app).compressed()
    files: dict[str, bytes] = {}

    def decorate(view: Callable[..., Any]) -> Callable[..., Response]:
        compressing = compressed(view)

        @wraps(view)
        def answer(*arguments: Any, **named: Any) -> Response:
            _write_out_qualities()
            _simplify_conditions()
            response = make_response(compressing(*arguments, **named))
            if response.status_code == HTTPStatus.OK:
                response.direct_passthrough = False
                if once:
                    if (path := normpath(request.path)) not in files:
                        files[path] = response.get_data()
                    response.close()  # Flask-Compress would leave the file open
                    response.set_data(files[path])
            return response

        return answer

    return decorate


def _write_out_qualities() -> None:
    """Normalise Accept-Encoding: give each encoding its quality, and leave out the encodings that the client refuses.

    Flask-Compress reads ``gzip;q=0`` as the least wanted encoding, not as a refused one, and overlooks ``gzip; q=1``.
    """
    if ";" in request.environ.get("HTTP_ACCEPT_ENCODING", ""):
        qualities = {name: request.accept_encodings.quality(name) for name in (*_ENCODINGS, "identity")}
        accepted = ",".join(f"{name};q={quality}" for name, quality in qualities.items() if quality)
        request.environ["HTTP_ACCEPT_ENCODING"] = accepted


def _simplify_conditions() -> None:
    """Remove the Range header, and the names of encodings from the ETags in If-None-Match.

    Flask-Compress would compress a part of a file, and Flask compares the ETag of a file before the file is compressed.
    """
    request.environ.pop("HTTP_RANGE", None)
    if known := request.environ.get("HTTP_IF_NONE_MATCH"):
        request.environ["HTTP_IF_NONE_MATCH"] = without_encodings(known)
