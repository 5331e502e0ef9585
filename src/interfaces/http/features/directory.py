"""The operations on all accounts. Most of them are for admins."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any

from flask import Response
from pydantic import ConfigDict, Field

from src.application.accounts import FOR_ADMINS, require_self_or_admin
from src.application.sessions import Caller
from src.domain.errors import FieldError, Invalid, LastAdmin, Stale, Taken, TooManyRequests, WrongPassword
from src.domain.messages import Translatable
from src.domain.users import Profile, User
from src.domain.values import Role
from src.interfaces.framework.bodies import Body, Paging
from src.interfaces.framework.fields import (
    BooleanField,
    EmailField,
    LastNameField,
    NameField,
    NewPasswordField,
    ObjectField,
    RoleField,
    UsernameField,
)
from src.interfaces.framework.requests import client, services
from src.interfaces.http.features import invitations
from src.interfaces.http.features.accounts import ProfileBody, render_own
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.conditions import expected_revisions, unless_known
from src.interfaces.http.framework.idempotency import IdempotentRequest
from src.interfaces.http.framework.operations import Feature, Operation, StepUp
from src.interfaces.http.framework.views import render, render_list, render_resource
from src.interfaces.views import PublicUserView, UserView

feature = Feature(invitations.feature.tag, invitations.feature.description)
route = partial(Operation, feature)

_USER_PATHS = "/users/<id> /api/users/<id> /api/v1/users/<id> /api/v1/user/<id>"


class Search(Paging):
    """The query parameters of the list of users. Only admins and auditors may use `q`, `email` and `role`."""

    q: Annotated[str | None, Field(description="The beginning of the username.")] = None
    email: Annotated[str | None, Field(description="The whole e-mail address.")] = None
    role: Role | None = None


class Person(Body):
    """A person whom an admin adds. A person without a password cannot log in."""

    name: NameField
    last_name: LastNameField
    email: EmailField
    username: UsernameField | None = None
    password: NewPasswordField | None = None
    role: RoleField = Role.USER


class UserBody(ProfileBody):
    """A change of a user. At least one field is required. Only admins can set `role`, `disabled` and `claims`."""

    role: RoleField = Role.USER
    disabled: BooleanField = False
    claims: Annotated[
        ObjectField,
        Field(
            description="Replaces what every access token carries. At most 1 000 bytes together with `role`.",
            examples=[{"plan": "gold"}],
        ),
    ] = None  # type: ignore[assignment]

    def profile(self) -> Profile:
        """Return the fields to change."""
        change = super().profile()
        if "claims" in self.model_fields_set:
            change["custom_claims"] = change.pop("claims")  # type: ignore[typeddict-item]
        return change

    def change_by(self, caller: Caller) -> Profile:
        """Return the fields that the caller may change. Raises Invalid when there are none."""
        change = self.profile()
        if caller.user.role is not Role.ADMIN and not change.keys() - FOR_ADMINS:
            names = "username, email, name, last_name, metadata"
            raise Invalid(FieldError("body", "empty", Translatable("Give at least one of {names}.", names=names)))
        return change


class DirectoryEntry(PublicUserView):
    """A user as others see it, with the id and the username. Admins, auditors and the user itself see all fields."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    email: Annotated[str | None, Field(examples=["anna@example.com"])] = None
    email_verified: bool = False
    name: Annotated[str | None, Field(examples=["Anna"])] = None
    last_name: str | None = None
    role: Role = Role.USER
    disabled: bool = False
    metadata: Annotated[dict[str, Any], Field(default_factory=dict, examples=[{}])]
    claims: Annotated[dict[str, Any], Field(default_factory=dict, examples=[{}])]
    created_at: datetime | None = None
    updated_at: datetime | None = None


def _self_or_admin(caller: Caller, id: str) -> dict[str, Any]:
    """Raise Forbidden unless the caller is the user with this id or an admin."""
    require_self_or_admin(caller, id)
    return {"id": id}


@route("GET /users /api/users /api/v1/users", Access.USER, DirectoryEntry)
def list_users(caller: Caller, query: Search) -> Response:
    """List the users by username, without guests.

    Everyone sees `id` and `username`. Admins and auditors see whole users, and may filter by the beginning of the
    username, the e-mail address and the role.
    """
    page = services().directory.list(caller, query.q, query.email, query.role, query.cursor, query.limit)
    return render_list(page, UserView if caller.user.role.sees_everybody else PublicUserView)


@route(f"GET {_USER_PATHS}", Access.USER, DirectoryEntry)
def show_user_by_id(caller: Caller, id: str) -> Response:
    """See a user.

    Admins, auditors and the user itself see every property, others see only `id` and `username`.
    """
    if id == caller.user.id:
        return render_own(caller, caller.user)
    user = services().directory.show(id)
    if caller.user.role.sees_everybody:
        return render_resource(UserView, user)
    response = render(PublicUserView.of(user))
    response.add_etag()  # a hash of the answer: the revision also changes with properties that are not shown
    return unless_known(response)


@route("POST /api/users", Access.ADMIN, UserView, status=201, errors=(Taken,))
def add_person(caller: Caller, body: Person, idempotency: IdempotentRequest) -> Response:
    """Add a person.

    The username is random if none is given. A person without a password cannot log in.
    """

    def created(user: User) -> Response:
        return render_resource(UserView, user, 201, {"Location": f"/users/{user.id}"})

    profile = Profile(
        username=body.username, email=body.email, name=body.name, last_name=body.last_name, role=body.role
    )
    idempotent = idempotency.answered_with(created)
    return created(services().directory.add(profile, body.password, caller, client(), idempotent))


@route(
    f"PUT PATCH {_USER_PATHS}",
    Access.USER,
    UserView,
    guard=_self_or_admin,
    step_up=StepUp.RECENT,
    step_up_fields=("email",),
    for_admins_too=True,
    errors=(Taken, Stale, LastAdmin, TooManyRequests, WrongPassword),
)
def change_user_by_id(caller: Caller, body: UserBody, id: str) -> Response:
    """Change your own account or, as an admin, any account.

    Only admins set `role`, `disabled` and `claims`, with immediate effect. The last admin cannot be demoted or
    disabled.
    """
    change, password = body.change_by(caller), body.current_password
    user = services().accounts.change(caller, id, change, password, expected_revisions(), client())
    return render_own(caller, user) if id == caller.user.id else render_resource(UserView, user)


@route(f"DELETE {_USER_PATHS}", Access.USER, step_up=StepUp.RECENT, for_admins_too=True, errors=(LastAdmin, Stale))
def delete_user_by_id(caller: Caller, id: str) -> None:
    """Delete your own account or, as an admin, any account.

    The last admin cannot be deleted.
    """
    services().accounts.delete(caller, id, expected_revisions(), client())
