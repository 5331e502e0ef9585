"""The catalogue of errors: for each kind its status, its cause, its remedy, and the texts of its answer."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from src.domain import errors
from src.domain.errors import FieldError, PorteroError
from src.domain.messages import Translatable


class Explanation(NamedTuple):
    """The explanation of a kind of error."""

    status: int
    cause: str
    remedy: str
    detail: str
    """The detail of an answer, or an example of it if it depends on the request."""
    errors: tuple[FieldError, ...] = ()
    """An example of the members of an answer with ``errors``."""
    members: Mapping[str, Any] = {}
    """An example of the members that only answers of this kind have."""
    oauth: str = "server_error"
    """The code for OAuth2 clients (RFC 6749 section 5.2)."""


TAKEN = "This {field} is already taken; choose another."
"""The message about a field whose value is taken."""

CATALOGUE = {
    "bad-request": Explanation(
        400,
        "The request, or its body, cannot be parsed. A repeated key, a NUL character and invalid UTF-8 count too.",
        "Send valid JSON in UTF-8. A JSON library writes it; a text that is put together by hand often is not valid.",
        "The body is not valid UTF-8.",
    ),
    "invalid-request": Explanation(
        400,
        "An OAuth2 route lacks a parameter, or a parameter is given twice.",
        "Send the parameters that error_description names, in application/x-www-form-urlencoded.",
        "grant_type: This field is required.",
        oauth="invalid_request",
    ),
    "invalid-grant": Explanation(
        400,
        "The password, or the refresh token, is not valid here.",
        "Ask the user for the password again. A refresh token works once: keep the one of the last answer.",
        errors.InvalidCredentials.default_detail,
        oauth="invalid_grant",
    ),
    "unsupported-grant-type": Explanation(
        400,
        "The token endpoint does not know the grant.",
        "Send grant_type=password, refresh_token or client_credentials.",
        "Use the grant type password, refresh_token or client_credentials.",
        oauth="unsupported_grant_type",
    ),
    "invalid-client": Explanation(
        401,
        "A service has asked for a token, or about one, without a valid credential.",
        "Send the id and the secret of a service, by HTTP Basic or as client_id and client_secret.",
        "Send the id and the secret of a service, by HTTP Basic or as client_id and client_secret.",
        oauth="invalid_client",
    ),
    "unauthenticated": Explanation(
        401,
        "The route needs an access token, and the request has none.",
        "Log in at POST /login, and send the access_token as Authorization: Bearer TOKEN.",
        errors.Unauthenticated.default_detail,
    ),
    "invalid-token": Explanation(
        401,
        "The token was not issued here or has expired, or its session or user is gone.",
        "Refresh the tokens at POST /auth/refresh, or log in again.",
        errors.InvalidToken.default_detail,
    ),
    "insufficient-user-authentication": Explanation(
        401,
        "The token is valid, but this needs a newer proof of identity, or one with two factors (RFC 9470).",
        "Prove at POST /auth/step-up that it is you, and send the request again with the new token. WWW-Authenticate "
        "says what is asked for. A refresh does not help.",
        errors.InsufficientAuthentication.default_detail,
    ),
    "invalid-credentials": Explanation(
        401,
        "The password is wrong, or there is no such user, or the account is disabled. The answer does not tell which.",
        "Check the spelling of the name and the password.",
        errors.InvalidCredentials.default_detail,
    ),
    "forbidden": Explanation(
        403,
        "The caller is known, but the role or the ownership does not allow this.",
        "Ask an admin for the role, or the owner for the change.",
        Translatable("This is for {access}.", access=Translatable("admins")),
    ),
    "insufficient-scope": Explanation(
        403,
        "The request is authenticated with a key that may only read.",
        "Make a key with the scope write, or send an access token. WWW-Authenticate names the scope that is needed.",
        Translatable("This needs a key with the scope {scope}.", scope="write"),
    ),
    "wrong-password": Explanation(
        403,
        "The change must be confirmed with the current password, and that is wrong.",
        "Send the current password as current_password.",
        errors.WrongPassword.default_detail,
    ),
    "mfa-required": Explanation(
        403,
        "The first step of the login was right, and the account has a second factor. No token is given before that.",
        "Send mfa_token with code, recovery_code or passkey to POST /auth/mfa, or log in with otp, a code of the app.",
        errors.MfaRequired.default_detail,
        members={"mfa_token": "0f3b6c…", "expires_in": 600, "factors": ["recovery", "totp"]},
        oauth="mfa_required",
    ),
    "wrong-code": Explanation(
        403,
        "A code, a recovery code or the answer of a passkey is wrong, or has been used already.",
        "Send the code that the app shows now. Each code works once; wait for the next one.",
        errors.WrongCode.default_detail,
        oauth="invalid_grant",
    ),
    "registration-closed": Explanation(
        403,
        "The operator does not let everybody make an account or become a guest, or allows only some e-mail addresses.",
        "Ask an admin for an account or an invitation, or use an address of the domain that detail names.",
        errors.RegistrationClosed.default_detail,
        oauth="invalid_grant",
    ),
    "not-found": Explanation(
        404,
        "There is nothing at this path, or the caller may not know that there is.",
        "Check the path and the id. /docs shows every route.",
        "There is nothing at this path; /openapi.json lists what there is.",
    ),
    "method-not-allowed": Explanation(
        405,
        "The path does not take this method.",
        "Use a method of the header Allow.",
        Translatable("This path takes {methods}.", methods="GET, HEAD"),
        oauth="invalid_request",
    ),
    "request-timeout": Explanation(
        408,
        "The request did not arrive in time.",
        "Send it again, without pauses.",
        "The request did not arrive in time; send it again, without pauses.",
    ),
    "taken": Explanation(
        409,
        "Another user or dog has this username, e-mail address or name. Upper and lower case count as equal.",
        "Choose another value for each field in errors.",
        Translatable("Already taken: {fields}. Choose another.", fields="username"),
        errors=(FieldError("username", "taken", Translatable(TAKEN, field="username")),),
    ),
    "last-sign-in": Explanation(
        409,
        "Without this passkey nobody could sign in to the account.",
        "Set a password or add another passkey first, or delete the account.",
        errors.LastSignIn.default_detail,
    ),
    "last-admin": Explanation(
        409,
        "Without this account nobody could administer the service.",
        "Make another admin first.",
        errors.LastAdmin.default_detail,
    ),
    "ended": Explanation(
        409,
        "The job has ended, or the dataset has no report.",
        "Nothing is left to do: GET shows the result. While a dataset is checked, ask again when its job has ended.",
        Translatable("The job has {status} already.", status="succeeded"),
    ),
    "in-progress": Explanation(
        409,
        "The first request with this Idempotency-Key has no answer yet.",
        "Wait a moment, and send the same request again.",
        errors.InProgress.default_detail,
    ),
    "stale": Explanation(
        412,
        "The resource has changed since it was read: If-Match has an older ETag.",
        "Read it again, and repeat the change with the new ETag.",
        errors.Stale.default_detail,
    ),
    "request-entity-too-large": Explanation(
        413,
        "A JSON body may have 1 MiB, and an uploaded file as much as the operator allows.",
        "Send less.",
        "The body is too large.",
        oauth="invalid_request",
    ),
    "request-uri-too-long": Explanation(
        414,
        "The path and the query are too long.",
        "Shorten the query.",
        "The path and the query are too long; send a shorter query.",
    ),
    "unsupported-media-type": Explanation(
        415,
        "The Content-Type or the Content-Encoding of the body is not accepted here.",
        "Most routes take application/json, without Content-Encoding; detail names what this one takes.",
        Translatable("Send the body as {media_type}.", media_type="application/json"),
        oauth="invalid_request",
    ),
    "requested-range-not-satisfiable": Explanation(
        416,
        "The file has no such part.",
        "Content-Range says how long it is. A download that is complete needs no continuation.",
        "The file has no such part; Content-Range says how long it is.",
    ),
    "expectation-failed": Explanation(
        417,
        "The header Expect asks for something unknown.",
        "Leave it out, or send 100-continue.",
        "Leave out the header Expect, or send 100-continue in it.",
    ),
    "invalid": Explanation(
        422,
        "The request was understood, but some fields break a rule.",
        "errors names every such field, with a code and a message that says what to change.",
        errors.Invalid.default_detail,
        errors=(FieldError("title", "required", "This field is required."),),
    ),
    "too-many-requests": Explanation(
        429,
        "More requests of this kind came than the limit allows.",
        "Wait for the number of seconds in Retry-After.",
        Translatable("Too many requests; try again in {seconds} seconds.", seconds=60),
        oauth="temporarily_unavailable",
    ),
    "too-many-attempts": Explanation(
        429,
        "The identity provider accepts no more attempts for this account for now.",
        "Wait some minutes.",
        errors.TooManyAttempts.default_detail,
        oauth="temporarily_unavailable",
    ),
    "request-header-fields-too-large": Explanation(
        431,
        "The headers of the request are too long.",
        "Send fewer or shorter headers.",
        "The headers are too long; send fewer or shorter ones.",
    ),
    "internal-server-error": Explanation(
        500,
        "The service has a defect.",
        "If it stays, tell the operator the instance: the logs have the details under it.",
        "Something went wrong here; if it stays, tell the operator the instance of this answer.",
    ),
    "not-implemented": Explanation(
        501,
        "The request uses a part of HTTP that the service does not have.",
        "Send it without.",
        "Send the body as it is or in chunks, with no other Transfer-Encoding.",
    ),
    "unavailable": Explanation(
        503,
        "The store, the identity provider or the object storage does not answer, or more requests come than can be "
        "answered.",
        "Try again after the number of seconds in Retry-After.",
        errors.Unavailable.default_detail,
        oauth="temporarily_unavailable",
    ),
}
"""The explanation of each kind of error, by the code at the end of its type."""


def status_of(error: type[PorteroError]) -> int:
    """Return the status of the answer to an error."""
    return CATALOGUE[error.code].status
