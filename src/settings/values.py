"""Values that are derived from the settings."""

import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

from src.settings.fields import SettingsFields
from src.settings.passkeys import domain_of

_TASKS_QUEUE = re.compile("cloudtasks://([a-z][a-z0-9.:-]{1,62})/([a-z0-9-]{1,30})/([A-Za-z0-9-]{1,100})")


class SettingsValues(SettingsFields):
    """The declared settings, and the values that follow from several settings."""

    @property
    def store_project(self) -> str:
        """The PROJECT of a STORE_URL like firestore://PROJECT, else an empty string."""
        scheme, _, rest = self.store_url.partition("://")
        return rest.partition("/")[0] if scheme == "firestore" else ""

    @property
    def firebase_project(self) -> str:
        """The project of Firebase Auth: GOOGLE_CLOUD_PROJECT, else ``store_project``."""
        return self.google_cloud_project or self.store_project

    @property
    def allowed_origins(self) -> list[str]:
        """The origins in CORS_ORIGINS. Without it every origin is allowed in development, and none in production."""
        if self.cors_origins is None:
            return [] if self.production else ["*"]
        return [origin.strip() for origin in self.cors_origins.split(",") if origin.strip()]

    @property
    def picture_hosts(self) -> list[str]:
        """The hosts in DOG_PICTURE_HOSTS."""
        return [host.strip() for host in self.dog_picture_hosts.split(",") if host.strip()]

    @property
    def domains(self) -> list[str]:
        """The names in REGISTRATION_DOMAINS."""
        names = self.registration_domains
        return [name.strip() for name in names.split(",")] if names else []

    @property
    def credentials(self) -> dict[str, str]:
        """The secrets of the services in SERVICE_CREDENTIALS, by the name of the service."""
        return dict(pair.partition(":")[::2] for pair in self.credential_pairs)

    @property
    def credential_pairs(self) -> list[str]:
        """The pairs ``NAME:SECRET`` in SERVICE_CREDENTIALS."""
        text = self.service_credentials.get_secret_value() if self.service_credentials else ""
        return [pair.strip() for pair in text.split(",") if pair.strip()]

    @property
    def breach_list(self) -> Path | None:
        """The path in a PASSWORD_BREACH_URL like file:PATH, else None."""
        scheme, _, path = (self.password_breach_url or "").partition(":")
        return Path(path.removeprefix("//")) if scheme == "file" and path else None

    @property
    def names_of_mfa_roles(self) -> list[str]:
        """The names of the roles in MFA_ROLES."""
        return [name.strip() for name in (self.mfa_roles or "").split(",") if name.strip()]

    @property
    def tasks_queue(self) -> str | None:
        """The name at Google of the queue in a QUEUE_URL like cloudtasks://PROJECT/LOCATION/QUEUE, else None."""
        if not (found := _TASKS_QUEUE.fullmatch(self.queue_url)):
            return None
        return "projects/{}/locations/{}/queues/{}".format(*found.groups())

    @property
    def links_url(self) -> str:
        """The beginning of links in mails: PUBLIC_URL, or the address of this service on this machine."""
        return str(self.public_url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def public_origin(self) -> str | None:
        """The origin of PUBLIC_URL or, in development without it, of this machine. None if neither is known."""
        if self.production and not self.public_url:
            return None
        scheme, host, *_ = urlsplit(self.links_url)
        return f"{scheme}://{host}"

    @property
    def passkey_domain(self) -> str | None:
        """The domain of passkeys: PASSKEY_RP_ID, or else the domain of ``public_origin``.

        It is None if neither is a domain that can use passkeys.
        """
        return self.passkey_rp_id or domain_of(self.public_origin or "")

    @property
    def allowed_passkey_origins(self) -> list[str]:
        """The origins in PASSKEY_ORIGINS, or else ``public_origin`` if pages of that origin can use passkeys."""
        if self.passkey_origins is None:
            return [self.public_origin] if self.public_origin and domain_of(self.public_origin) else []
        return [origin.strip() for origin in self.passkey_origins.split(",") if origin.strip()]

    @property
    def admin_pages(self) -> bool:
        """Whether the console has pages for admins: the value of CONSOLE_ADMIN, or else whether this is development."""
        return self.console_admin if self.console_admin is not None else not self.production

    @property
    def is_ephemeral(self) -> bool:
        """Whether the store is lost when the process ends."""
        return self.store_url.startswith("memory:")

    @property
    def single_process(self) -> bool:
        """Whether only one process can serve, because the store or the files are in its memory."""
        return self.is_ephemeral or self.blob_url.startswith("memory:")

    @property
    def text_logs(self) -> bool:
        """Whether logs are text for people: as LOG_FORMAT says, or else if the standard output is a terminal."""
        return self.log_format == "text" if self.log_format else sys.stdout.isatty()

    @property
    def production(self) -> bool:
        """Whether APP_ENV is production: unsafe settings are refused, and a start creates no tables and no keys."""
        return self.app_env == "production"
