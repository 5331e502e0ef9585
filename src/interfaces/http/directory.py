"""Other people's accounts over HTTP."""

from typing import Annotated

from flask import Response
from pydantic import Field

from src.application.directory import AddUser, ChangeUser, DeleteUser, ListUsers, ShowUser, require_self_or_admin
from src.application.sessions import Caller
from src.application.users import NewProfile
from src.domain.errors import Forbidden, LastAdmin, NotFound, Stale, Taken
from src.domain.users import User
from src.domain.values import Role
from src.interfaces.http.bodies import Body, Paging
from src.interfaces.http.fields import BooleanField, EmailField, NameField, NewPasswordField, RoleField, UsernameField
from src.interfaces.http.operations import Access, Operations, expected_revisions, services
from src.interfaces.http.receipts import Repeatable
from src.interfaces.http.users import ProfileBody
from src.interfaces.http.views import PublicUserView, UserView, no_content, render, render_list, render_user

operations = Operations("Directory", "Other people's accounts.")

_ALIASES = ("/api/users/<id>", "/api/v1/users/<id>", "/api/v1/user/<id>")


class Search(Paging):
    """Which users; the filters are for admins."""

    q: Annotated[str | None, Field(description="The beginning of the username.")] = None
    email: Annotated[str | None, Field(description="Exactly this address.")] = None
    role: Role | None = None


class Person(Body):
    """Somebody whom an admin enters. Without a password there is no login."""

    name: NameField
    last_name: NameField
    email: EmailField
    username: UsernameField | None = None
    password: NewPasswordField | None = None
    role: RoleField = Role.USER


class UserBody(ProfileBody):
    """What to change of a user; at least one field. `role` and `disabled` are for admins."""

    role: RoleField = Role.USER
    disabled: BooleanField = False


def _self_or_admin(caller: Caller, id: str) -> None:
    require_self_or_admin(caller.user, id)


@operations.add("GET", "/users", aliases=("/api/users", "/api/v1/users"), access=Access.USER, query=Search,
                answer=(UserView, PublicUserView), array=True, errors=(Forbidden,), use_case=ListUsers)  # fmt: skip
def list_users(caller: Caller, query: Search) -> Response:
    """List users."""
    page = services().list_users(caller.user, query.q, query.email, query.role, query.cursor, query.limit)
    view = UserView if caller.user.role is Role.ADMIN else PublicUserView
    return render_list([view.of(user) for user in page.items], page.next)


@operations.add("GET", "/users/<id>", aliases=_ALIASES,
                access=Access.USER, answer=(UserView, PublicUserView), etag=True, errors=(NotFound,),
                use_case=ShowUser)  # fmt: skip
def show_other(caller: Caller, id: str) -> Response:
    """See a user."""
    user = services().show_user(id)
    if caller.user.role is Role.ADMIN or caller.user.id == user.id:
        return render_user(user)
    response = render(PublicUserView.of(user))
    response.add_etag()  # of what is shown: the revision changes with what is not
    return response


@operations.add("POST", "/api/users", access=Access.ADMIN, body=Person, status=201, answer=UserView, etag=True,
                errors=(Taken,), idempotent=True, use_case=AddUser)  # fmt: skip
def add_person(caller: Caller, body: Person, repeatable: Repeatable) -> Response:
    """Enter a person."""

    def created(user: User) -> Response:
        return render_user(user, 201, {"Location": f"/users/{user.id}"})

    profile = NewProfile(body.username, body.email, body.name, body.last_name, body.role)
    return created(services().add_user(profile, body.password, caller.user, repeatable.once(created)))


@operations.add("PUT", "/users/<id>", aliases=_ALIASES, access=Access.USER, body=UserBody, answer=UserView,
                etag=True, if_match=True, guard=_self_or_admin,
                errors=(Forbidden, NotFound, Taken, Stale, LastAdmin), use_case=ChangeUser)  # fmt: skip
@operations.add("PATCH", "/users/<id>", aliases=_ALIASES, access=Access.USER, body=UserBody, answer=UserView,
                etag=True, if_match=True, guard=_self_or_admin,
                errors=(Forbidden, NotFound, Taken, Stale, LastAdmin), use_case=ChangeUser)  # fmt: skip
def change_other(caller: Caller, body: UserBody, id: str) -> Response:
    """Change a user."""
    return render_user(services().change_user(caller.user, id, body.change(), expected_revisions()))


@operations.add("DELETE", "/users/<id>", aliases=_ALIASES,
                access=Access.USER, status=204, errors=(Forbidden, NotFound, LastAdmin),
                use_case=DeleteUser)  # fmt: skip
def delete_other(caller: Caller, id: str) -> Response:
    """Delete a user."""
    services().delete_user(caller.user, id)
    return no_content()
