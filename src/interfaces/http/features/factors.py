"""The operations on the second factors of users."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any, Self

from flask import Response
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from src.application.enrolment import ENROLMENT_LIFETIME
from src.application.sessions import Caller
from src.domain.errors import LastSignIn, NotFound, Taken, WrongCode
from src.domain.factors import MAX_NAME, Factor, parse_factor_name
from src.domain.users import FactorKind
from src.interfaces.framework.bodies import Body, Change, Paging
from src.interfaces.framework.fields import CodeField, PasskeyField, TextField, checked
from src.interfaces.framework.requests import client, services
from src.interfaces.http.features import passkeys
from src.interfaces.http.features.passkeys import PasskeyOptionsView
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.operations import Feature, Operation, StepUp
from src.interfaces.http.framework.views import render, render_list
from src.interfaces.views import View

feature = Feature(passkeys.feature.tag, passkeys.feature.description)
route = partial(Operation, feature)
own_route = partial(Operation, feature, for_people=True)

FactorName = Annotated[
    str, *checked(lambda text, _: parse_factor_name(text), {"maxLength": MAX_NAME, "examples": ["My phone"]})
]
_CODES = ["k3f9-0c2w-7hqz-m4vt"]


def _unless_none(**described: Any) -> Any:
    """Return a field of a view that is left out of the answer if it is None."""
    return Field(default=None, exclude_if=lambda value: value is None, **described)


class FactorView(View):
    """A second factor."""

    id: str = Field(examples=["3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f"])
    kind: FactorKind = Field(examples=["totp"])
    name: str | None = Field(examples=["My phone"])
    created_at: datetime
    last_used_at: datetime | None
    backed_up: bool | None = _unless_none(description="Of passkeys only: whether it is synchronised between devices.")
    left: int | None = _unless_none(description="Of recovery codes only: how many have not been used.", examples=[10])

    @classmethod
    def of(cls, source: Factor, /, **more: object) -> Self:
        """Return the view of a factor, without its secret."""
        names = ("id", "kind", "name", "created_at", "last_used_at")
        backed_up = source.passkey.backed_up if source.passkey else None
        left = len(source.code_hashes) if source.kind is FactorKind.RECOVERY else None
        return cls(**{name: getattr(source, name) for name in names}, backed_up=backed_up, left=left, **more)


class AddedFactorView(FactorView):
    """A new second factor. The first one of a user brings the recovery codes, which are shown this once."""

    recovery_codes: list[str] | None = _unless_none(examples=[_CODES])


class RecoveryCodesView(View):
    """New recovery codes, which are shown this once."""

    codes: list[str] = Field(examples=[_CODES])


class AppSetupView(View):
    """The secret for an authenticator app, in the forms in which apps take it."""

    enrolment: str = Field(description="Send it back with the first code of the app.", examples=["9d1e07c4"])
    secret: str = Field(description="In base32, for people who type it.", examples=["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"])
    uri: str = Field(examples=["otpauth://totp/portero:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=portero"])
    qr_svg: str = Field(description="The QR code of `uri`.", examples=["<svg></svg>"])
    expires_in: int = Field(description="Seconds.", examples=[600])


class NewFactor(Body):
    """The enrolment and a code of an authenticator app; or a passkey that a browser has made."""

    enrolment: Annotated[TextField, Field(examples=["9d1e07c4"])] = ""
    code: CodeField = ""
    passkey: PasskeyField | None = None
    name: FactorName | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if bool(self.enrolment and self.code) is (self.passkey is not None):
            raise PydanticCustomError("required", "Give enrolment and code, or passkey.")
        return self


class FactorChange(Change):
    """The name of a factor."""

    name: FactorName | None = None


@own_route("GET /user/factors", Access.USER, FactorView)
def list_factors(caller: Caller, query: Paging) -> Response:
    """List your second factors, the newest first."""
    return render_list(services().factors.list(caller.user.id, query.cursor, query.limit), FactorView, FactorView.of)


@own_route("POST /user/factors/totp", Access.USER, AppSetupView, step_up=StepUp.RECENT)
def start_app(caller: Caller) -> Response:
    """Begin to add an authenticator app: get the secret for it. Nothing is stored yet.

    The first factor of a user needs a login of the last ten minutes and, if the service sends mails, a proved address.
    """
    enrolment, setup = services().enrolments.start_app(caller)
    shown = {"secret": setup.text, "uri": setup.uri, "qr_svg": setup.qr_svg}
    return render(AppSetupView(enrolment=enrolment, expires_in=int(ENROLMENT_LIFETIME.total_seconds()), **shown))


@own_route(
    "POST /user/factors/passkey/options", Access.USER, PasskeyOptionsView, step_up=StepUp.RECENT, errors=(NotFound,)
)
def start_passkey(caller: Caller) -> Response:
    """Get the options for `navigator.credentials.create`, to add a passkey."""
    return render(PasskeyOptionsView(publicKey=services().enrolments.start_passkey(caller)["publicKey"]))


@own_route(
    "POST /user/factors", Access.USER, AddedFactorView, status=201, step_up=StepUp.RECENT, errors=(WrongCode, Taken)
)
def add_factor(caller: Caller, body: NewFactor) -> Response:
    """Add an authenticator app or a passkey. A new app replaces the old one.

    The first factor brings ten recovery codes and ends every other session. This session counts as one with two factors
    from its next refresh or step-up on.
    """
    service = services().enrolments
    if body.passkey is None:
        enrolled = service.add_app(caller, body.enrolment, body.code, body.name, client())
    else:
        enrolled = service.add_passkey(caller, body.passkey, body.name, client())
    view = AddedFactorView.of(enrolled.factor, recovery_codes=enrolled.recovery_codes)
    return render(view, 201, {"Location": f"/user/factors/{enrolled.factor.id}"})


@own_route("PUT PATCH /user/factors/<id>", Access.USER, FactorView)
def rename_factor(caller: Caller, body: FactorChange, id: str) -> Response:
    """Give one of your factors another name."""
    return render(FactorView.of(services().factors.rename(caller.user, id, body.name)))


@own_route("DELETE /user/factors/<id>", Access.USER, step_up=StepUp.RECENT, errors=(LastSignIn,))
def remove_factor(caller: Caller, id: str) -> None:
    """Remove one of your factors. The recovery codes end with the last other factor."""
    services().factors.remove(caller, id, client())


@own_route("POST /user/factors/recovery-codes", Access.USER, RecoveryCodesView, status=201, step_up=StepUp.RECENT)
def renew_recovery_codes(caller: Caller) -> Response:
    """Make new recovery codes. The old ones work no more."""
    return render(RecoveryCodesView(codes=list(services().factors.renew_codes(caller, client()))), 201)


@route("GET /users/<id>/factors", Access.AUDITOR, FactorView)
def list_factors_of_user(caller: Caller, query: Paging, id: str) -> Response:
    """List the second factors of a user, the newest first."""
    return render_list(services().factors.list_for_user(id, query.cursor, query.limit), FactorView, FactorView.of)


@route("DELETE /users/<id>/factors", Access.ADMIN, step_up=StepUp.RECENT)
def reset_factors(caller: Caller, id: str) -> None:
    """Remove all factors of a user who has lost them.

    The sessions of the user end, and the user is told by mail. Make sure that it is the user who asks for it.
    """
    services().factors.reset(caller, id, client())
