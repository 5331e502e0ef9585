"""The repository of mails."""

from collections.abc import Sequence
from typing import Any

from src.domain.jobs import Job
from src.domain.mails import Mail, MailKind
from src.domain.values import Email, new_id
from src.infrastructure.repositories.documents import Documents
from src.infrastructure.repositories.jobs import Jobs
from src.infrastructure.stores.driver import Insert, Key, Write
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import MAILS, SPENT


class Mails(Documents[Mail]):
    """Stores mails. Implements MailRepository."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, MAILS, Mail, kind=MailKind, address=Email, details=lambda details: details or {})
        self._jobs = Jobs(store)

    def add(self, mail: Mail, job: Job) -> None:
        """Store a new mail and its job. Takes one commit and no read."""
        self._store.commit(*self.writes(mail, job))

    def writes(self, mail: Mail, job: Job) -> tuple[Write, Write]:
        """Return the writes of a new mail and its job."""
        return self.write(mail), self._jobs.write(job)

    def newest(self, kind: MailKind, address: Email, limit: int) -> Sequence[Mail]:
        equal = {"kind": kind.value, "address_key": address.key}
        return self._page("created_at", equal=equal, descending=True, limit=limit).items

    def spend(self, mail: Mail) -> bool:
        """Remove a mail, whatever its stored revision is. Return whether this call removed it.

        A concurrent request with a wrong code may change the revision, but must not prevent the removal. The same
        commit adds another document, by which the store recognises this commit if its reply was lost.
        """
        witness = Insert(Key(SPENT, new_id()), {"expires_at": mail.expires_at})
        stored: Mail | None = mail
        while stored:
            if self._remove_unchanged(stored, witness):
                return True
            stored = self.get(mail.id)
        return False

    def _attributes(self, fields: dict[str, Any]) -> dict[str, Any]:
        del fields["address_key"]
        return super()._attributes(fields)

    def _special_fields(self, entity: Mail) -> dict[str, Any]:
        return {
            "address": entity.address.address,
            "address_key": entity.address.key,
            "details": dict(entity.details) or None,
        }
