"""The operations that log in and out, and renew tokens."""

from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Self

from flask import Response
from pydantic import Field

from src.application.sessions import Caller
from src.domain.errors import (
    InvalidCredentials,
    InvalidToken,
    MfaRequired,
    NotFound,
    RegistrationClosed,
    Taken,
    TooManyRequests,
    Unauthenticated,
    WrongCode,
)
from src.domain.sessions import Session
from src.interfaces.framework.bodies import Paging
from src.interfaces.framework.requests import client, services
from src.interfaces.http.features.credentials import Credentials, CredentialsOrNothing, FirebaseToken, RefreshBody
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.operations import Feature, Operation
from src.interfaces.http.framework.views import LoginView, NamedRefreshView, render, render_list
from src.interfaces.views import RefreshView, TokenView, View

feature = Feature("Sessions", "Logging in and out.")
route = partial(Operation, feature)


class CustomTokenView(View):
    """A custom token for `signInWithCustomToken` of a Firebase client."""

    custom_token: str = Field(validation_alias="value", examples=["eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.e30.c2ln"])
    expires_in: int = Field(description="Seconds.", examples=[300])


class SessionView(View):
    """One of your sessions."""

    id: str = Field(examples=["a41d7c02f3be4d0f9a6c5e8b7d1f2c3b"])
    created_at: datetime
    last_used_at: datetime = Field(description="The time of the last login or refresh.")
    user_agent: str | None
    ip: str | None
    amr: list[str] = Field(
        description="How you have logged in (RFC 8176): `pwd`, `email`, `otp`, `recovery`, `pop`, `user`, `mfa`; empty "
        "if that is not known.",
        examples=[["pwd"]],
    )
    second_factor: str | None = Field(description="The second factor that Firebase asked for.", examples=["phone"])
    current: bool = Field(description="Whether the token of this request belongs to it.")

    @classmethod
    def of_session(cls, session: Session, current: Session | None) -> Self:
        """Return the view of a session. ``current`` is the session of the request's token, or None."""
        is_current = current is not None and session.id == current.id
        fields = {**asdict(session), **asdict(session.client), "amr": session.methods, "current": is_current}
        return cls.model_validate(fields)


@route(
    "POST /login /auth/login",
    Access.PUBLIC,
    RefreshView,
    errors=(InvalidCredentials, MfaRequired, RegistrationClosed, TooManyRequests, WrongCode),
)
def log_in(body: Credentials) -> Response:
    """Log in with a username or an e-mail address and a password.

    A wrong password, an unknown user and a disabled account get the same answer, in the same time.
    """
    _, tokens = services().sessions.log_in(body.login, body.password, client(), body.answer)
    return render(RefreshView.of(tokens))


@route("POST /api/v1/auth/login", Access.PUBLIC, LoginView, alias_of="/login")
def log_in_v1(body: Credentials) -> Response:
    """Log in, answered under the names that clients of /api/v1 read.

    A wrong password, an unknown user and a disabled account get the same answer, in the same time.
    """
    return render(LoginView.of_user(*services().sessions.log_in(body.login, body.password, client(), body.answer)))


@route("POST /auth/anonymous", Access.PUBLIC, TokenView, status=201, errors=(RegistrationClosed, TooManyRequests))
def become_guest() -> Response:
    """Become a guest: get a token without an account.

    A guest lives a day at most, and becomes a user by registering.
    """
    return render(TokenView.of(services().sessions.become_guest(client())), 201)


@route(
    "POST /session",
    Access.PUBLIC,
    TokenView,
    alias_of="/auth/anonymous",
    status=201,
    instead={200: RefreshView},
    errors=(InvalidCredentials, MfaRequired, RegistrationClosed, TooManyRequests, WrongCode),
)
def open_session(body: CredentialsOrNothing) -> Response:
    """Become a guest with an empty body, or log in with credentials.

    A guest lives a day at most, and becomes a user by registering.
    """
    return log_in(Credentials.model_construct(**body.model_dump())) if body.login else become_guest()


@route("POST /auth/renew", Access.TOKEN, TokenView, for_people=True)
def renew_token(caller: Caller) -> Response:
    """Trade an access token that has not expired for a new one.

    The new one does not outlive the session.
    """
    return render(TokenView.of(services().sessions.renew(caller)))


@route("POST /auth/refresh", Access.PUBLIC, RefreshView, errors=(InvalidToken, Unauthenticated))
def refresh(body: RefreshBody) -> Response:
    """Trade a refresh token for new tokens. It works once.

    Within ten seconds a used token yields the same successor, for the tab that lost the race. Any later use means that
    the token was copied, and ends the session. With Firebase Auth, the account is checked there before the token is
    used up.
    """
    _, tokens = services().sessions.refresh(body.token, client())
    return render(RefreshView.of(tokens))


@route("POST /api/v1/token/refresh", Access.PUBLIC, NamedRefreshView, alias_of="/auth/refresh")
def refresh_v1(body: RefreshBody) -> Response:
    """Refresh the tokens, answered under the names that clients of /api/v1 read.

    A refresh token works once.
    """
    _, tokens = services().sessions.refresh(body.token, client())
    return render(NamedRefreshView.of(tokens))


@route("POST /auth/logout", Access.TOKEN, for_people=True)
def log_out(caller: Caller) -> None:
    """Log out: the session of the token ends."""
    services().sessions.log_out(caller, client())


@route("POST /auth/logout-all", Access.TOKEN, for_people=True)
def log_out_everywhere(caller: Caller) -> None:
    """Log out everywhere: every session ends, this one too.

    Earlier tokens of the identity provider are refused as well.
    """
    services().sessions.log_out_everywhere(caller, client())


@route("GET /auth/sessions", Access.TOKEN, SessionView, for_people=True)
def list_sessions(caller: Caller, query: Paging) -> Response:
    """List your sessions that have not ended, the newest first."""
    page = services().sessions.list(caller.user, query.cursor, query.limit)
    return render_list(page, SessionView, lambda session: SessionView.of_session(session, caller.session))


@route("DELETE /auth/sessions/<id>", Access.TOKEN, for_people=True)
def end_session(caller: Caller, id: str) -> None:
    """End one of your sessions."""
    services().sessions.end(caller.user, id, client())


@route(
    "POST /auth/firebase",
    Access.PUBLIC,
    (RefreshView, TokenView),
    errors=(InvalidToken, MfaRequired, NotFound, RegistrationClosed, Taken, TooManyRequests, WrongCode),
)
def exchange_token(body: FirebaseToken) -> Response:
    """Log in with a Firebase ID token. The first time makes the profile.

    Firebase is asked whether the account still exists, is enabled, and has not revoked the token. An anonymous account
    is a guest, and gets no refresh token. A newcomer may come with an invitation to the address that Firebase has
    verified.
    """
    _, tokens = services().sessions.log_in_with_id_token(body.id_token, client(), body.invitation, body.answer)
    return render(RefreshView.of(tokens) if tokens.refresh else TokenView.of(tokens))


@route("POST /auth/firebase/token", Access.USER, CustomTokenView, for_people=True, errors=(NotFound,))
def issue_custom_token(caller: Caller) -> Response:
    """Get a custom token with which a Firebase client signs in as you, so that Firestore rules know you.

    Firebase asks for no second factor then, so that a user who has one, here or at Firebase, must have used two. Its
    ID tokens are this session: they work here until it ends.
    """
    return render(CustomTokenView.of(services().custom_tokens.issue(caller)))
