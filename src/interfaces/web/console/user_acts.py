"""The acts of admins on users. Each has a page that asks first, for one user or for several users."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from src.application.sessions import Caller
from src.domain.errors import InsufficientAuthentication, PorteroError
from src.domain.users import User
from src.domain.values import Role
from src.interfaces.framework.bodies import Form
from src.interfaces.framework.fields import RoleField, TextField
from src.interfaces.framework.requests import client, services
from src.interfaces.web.console.pages import ADMINS, Confirmation, Page
from src.interfaces.web.console.responses import go
from src.interfaces.web.console.users import USERS

roles = Page("/users/<id>/role", "users/ask.html", ADMINS)
several = Page("/users/several", "users/several.html", ADMINS)


class NewRole(Form):
    """The role that a user gets."""

    role: RoleField


class Several(Form):
    """An act on the users whose fields ``user-ID`` are in the form. ``confirmed`` is empty before the preview."""

    act: TextField
    confirmed: TextField = ""


@dataclass(frozen=True, slots=True)
class Act:
    """An act on one user. ``run`` is its use case, which takes the caller and the id of the user."""

    name: str
    run: Callable[[Caller, str], object]
    typed: bool = False
    """Whether the name of the user has to be typed, because the act cannot be undone."""

    def ask(self) -> None:
        """Declare the page that asks, and its form."""
        page = Page(f"/users/<id>/{self.name}", "users/ask.html", ADMINS)

        @page.show
        def values(id: str) -> Mapping[str, Any]:
            person = services().directory.show(id)
            return {"act": self.name, "person": person, "name": name_of(person) if self.typed else ""}

        @page.form()
        def confirmed(caller: Caller, id: str, body: Confirmation) -> Response:
            if self.typed:
                body.require(name_of(services().directory.show(id)))
            self.run(caller, id)
            return go(USERS if self.name == "delete" else f"{USERS}/{id}", _DONE.get(self.name, self.name))


_DONE = {"delete": "user-deleted"}


def name_of(user: User) -> str:
    """Return the text that stands for a user on pages, and that confirms an act."""
    return user.username.display if user.username else user.id


def _set_disabled(disabled: bool) -> Callable[[Caller, str], object]:
    def run(caller: Caller, id: str) -> object:
        return services().accounts.change(caller, id, {"disabled": disabled}, None, None, client())

    return run


SEVERAL = {
    act.name: act
    for act in (
        Act("disable", _set_disabled(True)),
        Act("enable", _set_disabled(False)),
        Act("end-sessions", lambda caller, id: services().sessions.end_all_for_user(caller, id, client())),
    )
}
"""The acts that are possible on several users at once: those that can be undone."""

for _act in (
    *SEVERAL.values(),
    Act("reset-factors", lambda caller, id: services().factors.reset(caller, id, client()), typed=True),
    Act("delete", lambda caller, id: services().accounts.delete(caller, id, None, client()), typed=True),
):
    _act.ask()


@roles.show
def _role(id: str) -> Mapping[str, Any]:
    return {"act": "role", "person": services().directory.show(id), "roles": [*Role][1:]}


@roles.form()
def change_role(caller: Caller, id: str, body: NewRole) -> Response:
    """Change the role of a user."""
    services().accounts.change(caller, id, {"role": body.role}, None, None, client())
    return go(f"{USERS}/{id}", "role")


@several.show
def _several(caller: Caller) -> Mapping[str, Any]:
    people = services().directory.get_many(caller, [*_chosen()])
    return {"act": request.form.get("act"), "people": people.values(), "refused": None}


@several.form()
def act_on_several(caller: Caller, body: Several) -> Response:
    """Show a preview of an act on several users. If it is confirmed, run the act, and show the refusals."""
    if body.act not in SEVERAL or not body.confirmed:
        return several.render(caller)
    people = services().directory.get_many(caller, [*_chosen()])
    return several.render(caller, refused=dict(_refusals(caller, SEVERAL[body.act], people)), people=people.values())


def _chosen() -> Iterator[str]:
    return (name.removeprefix("user-") for name in request.form if name.startswith("user-"))


def _refusals(caller: Caller, act: Act, ids: Mapping[str, User]) -> Iterator[tuple[str, str]]:
    """Do an act on several users. Yield the id of each user that it was refused for, and the reason."""
    for id in ids:
        try:
            act.run(caller, id)
        except InsufficientAuthentication:
            raise
        except PorteroError as error:
            yield id, error.detail
