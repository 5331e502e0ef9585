"""Forms that make something once, however often a browser sends them."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import request
from pydantic import BeforeValidator

from src.application.sessions import Caller
from src.domain.errors import InProgress, PorteroError
from src.domain.receipts import IdempotentCreate, Repeated
from src.interfaces.framework.requests import services

T = TypeVar("T")

TypedNumber = BeforeValidator(lambda text: int(text) if text.isdecimal() and len(text) < 4 else text or None)
"""The annotation of a whole number that is typed into a form. A field that is left empty stands for None."""


def create_once(caller: Caller, create: Callable[[IdempotentCreate[Any] | None], T]) -> T | None:
    """Return what ``create`` returns, or None if the current form has been sent before, for example by a double click.

    Each form has a random ``key``. A person who goes back, changes the text and sends the form again makes another
    thing, because the receipt stands for the key and for what was typed. Raises the errors of ``create``, and
    InProgress.
    """
    fields = {name: text for name, text in request.form.items() if name != "csrf"}
    if not fields.get("key"):
        return create(None)
    service = services().receipts
    # No key of an API client has a space.
    receipt = service.begin(caller.user, f"form {request.path} {urlencode(sorted(fields.items()))}")
    try:
        return create(IdempotentCreate(receipt, lambda _: (service.fingerprint(b""), {})))
    except (PorteroError, Repeated) as error:
        if service.first(receipt, lambda: b"") is not None:
            return None
        if isinstance(error, Repeated):  # the first create was undone meanwhile
            raise InProgress from None
        raise
