"""What the lists of the console share: their query strings, the link to the next page, and downloads of whole lists."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Annotated, Any, TypeVar
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
_BOM = b"\xef\xbb\xbf"
"""The beginning of a file in UTF-8, without which spreadsheets take it for another encoding."""
_FORMULA = re.compile('((?:^|[;\t\r\n])[ "]*)(?=[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20])')
"""The places at which a spreadsheet finds a formula (https://owasp.org/www-community/attacks/CSV_Injection).

Where the decimal sign is a comma, spreadsheets separate cells at semicolons, also within what is quoted here. They
remove the quotes with which such a cell begins, so that a formula may stand behind quotes.
"""


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


def download(name: str, read: Callable[[str | None, int], Page[T]], view: type[View]) -> Response:
    """Return a list as a file of JSON lines, or of CSV if the query string asks for it.

    The memory that this takes does not grow with the list. ``read`` returns the page at a cursor. The first page is
    read at once, so that the errors of ``read`` are answered.
    """
    parts = pages(lambda cursor: read(cursor, _ROWS_OF_DOWNLOAD))
    first = next(parts)
    items = (view.of(item) for part in chain([first], parts) for item in part)
    lines: Iterator[bytes] = (to_json(each, by_alias=True) + b"\n" for each in items)
    kind, media_type = "jsonl", "application/jsonl"
    if request.args.get("format") == "csv":
        rows = chain([view.model_fields], (each.model_dump(mode="json").values() for each in items))
        lines = chain([_BOM], map(_csv_line, rows))
        kind, media_type = "csv", "text/csv; charset=utf-8; header=present"
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"', "Cache-Control": "no-store"}
    return Response(stream_with_context(lines), headers=headers, content_type=media_type)


def _csv_line(values: Iterable[Any]) -> bytes:
    """Return a line of CSV (RFC 4180). No value becomes a formula where the file is opened as a spreadsheet."""
    texts = (
        value if isinstance(value, str) else "" if value in (None, {}) else to_json(value).decode() for value in values
    )
    cells = (_FORMULA.sub(r"\1'", text) for text in texts)
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells).encode() + b"\r\n"
