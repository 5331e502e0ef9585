"""Logging in and out over HTTP."""

from flask import Response
from werkzeug.exceptions import BadRequest

from src.application.sessions import (
    BecomeGuest,
    Caller,
    EndSession,
    ExchangeToken,
    ListSessions,
    LogIn,
    LogOut,
    LogOutEverywhere,
    Refresh,
    RenewToken,
)
from src.domain.errors import (
    Forbidden,
    Invalid,
    InvalidCredentials,
    InvalidToken,
    NotFound,
    PorteroError,
    Taken,
    TooManyRequests,
)
from src.interfaces.http.bodies import Paging
from src.interfaces.http.credentials import Credentials, CredentialsOrNothing, FirebaseToken, Grant, RefreshBody
from src.interfaces.http.operations import Access, Operations, client, services
from src.interfaces.http.problems import OAuthError
from src.interfaces.http.views import (
    LoginView,
    NamedRefreshView,
    RefreshView,
    SessionView,
    TokenView,
    no_content,
    render,
    render_list,
)

operations = Operations("Sessions", "Logging in and out.")


@operations.add("POST", "/login", aliases=("/auth/login",), access=Access.PUBLIC, body=Credentials,
                answer=RefreshView, errors=(InvalidCredentials, TooManyRequests), use_case=LogIn)  # fmt: skip
def log_in(body: Credentials) -> Response:
    """Log in."""
    _, tokens = services().log_in(body.login, body.password, client())
    return render(RefreshView.of_tokens(tokens))


@operations.add("POST", "/api/v1/auth/login", alias_of="/login", access=Access.PUBLIC, body=Credentials,
                answer=LoginView, errors=(InvalidCredentials, TooManyRequests), use_case=LogIn)  # fmt: skip
def log_in_v1(body: Credentials) -> Response:
    """Log in, answered under the names that clients of /api/v1 read."""
    return render(LoginView.of_user(*services().log_in(body.login, body.password, client())))


@operations.add("POST", "/auth/anonymous", access=Access.PUBLIC, status=201, answer=TokenView,
                errors=(TooManyRequests,), use_case=BecomeGuest)  # fmt: skip
def become_guest() -> Response:
    """Become a guest."""
    return render(TokenView.of_tokens(services().become_guest(client())), 201)


@operations.add("POST", "/session", alias_of="/auth/anonymous", access=Access.PUBLIC, body=CredentialsOrNothing,
                status=201, answer=TokenView, instead={200: RefreshView},
                errors=(InvalidCredentials, TooManyRequests))  # fmt: skip
def open_session(body: CredentialsOrNothing) -> Response:
    """Become a guest with an empty body; log in with credentials, which is answered with 200."""
    return log_in(Credentials.model_construct(**body.model_dump())) if body.login else become_guest()


@operations.add("POST", "/auth/renew", access=Access.TOKEN, answer=TokenView, errors=(Forbidden,),
                use_case=RenewToken)  # fmt: skip
def renew_token(caller: Caller) -> Response:
    """Renew the access token."""
    return render(TokenView.of_tokens(services().renew_token(caller)))


@operations.add("POST", "/auth/refresh", access=Access.PUBLIC, body=RefreshBody, answer=RefreshView,
                errors=(InvalidToken,), use_case=Refresh)  # fmt: skip
def refresh(body: RefreshBody) -> Response:
    """Refresh the tokens."""
    _, tokens = services().refresh(body.token)
    return render(RefreshView.of_tokens(tokens))


@operations.add("POST", "/api/v1/token/refresh", alias_of="/auth/refresh", access=Access.PUBLIC, body=RefreshBody,
                answer=NamedRefreshView, errors=(InvalidToken,), use_case=Refresh)  # fmt: skip
def refresh_v1(body: RefreshBody) -> Response:
    """Refresh the tokens, answered under the names that clients of /api/v1 read."""
    _, tokens = services().refresh(body.token)
    return render(NamedRefreshView.of_tokens(tokens))


@operations.add("POST", "/auth/logout", access=Access.TOKEN, status=204, errors=(Forbidden,),
                use_case=LogOut)  # fmt: skip
def log_out(caller: Caller) -> Response:
    """Log out."""
    services().log_out(caller)
    return no_content()


@operations.add("POST", "/auth/logout-all", access=Access.TOKEN, status=204, use_case=LogOutEverywhere)
def log_out_everywhere(caller: Caller) -> Response:
    """Log out everywhere."""
    services().log_out_everywhere(caller.user)
    return no_content()


@operations.add("GET", "/auth/sessions", access=Access.TOKEN, query=Paging, answer=SessionView, array=True,
                use_case=ListSessions)  # fmt: skip
def list_sessions(caller: Caller, query: Paging) -> Response:
    """List your sessions."""
    page = services().list_sessions(caller.user, query.cursor, query.limit)
    return render_list([SessionView.of(session, caller.session) for session in page.items], page.next)


@operations.add("DELETE", "/auth/sessions/<id>", access=Access.TOKEN, status=204, errors=(NotFound,),
                use_case=EndSession)  # fmt: skip
def end_session(caller: Caller, id: str) -> Response:
    """End a session."""
    services().end_session(caller.user, id)
    return no_content()


def _as_oauth(error: PorteroError | BadRequest) -> Exception:
    match error:
        case BadRequest():
            return OAuthError("invalid_request", f"{error.description}")
        case InvalidCredentials() | InvalidToken():
            return OAuthError("invalid_grant", error.detail)
        case Invalid(errors=[first, *_]) if first.code == "unsupported_grant":
            return OAuthError("unsupported_grant_type", first.message)
        case Invalid(errors=errors):
            return OAuthError("invalid_request", " ".join(f"{each.field}: {each.message}" for each in errors))
    return error


@operations.add("POST", "/auth/token", access=Access.PUBLIC, body=Grant, answer=RefreshView,
                errors=(TooManyRequests,), translate=_as_oauth)  # fmt: skip
def grant_token(body: Grant) -> Response:
    """Trade a password or a refresh token for tokens, as OAuth2 clients do (RFC 6749 sections 4.3 and 6).

    Errors are problem+json with the member `error` of RFC 6749 section 5.2.
    """
    if body.grant_type == "refresh_token":
        _, tokens = services().refresh(body.refresh_token)
    else:
        _, tokens = services().log_in(body.username, body.password, client())
    return render(RefreshView.of_tokens(tokens))


@operations.add("POST", "/auth/firebase", access=Access.PUBLIC, body=FirebaseToken, answer=RefreshView,
                errors=(InvalidToken, NotFound, Taken), use_case=ExchangeToken)  # fmt: skip
def exchange_token(body: FirebaseToken) -> Response:
    """Log in with a Firebase ID token."""
    exchange = services().exchange_token
    if exchange is None:
        raise NotFound("This service keeps its passwords itself; log in at /login.")
    _, tokens = exchange(body.id_token, client())
    return render(RefreshView.of_tokens(tokens))
