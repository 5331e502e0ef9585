"""The events of a change of a user."""

from collections.abc import Iterator
from datetime import datetime

from src.domain.events import Actor, Event, EventType, Recorded
from src.domain.sessions import Client
from src.domain.users import User
from src.domain.values import Role

_PROFILE = {
    "username": "username",
    "name": "name",
    "last_name": "last_name",
    "metadata": "metadata",
    "custom_claims": "claims",
}
"""The attributes of a user whose change is the event ``profile-changed``, with their names in the event."""
_MAX_SINGLE_REMOVALS = 3
"""The number of factors or keys up to which each removal has an event of its own. More removals share one event,
because a commit has few writes."""


def registered(user: User, invitation_id: str | None, client: Client, at: datetime) -> list[Event]:
    """Return the events of a registration, with or without an invitation."""
    events = [client.event(EventType.USER_REGISTERED, user.id, user.actor, at)]
    if invitation_id:
        data = {"invitation_id": invitation_id}
        events.append(client.event(EventType.INVITATION_ACCEPTED, user.id, user.actor, at, **data))
    return events


def changes(client: Client, by: Actor, at: datetime, session_id: str | None = None) -> Recorded[User]:
    """Return a function that compares a user before and after a change, and returns the events of the change."""

    def events(before: User, after: User) -> Iterator[Event]:
        def event(type: EventType, **data: object) -> Event:
            return client.event(type, after.id, by, at, session_id, **data)

        if before.role is Role.GUEST and after.role is not Role.GUEST:
            yield from registered(after, after.invitation_id, client, at)
            return
        if after.email != before.email:
            yield event(EventType.ADDRESS_CHANGED)
        if after.email_verified and not before.email_verified:
            yield event(EventType.ADDRESS_VERIFIED)
        if changed := [name for each, name in _PROFILE.items() if getattr(after, each) != getattr(before, each)]:
            yield event(EventType.PROFILE_CHANGED, fields=changed)
        if (after.role, after.disabled) != (before.role, before.disabled):
            yield event(EventType.ROLE_CHANGED, role=after.role.value, disabled=after.disabled)
        for id, kind in after.factors.items():
            if id not in before.factors:
                yield event(EventType.FACTOR_ADDED, kind=kind.value)
        removed = {id: kind.value for id, kind in before.factors.items() if id not in after.factors}
        if len(removed) > _MAX_SINGLE_REMOVALS:
            yield event(EventType.FACTOR_REMOVED, kinds=sorted({*removed.values()}))
        else:
            yield from (event(EventType.FACTOR_REMOVED, kind=each) for each in removed.values())
        for id, scope in after.keys.items():
            if id not in before.keys:
                yield event(EventType.KEY_CREATED, key_id=id, scope=scope.value)
        revoked = {id: scope.value for id, scope in before.keys.items() if id not in after.keys}
        if len(revoked) > _MAX_SINGLE_REMOVALS:
            yield event(EventType.KEY_REMOVED, key_ids=[*revoked])
        else:
            yield from (event(EventType.KEY_REMOVED, key_id=id, scope=each) for id, each in revoked.items())

    return lambda before, after: [*events(before, after)]
