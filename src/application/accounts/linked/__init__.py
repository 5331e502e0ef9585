"""Accounts that also exist at an identity provider, such as Firebase Auth.

The store is authoritative for what is changed here, and the provider follows it. Every operation takes three steps, and
each step can be repeated:

    create   store the user as pending       -> create the account    -> store the user as active
    change   store a claim on the new name   -> change the address    -> store the new name, free the old one
    delete   store the user as deleting      -> delete the account    -> store the user as deleted, free its names

``reconcile`` finishes or undoes what was interrupted. ``sync`` takes over what is changed at the provider.
"""

from dataclasses import dataclass, replace

from src.application.accounts.linked.base import LinkedBase
from src.application.accounts.linked.change import (
    change_account,
    end_sessions_with,
    finish_password_change,
    note_revocation,
    require_account,
)
from src.application.accounts.linked.create import create, upgrade
from src.application.accounts.linked.delete import delete
from src.application.accounts.linked.reconcile import purge, reconcile
from src.application.accounts.linked.sync import sync_user, user_for_id_token
from src.application.accounts.steps import Change
from src.application.ports import CustomToken, ExternalIdentity, TokenClaims
from src.domain.errors import InvalidToken, Taken
from src.domain.passwords import NewPassword
from src.domain.users import Claim, User
from src.domain.values import Email


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedAccounts(LinkedBase):
    """Accounts that exist both in the store and at the identity provider, which keeps the passwords.

    Most operations are functions of modules of their own, whose parameter ``accounts`` is the instance. They become
    methods by the assignments.
    """

    create = create
    upgrade = upgrade
    change = change_account
    end_sessions_with = end_sessions_with
    finish_password_change = finish_password_change
    delete = delete
    user_for_id_token = user_for_id_token
    sync_user = sync_user
    _reconcile = reconcile
    _purge = purge

    def sign_in(
        self, claim: Claim | None, known: User | None, password: str
    ) -> tuple[User | None, ExternalIdentity | None]:
        """Sign in at the provider.

        The provider may know the user by another address than this service does. A typed address may therefore belong
        to another user at the provider.
        """
        by_email = claim is not None and claim.kind == "email"
        email = known.email if known else None
        if claim and by_email and (email is None or email.key != claim.key):
            email = Email(claim.key)  # an address that is known is sent as it is stored, which the provider knows
        if email is None:
            return (known if self.remote.verify_password(known, password) else None), None
        identity = self.remote.sign_in(email, password)
        if identity is None:
            return None, None
        if not by_email and known and known.id != identity.uid:
            return None, None
        try:
            return known if known and known.id == identity.uid else self.user_for_id_token(identity), identity
        except (InvalidToken, Taken):
            return None, None

    def has_this_password(self, user: User, password: str) -> bool:
        return self.remote.verify_password(user, password)

    def has_a_password(self, user: User) -> bool:
        account = self.remote.get(user.id)
        return account is None or account.has_password

    def has_second_factor(self, user: User) -> bool:
        account = self.remote.get(user.id)
        return account is not None and account.has_second_factor

    def custom_token(self, claims: TokenClaims, user: User) -> CustomToken:
        return self.remote.custom_token(claims, user)

    def may_have_sign_ins(self, user: User) -> bool:
        """Return True. Only the provider knows the ways to sign in to an account, and they may change at any time."""
        return True

    def require_id_tokens(self) -> None:
        """Do nothing: the provider issues tokens."""

    def verify_id_token(self, id_token: str) -> ExternalIdentity:
        return self.remote.verify_id_token(id_token)

    def wait_for_revocation(self) -> None:
        self.remote.wait_for_revocation()

    def _with_password(self, id: str, password: NewPassword) -> Change:
        account = require_account(self, id)
        if user := self.users.get(id):
            note_revocation(self, user, account)
        return lambda user: replace(user, password_hash=None)  # the provider keeps it from now on
