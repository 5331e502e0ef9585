"""Field types for request bodies. Each type parses a JSON value into a value of the domain."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, PlainValidator, Strict, ValidationInfo, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from src.domain.dogs import parse_dog_name
from src.domain.keys import MAX_NAME as MAX_KEY_NAME
from src.domain.keys import parse_key_name
from src.domain.messages import Translatable
from src.domain.passwords import MAX_PASSWORD, NewPassword
from src.domain.tasks import MAX_DESCRIPTION, MAX_TITLE
from src.domain.values import MAX_NAME, MEMBER_ROLES, Email, InvalidValue, Role, Scope, Username, parse_name
from src.interfaces.framework.bodies import Context, refused


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise PydanticCustomError("type", "Give a text.")
    return value


def checked(check: Callable[[str, ValidationInfo], Any], schema: dict[str, Any]) -> Any:
    """Return the annotations of a string field that ``check`` parses.

    When ``check`` raises InvalidValue, its code and message become the error of the field. ``schema`` is added to the
    JSON schema of the field.
    """

    def validate(value: Any, info: ValidationInfo) -> Any:
        text = _text(value)
        try:
            return check(text, info)
        except InvalidValue as error:
            raise refused(error.code, error.message) from None

    return PlainValidator(validate), WithJsonSchema({"type": "string", **schema})


def _any_text(**schema: Any) -> Any:
    """Return the annotations of a string field that takes every text."""
    return checked(lambda text, _: text, schema)


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PydanticCustomError("type", "Give a JSON object.")
    return value


def whole_number(most: int) -> Any:
    """Return the annotations of a field with a whole number from 1 to ``most``."""

    def validate(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            raise refused("range", Translatable("Use a whole number from 1 to {most}.", most=most))
        return value

    return PlainValidator(validate), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": most})


def choice(members: Sequence[StrEnum], code: str) -> Any:
    """Return the annotations of a field that holds one of these members. Any other text is refused with ``code``."""
    values = [member.value for member in members]

    def validate(value: Any) -> StrEnum:
        if _text(value) not in values:
            raise refused(code, Translatable("Use one of {values}.", values=", ".join(values)))
        return members[values.index(value)]

    return PlainValidator(validate), WithJsonSchema({"type": "string", "enum": values})


def _boolean(value: Any) -> bool:
    """Parse a boolean of a query string."""
    if value not in ("true", "false"):
        raise PydanticCustomError("boolean", "Use true or false.")
    return bool(value == "true")


def _context(info: ValidationInfo) -> Context:
    assert isinstance(info.context, Context)
    return info.context


def _password(text: str, info: ValidationInfo) -> NewPassword:
    """Check a new password against the policy, which refuses the user's own username and e-mail address."""
    policy = _context(info).rules.passwords
    new = _password_of_stranger(text, info)
    policy.require_not_leaked(new)
    return new


def _password_of_stranger(text: str, info: ValidationInfo) -> NewPassword:
    """Check a new password, which is not looked for among leaked ones before the use case has counted the request.

    The username and the address are taken from the body or, if the body does not contain them, from the caller.
    """
    context = _context(info)
    username, email = info.data.get("username"), info.data.get("email")
    if context.user:
        username, email = username or context.user.username, email or context.user.email
    return context.rules.passwords.check_form(text, username and username.display, email and email.address)


def _password_elsewhere(value: Any) -> None:
    raise PydanticCustomError("elsewhere", "Set a new password with PUT /user/password.")


def _user_id(value: Any) -> str:
    if not isinstance(value, str):
        raise PydanticCustomError("type", "Ids are texts; give the id of a user, such as that of GET /user.")
    return value


UsernameField = Annotated[
    Username,
    *checked(
        lambda text, info: _context(info).rules.parse_new_username(text),
        {
            # Before NFKC, which may lengthen or shorten a text.
            "minLength": 1,
            "maxLength": 4 * Username.MAX,
            "description": "3 to 32 characters after NFKC: letters and digits of one script, at most four "
            "combining marks on a letter, and `. _ -`, beginning with a letter or a digit. Latin may be combined with "
            "the scripts of Chinese, Japanese or Korean. Unique ignoring case and Unicode form.",
            "examples": ["anna"],
        },
    ),
]
EmailField = Annotated[
    Email,
    *checked(
        lambda text, info: _context(info).rules.parse_email(text),
        {"format": "email", "description": "Unique ignoring case.", "examples": ["anna@example.com"]},
    ),
]
_NEW_PASSWORD = {
    "format": "password",
    "maxLength": MAX_PASSWORD,
    "description": "8 to 128 characters (unless set otherwise) after NFC, any of Unicode; not one of the most used "
    "passwords, not easy to guess, not a leaked one where the service looks for these, and not your username or "
    "e-mail address.",
    "examples": ["correct horse battery"],
}
NewPasswordField = Annotated[NewPassword, *checked(_password, _NEW_PASSWORD)]
StrangersPasswordField = Annotated[NewPassword, *checked(_password_of_stranger, _NEW_PASSWORD)]
"""A new password for a use case that counts the request and then looks for the password among leaked ones."""
UncheckedPasswordField = Annotated[str, *_any_text(**_NEW_PASSWORD)]
"""A new password for a use case that checks it only when it knows the user."""
PasswordField = Annotated[str, *_any_text(format="password", examples=["correct horse battery"])]
PasswordElsewhere = Annotated[None, PlainValidator(_password_elsewhere), Field(exclude=True), SkipJsonSchema()]
"""A field that is refused, because ignoring it would let the client believe that the password has changed."""
LoginField = Annotated[str, *_any_text(description="A username, or an e-mail address.", examples=["anna"])]
CodeField = Annotated[str, *_any_text(description="The code that an authenticator app shows.", examples=["123456"])]
RecoveryCodeField = Annotated[str, *_any_text(description="Each works once.", examples=["k3f9-0c2w-7hqz-m4vt"])]
PasskeyField = Annotated[
    dict[str, Any],
    PlainValidator(_object),
    WithJsonSchema(
        {
            "type": "object",
            "description": "A `PublicKeyCredential`, as its method `toJSON()` returns it.",
            "examples": [{"id": "…", "rawId": "…", "type": "public-key", "response": {"clientDataJSON": "…"}}],
        }
    ),
]
NameField = Annotated[str, *checked(lambda text, _: parse_name(text), {"maxLength": MAX_NAME, "examples": ["Anna"]})]
LastNameField = Annotated[
    str, *checked(lambda text, _: parse_name(text), {"maxLength": MAX_NAME, "examples": ["Ruiz"]})
]
MfaTokenField = Annotated[
    str, *_any_text(description="The token of the problem `mfa-required`.", examples=["4b1d0c9e"])
]
UserIdField = Annotated[str, PlainValidator(_user_id), WithJsonSchema({"type": "string"})]
TextField = Annotated[str, *_any_text()]
RoleField = Annotated[Role, *choice(MEMBER_ROLES, "role")]
KeyNameField = Annotated[
    str,
    *checked(
        lambda text, _: parse_key_name(text),
        {"minLength": 1, "maxLength": MAX_KEY_NAME, "examples": ["Nightly report"]},
    ),
]
ScopeField = Annotated[Scope, *choice([*Scope], "enum")]
ObjectField = Annotated[dict[str, Any], PlainValidator(_object), WithJsonSchema({"type": "object"})]
BooleanField = Annotated[bool, Strict()]
BooleanParameter = Annotated[bool, PlainValidator(_boolean), WithJsonSchema({"type": "boolean"})]
PictureField = Annotated[
    str,
    *checked(
        lambda text, info: _context(info).rules.check_picture(text),
        {"format": "uri", "examples": ["https://images.dog.ceo/breeds/hound-afghan/n02088094_1003.jpg"]},
    ),
]
TitleField = Annotated[str, Field(min_length=1, max_length=MAX_TITLE, examples=["Walk the dog"])]
DescriptionField = Annotated[str, Field(max_length=MAX_DESCRIPTION, examples=["Twice, if it rains."])]
DogNameField = Annotated[
    str,
    *checked(
        lambda text, _: parse_dog_name(text),
        {
            "minLength": 1,
            "maxLength": 256,  # before NFC, which may shorten it
            "pattern": "^[^/\r\n]+$",
            "description": "1 to 64 characters in one line, without a slash; not `.`, `..` or `is_adopted`. Unique "
            "ignoring case.",
            "examples": ["Rex"],
        },
    ),
]
