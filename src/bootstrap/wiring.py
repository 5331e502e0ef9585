"""Builds every service with the ports that it needs."""

from datetime import timedelta
from functools import partial
from typing import TypedDict, Unpack

from src.application.accounts import Accounts, AccountService, LinkedAccounts, LocalAccounts
from src.application.administration import AdministrationService
from src.application.datasets import CHECK, CheckDataset, DatasetService, erase_dataset
from src.application.directory import DirectoryService
from src.application.dogs import PICTURE, DogService, FetchPicture
from src.application.exports import ExportService
from src.application.files import RELAY, FileService, RelayFile
from src.application.importing import ImportService
from src.application.input_rules import InputRules
from src.application.jobs import JobHandler, JobRunner, JobService
from src.application.limits import RateLimiter
from src.application.mails import MailService, MailTokens
from src.application.mails.outbox import Notices
from src.application.maintenance import MaintenanceService
from src.application.ports import (
    BlobStore,
    Clock,
    JobQueue,
    Mailer,
    PasswordHasher,
    PictureSource,
    RemoteAccounts,
    uncounted,
)
from src.application.receipts import ReceiptService
from src.application.sessions import (
    AuthenticationService,
    IntrospectionService,
    Lifetimes,
    RecentChecks,
    SessionService,
)
from src.application.stored_objects import ObjectLifecycle
from src.application.summaries import Summarise
from src.application.tasks import TaskService
from src.bootstrap.adapters import (
    make_adviser,
    make_blobs,
    make_check_places,
    make_hasher,
    make_keys,
    make_limiter,
    make_mailer,
    make_queue,
    make_relay,
    make_remote_accounts,
    make_store,
    now,
)
from src.bootstrap.mails import mail_handlers, make_notices
from src.domain.passwords import PasswordPolicy
from src.infrastructure.csv import PolarsCsvChecker
from src.infrastructure.csv.checking.patterns import compiled
from src.infrastructure.identity.addresses import parse_address
from src.infrastructure.identity.foreign_hashes import parse_hash
from src.infrastructure.identity.usernames import parse_new_username
from src.infrastructure.identity.weak_passwords import find_weakness
from src.infrastructure.logs import audit
from src.infrastructure.mails.folder import MailFolder
from src.infrastructure.metrics import PrometheusMetrics
from src.infrastructure.outgoing.pictures import DogPictures
from src.infrastructure.repositories.datasets import Datasets
from src.infrastructure.repositories.documents import Receipts
from src.infrastructure.repositories.dogs import Dogs
from src.infrastructure.repositories.files import Files
from src.infrastructure.repositories.jobs import Jobs
from src.infrastructure.repositories.mails import Mails
from src.infrastructure.repositories.sessions import Sessions
from src.infrastructure.repositories.tasks import Tasks
from src.infrastructure.repositories.users import Users
from src.infrastructure.rows import make_rows
from src.infrastructure.spooling import temporary_file
from src.infrastructure.stores.portable import Store
from src.infrastructure.tokens.jwt import JwtIssuer
from src.infrastructure.tokens.refresh import DerivedRefreshTokens
from src.infrastructure.tokens.signing_keys import KeyRing
from src.interfaces.services import Services
from src.settings import Settings

LENIENT_SETTINGS_HINT = (
    "`cp examples/brief-b.env .env` sets PASSWORD_MIN_LENGTH=6 and PASSWORD_BLOCKLIST=off, which take simpler ones."
)
"""A sentence for developers who try the sample passwords of other services. Production does not show it."""


class Overrides(TypedDict, total=False):
    """Adapters to use in place of those that the settings choose."""

    store: Store
    hasher: PasswordHasher
    remote: RemoteAccounts
    keys: KeyRing
    limiter: RateLimiter
    blobs: BlobStore
    mailer: Mailer
    pictures: PictureSource
    queue: JobQueue


def wire(settings: Settings, *, clock: Clock = now, **overrides: Unpack[Overrides]) -> Services:
    """Build the services for these settings. Connects to nothing. Raises ConfigurationError."""
    store = overrides.get("store") or make_store(settings)
    hasher = overrides.get("hasher") or make_hasher(settings)
    remote = overrides.get("remote") or make_remote_accounts(settings)
    keys = overrides.get("keys") or make_keys(settings)
    limiter = overrides.get("limiter") or make_limiter(settings, store, clock)
    blobs = overrides.get("blobs") or make_blobs(settings)
    pictures = overrides.get("pictures") or DogPictures(str(settings.dog_api_url), settings.picture_hosts)
    users, sessions, receipts, tasks = Users(store), Sessions(store), Receipts(store), Tasks(store)
    dogs, files, jobs, datasets, mails = Dogs(store), Files(store), Jobs(store), Datasets(store), Mails(store)
    mailer, mail_tokens = overrides.get("mailer") or make_mailer(settings, clock), MailTokens(keys.fingerprints)
    rows, checker, rules = make_rows(store), PolarsCsvChecker(), _rules(settings, pictures)
    take_place, passwords = make_check_places(settings).take, rules.passwords
    metrics = PrometheusMetrics() if settings.metrics_token else None
    count = metrics.count if metrics else uncounted
    handlers: dict[str, JobHandler] = {
        PICTURE: FetchPicture(dogs=dogs, pictures=pictures),
        RELAY: RelayFile(files=files, blobs=blobs, relay=make_relay(settings)),
        CHECK: CheckDataset(
            datasets=datasets, checker=checker, rows=rows, blobs=blobs, spool=temporary_file, take_place=take_place
        ),
        **mail_handlers(settings, mailer, mails, users, mail_tokens, clock, count),
    }
    delay = timedelta(seconds=settings.job_delay_seconds)
    runner = JobRunner(jobs=jobs, handlers=handlers, delay=delay, clock=clock, count=count)
    queue = overrides.get("queue") or make_queue(settings, runner.run)
    job_service = JobService(jobs=jobs, queue=queue, runner=runner, clock=clock)
    file_objects = ObjectLifecycle(
        missing="There is no such file.",
        records=files,
        users=users,
        jobs=jobs,
        erase=lambda file: blobs.delete(file.key),
        clock=clock,
    )
    erase = partial(erase_dataset, rows=rows, blobs=blobs)
    dataset_objects = ObjectLifecycle(
        missing="There is no such dataset.", records=datasets, users=users, jobs=jobs, erase=erase, clock=clock
    )
    owned = [
        each.delete_for_user for each in (tasks, file_objects, dataset_objects, job_service, dogs, receipts, sessions)
    ]
    file_service = FileService(objects=file_objects, jobs=jobs, blobs=blobs, queue=queue, clock=clock)
    notices = make_notices(settings, mails, sessions, queue, limiter, clock)
    lifetimes = Lifetimes(
        idle=timedelta(seconds=settings.refresh_token_seconds), absolute=timedelta(seconds=settings.session_seconds)
    )
    accounts: Accounts
    if remote:
        accounts = LinkedAccounts(
            users=users,
            remote=remote,
            owned=owned,
            guest_lifetime=lifetimes.guest,
            notices=notices,
            audit=audit,
            clock=clock,
        )
    else:
        accounts = LocalAccounts(users=users, hasher=hasher, owned=owned, audit=audit, clock=clock)
    directory = DirectoryService(
        users=users, accounts=accounts, parse_email=rules.parse_email, audit=audit, clock=clock
    )
    checks = RecentChecks(timedelta(seconds=settings.firebase_check_seconds), clock)
    tokens = _tokens(settings, keys, clock)
    authentication = AuthenticationService(
        users=users, sessions=sessions, accounts=accounts, checks=checks, tokens=tokens, clock=clock
    )
    session_service = _sessions(lifetimes, authentication, keys, limiter, rules, notices)
    return Services(
        accounts=AccountService(
            users=users,
            accounts=accounts,
            start_session=session_service.start,
            limiter=limiter,
            notices=notices,
            audit=audit,
            clock=clock,
        ),
        administration=AdministrationService(
            users=users,
            accounts=accounts,
            directory=directory,
            passwords=passwords,
            notices=notices,
            audit=audit,
            clock=clock,
        ),
        authentication=authentication,
        datasets=DatasetService(
            objects=dataset_objects,
            checker=checker,
            rows=rows,
            blobs=blobs,
            spool=temporary_file,
            take_place=take_place,
            queue=queue,
            summary=Summarise(make_adviser(settings), rows, checker.pattern_flaw, compiled),
            sync_rows=settings.sync_rows,
            clock=clock,
        ),
        directory=directory,
        dogs=DogService(dogs=dogs, jobs=jobs, users=users, receipts=receipts, queue=queue, clock=clock),
        exports=ExportService(
            sessions=sessions,
            tasks=tasks,
            dogs=dogs,
            files=file_service,
            datasets=datasets,
            jobs=jobs,
            receipts=receipts,
        ),
        files=file_service,
        imports=ImportService(
            users=users, hasher=None if remote else hasher, rules=rules, parse_hash=parse_hash, clock=clock
        ),
        introspection=IntrospectionService(
            authentication=authentication,
            refresh_tokens=DerivedRefreshTokens(keys),
            credentials=settings.credentials,
            limiter=limiter,
            audit=audit,
        ),
        jobs=job_service,
        mails=MailService(
            mails=mails,
            users=users,
            outbox=notices.outbox,
            notices=notices,
            accounts=accounts,
            sessions=session_service,
            tokens=mail_tokens,
            passwords=passwords,
            limiter=limiter,
            audit=audit,
            clock=clock,
            enabled=mailer is not None,
        ),
        operations=MaintenanceService(
            accounts=accounts, files=file_objects, datasets=dataset_objects, store=store, clock=clock, count=count
        ),
        receipts=ReceiptService(receipts=receipts, fingerprints=keys.fingerprints, clock=clock),
        sessions=session_service,
        tasks=TaskService(tasks=tasks, clock=clock),
        rules=rules,
        audit=audit,
        caught_mails=mailer.newest if isinstance(mailer, MailFolder) else None,
        metrics=metrics,
    )


def _rules(settings: Settings, pictures: PictureSource) -> InputRules:
    return InputRules(
        parse_email=parse_address,
        parse_new_username=parse_new_username,
        passwords=PasswordPolicy(
            settings.password_min_length,
            find_weakness if settings.password_blocklist else None,
            "" if settings.production else LENIENT_SETTINGS_HINT,
        ),
        check_picture=pictures.check,
    )


def _tokens(settings: Settings, keys: KeyRing, clock: Clock) -> JwtIssuer:
    return JwtIssuer(
        keys, clock, issuer=settings.issuer, audience=settings.audience, seconds=settings.access_token_seconds
    )


def _sessions(
    lifetimes: Lifetimes,
    authentication: AuthenticationService,
    keys: KeyRing,
    limiter: RateLimiter,
    rules: InputRules,
    notices: Notices,
) -> SessionService:
    """Build the session service on the ports that authentication has already."""
    return SessionService(
        users=authentication.users,
        sessions=authentication.sessions,
        authentication=authentication,
        accounts=authentication.accounts,
        tokens=authentication.tokens,
        refresh_tokens=DerivedRefreshTokens(keys),
        lifetimes=lifetimes,
        parse_login=rules.parse_login,
        limiter=limiter,
        notices=notices,
        audit=audit,
        clock=authentication.clock,
    )
