"""Declares the pages of the console and their forms: who may see them, and how errors are shown."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, TypeVar, get_type_hints
from urllib.parse import quote

from flask import Blueprint, Response, current_app, request
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import HTTPException

from src.application.files import IncomingFile
from src.application.sessions import Caller
from src.domain.errors import FieldError, Forbidden, InsufficientAuthentication, Invalid, MfaRequired, PorteroError
from src.domain.values import MEMBER_ROLES, Role, new_id
from src.interfaces.errors.catalogue import status_of
from src.interfaces.errors.problems import problem_of
from src.interfaces.framework.bodies import Form
from src.interfaces.framework.fields import TextField
from src.interfaces.framework.parsing import parse_body
from src.interfaces.framework.requests import context_of
from src.interfaces.framework.uploads import Upload
from src.interfaces.web.console.browser import (
    csrf_token,
    current_caller,
    is_csrf_token,
    known_caller,
    require_own_origin,
)
from src.interfaces.web.console.kept_forms import ask_for_second_step, kept_form, resume
from src.interfaces.web.console.responses import see_other, show, sign_in_first

console = Blueprint("console", __name__, url_prefix="/console", template_folder="templates")
"""The pages. The application registers them with the name ``web.console``, because they are pages for people."""
EVERYBODY = tuple(Role)
ADMINS = (Role.ADMIN,)
AUDITORS = (Role.AUDITOR, Role.ADMIN)
"""Who sees the pages of operators. The use cases let only admins change something there."""
MEMBERS = MEMBER_ROLES
_OTHER_PAGE = "Open the page of this service, and send its form."
Values = TypeVar("Values", bound=Callable[..., Mapping[str, Any] | Response])


class Confirmation(Form):
    """The name of a thing, typed to confirm an act that cannot be undone."""

    confirm: TextField = ""

    def require(self, name: str) -> None:
        """Raise Invalid unless ``name`` was typed."""
        if self.confirm.split() != name.split():  # browsers show a run of blanks as one blank
            raise Invalid(FieldError("confirm", "invalid", "Type the name as it is shown."))


@dataclass(eq=False, slots=True)
class Page:
    """A page: its path below /console, its template, and the roles that may see it.

    Everybody may see a page without roles. A function decorated with ``show`` returns the values of the template, or
    the whole response of a download. A function decorated with ``form`` handles a form of the page. These functions
    take the variables of the path, and the parameters ``caller`` and ``body`` if they name them. The caller is None
    for a visitor who is not signed in.
    """

    path: str
    template: str
    roles: Sequence[Role] = EVERYBODY
    values: Callable[..., Mapping[str, Any] | Response] = field(default=lambda **_: {}, init=False)

    def __post_init__(self) -> None:
        self._route("GET", self.path, f"show:{self.path}", self._answer)

    def show(self, values: Values) -> Values:
        """Declare the decorated function as the one that returns the values of the template, or the response."""
        self.values = partial(_called, values)
        return values

    def form(self, path: str = "") -> Callable[[Callable[..., Response]], Callable[..., Response]]:
        """Declare the decorated function as the handler of a form of the page, which is sent to ``path``."""

        def declare(handler: Callable[..., Response]) -> Callable[..., Response]:
            target = path or self.path
            view = partial(self._answer_form, handler)
            self._route("POST", target, f"send:{target}", view)
            return handler

        return declare

    def upload(self, *fields: str) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
        """Declare the decorated function as the handler of the form that sends a file to the page.

        The function takes ``caller``, ``file``, and ``upload``, which holds the texts named ``fields``.
        """

        def declare(handler: Callable[..., Response]) -> Callable[..., Response]:
            view = partial(self._answer_upload, handler, {"csrf", *fields})
            self._route("POST", self.path, f"send:{self.path}", view)
            return handler

        return declare

    def render(self, caller: Caller | None, status: int = 200, **values: Any) -> Response:
        """Return the page with ``values`` in addition to its own."""
        own = self.values(caller=caller, **(request.view_args or {}))
        if isinstance(own, Response):
            return own
        response = show(self.template, caller, status, **{**own, **values})
        if "problem" in values and "Retry-After" in values["problem"].headers:
            response.headers["Retry-After"] = values["problem"].headers["Retry-After"]
        return response

    def _route(self, method: str, path: str, endpoint: str, view: Callable[..., Response]) -> None:
        """Let ``view`` answer requests for a path. A page of operators has no path unless CONSOLE_ADMIN is on."""

        def add(state: BlueprintSetupState) -> None:
            if self.roles not in (ADMINS, AUDITORS) or state.app.config["CONSOLE_ADMIN"]:
                state.add_url_rule(path, endpoint, view, methods=[method])

        console.record(add)

    def _answer(self, **_: Any) -> Response:
        caller = current_caller()
        if self.roles and caller is None:
            return sign_in_first()
        try:
            _require_role(caller, self.roles)
            return self.render(caller)
        except InsufficientAuthentication:
            return see_other("/console/step-up", next=request.full_path.rstrip("?"))

    def _answer_form(self, handler: Callable[..., Response], **variables: Any) -> Response:
        require_own_origin()
        parse_body(Form, context_of(None))  # refuses what is no form
        typed = request.form.to_dict()
        caller = current_caller()
        if self.roles and caller is None:
            return show("signing_in/again.html", None, 403, next=self._url(variables), kept=kept_form(typed))
        if self.roles and not is_csrf_token(typed.get("csrf", "")):
            if kept := kept_form(typed):
                return resume(kept, caller, 403)
            raise Forbidden(_OTHER_PAGE)
        try:
            _require_role(caller, self._senders)
            body = _hints(handler).get("body", Form)
            sent = parse_body(body, context_of(caller))
            response: Response = _called(handler, caller=caller, body=sent, **variables)
            return response
        except MfaRequired as error:
            return ask_for_second_step(error, typed.get("next", ""), typed.get("kept", ""))
        except InsufficientAuthentication:
            return show("signing_in/step_up.html", caller, 403, next=self._url(variables), kept=kept_form(typed))
        except PorteroError as error:
            _require_role(caller, self._senders)  # those without the role see no part of the page
            return self.render(caller, status_of(type(error)), **_shown(error), typed=typed)

    def _answer_upload(self, handler: Callable[..., Response], fields: Collection[str]) -> Response:
        """Answer a form with a file. The token comes before the file, and is checked before a byte of it is read."""
        require_own_origin()
        caller = current_caller()
        if caller is None:
            return show("signing_in/again.html", None, 403, next=self._url({}), kept="")
        typed: dict[str, str] = {}
        try:
            _require_role(caller, self.roles)
            if request.mimetype != "multipart/form-data":  # which only other pages send
                raise Forbidden(_OTHER_PAGE)
            upload = Upload(current_app.config["MAX_UPLOAD_BYTES"], fields)
            typed = upload.fields
            file = _chosen(upload)
            if not is_csrf_token(typed.get("csrf", "")):
                raise Forbidden(_OTHER_PAGE)
            return handler(caller=caller, upload=upload, file=file)
        except InsufficientAuthentication:
            return see_other("/console/step-up", next=self._url({}))
        except (PorteroError, HTTPException) as error:
            _require_role(caller, self.roles)  # those without the role see no part of the page
            shown = _shown(error)
            return self.render(caller, shown["problem"].status, **shown, typed=typed)

    @property
    def _senders(self) -> Sequence[Role]:
        """The roles that may send the forms of the page. Auditors see pages and change nothing."""
        return ADMINS if self.roles == AUDITORS else self.roles

    def _url(self, variables: Mapping[str, str]) -> str:
        return "/console" + re.sub("<(.*?)>", lambda found: quote(variables[found[1]], safe=""), self.path)


def _require_role(caller: Caller | None, roles: Sequence[Role]) -> None:
    """Raise Forbidden or InsufficientAuthentication for a caller without one of ``roles``, if there are any."""
    if roles and caller and caller.user.role not in roles:
        raise caller.refusal(Forbidden.default_detail, *roles)


@console.app_context_processor
def _helpers() -> dict[str, Any]:
    """Give templates ``new_key``, which makes the key of a form that creates something, and the caller of an error."""
    return {"new_key": new_id, "known_caller": known_caller, "csrf_token": csrf_token}


def _called(function: Callable[..., Any], **arguments: Any) -> Any:
    """Call a function with the arguments that its parameters name. Leave the other arguments out."""
    names = _hints(function)
    return function(**{name: value for name, value in arguments.items() if name in names})


@cache
def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    return get_type_hints(function)


def _chosen(upload: Upload) -> IncomingFile:
    """Return the file of a form. Raises Invalid if the person has chosen none."""
    try:
        return upload.file("file")
    except Invalid:
        raise Invalid(FieldError("file", "required", "Choose a file.")) from None


def _shown(error: PorteroError | HTTPException) -> dict[str, Any]:
    """Return the values with which a template shows an error: the problem, and the messages by field."""
    problem = problem_of(error)
    return {"problem": problem, "errors": {each.field: each.message for each in problem.errors}}
