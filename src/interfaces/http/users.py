"""Accounts over HTTP: register, see, change and delete yourself."""

from typing import cast

from flask import Response

from src.application.accounts import AccountService, NewProfile
from src.application.sessions import Caller, caller_must_exist
from src.domain.errors import LastAdmin, Stale, Taken, TooManyRequests, WrongPassword
from src.domain.users import ProfileChange
from src.interfaces.http.bodies import Body, Change
from src.interfaces.http.fields import EmailField, NameField, NewPasswordField, PasswordField, UsernameField
from src.interfaces.http.operations import Access, Feature, Operation, client, expected_revisions, services
from src.interfaces.http.views import SignupView, UserView, no_content, render, render_user

feature = Feature("Accounts", "Your own account.")


class Registration(Body):
    """A new account."""

    username: UsernameField
    email: EmailField
    password: NewPasswordField
    name: NameField | None = None
    last_name: NameField | None = None

    def profile(self) -> NewProfile:
        """What the account begins with."""
        return NewProfile(self.username, self.email, self.name, self.last_name)


class RegistrationWithOptionalEmail(Registration):
    """A new account, with or without an address."""

    email: EmailField | None = None  # type: ignore[assignment]


class ProfileBody(Change):
    """What to change; at least one field. A field that is absent stays."""

    username: UsernameField = None  # type: ignore[assignment]
    email: EmailField = None  # type: ignore[assignment]
    name: NameField | None = None
    last_name: NameField | None = None

    def change(self) -> ProfileChange:
        """The fields that were given."""
        return cast(ProfileChange, self.given())


class PasswordChange(Body):
    """The password you have and the one you want."""

    current_password: PasswordField
    new_password: NewPasswordField


@Operation(
    feature,
    "POST /register",
    Access.GUEST_OR_PUBLIC,
    aliases=("/auth/register",),
    body=Registration,
    status=201,
    answer=UserView,
    errors=(Taken, TooManyRequests),
    use_case=AccountService.register,
)
@Operation(
    feature,
    "POST /users",
    Access.GUEST_OR_PUBLIC,
    alias_of="/register",
    body=RegistrationWithOptionalEmail,
    status=201,
    answer=UserView,
    errors=(Taken, TooManyRequests),
    use_case=AccountService.register,
)
def register(caller: Caller | None, body: Registration) -> Response:
    """Make an account."""
    user = services().accounts.register(body.profile(), body.password, client(), caller.user if caller else None)
    return render_user(user, 201, {"Location": f"/users/{user.id}"})


@Operation(
    feature,
    "POST /api/v1/auth/signup",
    Access.GUEST_OR_PUBLIC,
    body=Registration,
    status=201,
    answer=SignupView,
    errors=(Taken, TooManyRequests),
)
def sign_up(caller: Caller | None, body: Registration) -> Response:
    """Make an account and log in: the user's fields and the tokens together."""
    user = services().accounts.register(body.profile(), body.password, client(), caller.user if caller else None)
    tokens = services().sessions.start(user, client())
    return render(SignupView.of_user(user, tokens), 201, {"Location": f"/users/{user.id}"})


@Operation(feature, "GET /user", Access.TOKEN, aliases=("/auth/whoami", "/api/v1/auth/whoami"), answer=UserView)
@Operation(feature, "POST /api/v1/auth/whoami", Access.TOKEN, alias_of="/user", answer=UserView)
def show_user(caller: Caller) -> Response:
    """See your own account."""
    return render_user(caller.user)


@Operation(feature, "PUT PATCH /user", Access.USER, body=ProfileBody, answer=UserView, errors=(Taken, Stale))
def change_user(caller: Caller, body: ProfileBody) -> Response:
    """Change your username, e-mail address or names; what is not given stays.

    A changed address is no longer verified. With `If-Match` the change is refused when the account has
    changed since it was read.
    """
    with caller_must_exist():
        user = services().directory.change(caller.user, caller.user.id, body.change(), expected_revisions())
    return render_user(user)


@Operation(
    feature,
    "PUT /user/password",
    Access.USER,
    body=PasswordChange,
    status=204,
    errors=(WrongPassword, TooManyRequests),
    use_case=AccountService.change_password,
)
def change_password(caller: Caller, body: PasswordChange) -> Response:
    """Set a new password."""
    services().accounts.change_password(caller, body.current_password, body.new_password, client())
    return no_content()


@Operation(feature, "DELETE /user", Access.TOKEN, status=204, errors=(LastAdmin,))
def delete_user(caller: Caller) -> Response:
    """Delete your account: its sessions end at once and its names are free for others."""
    with caller_must_exist():
        services().directory.delete(caller.user, caller.user.id)
    return no_content()
