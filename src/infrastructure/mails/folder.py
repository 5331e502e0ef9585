"""Keeps mails in a folder instead of sending them, for development."""

import json
import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from src.application.ports import Message
from src.domain.values import Email

_log = logging.getLogger("portero.mail")
_KEPT = 50


@dataclass(frozen=True, slots=True)
class MailFolder:
    """Writes mails to the log and to a folder that all processes of the service share. Implements Mailer.

    The newest 50 mails are kept.
    """

    path: Path

    def send(self, message: Message) -> None:
        _log.info("mail to %s: %s\n%s", message.to.address, message.subject, message.text)
        self.path.mkdir(parents=True, exist_ok=True)
        file = self.path / f"{message.id}.json"
        file.with_suffix(".part").write_text(json.dumps(asdict(message)))
        file.with_suffix(".part").replace(file)
        for old in self._files()[_KEPT:]:
            old.unlink(missing_ok=True)

    def check(self) -> None:
        """Do nothing: the folder is made when it is needed."""

    def newest(self) -> Iterator[Message]:
        """Yield the mails in the folder, the newest first."""
        for file in self._files():
            try:
                fields = json.loads(file.read_text())
            except FileNotFoundError:  # `send` has removed it meanwhile
                continue
            yield Message(**{**fields, "to": Email(fields["to"]["address"])})

    def _files(self) -> list[Path]:
        return sorted(self.path.glob("*.json"), key=_written_at, reverse=True)


def _written_at(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except FileNotFoundError:  # `send` has removed it meanwhile
        return 0
