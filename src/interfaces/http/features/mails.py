"""The operations behind the links in mails: prove an address, log in, and set a new password."""

from functools import partial
from typing import Annotated

from flask import Response
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from src.application.mails import MailService
from src.application.sessions import Caller
from src.domain.errors import InvalidToken, NotFound, TooManyRequests, Unauthenticated
from src.domain.mails import MailKind
from src.interfaces.framework.bodies import Body
from src.interfaces.framework.fields import EmailField, NewPasswordField, TextField
from src.interfaces.framework.headers import accepted_language
from src.interfaces.framework.requests import client, services
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.operations import Feature, Operation
from src.interfaces.http.framework.views import no_content, render
from src.interfaces.languages import translated
from src.interfaces.views import RefreshView, View

feature = Feature("E-mail", "Links in mails: prove an address, log in, set a new password.")
route = partial(Operation, feature)

MailToken = Annotated[TextField, Field(description="The token in the link of the mail.")]


_REQUESTED = "If an account has this address, a mail is on its way."


class MailRequestedView(View):
    """The request is accepted. The answer is the same whether or not a user has the address."""

    detail: str = Field(examples=[_REQUESTED])


class MailAddress(Body):
    """The address to which the mail is sent."""

    email: EmailField


class TokenOrNothing(Body):
    """The token of the mail; or nothing, to ask for a mail."""

    token: MailToken = ""


class TokenOrCode(Body):
    """The token in the link of the mail; or the address, and the six digits in the mail."""

    token: MailToken = ""
    email: EmailField | None = None
    code: Annotated[TextField, Field(examples=["123456"])] = ""

    @model_validator(mode="after")
    def _whole(self) -> "TokenOrCode":
        if not self.token and not (self.email and self.code):
            raise PydanticCustomError("required", "Give the token, or email and code.")
        return self


class PasswordReset(Body):
    """The token of the mail and the new password."""

    token: MailToken
    new_password: NewPasswordField


@route(
    "POST /auth/email/login",
    Access.PUBLIC,
    MailRequestedView,
    status=202,
    errors=(NotFound,),
    use_case=MailService.request,
)
def request_login(body: MailAddress) -> Response:
    """Send a mail that logs in."""
    return _requested(MailKind.LOGIN, body)


@route(
    "POST /auth/email/login/confirm",
    Access.PUBLIC,
    RefreshView,
    errors=(InvalidToken, TooManyRequests),
    use_case=MailService.log_in,
)
def confirm_login(body: TokenOrCode) -> Response:
    """Log in with the link or the code of a mail."""
    if body.email and not body.token:
        _, tokens = services().mails.log_in_with_code(body.email, body.code, client())
    else:
        _, tokens = services().mails.log_in(body.token, client())
    return render(RefreshView.of(tokens))


@route(
    "POST /auth/email/verify",
    Access.GUEST_OR_PUBLIC,
    MailRequestedView,
    status=202,
    instead={204: None},
    errors=(Unauthenticated, NotFound),
    use_case=MailService.verify,
)
def verify_address(caller: Caller | None, body: TokenOrNothing) -> Response:
    """Prove your address with the token of a mail, answered 204; without one, ask for that mail."""
    if body.token:
        services().mails.verify(body.token, caller.user if caller else None, client())
        return no_content()
    if caller is None:
        raise Unauthenticated
    services().mails.request_verification(caller.user, client())
    return _requested_answer()


@route(
    "POST /auth/password/forgot",
    Access.PUBLIC,
    MailRequestedView,
    status=202,
    errors=(NotFound,),
    use_case=MailService.request,
)
def request_password_reset(body: MailAddress) -> Response:
    """Send a mail with which a new password can be set."""
    return _requested(MailKind.RESET, body)


@route(
    "POST /auth/password/reset",
    Access.PUBLIC,
    errors=(InvalidToken,),
    use_case=MailService.reset_password,
)
def reset_password(body: PasswordReset) -> None:
    """Set a new password with the token of a mail."""
    services().mails.reset_password(body.token, body.new_password.text, client())


def _requested(kind: MailKind, body: MailAddress) -> Response:
    services().mails.request(kind, body.email, client())
    return _requested_answer()


def _requested_answer() -> Response:
    language = accepted_language()
    return render(MailRequestedView(detail=translated(_REQUESTED, language)), 202, {"Content-Language": language})
