"""A person with a browser: sends forms as a browser does, with the hidden fields of the page and its Origin."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.world import PASSWORD

ORIGIN = "http://localhost"
PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


class _Forms(HTMLParser):
    """Reads the fields of each form of a page, by the path to which the form is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self._fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._fields = self.forms.setdefault(given["action"], {})
        elif tag == "input" and (given.get("type") not in ("radio", "checkbox") or "checked" in given):
            self._fields[given["name"]] = given.get("value", "")


def forms_of(answer: TestResponse) -> dict[str, dict[str, str]]:
    """Return the fields of each form of a page, by the path to which the form is sent."""
    parser = _Forms()
    parser.feed(answer.text)
    return parser.forms


@dataclass
class Surfer:
    """A browser. ``base`` is the address of the service as the browser sees it."""

    app: Flask
    base: str = ORIGIN

    def __post_init__(self) -> None:
        self.browser = FlaskClient(self.app)

    def open(self, path: str, **options: Any) -> TestResponse:
        """Open a page."""
        headers = {**PAGE, **options.pop("headers", {})}
        return self.browser.get(path, base_url=self.base, headers=headers, **options)

    def send(self, path: str, _page: TestResponse | str | None = None, **typed: str) -> TestResponse:
        """Fill in the form of a page that is sent to ``path``, and send it. The page is at ``path`` by default."""
        page = self.open(_page or path) if isinstance(_page, str | None) else _page
        return self.post(path, {**forms_of(page)[path], **typed})

    def post(self, path: str, fields: Mapping[str, Any], **headers: str) -> TestResponse:
        """Send a form from a page of the service."""
        return self.browser.post(
            path, data=fields, base_url=self.base, headers={**PAGE, "Origin": self.base, **headers}
        )

    def sign_in(self, username: str, password: str = PASSWORD, **fields: str) -> TestResponse:
        """Sign in with a password."""
        return self.send("/console/signin", login=username, password=password, **fields)

    def cookie(self, name: str = "portero") -> str:
        """Return the value of a cookie."""
        found = self.browser.get_cookie(name)
        assert found
        return found.value


def said(answer: TestResponse) -> str:
    """Return the text of a page."""
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", "", answer.text.partition("<main")[2]))
