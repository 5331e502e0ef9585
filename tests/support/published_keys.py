"""A server of signing keys. A test can change the keys, count the requests, and let them fail."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from src.infrastructure.tokens.signing_keys import SigningKey


@dataclass
class PublishedKeys:
    """The keys that the server at ``url`` publishes. ``is_down`` makes every request fail; ``asked`` counts them."""

    url: str
    keys: list[SigningKey] = field(default_factory=list)
    asked: int = 0
    is_down: bool = False


@contextmanager
def published(*keys: SigningKey) -> Iterator[PublishedKeys]:
    """Publish keys for the length of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked += 1
            self.send_response(503 if state.is_down else 200)
            self.end_headers()
            self.wfile.write(json.dumps({"keys": [key.public_jwk for key in state.keys]}).encode())

        def log_message(self, format: str, *values: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state = PublishedKeys(f"http://127.0.0.1:{server.server_port}", [*keys])
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
