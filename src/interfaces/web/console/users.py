"""The pages on which admins and auditors find people, and admins add and change them."""

from collections.abc import Mapping
from typing import Annotated, Any

from flask import Response, request

from src.application.sessions import Caller
from src.domain.sign_ins import SignedIn
from src.domain.users import Profile, Standing
from src.domain.values import Role
from src.interfaces.devices import device
from src.interfaces.event_texts import sentence
from src.interfaces.framework.bodies import Form
from src.interfaces.framework.fields import (
    EmailField,
    LastNameField,
    NameField,
    NewPasswordField,
    RoleField,
    UsernameField,
    choice,
)
from src.interfaces.framework.headers import accepted_language
from src.interfaces.framework.parsing import parse_query
from src.interfaces.framework.requests import client, services
from src.interfaces.views import UserView
from src.interfaces.web.console.account import Names
from src.interfaces.web.console.creating import create_once
from src.interfaces.web.console.lists import ROWS, Listing, OrNone, download, filters, next_query
from src.interfaces.web.console.pages import ADMINS, AUDITORS, Page
from src.interfaces.web.console.responses import go

USERS = "/console/users"
_FILTERS = (*Role, *Standing, *SignedIn)
users = Page("/users", "users/list.html", AUDITORS)
export = Page("/users/export", "", AUDITORS)
adding = Page("/users/new", "users/new.html", ADMINS)
user = Page("/users/<id>", "users/user.html", AUDITORS)


class Search(Listing):
    """The filters of the list of users: a text, and either a role, a standing or a period of the last sign-in."""

    q: str = ""
    """The beginning of a username, or a whole e-mail address."""
    only: Annotated[Annotated[Role | Standing | SignedIn, *choice(_FILTERS, "enum")] | None, OrNone] = None

    @property
    def arguments(self) -> tuple[str | None, str | None, Role | Standing | SignedIn | None]:
        """The arguments of the use case: the beginning of a username, an e-mail address, and the filter.

        A text with ``@`` is searched as an e-mail address, and any other text as the beginning of a username.
        """
        text = self.q.strip()
        return (None, text, self.only) if "@" in text else (text, None, self.only)


class Person(Form):
    """A new user. A person without a password cannot sign in with one."""

    username: UsernameField | None = None
    email: EmailField
    name: NameField | None = None
    last_name: LastNameField | None = None
    role: RoleField = Role.USER
    password: NewPasswordField | None = None


class Changes(Names):
    """The profile of a user, and the revision of the user at which it was shown."""

    email: EmailField | None = None

    def profile(self) -> Profile:
        """Return the fields to store. An empty field removes a name, but neither the username nor the address."""
        change = Names.profile(self)
        return change | {"email": self.email} if self.email else change


@users.show
def _users(caller: Caller) -> Mapping[str, Any]:
    search = parse_query(Search)
    page = services().directory.list(caller, *search.arguments, search.cursor, ROWS)
    days = services().directory.last_sign_ins(caller, page.items)
    return {"people": page.items, "days": days, "more": next_query(page), "search": search, "filters": filters()}


@export.show
def _export(caller: Caller) -> Response:
    search = parse_query(Search).arguments
    return download("users", lambda cursor, limit: services().directory.list(caller, *search, cursor, limit), UserView)


@adding.form()
def add_user(caller: Caller, body: Person) -> Response:
    """Add a person."""
    profile: Profile = {"username": body.username, "email": body.email, "role": body.role}
    names: Profile = {"name": body.name, "last_name": body.last_name}
    given = profile | names, body.password
    added = create_once(caller, lambda once: services().directory.add(*given, caller, client(), once))
    return go(f"{USERS}/{added.id}" if added else USERS, "user-added")


@user.show
def _user(caller: Caller, id: str) -> Mapping[str, Any]:
    sessions = services().sessions.list_for_user(caller, id, request.args.get("cursor"), ROWS)
    history = services().events.search(caller, user_id=id, limit=20)
    person = services().directory.show(id)
    return {
        "person": person,
        "days": services().directory.last_sign_ins(caller, [person]),
        "sessions": [(each, device(each.client.user_agent)) for each in sessions.items],
        "more": next_query(sessions),
        "factors": services().factors.list_for_user(id, None, ROWS).items,
        "history": [(each, sentence(each, accepted_language())) for each in history.items],
    }


@user.form()
def change_user(caller: Caller, body: Changes, id: str) -> Response:
    """Change the names and the address of a user, unless they have changed since they were shown."""
    services().accounts.change(caller, id, body.profile(), None, {body.revision}, client())
    return go(f"{USERS}/{id}", "user-saved")


@user.form("/users/<id>/sessions/<session_id>/end")
def end_session(caller: Caller, id: str, session_id: str) -> Response:
    """End one session of a user."""
    services().sessions.end_for_user(caller, id, session_id, client())
    return go(f"{USERS}/{id}", "session")
