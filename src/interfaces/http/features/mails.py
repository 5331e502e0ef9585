"""The operations behind the links in mails: prove an address, log in, and set a new password."""

from functools import partial
from typing import Annotated

from flask import Response
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from src.application.sessions import Caller
from src.domain.errors import InvalidToken, MfaRequired, NotFound, TooManyRequests, Unauthenticated, WrongCode
from src.domain.mails import MailKind
from src.interfaces.framework.bodies import Body
from src.interfaces.framework.fields import EmailField, TextField, UncheckedPasswordField
from src.interfaces.framework.headers import accepted_language
from src.interfaces.framework.requests import client, services
from src.interfaces.http.features.credentials import WithSecondStep
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
    """The address that the mail goes to."""

    email: EmailField


class TokenOrNothing(Body):
    """The token of the mail; or nothing, to ask for a mail."""

    token: MailToken = ""


class TokenOrCode(WithSecondStep):
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
    new_password: UncheckedPasswordField


@route("POST /auth/email/login", Access.PUBLIC, MailRequestedView, status=202, errors=(NotFound,))
def request_login(body: MailAddress) -> Response:
    """If a user has this address, send it a mail that logs in.

    The answer is the same for every address. It is also the same above a limit, where no mail is sent. Each network has
    limits of its own, so that no stranger uses up the mails of the owner.
    """
    return _requested(MailKind.LOGIN, body)


@route(
    "POST /auth/email/login/confirm",
    Access.PUBLIC,
    RefreshView,
    errors=(InvalidToken, MfaRequired, WrongCode, TooManyRequests),
)
def confirm_login(body: TokenOrCode) -> Response:
    """Log in with the link or the code of a mail. The login also proves that the user owns the e-mail address.

    If the address was not proved before, a stranger may have registered the account. Its password then becomes invalid,
    and all its factors and sessions end. With Firebase Auth, the service checks the account at Firebase first. A login
    by mail does not replace the second factor of an account.
    """
    if body.email and not body.token:
        _, tokens = services().mails.log_in_with_code(body.email, body.code, client(), body.answer)
    else:
        _, tokens = services().mails.log_in(body.token, client(), body.answer)
    return render(RefreshView.of(tokens))


@route(
    "POST /auth/email/verify",
    Access.GUEST_OR_PUBLIC,
    MailRequestedView,
    status=202,
    instead={204: None},
    for_people=True,
    errors=(Unauthenticated, NotFound),
)
def verify_address(caller: Caller | None, body: TokenOrNothing) -> Response:
    """Prove your address with the token of a mail, answered 204; without one, ask for that mail.

    If the address was not proved before, a stranger may have registered it: the password, the factors and all sessions
    end, unless the caller is the user of the account. The token then sets a new password, if there was one.
    """
    if body.token:
        services().mails.verify_address(body.token, caller.user if caller else None, client())
        return no_content()
    if caller is None:
        raise Unauthenticated
    services().mail_requests.request_verification(caller.user, client())
    return _requested_answer()


@route("POST /auth/password/forgot", Access.PUBLIC, MailRequestedView, status=202, errors=(NotFound,))
def request_password_reset(body: MailAddress) -> Response:
    """If a user has this address, send it a mail that leads to a new password.

    The answer is the same for every address. It is also the same above a limit, where no mail is sent. Each network has
    limits of its own, so that no stranger uses up the mails of the owner.
    """
    return _requested(MailKind.RESET, body)


@route("POST /auth/password/reset", Access.PUBLIC, errors=(InvalidToken,))
def reset_password(body: PasswordReset) -> None:
    """Set a new password with the token of a mail.

    All sessions end, and the address is proved. The factors of the account stay, unless the address was not proved
    before: a stranger may have added them then.
    """
    services().mails.reset_password(body.token, body.new_password, client())


def _requested(kind: MailKind, body: MailAddress) -> Response:
    services().mail_requests.request(kind, body.email, client())
    return _requested_answer()


def _requested_answer() -> Response:
    language = accepted_language()
    return render(MailRequestedView(detail=translated(_REQUESTED, language)), 202, {"Content-Language": language})
