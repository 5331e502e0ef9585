"""The download of everything that the service holds about a user."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, get_args

from flask import Response, stream_with_context
from pydantic import Field, field_validator
from pydantic_core import to_json

from src.application.exports import Export
from src.domain.sessions import Session
from src.interfaces.http.features.datasets.views import DatasetView
from src.interfaces.http.features.dogs import DogView
from src.interfaces.http.features.factors import FactorView
from src.interfaces.http.features.files import FileView
from src.interfaces.http.features.invitations import InvitationView
from src.interfaces.http.features.jobs import JobView
from src.interfaces.http.features.keys import KeyView
from src.interfaces.http.features.sessions import SessionView
from src.interfaces.http.features.tasks import TaskView
from src.interfaces.views import EventView, UserView, View

_PART_BYTES = 1 << 16


class ReceiptView(View):
    """The answer that is kept for a request with an idempotency key."""

    expires_at: datetime
    answer: dict[str, Any] | None = Field(description="Null while the request is in progress.")


class SignInView(View):
    """The day of your last sign-in, in UTC."""

    day: date = Field(examples=["2026-11-23"])

    @field_validator("day", mode="before")
    @classmethod
    def _without_time(cls, value: datetime) -> date:
        return value.date()


class ExportView(View):
    """Everything that the service holds about you."""

    user: UserView
    sessions: list[SessionView] = Field(description="Also those that have ended and are not yet removed.")
    sign_ins: list[SignInView] = Field(description="The last one, if it is known.")
    tasks: list[TaskView]
    dogs: list[DogView]
    files: list[FileView] = Field(description="Their contents are at `/api/files/{id}/content`.")
    datasets: list[DatasetView] = Field(description="Their files and rows are at `/datasets/{id}/file` and `/rows`.")
    jobs: list[JobView]
    factors: list[FactorView] = Field(description="Without their secrets.")
    keys: list[KeyView] = Field(description="Without their texts, which are not stored.")
    receipts: list[ReceiptView]
    invitations: list[InvitationView] = Field(description="The invitation with which you have made the account.")
    events: list[EventView] = Field(description="Other people in them are not named.")


def stream_export(export: Export, current: Session | None) -> Response:
    """Return an ExportView as a download, in memory that does not grow with the export.

    ``current`` is the session of the request, or None.
    """
    views = {name: get_args(field.annotation) for name, field in ExportView.model_fields.items()}
    of_session = partial(SessionView.of_session, current=current)

    def chunks() -> Iterator[bytes]:
        yield b'{"user":' + to_json(UserView.of(export.user))
        for name, pages in export.sections.items():
            [view] = views[name]
            yield f',"{name}":['.encode()
            yield from _items(pages, of_session if view is SessionView else view.of)
            yield b"]"
        yield b"}\n"

    headers = {"Content-Disposition": 'attachment; filename="portero-export.json"'}
    return Response(stream_with_context(chunks()), headers=headers, content_type="application/json")


def _items(pages: Iterable[Sequence[Any]], view: Callable[[Any], View]) -> Iterator[bytes]:
    """Yield the items of a JSON array. Each page is cut into parts, so that many slow clients need little memory."""
    separator = b""
    for page in pages:
        part = b""
        for item in page:
            part += separator + to_json(view(item), by_alias=True)
            separator = b","
            if len(part) > _PART_BYTES:
                yield part
                part = b""
        if part:
            yield part
