"""Protect the views of Django REST framework with access tokens of Portero. Needs the extra ``django``."""

from collections.abc import Collection
from typing import Literal

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from portero_client.verify import MEMBERS, AuthError, User, Verifier


class DjangoUser(User):
    """The user of a request, whom the permission classes of the framework take for one who has logged in."""

    is_authenticated = True


class Refused(APIException):  # type: ignore[misc] # the framework has no types
    """The refusal of a request, with the status 401, 403 or 503."""

    def __init__(self, error: AuthError) -> None:
        super().__init__(error.detail, error.code)
        self.status_code, self.auth_header = error.status, error.headers.get("WWW-Authenticate")


def protect(
    verifier: Verifier,
    *,
    roles: Collection[str] = MEMBERS,
    acr: Literal["aal2"] | None = None,
    max_age: int | None = None,
) -> type[BaseAuthentication]:
    """Return an authentication class that lets only users of these roles call a view; see ``Verifier.authenticate``.

    The user is ``request.user``. A request of others ends with Refused.
    """

    class Authentication(BaseAuthentication):  # type: ignore[misc] # the framework has no types
        def authenticate(self, request: Request) -> tuple[DjangoUser, None]:
            try:
                header = request.headers.get("Authorization")
                user = verifier.authenticate(header, roles=roles, acr=acr, max_age=max_age)
            except AuthError as error:
                raise Refused(error) from None
            return DjangoUser(**vars(user)), None

    return Authentication
