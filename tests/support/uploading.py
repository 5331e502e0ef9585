"""A small application for uploads and downloads, and the bodies that clients send to it.

Run as a program, it serves the application. tests/e2e/test_upload_sockets.py starts it.
"""

import hashlib
import resource
import sys
import time
from collections.abc import Iterator

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import Forbidden

from src.bootstrap.servers.gunicorn import Server
from src.interfaces.app import MAX_BODY_BYTES
from src.interfaces.errors.problems import answer_error
from src.interfaces.framework.downloads import attachment
from src.interfaces.framework.headers import add_headers
from src.interfaces.framework.requests import LATE
from src.interfaces.framework.uploads import Upload

BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"
CUT_OFF = "The body did not arrive whole; send it again."


def create_app(max_file_bytes: int = 300 << 20) -> Flask:
    app = Flask("uploading", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.extensions["closed"] = []
    add_headers(app, cors_origins=(), trusted_proxies=0, https=False)
    app.register_error_handler(Exception, answer_error)

    @app.post("/files")
    def keep() -> Response:
        upload = Upload(max_file_bytes)
        file = upload.file("file")
        before = dict(upload.fields)
        size, digest = 0, hashlib.sha256()
        for chunk in file.chunks:
            size += len(chunk)
            digest.update(chunk)
        upload.finish()
        return jsonify(
            filename=file.filename,
            content_type=file.content_type,
            size=size,
            sha256=digest.hexdigest(),
            before=before,
            fields=upload.fields,
        )

    @app.post("/unread")
    def unread() -> Response:
        """Stop reading before the end of the file."""
        upload = Upload(max_file_bytes)
        next(iter(upload.file("file").chunks), None)
        upload.finish()
        return jsonify(fields=upload.fields)

    @app.post("/text")
    def read() -> Response:
        return jsonify(size=len(request.get_data()))

    @app.post("/forbidden")
    def forbidden() -> Response:
        raise Forbidden

    @app.get("/files/<int:size>")
    def give(size: int) -> Response:
        def chunks() -> Iterator[bytes]:
            try:
                for at in range(0, size, 1 << 16):
                    yield bytes(min(1 << 16, size - at))
            finally:
                app.extensions["closed"].append(size)

        return attachment(lambda _: chunks(), "zeros.bin", size, "0")

    @app.post("/slow")
    def work() -> Response:
        """Wait for 3 seconds."""
        time.sleep(3)
        return jsonify()

    @app.get("/dependency")
    def wait() -> Response:
        """Wait for 0.2 seconds, like a slow store, unless the server marks the request as late."""
        is_late = LATE in request.environ
        if not is_late:
            time.sleep(0.2)
        return jsonify(is_late)

    @app.get("/closed")
    def closed() -> Response:
        return jsonify(app.extensions["closed"])

    @app.get("/memory")
    def memory() -> Response:
        """Return the peak memory use of the process, in KiB."""
        return jsonify(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)

    return app


def part(name: str, content: bytes = b"", filename: str | None = None, *headers: str) -> bytes:
    """Return a part of a multipart body, as browsers send it."""
    disposition = f'Content-Disposition: form-data; name="{name}"'
    if filename is not None:
        disposition += f'; filename="{filename}"'
    return "\r\n".join([disposition, *headers, "", ""]).encode() + content


def body(*parts: bytes, boundary: str = BOUNDARY, end: bytes = b"--\r\n") -> bytes:
    """Return a complete multipart body of ``parts``."""
    delimiter = b"--" + boundary.encode()
    return b"".join(delimiter + b"\r\n" + each + b"\r\n" for each in parts) + delimiter + end


if __name__ == "__main__":
    port, body_seconds = sys.argv[1:]
    Server(
        create_app, host="127.0.0.1", port=int(port), workers=1, any_origin=True, body_seconds=float(body_seconds)
    ).run()
