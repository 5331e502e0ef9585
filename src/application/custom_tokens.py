"""The service for custom tokens, with which users who have logged in here sign in at the identity provider."""

from dataclasses import dataclass

from src.application.accounts import Accounts
from src.application.caller import Caller
from src.application.ports import CustomToken, TokenClaims
from src.domain.errors import Forbidden, InsufficientAuthentication, InvalidToken, NotFound
from src.domain.sessions import Level
from src.domain.values import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomTokenService:
    """Issues the tokens with which users who have logged in here sign in at the identity provider."""

    accounts: Accounts
    enabled: bool

    def issue(self, caller: Caller) -> CustomToken:
        """Return a token with which the caller signs in at the provider.

        The provider's tokens then stand for the session.

        The provider asks for no second factor at such a sign-in. A user who has a second factor, in this service or at
        the provider, must therefore have used two factors in this session. The account is checked at the provider
        first, because the token would create a deleted account again.
        Raises NotFound if this service issues no such tokens; Forbidden for guests and without a session;
        InsufficientAuthentication, InvalidToken, Unavailable.
        """
        if not self.enabled:
            raise NotFound("This service issues no tokens for an identity provider.")
        session = caller.require_session()
        if caller.user.role is Role.GUEST:
            raise Forbidden("Register first: a guest has no account at the identity provider.")
        caller.require_two_factors()
        user = self.accounts.sync_user(caller.stored_user)
        if session.is_revoked(user):
            raise InvalidToken
        if caller.proof.level is Level.ONE_FACTOR and self.accounts.has_second_factor(user):
            raise InsufficientAuthentication
        return self.accounts.custom_token(TokenClaims(user.id, session.id, caller.proof), caller.user)
