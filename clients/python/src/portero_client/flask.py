"""Protect the routes of a Flask application with access tokens of Portero. Needs the extra ``flask``."""

from collections.abc import Callable, Collection
from functools import wraps
from typing import Literal, ParamSpec

from flask import Response, g, json, request
from flask.typing import ResponseReturnValue

from portero_client.verify import MEMBERS, AuthError, User, Verifier

_P = ParamSpec("_P")
_View = Callable[_P, ResponseReturnValue]


def protect(
    verifier: Verifier,
    *,
    roles: Collection[str] = MEMBERS,
    acr: Literal["aal2"] | None = None,
    max_age: int | None = None,
) -> Callable[[_View[_P]], _View[_P]]:
    """Return a decorator that lets only users of these roles call a view; see ``Verifier.authenticate``.

    Others get a problem (RFC 9457) with the status 401, 403 or 503. Put it below the decorator of the route.
    """

    def decorate(view: _View[_P]) -> _View[_P]:
        @wraps(view)
        def protected(*arguments: _P.args, **named: _P.kwargs) -> ResponseReturnValue:
            try:
                header = request.headers.get("Authorization")
                g.portero_user = verifier.authenticate(header, roles=roles, acr=acr, max_age=max_age)
            except AuthError as error:
                body = json.dumps(error.problem)
                return Response(body, error.status, error.headers, content_type="application/problem+json")
            return view(*arguments, **named)

        return protected

    return decorate


def current_user() -> User:
    """Return the user of the request, in a view that is protected."""
    user: User = g.portero_user
    return user
