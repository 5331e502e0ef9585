"""The page of what happened to the caller's account."""

from collections.abc import Mapping
from typing import Any

from flask import request

from src.application.sessions import Caller
from src.interfaces.event_texts import sentence
from src.interfaces.framework.headers import accepted_language
from src.interfaces.framework.requests import services
from src.interfaces.web.console.pages import Page

history = Page("/account/history", "account/history.html")


@history.show
def _history(caller: Caller) -> Mapping[str, Any]:
    page = services().events.history(caller.user.id, request.args.get("cursor") or None, 50)
    return {"events": [(each, sentence(each, accepted_language())) for each in page.items], "more": page.next}
