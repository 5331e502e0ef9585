"""The services that the HTTP interface and the command line call."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from src.application.accounts import AccountService
from src.application.administration import AdministrationService
from src.application.audit import Audit
from src.application.custom_tokens import CustomTokenService
from src.application.datasets import DatasetService
from src.application.deliveries import DeliveryService
from src.application.directory import DirectoryService
from src.application.dogs import DogService
from src.application.enrolment import EnrolmentService, FactorService
from src.application.events import EventService
from src.application.exports import ExportService
from src.application.factors import PasskeyService
from src.application.files import FileService
from src.application.importing import ImportService
from src.application.input_rules import InputRules
from src.application.invitations import InvitationService
from src.application.jobs import JobService
from src.application.keys import KeyService
from src.application.mails import MailRequestService, MailService
from src.application.maintenance import MaintenanceService
from src.application.ports import Message, Metrics
from src.application.receipts import ReceiptService
from src.application.service_accounts import ServiceAccountService
from src.application.sessions import (
    AuthenticationService,
    BrowserSessionService,
    IntrospectionService,
    PasskeyLoginService,
    SecondStepService,
    SessionService,
    StepUpService,
)
from src.application.tasks import TaskService
from src.application.webhooks import WebhookDispatcher, WebhookService


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The services, one for each feature, the rules for values that users enter, and the audit log."""

    accounts: AccountService
    administration: AdministrationService
    authentication: AuthenticationService
    browsers: BrowserSessionService
    custom_tokens: CustomTokenService
    deliveries: DeliveryService | None
    """For the requests of a queue that delivers jobs to this service, if QUEUE_URL names one."""
    datasets: DatasetService
    directory: DirectoryService
    dogs: DogService
    enrolments: EnrolmentService
    factors: FactorService
    events: EventService
    exports: ExportService
    files: FileService
    imports: ImportService
    introspection: IntrospectionService
    invitations: InvitationService
    jobs: JobService
    keys: KeyService
    mails: MailService
    mail_requests: MailRequestService
    maintenance: MaintenanceService
    passkey_logins: PasskeyLoginService
    passkeys: PasskeyService
    receipts: ReceiptService
    second_steps: SecondStepService
    service_accounts: ServiceAccountService
    sessions: SessionService
    step_ups: StepUpService
    tasks: TaskService
    webhooks: WebhookService
    rules: InputRules
    audit: Audit
    dispatcher: WebhookDispatcher
    """Delivers events to the webhooks, in the background."""
    caught_mails: Callable[[], Iterable[Message]] | None
    """Return the mails that were kept instead of sent, the newest first. None if mails are sent."""
    metrics: Metrics | None
    """None if nothing is measured, because nobody can read it."""
