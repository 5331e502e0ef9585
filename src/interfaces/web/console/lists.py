"""What the lists of the console share: their query strings, the link to the next page, and downloads of whole lists."""

from collections.abc import Callable
from itertools import chain
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from flask import Response, request, stream_with_context
from pydantic import BeforeValidator
from pydantic_core import to_json

from src.domain.values import Page, pages
from src.interfaces.framework.bodies import Query
from src.interfaces.views import View

T = TypeVar("T")
OrNone = BeforeValidator(lambda text: text or None)
"""The annotation of a filter whose select has an empty choice, which stands for no filter."""

ROWS = 50
"""The rows of a page of a list."""
_ROWS_OF_DOWNLOAD = 500


class Listing(Query):
    """The query string of a list."""

    cursor: Annotated[str | None, OrNone] = None


def filters(**changes: str | None) -> str:
    """Return the query string of the current page with ``changes``, without the empty parameters."""
    given = {**request.args.to_dict(), "done": None, "cursor": None, **changes}
    return urlencode({name: text for name, text in given.items() if text})


def next_query(page: Page[T]) -> str:
    """Return the query string of the next page of a list, or "" on the last page."""
    return filters(cursor=page.next) if page.next else ""


def download(name: str, read: Callable[[str | None, int], Page[T]], view: Callable[[T], View]) -> Response:
    """Return a list as a file of JSON lines, in memory that does not grow with the list.

    ``read`` returns the page at a cursor. The first page is read at once, so that the errors of ``read`` are answered.
    """
    parts = pages(lambda cursor: read(cursor, _ROWS_OF_DOWNLOAD))
    first = next(parts)
    lines = (to_json(view(item), by_alias=True) + b"\n" for part in chain([first], parts) for item in part)
    headers = {"Content-Disposition": f'attachment; filename="{name}.jsonl"', "Cache-Control": "no-store"}
    return Response(stream_with_context(lines), headers=headers, content_type="application/jsonl")
