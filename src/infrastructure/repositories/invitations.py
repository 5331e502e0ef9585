"""The repository of invitations."""

from typing import Any

from src.domain.events import Event
from src.domain.invitations import Invitation
from src.domain.jobs import Job
from src.domain.mails import Mail
from src.domain.receipts import Receipt
from src.domain.values import Email, Page, Role
from src.infrastructure.repositories.documents import OwnedDocuments
from src.infrastructure.repositories.mails import Mails
from src.infrastructure.repositories.recorder import Recorder
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import INVITATIONS


class Invitations(OwnedDocuments[Invitation]):
    """Stores invitations. Implements InvitationRepository."""

    def __init__(self, store: Store, recorder: Recorder | None = None) -> None:
        super().__init__(store, INVITATIONS, Invitation, recorder, email=Email, role=Role)
        self._mails = Mails(store)

    def add(
        self,
        invitation: Invitation,
        mail: tuple[Mail, Job] | None = None,
        *events: Event,
        receipt: Receipt | None = None,
    ) -> Invitation:
        """Store a new invitation with its mail and events. Takes one commit and no read."""
        return self._save(None, invitation, receipt, *(self._mails.writes(*mail) if mail else ()), events=events)

    def list(self, accepted: bool | None, cursor: str | None = None, limit: int = 100) -> Page[Invitation]:
        equal = {} if accepted is None else {"is_accepted": accepted}
        return self._page("created_at", equal=equal, descending=True, cursor=cursor, limit=limit)

    def delete_for_user(self, user_id: str) -> None:
        self._remove_all("created_at", equal={"user_id": user_id}, descending=True)

    def _attributes(self, fields: dict[str, Any]) -> dict[str, Any]:
        del fields["is_accepted"]  # follows from the user
        return super()._attributes(fields)

    def _special_fields(self, entity: Invitation) -> dict[str, Any]:
        return {"email": entity.email.address, "is_accepted": entity.user_id is not None}
