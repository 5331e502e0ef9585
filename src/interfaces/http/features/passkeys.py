"""The operations that log in with a passkey."""

from functools import partial
from typing import Any

from flask import Response
from pydantic import Field

from src.domain.errors import InvalidCredentials, NotFound
from src.interfaces.framework.bodies import Body
from src.interfaces.framework.fields import PasskeyField
from src.interfaces.framework.requests import client, services
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.operations import Feature, Operation
from src.interfaces.http.framework.views import render
from src.interfaces.views import RefreshView, View

feature = Feature("Strong sign-in", "Passkeys, authenticator apps, recovery codes, and what they prove.")
route = partial(Operation, feature)


class PasskeyOptionsView(View):
    """The options of a WebAuthn ceremony, as `PublicKeyCredential.parse…OptionsFromJSON` reads them."""

    publicKey: dict[str, Any] = Field(  # noqa: N815 - the name of WebAuthn
        examples=[{"challenge": "…", "rpId": "example.com", "userVerification": "required", "timeout": 600000}]
    )


class PasskeyLogin(Body):
    """The answer of a passkey to the challenge of a sign-in."""

    passkey: PasskeyField


@route("POST /auth/passkey/options", Access.PUBLIC, PasskeyOptionsView, errors=(NotFound,))
def show_passkey_options() -> Response:
    """Get the options for `navigator.credentials.get`, to log in with a passkey.

    They name no user: the browser offers the passkeys that it has for this service, also in the autofill of a field
    (`mediation: "conditional"`). The challenge in them can be signed for ten minutes, and works once.
    """
    return render(PasskeyOptionsView(publicKey=services().passkey_logins.options()["publicKey"]))


@route("POST /auth/passkey", Access.PUBLIC, RefreshView, errors=(InvalidCredentials, NotFound))
def log_in_with_passkey(body: PasskeyLogin) -> Response:
    """Log in with a passkey. No second step follows, because the device has verified the user.

    Every reason for a refusal gets the same answer, and an unknown passkey takes as long as a known one.
    """
    _, tokens = services().passkey_logins.log_in(body.passkey, client())
    return render(RefreshView.of(tokens))
