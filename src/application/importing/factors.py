"""Checks the second factors in an export of this service."""

from collections.abc import Sequence
from dataclasses import replace

from src.application.importing.records import NotImportable, UserRecord
from src.application.ports import Sealer
from src.domain.errors import Unavailable
from src.domain.factors import MAX_PASSKEYS, Factor, factor_id, parse_factor_name
from src.domain.messages import Translatable
from src.domain.users import FactorKind, User
from src.domain.values import InvalidValue

_PARTS = {
    FactorKind.PASSKEY: [(True, False, False)],
    FactorKind.TOTP: [(False, True, False)],
    FactorKind.RECOVERY: [(False, False, True), (False, False, False)],
}
"""Whether a factor of each kind has a passkey, a secret and hashes of codes, which may all have been used."""
_MAX_COUNT = 2**40


def with_factors(user: User, record: UserRecord, sealer: Sealer) -> tuple[User, Sequence[Factor]]:
    """Return a user with the factors of its record, and the factors.

    Raises NotImportable for factors that no user can have, and unless the data keys open their secrets.
    """
    if record.factors and user.id != record.id:
        raise NotImportable.because("factors", "they belong to the id of the user, which cannot be kept.")
    factors = [_of_user(each, user) for each in record.factors]
    kinds = {each.id: each.kind for each in factors}
    if len(kinds) < len(factors) or {*kinds.values()} == {FactorKind.RECOVERY} or not all(map(_is_whole, factors)):
        raise NotImportable.because("factors", "these are not the factors of a user.")
    if [*kinds.values()].count(FactorKind.PASSKEY) > MAX_PASSKEYS:
        raise NotImportable.because("factors", Translatable("a user has at most {n} passkeys.", n=MAX_PASSKEYS))
    for each in factors:
        try:
            if each.secret is not None:
                sealer.open(each.secret, user.id)
        except (Unavailable, ValueError):
            raise NotImportable.because(
                "factors", "the secret was not encrypted with one of DATA_KEYS for this id."
            ) from None
    return replace(user, factors=kinds), factors


def _of_user(factor: Factor, user: User) -> Factor:
    """Return a factor with the ids that follow from its user and its passkey. Raises NotImportable."""
    unique = factor.passkey.credential_id if factor.passkey else user.id
    try:
        name = None if factor.name is None else parse_factor_name(factor.name)
    except InvalidValue as error:
        raise NotImportable.because("factors", error.message) from None
    return replace(factor, id=factor_id(factor.kind, unique), user_id=user.id, name=name, revision="")


def _is_whole(factor: Factor) -> bool:
    counts = factor.passkey.counter if factor.passkey else 0, factor.last_step, len(factor.code_hashes)
    has = factor.passkey is not None, factor.secret is not None, bool(factor.code_hashes)
    return has in _PARTS[factor.kind] and all(0 <= count < _MAX_COUNT for count in counts)
