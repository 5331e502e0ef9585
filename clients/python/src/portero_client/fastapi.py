"""Protect the routes of a FastAPI application with access tokens of Portero. Needs the extra ``fastapi``."""

from collections.abc import Callable, Collection
from typing import Annotated, Any, Literal

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPBearer

from portero_client.verify import MEMBERS, AuthError, User, Verifier

_BEARER = Depends(HTTPBearer(auto_error=False))
"""Shows the token in the OpenAPI document, so that /docs asks for one."""


def protect(
    verifier: Verifier,
    *,
    roles: Collection[str] = MEMBERS,
    acr: Literal["aal2"] | None = None,
    max_age: int | None = None,
) -> Callable[..., User]:
    """Return a dependency that gives the user of a request; see ``Verifier.authenticate``.

    Requests of others end with an HTTPException of the status 401, 403 or 503. FastAPI runs the dependency in a thread,
    so that a request for keys holds nobody up.
    """

    def user(request: Request, _bearer: Annotated[Any, _BEARER]) -> User:
        try:
            header = request.headers.get("Authorization")
            return verifier.authenticate(header, roles=roles, acr=acr, max_age=max_age)
        except AuthError as error:
            raise HTTPException(error.status, error.detail, error.headers) from None

    return user
