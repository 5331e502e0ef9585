"""Builds the adapters and repositories that the services need."""

from typing import TypedDict

from src.application.failed_logins import FailedLogins, Later
from src.application.input_rules import InputRules
from src.application.limits import RateLimiter
from src.application.mails import MailTokens
from src.application.ports import (
    BlobStore,
    Clock,
    CountEvent,
    JobQueue,
    LoginSource,
    Mailer,
    PasswordHasher,
    PictureSource,
    RemoteAccounts,
    Sealer,
    WebhookSender,
    uncounted,
)
from src.application.registration import RegistrationMode, RegistrationPolicy
from src.application.tickets import Tickets
from src.bootstrap.adapters import (
    make_blobs,
    make_breaches,
    make_check_places,
    make_hasher,
    make_limiter,
    make_login_source,
    make_mailer,
    make_remote_accounts,
    make_store,
)
from src.bootstrap.keys import make_data_keys, make_keys
from src.bootstrap.servers.cpus import leave_cpu
from src.domain.passwords import IsBreached, PasswordPolicy
from src.domain.values import InvalidValue
from src.infrastructure.background import BackgroundSteps
from src.infrastructure.breaches import BreachedPasswords
from src.infrastructure.csv import PolarsCsvChecker
from src.infrastructure.identity.addresses import parse_address
from src.infrastructure.identity.usernames import parse_new_username
from src.infrastructure.identity.weak_passwords import find_weakness
from src.infrastructure.limits.store import StoreLimiter
from src.infrastructure.logs import audit
from src.infrastructure.metrics import PrometheusMetrics
from src.infrastructure.outgoing.pictures import DogPictures
from src.infrastructure.outgoing.webhooks import HttpWebhookSender
from src.infrastructure.repositories.datasets import Datasets
from src.infrastructure.repositories.documents import Receipts
from src.infrastructure.repositories.dogs import Dogs
from src.infrastructure.repositories.events import Events
from src.infrastructure.repositories.factors import Factors
from src.infrastructure.repositories.files import Files
from src.infrastructure.repositories.invitations import Invitations
from src.infrastructure.repositories.jobs import Jobs
from src.infrastructure.repositories.keys import Keys
from src.infrastructure.repositories.mails import Mails
from src.infrastructure.repositories.recorder import Recorder
from src.infrastructure.repositories.service_accounts import ServiceAccounts
from src.infrastructure.repositories.sessions import Sessions
from src.infrastructure.repositories.sign_ins import SignIns
from src.infrastructure.repositories.tasks import Tasks
from src.infrastructure.repositories.users import Users
from src.infrastructure.repositories.webhooks import Deliveries, Webhooks
from src.infrastructure.rows import make_rows
from src.infrastructure.stores.portable import Store
from src.infrastructure.tokens.signing_keys import KeyRing
from src.settings import ConfigurationError, Settings

LENIENT_SETTINGS_HINT = (
    "`cp examples/brief-b.env .env` sets PASSWORD_MIN_LENGTH=6 and PASSWORD_BLOCKLIST=off, which take simpler ones."
)
"""A sentence for developers who try the sample passwords of other services. Production does not show it."""


class Overrides(TypedDict, total=False):
    """Adapters that replace the adapters that the settings choose."""

    store: Store
    hasher: PasswordHasher
    remote: RemoteAccounts
    keys: KeyRing
    data_keys: Sealer
    limiter: RateLimiter
    blobs: BlobStore
    mailer: Mailer
    pictures: PictureSource
    queue: JobQueue
    later: Later
    webhook_sender: WebhookSender
    login_source: LoginSource


class Ports:
    """The adapters that the settings choose, and the repositories on their store. Connects to nothing."""

    def __init__(self, settings: Settings, clock: Clock, overrides: Overrides) -> None:
        """Make the adapters of the settings, unless ``overrides`` replaces them. Raises ConfigurationError."""
        self.settings, self.clock = settings, clock
        self.store = overrides.get("store") or make_store(settings)
        self.hasher = overrides.get("hasher") or make_hasher(settings)
        self.remote = overrides.get("remote") or make_remote_accounts(settings)
        self.keys = overrides.get("keys") or make_keys(settings, clock)
        self.data_keys = overrides.get("data_keys") or make_data_keys(settings)
        self.limiter = overrides.get("limiter") or make_limiter(settings, self.store, clock)
        self.blobs = overrides.get("blobs") or make_blobs(settings)
        self.mailer = overrides.get("mailer") or make_mailer(settings, clock)
        self.mail_tokens, self.tickets = MailTokens(self.keys.fingerprints), Tickets(self.keys.fingerprints, clock)
        self.metrics = PrometheusMetrics() if settings.metrics_token else None
        self.count: CountEvent = self.metrics.count if self.metrics else uncounted
        self.pictures = overrides.get("pictures") or DogPictures(str(settings.dog_api_url), settings.picture_hosts)
        breaches = make_breaches(settings)
        is_breached = BreachedPasswords(breaches, self.count) if breaches else None
        self.rules = _make_rules(settings, self.pictures, is_breached)
        self.checker, self.rows = PolarsCsvChecker(leave_cpu), make_rows(self.store)
        self.take_place = make_check_places(settings).take
        self.datasets, self.dogs, self.files = Datasets(self.store), Dogs(self.store), Files(self.store)
        self.jobs, self.mails, self.receipts = Jobs(self.store), Mails(self.store), Receipts(self.store)
        recorder = Recorder(settings.events_days)
        self.factors, self.api_keys = Factors(self.store, recorder), Keys(self.store, recorder)
        self.service_accounts = ServiceAccounts(self.store, recorder)
        self.events, self.tasks = Events(self.store, recorder), Tasks(self.store)
        self.login_source = overrides.get("login_source") or make_login_source(settings, self.keys, clock)
        self.sessions, self.sign_ins = Sessions(self.store, recorder), SignIns(self.store)
        self.users = Users(self.store, recorder, remembers_names=self.login_source is not None)
        self.webhooks, self.deliveries = Webhooks(self.store, recorder), Deliveries(self.store, recorder)
        self.webhook_sender = overrides.get("webhook_sender") or HttpWebhookSender(production=settings.production)
        self.failed_logins = FailedLogins(
            events=self.events,
            limiter=StoreLimiter(self.store, clock),  # also if the limits are off
            later=overrides.get("later") or BackgroundSteps(),
            audit=audit,
            clock=clock,
        )
        self.invitations = Invitations(self.store, recorder)
        self.registration = self._make_registration()

    def _make_registration(self) -> RegistrationPolicy:
        """Return the registration policy of the settings.

        Raises ConfigurationError for an invalid domain of addresses.
        """
        try:
            domains = frozenset(parse_address(f"a@{name}").domain for name in self.settings.domains)
        except InvalidValue:
            raise ConfigurationError(
                "REGISTRATION_DOMAINS: name domains of e-mail addresses, such as example.com, separated by commas"
            ) from None
        return RegistrationPolicy(
            mode=RegistrationMode(self.settings.registration),
            domains=domains,
            guests=self.settings.guests,
            invitations=self.invitations,
            users=self.users,
            tickets=self.tickets,
            clock=self.clock,
        )


def _make_rules(settings: Settings, pictures: PictureSource, is_breached: IsBreached | None) -> InputRules:
    return InputRules(
        parse_email=parse_address,
        parse_new_username=parse_new_username,
        passwords=PasswordPolicy(
            settings.password_min_length,
            find_weakness if settings.password_blocklist else None,
            "" if settings.production else LENIENT_SETTINGS_HINT,
            is_breached,
        ),
        check_picture=pictures.check,
    )
