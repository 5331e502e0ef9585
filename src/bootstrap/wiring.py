"""The service put together: the use cases and the adapters they need. Nothing is made when it is imported."""

from collections.abc import Mapping
from datetime import timedelta

from src.application.accounts import Accounts, SetPassword
from src.application.administration import EnsureAdmin, ListAll, ResetPassword, SetDisabled
from src.application.datasets import CHECK, CheckDataset, DatasetService
from src.application.directory import AddUser, ChangeUser, DeleteUser, ListUsers, ShowUser
from src.application.dogs import PICTURE, DogService, FetchPicture
from src.application.files import RELAY, FileService, RelayFile
from src.application.jobs import JobHandler, JobService, RunJob
from src.application.limits import RateLimiter
from src.application.operations import Sweep
from src.application.ports import BlobStore, IdentityProvider, JobQueue, PictureSource
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
from src.application.summaries import Summarise
from src.application.tasks import TaskService
from src.application.users import ChangePassword, Register
from src.bootstrap.adapters import (
    make_adviser,
    make_blobs,
    make_identity,
    make_keys,
    make_limiter,
    make_queue,
    make_store,
    now,
    require_store,
)
from src.domain.users import PasswordPolicy
from src.infrastructure.addresses import parse_address
from src.infrastructure.logs import audit
from src.infrastructure.outgoing.pictures import DogPictures
from src.infrastructure.outgoing.relay import HttpRelay
from src.infrastructure.passwords import find_weakness
from src.infrastructure.repositories.datasets import Datasets
from src.infrastructure.repositories.dogs import Dogs
from src.infrastructure.repositories.files import Files
from src.infrastructure.repositories.jobs import Jobs
from src.infrastructure.repositories.receipts import Receipts
from src.infrastructure.repositories.sessions import Sessions
from src.infrastructure.repositories.tasks import Tasks
from src.infrastructure.repositories.users import Users
from src.infrastructure.rows import make_rows
from src.infrastructure.stores.base import Store
from src.infrastructure.tables import PolarsCsvChecker
from src.infrastructure.tables.patterns import compiled
from src.infrastructure.tokens.fingerprints import KeyedFingerprints
from src.infrastructure.tokens.jwt import JwtIssuer
from src.infrastructure.tokens.refresh import DerivedRefreshTokens
from src.infrastructure.tokens.signing_keys import KeyRing
from src.infrastructure.usernames import parse_new_username
from src.interfaces.services import Services
from src.settings import Settings


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
    limiter = limiter or make_limiter(settings, store, now)
    blobs = blobs or make_blobs(settings)
    pictures = pictures or DogPictures(str(settings.dog_api_url), settings.picture_hosts)
    relay = HttpRelay(str(settings.file_relay_url)) if settings.file_relay_url else None
    users, sessions, receipts = Users(store), Sessions(store), Receipts(store)
    tasks, dogs, files, jobs = Tasks(store), Dogs(store), Files(store), Jobs(store)
    datasets, tables, rows = Datasets(store), PolarsCsvChecker(), make_rows(store)
    handlers: Mapping[str, JobHandler] = {
        PICTURE: FetchPicture(dogs, pictures),
        RELAY: RelayFile(files, blobs, relay),
        CHECK: CheckDataset(datasets, tables, rows, blobs),
    }
    run_job = RunJob(jobs, handlers, timedelta(seconds=settings.job_delay_seconds), now)
    queue = queue or make_queue(settings, run_job)
    job_service = JobService(jobs, handlers, queue, now)
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
    add_user = AddUser(accounts, audit, now)
    set_password = SetPassword(accounts, audit)
    passwords = PasswordPolicy(settings.password_min_length, find_weakness if settings.password_blocklist else None)
    return Services(
        accounts=accounts,
        add_user=add_user,
        authenticate=Authenticate(sessions, identity, tokens, profiles, now),
        become_guest=BecomeGuest(users, start, lifetimes, limiter, now),
        change_password=ChangePassword(identity, set_password, limiter),
        change_user=ChangeUser(accounts, audit, now),
        delete_user=DeleteUser(accounts, audit),
        end_session=EndSession(sessions, audit, now),
        ensure_admin=EnsureAdmin(users, add_user),
        exchange_token=ExchangeToken(identity, profiles, start, audit) if identity.remote else None,
        list_all=ListAll(users),
        list_sessions=ListSessions(sessions, now),
        list_users=ListUsers(users, parse_address),
        log_in=LogIn(users, identity, start, parse_address, limiter, audit),
        log_out=LogOut(sessions, audit),
        log_out_everywhere=LogOutEverywhere(users, identity, audit, now),
        refresh=Refresh(users, sessions, tokens, refresh_tokens, lifetimes, audit, now),
        register=Register(accounts, limiter, now),
        renew_token=RenewToken(tokens),
        reset_password=ResetPassword(users, passwords, set_password),
        set_disabled=SetDisabled(users, audit, now),
        show_user=ShowUser(users),
        start_session=start,
        run_job=run_job,
        sweep=Sweep(accounts, file_service, dataset_service, store.remove_expired, now),
        datasets=dataset_service,
        dogs=DogService(dogs, jobs, users, receipts, queue, now),
        files=file_service,
        jobs=job_service,
        receipts=ReceiptService(receipts, KeyedFingerprints(keys), now),
        tasks=TaskService(tasks, now),
        queue=queue,
        addresses=parse_address,
        usernames=parse_new_username,
        audit=audit,
        check_picture=pictures.check,
        passwords=passwords,
        public_keys=keys.public,
        check_store=lambda: require_store(store),
    )
