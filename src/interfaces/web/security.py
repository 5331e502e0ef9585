"""The Content-Security-Policy of the pages for people. Other answers keep the default one, which allows nothing."""

from collections.abc import Callable

from flask import Response


def page_policy(policy: str) -> Callable[[Response], Response]:
    """Return a function for ``Blueprint.after_request`` that sends ``policy`` with every HTML page."""

    def restrict(response: Response) -> Response:
        if response.mimetype == "text/html":
            response.headers["Content-Security-Policy"] = policy
        return response

    return restrict
