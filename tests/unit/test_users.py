"""The User entity and the password policy."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from unicodedata import normalize

import pytest

from src.domain.passwords import PasswordPolicy, normalise_password
from src.domain.users import Claim, PendingChange, Profile, State, User
from src.domain.values import Email, InvalidValue, Role, Username

NOON = datetime(2030, 1, 2, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)

ADA = User(
    id="ada",
    username=Username("Ada", "ada"),
    email=Email("Ada@example.com"),
    created_at=NOON,
    updated_at=NOON,
    email_verified=True,
    name="Ada",
    last_name="Lovelace",
    role=Role.ADMIN,
    disabled=False,
    password_hash="a hash",
    session_epoch=3,
    address_changes=2,
    sessions_ended_at=NOON,
    pending=PendingChange(NOON),
    revision="7",
)


class TestNew:
    def test_a_new_user_is_active_and_has_a_unique_id(self) -> None:
        name = Username("Ada", "ada")
        user = User.new(now=NOON, username=name, email=None)
        assert user == User(id=user.id, username=name, email=None, created_at=NOON, updated_at=NOON)
        assert (user.state, user.role, user.can_log_in) == (State.ACTIVE, Role.USER, True)
        assert user.id != User.new(now=NOON, username=name, email=None).id

    def test_the_id_can_be_given(self) -> None:
        assert User.new(now=NOON, username=Username("Ada", "ada"), email=None, id="uid").id == "uid"


@pytest.mark.parametrize("disabled", [True, False])
@pytest.mark.parametrize("state", State)
def test_only_an_active_user_or_service_that_is_not_disabled_is_usable(state: State, disabled: bool) -> None:
    in_use = state in (State.ACTIVE, State.SERVICE)
    assert replace(ADA, state=state, disabled=disabled).can_log_in is (in_use and not disabled)


class TestClaims:
    def test_claims_are_the_unique_keys_of_username_and_email(self) -> None:
        assert ADA.claims == {Claim("username", "ada"), Claim("email", "ada@example.com")}

    def test_a_missing_name_has_no_claim(self) -> None:
        assert replace(ADA, email=None).claims == {Claim("username", "ada")}
        assert replace(ADA, username=None).claims == {Claim("email", "ada@example.com")}

    def test_reserved_names_are_claimed_too(self) -> None:
        new = Claim("email", "new@example.com")
        assert replace(ADA, pending=PendingChange(NOON, (new,))).claims == ADA.claims | {new}
        assert replace(ADA, pending=PendingChange(NOON, tuple(ADA.claims))).claims == ADA.claims


class TestChanged:
    @pytest.mark.parametrize(
        ("change", "verified"),
        [
            ({}, True),
            ({"name": "Augusta"}, True),
            ({"name": None, "last_name": None}, True),
            ({"last_name": ""}, True),
            ({"username": Username("Eve", "eve")}, True),
            ({"email": Email("Ada@example.com")}, True),
            ({"email": Email("ADA@example.com")}, False),
            ({"email": Email("new@example.com")}, False),
            ({"username": Username("E", "e"), "email": Email("e@b.c"), "name": "E", "last_name": "V"}, False),
        ],
    )
    def test_only_the_given_fields_change(self, change: Profile, verified: bool) -> None:
        changed = ADA.changed(change, LATER)
        expected = {field.name: getattr(ADA, field.name) for field in fields(User)}
        expected |= {**change, "email_verified": verified, "updated_at": LATER}
        expected["address_changes"] = 2 if verified else 3
        assert {field.name: getattr(changed, field.name) for field in fields(User)} == expected

    def test_changing_a_profile_never_verifies_an_address(self) -> None:
        assert not replace(ADA, email_verified=False).changed({"email": Email("Ada@example.com")}, LATER).email_verified


def test_no_mail_becomes_valid_again_when_the_address_changes_and_the_sessions_end() -> None:
    user = replace(ADA, session_epoch=3, address_changes=3)
    moved = user.with_email(Email("other@example.com"), verified=False)
    back = moved.with_email(user.email, verified=True)
    assert [each.mail_epoch for each in (user, moved, back)] == [6, 7, 8]
    assert user.with_email(user.email, verified=True).mail_epoch == 6
    assert moved.without_sessions(NOON).mail_epoch == 8


def test_ending_the_sessions_changes_only_the_epoch_and_the_times() -> None:
    expected = replace(ADA, session_epoch=4, sessions_ended_at=LATER, updated_at=LATER)
    assert ADA.without_sessions(LATER) == expected


class TestTombstone:
    def test_a_tombstone_holds_no_personal_data(self) -> None:
        pending = PendingChange(NOON, (Claim("email", "new@example.com"),))
        tombstone = replace(ADA, disabled=True, pending=pending).tombstone(LATER)
        assert tombstone == User(
            id="ada",
            username=None,
            email=None,
            created_at=NOON,
            updated_at=LATER,
            state=State.DELETED,
            session_epoch=4,
            revision="7",
        )

    def test_a_tombstone_claims_nothing_and_is_not_usable(self) -> None:
        assert ADA.tombstone(LATER).claims == frozenset()
        assert not ADA.tombstone(LATER).can_log_in


class TestPasswordPolicy:
    POLICY = PasswordPolicy(min_length=8)

    @pytest.mark.parametrize(
        "password",
        ["12345678", "x" * 128, "correct horse battery", " " * 8, "\U0001f600" * 8, "Password12", "adaadaada"],
    )
    def test_an_accepted_password_is_returned_unchanged(self, password: str) -> None:
        assert self.POLICY.check(password, "ada", "ada@example.com").text == password

    @pytest.mark.parametrize(
        ("password", "code"),
        [
            ("", "too_short"),
            ("1234567", "too_short"),
            ("\U0001f600" * 7, "too_short"),
            ("x" * 129, "too_long"),
            ("ada.lovelace", "same_as_name"),
            ("ADA.Lovelace", "same_as_name"),
            ("\uff21da.lovelace", "same_as_name"),
            ("ada@example.com", "same_as_name"),
            ("ADA@EXAMPLE.COM", "same_as_name"),
        ],
    )
    def test_a_refused_password_gives_a_code_and_is_not_repeated(self, password: str, code: str) -> None:
        with pytest.raises(InvalidValue) as refused:
            self.POLICY.check(password, "Ada.Lovelace", "Ada@example.com")
        assert refused.value.code == code
        assert password not in str(refused.value) or not password

    def test_missing_names_forbid_nothing(self) -> None:
        assert PasswordPolicy(0).check("", None, "").text == ""
        assert self.POLICY.check("ada@example.com").text == "ada@example.com"

    def test_the_minimum_length_is_a_setting(self) -> None:
        assert PasswordPolicy(4).check("1234").text == "1234"
        with pytest.raises(InvalidValue, match="12"):
            PasswordPolicy(12).check("12345678")

    def test_the_password_is_returned_and_counted_in_nfc(self) -> None:
        assert self.POLICY.check("n\u0303" * 8).text == "\u00f1" * 8
        assert self.POLICY.check("n\u0303" * 128).text == "\u00f1" * 128
        for password, code in (("n\u0303" * 7, "too_short"), ("n\u0303" * 129, "too_long"), ("x" * 513, "too_long")):
            with pytest.raises(InvalidValue) as refused:
                self.POLICY.check(password)
            assert refused.value.code == code

    def test_a_password_that_is_easy_to_guess_is_refused_with_the_reason(self) -> None:
        asked: list[tuple[str, Sequence[str]]] = []

        def find_weakness(password: str, names: Sequence[str]) -> InvalidValue | None:
            asked.append((password, names))
            return InvalidValue("weak", "Too easy.") if "\u00f1" in password else None

        policy = PasswordPolicy(8, find_weakness)
        with pytest.raises(InvalidValue, match="Too easy"):
            policy.check("contrasen\u0303a", "ada", None)
        assert policy.check("correct horse").text == "correct horse"
        assert asked == [("contrase\u00f1a", ["ada"]), ("correct horse", [])]

    def test_a_refusal_names_all_reasons_and_has_the_code_of_the_first_one(self) -> None:
        policy = PasswordPolicy(8, lambda password, names: InvalidValue("weak", "Too easy."), "Ask for less.")
        with pytest.raises(InvalidValue) as refused:
            policy.check("test123")
        assert (refused.value.code, str(refused.value)) == (
            "too_short",
            "Use at least 8 characters. Too easy. Ask for less.",
        )


@pytest.mark.parametrize("length", [0, 128, 512])
def test_a_password_is_normalised_to_nfc(length: int) -> None:
    composed = "\u00f1" * (length // 2)
    assert normalise_password(normalize("NFD", composed)) == composed
    assert normalise_password("\uff50\u2003\u212b" + composed[3:]) == "\uff50\u2003\u00c5" + composed[3:]


def test_a_text_too_long_for_a_password_is_not_normalised() -> None:
    assert normalise_password("n\u0303" * 257) == "n\u0303" * 257
