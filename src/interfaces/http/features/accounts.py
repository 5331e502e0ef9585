"""The operations on the caller's own account: register, see, change and delete it."""

from dataclasses import replace
from functools import partial
from typing import Annotated, Any, ClassVar

from flask import Response
from pydantic import Field, ValidationInfo, ValidatorFunctionWrapHandler, field_validator
from pydantic_core import PydanticCustomError

from src.application.sessions import Caller
from src.domain.errors import LastAdmin, Stale, Taken, TooManyRequests, WrongPassword
from src.domain.users import Profile, User
from src.interfaces.framework.bodies import Body, Change, Context
from src.interfaces.framework.fields import (
    EmailField,
    LastNameField,
    NameField,
    NewPasswordField,
    ObjectField,
    PasswordElsewhere,
    PasswordField,
    StrangersPasswordField,
    TextField,
    UsernameField,
)
from src.interfaces.framework.requests import client, services
from src.interfaces.http.features.exports import ExportView, stream_export
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.conditions import WITHHELD, expected_revisions
from src.interfaces.http.framework.operations import Feature, Operation, StepUp
from src.interfaces.http.framework.views import SignupView, render, render_resource
from src.interfaces.views import UserView

feature = Feature("Accounts", "Your own account.")
route = partial(Operation, feature)


class Registration(Body):
    """A new account."""

    needs_email: ClassVar[bool] = True
    """Whether an account without an invitation needs an e-mail address."""

    username: UsernameField
    invitation: Annotated[TextField, Field(description="The token in the link of an invitation.", examples=[""])] = ""
    email: Annotated[EmailField, Field(validate_default=True, description="Needed without an invitation.")] = None  # type: ignore[assignment]
    password: StrangersPasswordField
    name: NameField | None = None
    last_name: LastNameField | None = None

    @field_validator("email", mode="wrap")
    @classmethod
    def _may_be_that_of_the_invitation(
        cls, value: Any, validate: ValidatorFunctionWrapHandler, info: ValidationInfo
    ) -> Any:
        """Accept an absent address if there is an invitation, which then gives the address."""
        if value is not None:
            return validate(value)
        if cls.needs_email and not info.data.get("invitation"):
            raise PydanticCustomError("required", "This field is required.")
        return None

    def profile(self) -> Profile:
        """Return the profile of the new account."""
        profile: Profile = self.given()
        for name in ("password", "invitation"):
            profile.pop(name, None)  # type: ignore[misc]
        return profile


class RegistrationWithOptionalEmail(Registration):
    """A new account, with or without an e-mail address."""

    needs_email: ClassVar[bool] = False
    email: EmailField | None = None  # type: ignore[assignment]


class ProfileBody(Change):
    """A change of an account. At least one field is required; an absent field keeps its value."""

    confirming: ClassVar[frozenset[str]] = frozenset({"current_password"})

    username: UsernameField = None  # type: ignore[assignment]
    email: EmailField = None  # type: ignore[assignment]
    name: NameField | None = None
    last_name: LastNameField | None = None
    metadata: Annotated[
        ObjectField,
        Field(
            description="A merge patch (RFC 7396) of your own data: null removes a key. At most 8 KiB and 8 levels.",
            examples=[{"theme": "dark"}],
        ),
    ] = None  # type: ignore[assignment]
    password: PasswordElsewhere = None
    current_password: PasswordField | None = None

    def profile(self) -> Profile:
        """Return the fields to change."""
        change: Profile = self.given()
        change.pop("current_password", None)  # type: ignore[typeddict-item]
        return change


class PasswordChange(Body):
    """Your current password and the new one.

    With `IDENTITY=firebase`, a recent sign-in at Firebase stands for the current password of an account that has none.
    """

    current_password: Annotated[PasswordField, Field(validate_default=True)] = None  # type: ignore[assignment]
    new_password: NewPasswordField

    @field_validator("current_password", mode="wrap")
    @classmethod
    def _may_be_absent(cls, value: Any, validate: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        """Accept an absent password from callers who have signed in at the identity provider."""
        if value is not None:
            return validate(value)
        assert isinstance(info.context, Context)
        if info.context.caller is None or info.context.caller.signed_in_at is None:
            raise PydanticCustomError("required", "This field is required.")
        return None


@route("POST /users", Access.GUEST_OR_PUBLIC, UserView, 201, alias_of="/register", body=RegistrationWithOptionalEmail)
@route("POST /register /auth/register", Access.GUEST_OR_PUBLIC, UserView, status=201, errors=(Taken, TooManyRequests))
def register(caller: Caller | None, body: Registration) -> Response:
    """Make an account.

    The username and the e-mail address are unique, ignoring case and Unicode form. Of simultaneous requests for the
    same name exactly one wins, and the others are told which field is taken. A guest who registers with its token keeps
    its id and its data, and its guest sessions end. An invitation gives the address and the role.
    """
    guest = caller.user if caller else None
    user = services().accounts.register(body.profile(), body.password, client(), guest, body.invitation)
    return render_resource(UserView, user, 201, {"Location": f"/users/{user.id}"})


@route("POST /api/v1/auth/signup", Access.GUEST_OR_PUBLIC, SignupView, status=201, errors=(Taken, TooManyRequests))
def sign_up(caller: Caller | None, body: Registration) -> Response:
    """Make an account and log in.

    The answer has the user's properties and the tokens together.
    """
    guest = caller.user if caller else None
    user, tokens = services().accounts.sign_up(body.profile(), body.password, client(), guest, body.invitation)
    return render(SignupView.of_user(user, tokens), 201, {"Location": f"/users/{user.id}"})


def render_own(caller: Caller, user: User) -> Response:
    """Return the answer that shows ``user``, the caller's account, with the role that counts in the session."""
    if not caller.withheld:
        return render_resource(UserView, user)
    shown = replace(user, role=caller.user.role)
    return render(UserView.of(shown), revision=f"{user.revision}{WITHHELD}")


@route("POST /api/v1/auth/whoami", Access.TOKEN, UserView, alias_of="/user")
@route("GET /user /auth/whoami /api/v1/auth/whoami", Access.TOKEN, UserView)
def show_user(caller: Caller) -> Response:
    """See your own account."""
    return render_own(caller, caller.user)


@route("GET /user/export", Access.TOKEN, ExportView, for_people=True)
def export_user(caller: Caller) -> Response:
    """Download everything that the service holds about you.

    Your profile, sessions, tasks, dogs and jobs are complete. Of files and datasets you get what is known about them;
    their contents and rows are at their own routes. Also included are the answers that are kept for requests with an
    idempotency key, and what happened to your account. Passwords and tokens, of which only hashes are stored, are left
    out, and so are mails on their way, which are kept for a day at most.
    """
    return stream_export(services().exports.export(caller.stored_user, client()), caller.session)


@route(
    "PUT PATCH /user",
    Access.USER,
    UserView,
    step_up=StepUp.RECENT,
    step_up_fields=("email",),
    for_people=True,
    errors=(Taken, Stale, WrongPassword, TooManyRequests),
)
def change_user(caller: Caller, body: ProfileBody) -> Response:
    """Change your username, e-mail address or names.

    Fields that are not given keep their values. A changed address is no longer verified. With `If-Match` the change is
    refused if the account has changed since it was read. A changed address needs `current_password`, or a login of the
    last ten minutes. A `current_password` that is given must be right.
    """
    change, password = body.profile(), body.current_password
    user = services().accounts.change(caller, caller.user.id, change, password, expected_revisions(), client())
    return render_own(caller, user)


@route(
    "PUT /user/password",
    Access.USER,
    step_up=StepUp.TWO_FACTORS,
    for_people=True,
    errors=(WrongPassword, TooManyRequests),
)
def change_password(caller: Caller, body: PasswordChange) -> None:
    """Set a new password. Every other session ends.

    The current password is required. If the account at Firebase has none, a sign-in there in the last ten minutes
    stands for it. ID tokens from before the change are refused, because Firebase revokes them.
    """
    services().accounts.change_password(caller, body.current_password, body.new_password, client())


@route("DELETE /user", Access.TOKEN, step_up=StepUp.RECENT, for_people=True, errors=(LastAdmin, Stale))
def delete_user(caller: Caller) -> None:
    """Delete your account.

    Its sessions end at once, and its username and e-mail address are free for others.
    """
    services().accounts.delete(caller, caller.user.id, expected_revisions(), client())
