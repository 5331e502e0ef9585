"""Passkeys: the challenges that they sign, and the verification of their signatures."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from src.application.audit import Audit
from src.application.ports import CHALLENGE_LIFETIME, ClaimedCredential, Clock, Credential, Options, RelyingParty
from src.application.tickets import Tickets
from src.domain.errors import FieldError, Invalid, InvalidToken, WrongPasskey
from src.domain.events import EventType
from src.domain.factors import MAX_PASSKEYS, Evidence, Factor, FactorRepository, Passkey, Spent, factor_id
from src.domain.messages import Translatable
from src.domain.sessions import Method
from src.domain.users import FactorKind, User

PASSKEY_METHODS = (Method.KEY, Method.VERIFIED_BY_DEVICE, Method.TWO_FACTORS)
"""The methods of a user who has signed a challenge with a passkey, which counts as two factors."""


class _Purpose(StrEnum):
    """The purpose of a challenge. A signature of a challenge for one purpose is not accepted for another one."""

    ENROLMENT = "passkey enrolment"
    SIGN_IN = "passkey sign-in"
    PROOF = "passkey proof"


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyService:
    """Enrols passkeys, and verifies their signatures.

    Challenges are tickets: showing a form stores nothing, and the evidence ensures that each challenge works once.
    Every method raises NotFound if this service takes no passkeys.
    """

    factors: FactorRepository
    tickets: Tickets
    relying_party: Callable[[], RelyingParty]
    """A function that returns what verifies passkeys. Its first call takes longer, because it loads a library."""
    audit: Audit
    clock: Clock

    def enrolment_options(self, user: User) -> Options:
        """Return the options with which a browser makes a passkey for a user.

        A device that holds a passkey of the user already refuses to make another. Raises Invalid for a user who has too
        many passkeys, or whose id is too long for a passkey; Unavailable.
        """
        relying_party = self.relying_party()
        if len(user.id.encode()) > relying_party.max_user_id:
            message = "The id of your account is too long for a passkey; use an authenticator app."
            raise Invalid(FieldError("passkey", "too_long", message))
        require_place_for_passkey(user)
        return relying_party.creation_options(
            user, self._passkeys_of(user), self._challenge(_Purpose.ENROLMENT, user.id)
        )

    def verify_enrolment(self, user: User, credential: Credential, name: str | None) -> tuple[Factor, Evidence]:
        """Return the new factor of a credential that a browser has made, and the evidence to store it with.

        Raises WrongPasskey, Unavailable.
        """
        claimed, spent = self._claimed(_Purpose.ENROLMENT, credential, user.id)
        passkey = self.relying_party().verify_registration(claimed)
        id = factor_id(FactorKind.PASSKEY, passkey.credential_id)
        factor = Factor(id, user.id, FactorKind.PASSKEY, self.clock(), name, passkey=passkey)
        return factor, Evidence((spent,))

    def sign_in_options(self) -> Options:
        """Return the options with which a browser offers the passkeys that it has for this service."""
        return self.relying_party().request_options([], self._challenge(_Purpose.SIGN_IN))

    def identify(self, credential: Credential) -> tuple[User, Evidence]:
        """Return the user of a passkey that has signed the challenge of a sign-in, with one read of the store.

        An unknown passkey takes as long as a known one. Raises WrongPasskey, also for a user who cannot log in;
        AlreadyUsed, Unavailable.
        """
        claimed, spent = self._claimed(_Purpose.SIGN_IN, credential)
        if claimed.user_id is None:
            raise WrongPasskey
        user, [factor] = self.factors.with_user(claimed.user_id, factor_id(FactorKind.PASSKEY, claimed.id))
        can_log_in = user is not None and user.can_log_in and factor is not None and factor.id in user.factors
        evidence = self._verified(claimed, spent, factor if can_log_in else None)
        assert user
        return user, evidence

    def proof_options(self, user: User) -> Options:
        """Return the options with which a known user proves to hold one of the account's passkeys."""
        return self.relying_party().request_options(self._passkeys_of(user), self._challenge(_Purpose.PROOF, user.id))

    def prove(self, factor: Factor, credential: Credential) -> Evidence:
        """Return the evidence that a stored passkey has signed a challenge for its owner. Implements CheckPasskey.

        Raises WrongPasskey, AlreadyUsed, Unavailable.
        """
        claimed, spent = self._claimed(_Purpose.PROOF, credential, factor.user_id)
        return self._verified(claimed, spent, factor)

    def _challenge(self, purpose: _Purpose, user_id: str | None = None) -> str:
        return self.tickets.issue(purpose, CHALLENGE_LIFETIME, user=user_id)

    def _claimed(
        self, purpose: _Purpose, credential: Credential, user_id: str | None = None
    ) -> tuple[ClaimedCredential, Spent]:
        """Return the unverified claims of a credential, and the record that uses up its challenge.

        Raises WrongPasskey if the challenge was not issued for this purpose and this user, or has expired.
        """
        claimed = self.relying_party().parse(credential)
        try:
            ticket = self.tickets.open(purpose, claimed.challenge)
        except InvalidToken:
            raise WrongPasskey from None
        if ticket.content["user"] != user_id:
            raise WrongPasskey
        return claimed, ticket.spent

    def _verified(self, claimed: ClaimedCredential, spent: Spent, factor: Factor | None) -> Evidence:
        """Return the evidence of a signature by the passkey ``factor``. Raises WrongPasskey, also without a factor."""
        owned = factor is not None and claimed.user_id in (None, factor.user_id)
        passkey = factor.passkey if factor and owned else None
        used = self.relying_party().verify_authentication(claimed, passkey)
        if factor is None or passkey is None:
            raise WrongPasskey
        self._require_new_counter(factor, passkey, used, spent)
        return Evidence((spent,), replace(factor.used(self.clock()), passkey=used))

    def _require_new_counter(self, factor: Factor, before: Passkey, after: Passkey, spent: Spent) -> None:
        """Refuse a signature whose counter is not higher than the last one, because the passkey may have been copied.

        For a synchronised passkey the counter is only logged, because its devices may count apart. Sending the same
        signature twice raises AlreadyUsed. The signature is verified before, so only a holder of the key can trigger
        this check. Raises WrongPasskey, AlreadyUsed.
        """
        if after.counter > before.counter or after.counter == before.counter == 0:
            return
        self.factors.with_user(factor.user_id, unused=spent)
        refused = not before.backed_up
        self.audit(
            EventType.PASSKEY_COUNTER_WENT_BACK,
            {"user_id": factor.user_id, "factor_id": factor.id, "refused": refused},
        )
        if refused:
            raise WrongPasskey

    def _passkeys_of(self, user: User) -> list[Passkey]:
        ids = [id for id, kind in user.factors.items() if kind is FactorKind.PASSKEY]
        return [factor.passkey for factor in self.factors.get_many(*ids) if factor and factor.passkey] if ids else []


def require_place_for_passkey(user: User) -> None:
    """Raise Invalid if a user has MAX_PASSKEYS already."""
    if [*user.factors.values()].count(FactorKind.PASSKEY) >= MAX_PASSKEYS:
        message = Translatable("You have {most} passkeys, which is the limit; remove one first.", most=MAX_PASSKEYS)
        raise Invalid(FieldError("passkey", "too_many", message))
