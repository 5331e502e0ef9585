"""Says in words what happened to an account."""

from collections.abc import Mapping

from src.domain.events import Event
from src.domain.messages import Translatable
from src.interfaces.devices import device
from src.interfaces.languages import translated

_SENTENCES: Mapping[str, str] = {
    "login-succeeded password": "Signed in with a password",
    "login-succeeded mail-link": "Signed in with the link of a mail",
    "login-succeeded mail-code": "Signed in with the code of a mail",
    "login-succeeded firebase": "Signed in with Firebase",
    "login-succeeded passkey": "Signed in with a passkey",
    "login-failed": "A sign-in failed",
    "session-ended logout": "Signed out",
    "session-ended ended-by-owner": "Ended a session",
    "session-ended": "A session was ended",
    "sessions-ended password-changed": "Changed the password, which ended the other sessions",
    "sessions-ended password-reset": "The password was reset, which ended all sessions",
    "sessions-ended": "All sessions were ended",
    "user-registered": "Registered",
    "guest-registered": "Came as a guest",
    "user-added": "The account was added",
    "user-deleted": "The account was deleted",
    "user-exported": "Downloaded the data of the account",
    "profile-changed": "The profile was changed",
    "role-changed": "The role or the access was changed",
    "address-changed": "The e-mail address was changed",
    "address-verified": "The e-mail address was proved",
    "address-taken": "The new e-mail address belongs to another account",
    "factor-added": "A second factor was added",
    "factor-removed": "A second factor was removed",
    "factor-removed several": "Several second factors were removed",
    "key-created": "A key was made",
    "key-removed": "A key was removed",
    "key-removed several": "Several keys were removed",
}
"""The sentence for each type of event, or for a type and its method or reason, as in "login-succeeded passkey".

"several" is said of an event that stands for several keys or factors.
"""


def sentence(event: Event, language: str) -> str:
    """Return a sentence that describes an event, with its device if that is known."""
    has_several = event.data.keys() & {"kinds", "key_ids"}
    detail = "several" if has_several else event.data.get("method") or event.data.get("reason")
    plain = event.type.replace("-", " ").capitalize()
    what = Translatable(_SENTENCES.get(f"{event.type} {detail}") or _SENTENCES.get(event.type, plain))
    _, name = device(event.user_agent)
    words = (
        Translatable("{what} from {device}.", what=what, device=name) if name else Translatable("{what}.", what=what)
    )
    return translated(words, language)
