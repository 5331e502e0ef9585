"""The service put together: the only module that knows the adapters and the use cases.

Nothing is made when it is imported, and what a deployment has not chosen is not even loaded.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from argon2 import PasswordHasher

from src.application.accounts import Accounts
from src.application.administration import EnsureAdmin, ListAll, MakeAdmin, SetDisabled
from src.application.datasets import CHECK, CheckDataset, DatasetService
from src.application.directory import AddPerson, ChangeUser, DeleteUser, ListUsers, ShowUser
from src.application.dogs import PICTURE, DogService, FetchPicture
from src.application.files import RELAY, FileService, RelayFile
from src.application.jobs import JobService, RunJob, Work
from src.application.limits import RateLimiter
from src.application.ports import BlobStore, IdentityProvider, JobQueue, PictureSource, Run
from src.application.receipts import ReceiptService
from src.application.sessions import (
    Authenticate,
    BecomeGuest,
    EndSession,
    ExchangeToken,
    FindProfile,
    Lifetimes,
    ListSessions,
    LogIn,
    LogOut,
    LogOutEverywhere,
    Refresh,
    RenewToken,
    StartSession,
)
from src.application.summaries import Adviser, Summarise
from src.application.sweeping import Sweep
from src.application.tasks import TaskService
from src.application.users import ChangePassword, ChangeProfile, DeleteAccount, Register
from src.domain.users import PasswordPolicy
from src.infrastructure import blobs as blob_stores
from src.infrastructure.addresses import parse_address
from src.infrastructure.limits.off import NoLimits
from src.infrastructure.limits.store import StoreLimiter
from src.infrastructure.logs import audit
from src.infrastructure.outgoing.pictures import DogPictures
from src.infrastructure.outgoing.relay import HttpRelay
from src.infrastructure.passwords import common_passwords
from src.infrastructure.repositories.datasets import Datasets
from src.infrastructure.repositories.dogs import Dogs
from src.infrastructure.repositories.files import Files
from src.infrastructure.repositories.jobs import Jobs
from src.infrastructure.repositories.receipts import Receipts
from src.infrastructure.repositories.sessions import Sessions
from src.infrastructure.repositories.tasks import Tasks
from src.infrastructure.repositories.users import Users
from src.infrastructure.rows import make_rows
from src.infrastructure.stores.base import Key, Store
from src.infrastructure.stores.schema import CLAIMS
from src.infrastructure.tables import Tables
from src.infrastructure.tables.patterns import compiled
from src.infrastructure.tokens.fingerprints import KeyedFingerprints
from src.infrastructure.tokens.jwt import JwtIssuer
from src.infrastructure.tokens.keys import BadKeys, KeyRing
from src.infrastructure.tokens.refresh import DerivedRefreshTokens
from src.interfaces.services import Services
from src.settings import ConfigurationError, Settings

THREADS = 8
"""Requests that one process handles at once."""


def now() -> datetime:
    """The current time."""
    return datetime.now(UTC)


def make_store(settings: Settings) -> Store:
    """The store of STORE_URL; loads the libraries of that one only."""
    scheme, _, rest = settings.store_url.partition("://")
    if scheme == "memory":
        from src.infrastructure.stores.memory import MemoryStore

        return MemoryStore()
    if scheme == "firestore":
        from src.infrastructure.stores.firestore import FirestoreStore

        return FirestoreStore(settings.store_project, rest.partition("/")[2] or "(default)")
    from src.infrastructure.stores.sql import SqlStore, make_engine

    return SqlStore(make_engine(settings.store_url, pool_size=THREADS))


def make_identity(settings: Settings) -> IdentityProvider:
    """The identity provider of IDENTITY; loads the libraries of that one only."""
    if settings.identity == "firebase":
        from src.infrastructure.identity.firebase import FirebaseIdentity

        assert settings.firebase_web_api_key
        api_key = settings.firebase_web_api_key.get_secret_value()
        return FirebaseIdentity(settings.firebase_project, api_key, parse_address)
    from src.infrastructure.identity.local import LocalIdentity

    hasher = PasswordHasher(
        time_cost=settings.argon2_time_cost,
        memory_cost=settings.argon2_memory_kib,
        parallelism=settings.argon2_parallelism,
    )
    return LocalIdentity(hasher, at_once=settings.argon2_at_once)


def make_keys(settings: Settings) -> KeyRing:
    """The signing keys of SIGNING_KEYS, or those that ``prepare`` made. Raises ConfigurationError."""
    source = key_source(settings)
    try:
        if settings.production and isinstance(source, Path) and source.stat().st_mode & 0o077:
            raise ConfigurationError(f"SIGNING_KEYS: {source} can be read by others; type `chmod 600 {source}`")
        return KeyRing(source)
    except FileNotFoundError:
        advice = "name an existing file" if settings.signing_keys else "run `./portero prepare`"
        raise ConfigurationError(f"SIGNING_KEYS: {source} is missing; {advice}") from None
    except (BadKeys, OSError) as error:
        raise ConfigurationError(f"SIGNING_KEYS: {error}") from None


def make_limiter(settings: Settings, store: Store) -> RateLimiter:
    """The counters of RATE_LIMIT_URL; loads the libraries of that one only."""
    if not settings.rate_limit:
        return NoLimits()
    if settings.rate_limit_url:
        try:
            from src.infrastructure.limits.redis import RedisLimiter
        except ImportError:
            raise ConfigurationError("RATE_LIMIT_URL: Redis needs requirements/extras.txt installed") from None

        return RedisLimiter(settings.rate_limit_url)
    return StoreLimiter(store, now)


def make_blobs(settings: Settings) -> BlobStore:
    """The object storage of BLOB_URL. Raises ConfigurationError."""
    try:
        return blob_stores.make_blobs(settings.blob_url)
    except ValueError as error:
        raise ConfigurationError(f"BLOB_URL: {error}") from None


def make_adviser(settings: Settings) -> Adviser | None:
    """Who writes summaries, if AI_URL names one. Raises ConfigurationError."""
    if not settings.ai_url or not settings.ai_model:
        return None
    from src.infrastructure.outgoing.chat import ChatAdviser

    try:
        key = settings.ai_key.get_secret_value() if settings.ai_key else None
        return ChatAdviser(str(settings.ai_url), settings.ai_model, key)
    except ValueError as error:
        raise ConfigurationError(f"AI_URL, AI_KEY: {error}") from None


def make_queue(settings: Settings, run: Run) -> JobQueue:
    """The queue of QUEUE_URL; loads the libraries of that one only."""
    if settings.queue_url.startswith("inline:"):
        from src.infrastructure.queues.inline import InlineQueue

        return InlineQueue(run)
    try:
        from src.infrastructure.queues.celery import CeleryQueue
    except ImportError:
        raise ConfigurationError("QUEUE_URL: Celery needs requirements/extras.txt installed") from None

    return CeleryQueue(settings.queue_url)


def wire(
    settings: Settings,
    *,
    store: Store | None = None,
    identity: IdentityProvider | None = None,
    keys: KeyRing | None = None,
    limiter: RateLimiter | None = None,
    blobs: BlobStore | None = None,
    queue: JobQueue | None = None,
    pictures: PictureSource | None = None,
) -> Services:
    """Everything put together; what is not given is made from the settings. Connects to nothing.

    Raises ConfigurationError.
    """
    store = store or make_store(settings)
    identity = identity or make_identity(settings)
    keys = keys or make_keys(settings)
    limiter = limiter or make_limiter(settings, store)
    blobs = blobs or make_blobs(settings)
    pictures = pictures or DogPictures(str(settings.dog_api_url), settings.picture_hosts)
    relay = HttpRelay(str(settings.file_relay_url)) if settings.file_relay_url else None
    users, sessions, receipts = Users(store), Sessions(store), Receipts(store)
    tasks, dogs, files, jobs = Tasks(store), Dogs(store), Files(store), Jobs(store)
    datasets, tables, rows = Datasets(store), Tables(), make_rows(store)
    works: Mapping[str, Work] = {
        PICTURE: FetchPicture(dogs, pictures),
        RELAY: RelayFile(files, blobs, relay),
        CHECK: CheckDataset(datasets, tables, rows, blobs),
    }
    run_job = RunJob(jobs, works, timedelta(seconds=settings.job_delay_seconds), now)
    queue = queue or make_queue(settings, run_job)
    job_service = JobService(jobs, works, queue, now)
    file_service = FileService(files, jobs, blobs, queue, now)
    summarise = Summarise(make_adviser(settings), rows, tables.pattern_flaw, compiled)
    dataset_service = DatasetService(datasets, jobs, tables, rows, blobs, queue, summarise, settings.sync_rows, now)
    owned = [
        service.remove_of for service in (tasks, file_service, dataset_service, job_service, dogs, receipts, sessions)
    ]
    accounts = Accounts(users, identity, now, owned)
    lifetimes = Lifetimes(
        idle=timedelta(seconds=settings.refresh_token_seconds), absolute=timedelta(seconds=settings.session_seconds)
    )
    refresh_tokens = DerivedRefreshTokens(keys)
    tokens = JwtIssuer(
        keys, now, issuer=settings.issuer, audience=settings.audience, seconds=settings.access_token_seconds
    )
    start = StartSession(sessions, tokens, refresh_tokens, lifetimes, now)
    profiles = FindProfile(users, now)
    make_admin = MakeAdmin(accounts, audit, now)
    common = common_passwords() if settings.password_blocklist else frozenset[str]()
    return Services(
        accounts=accounts,
        add_person=AddPerson(accounts, audit, now),
        authenticate=Authenticate(sessions, identity, tokens, profiles, now),
        become_guest=BecomeGuest(users, start, lifetimes, limiter, now),
        change_password=ChangePassword(accounts, identity, limiter, audit, now),
        change_profile=ChangeProfile(accounts, now),
        change_user=ChangeUser(accounts, audit, now),
        delete_account=DeleteAccount(accounts, audit),
        delete_user=DeleteUser(accounts, audit),
        end_session=EndSession(sessions, audit, now),
        ensure_admin=EnsureAdmin(users, make_admin),
        exchange_token=ExchangeToken(identity, profiles, start, audit) if identity.remote else None,
        list_all=ListAll(users),
        list_sessions=ListSessions(sessions, now),
        list_users=ListUsers(users, parse_address),
        log_in=LogIn(users, identity, start, parse_address, limiter, audit),
        log_out=LogOut(sessions, audit),
        log_out_everywhere=LogOutEverywhere(users, identity, audit, now),
        make_admin=make_admin,
        refresh=Refresh(users, sessions, tokens, refresh_tokens, lifetimes, audit, now),
        register=Register(accounts, limiter, now),
        renew_token=RenewToken(tokens),
        set_disabled=SetDisabled(users, audit, now),
        show_user=ShowUser(users),
        start_session=start,
        run_job=run_job,
        sweep=Sweep(accounts, file_service, dataset_service, store.remove_expired, now),
        datasets=dataset_service,
        dogs=DogService(dogs, jobs, users, queue, now),
        files=file_service,
        jobs=job_service,
        receipts=ReceiptService(receipts, KeyedFingerprints(keys), now),
        tasks=TaskService(tasks, now),
        queue=queue,
        addresses=parse_address,
        audit=audit,
        check_picture=pictures.check,
        passwords=PasswordPolicy(settings.password_min_length, common),
        public_keys=keys.public,
        check_store=lambda: read(store),
    )


def key_source(settings: Settings) -> str | Path:
    """The text of SIGNING_KEYS, or the file that holds it."""
    if settings.signing_keys is None:
        return settings.data_dir / "signing-keys.json"
    text = settings.signing_keys.get_secret_value()
    return Path(text[1:]) if text.startswith("@") else text


def probe(blobs: BlobStore) -> None:
    """Raises Unavailable when nothing can be stored there."""
    blobs.put("check/probe", [b"portero"])
    blobs.delete("check/probe")


def read(store: Store) -> None:
    """Raises Unavailable when the store cannot be read."""
    store.get(Key(CLAIMS, "ready"))
