"""Wiring: every service with the ports it needs."""

from datetime import timedelta
from typing import Unpack

from src.application.accounts import AccountSaga, AccountService
from src.application.administration import AdministrationService
from src.application.datasets import CHECK, CheckDataset, DatasetService
from src.application.directory import DirectoryService
from src.application.dogs import PICTURE, DogService, FetchPicture
from src.application.files import RELAY, FileService, RelayFile
from src.application.input_rules import InputRules
from src.application.jobs import JobHandler, JobRunner, JobService
from src.application.operations import OperationsService
from src.application.ports import Clock
from src.application.receipts import ReceiptService
from src.application.sessions import AuthenticationService, SessionService
from src.application.summaries import Summarise
from src.application.tasks import TaskService
from src.bootstrap.adapters import (
    Adapters,
    Overrides,
    make_adapters,
    make_lifetimes,
    make_queue,
    make_rules,
    make_tokens,
    now,
)
from src.infrastructure.logs import audit
from src.infrastructure.repositories.datasets import Datasets
from src.infrastructure.repositories.dogs import Dogs
from src.infrastructure.repositories.files import Files
from src.infrastructure.repositories.jobs import Jobs
from src.infrastructure.repositories.receipts import Receipts
from src.infrastructure.repositories.sessions import Sessions
from src.infrastructure.repositories.tasks import Tasks
from src.infrastructure.repositories.users import Users
from src.infrastructure.rows import make_rows
from src.infrastructure.tables import PolarsCsvChecker
from src.infrastructure.tables.patterns import compiled
from src.infrastructure.tokens.fingerprints import KeyedFingerprints
from src.infrastructure.tokens.refresh import DerivedRefreshTokens
from src.interfaces.services import Services
from src.settings import Settings


def wire(settings: Settings, *, clock: Clock = now, **overrides: Unpack[Overrides]) -> Services:
    """Put the services together. ``overrides`` replace adapters of the settings. Connects to nothing.

    Raises ConfigurationError.
    """
    chosen = make_adapters(settings, clock, overrides)
    store, identity, blobs = chosen.store, chosen.identity, chosen.blobs
    users, sessions, receipts, tasks = Users(store), Sessions(store), Receipts(store), Tasks(store)
    dogs, files, jobs, datasets = Dogs(store), Files(store), Jobs(store), Datasets(store)
    rows, tables, rules = make_rows(store), PolarsCsvChecker(), make_rules(settings, chosen.pictures)
    handlers: dict[str, JobHandler] = {
        PICTURE: FetchPicture(dogs=dogs, pictures=chosen.pictures),
        RELAY: RelayFile(files=files, blobs=blobs, relay=chosen.relay),
        CHECK: CheckDataset(datasets=datasets, tables=tables, rows=rows, blobs=blobs),
    }
    runner = JobRunner(jobs=jobs, handlers=handlers, delay=timedelta(seconds=settings.job_delay_seconds), clock=clock)
    queue = chosen.queue or make_queue(settings, runner.run)
    job_service = JobService(jobs=jobs, queue=queue, runner=runner, clock=clock)
    file_service = FileService(files=files, users=users, jobs=jobs, blobs=blobs, queue=queue, clock=clock)
    dataset_service = DatasetService(
        datasets=datasets,
        users=users,
        jobs=jobs,
        tables=tables,
        rows=rows,
        blobs=blobs,
        queue=queue,
        clock=clock,
        summary=Summarise(chosen.adviser, rows, tables.pattern_flaw, compiled),
        sync_rows=settings.sync_rows,
    )
    owners = (tasks, file_service, dataset_service, job_service, dogs, receipts, sessions)
    owned = [owner.remove_of for owner in owners]
    saga = AccountSaga(users=users, identity=identity, owned=owned, audit=audit, clock=clock)
    directory = DirectoryService(users=users, saga=saga, parse_email=rules.parse_email, audit=audit, clock=clock)
    authentication, session_service = _sessions(settings, chosen, users, sessions, rules, clock)
    return Services(
        accounts=AccountService(saga=saga, identity=identity, limiter=chosen.limiter, clock=clock),
        administration=AdministrationService(
            users=users, saga=saga, directory=directory, passwords=rules.passwords, audit=audit, clock=clock
        ),
        authentication=authentication,
        datasets=dataset_service,
        directory=directory,
        dogs=DogService(dogs=dogs, jobs=jobs, users=users, receipts=receipts, queue=queue, clock=clock),
        files=file_service,
        jobs=job_service,
        operations=OperationsService(saga=saga, files=file_service, datasets=dataset_service, store=store, clock=clock),
        receipts=ReceiptService(receipts=receipts, fingerprints=KeyedFingerprints(chosen.keys), clock=clock),
        sessions=session_service,
        tasks=TaskService(tasks=tasks, clock=clock),
        rules=rules,
        audit=audit,
    )


def _sessions(
    settings: Settings, chosen: Adapters, users: Users, sessions: Sessions, rules: InputRules, clock: Clock
) -> tuple[AuthenticationService, SessionService]:
    tokens = make_tokens(settings, chosen.keys, clock)
    authentication = AuthenticationService(
        users=users, sessions=sessions, identity=chosen.identity, tokens=tokens, clock=clock
    )
    return authentication, SessionService(
        users=users,
        sessions=sessions,
        authentication=authentication,
        identity=chosen.identity,
        tokens=tokens,
        refresh_tokens=DerivedRefreshTokens(chosen.keys),
        lifetimes=make_lifetimes(settings),
        parse_login=rules.parse_login,
        limiter=chosen.limiter,
        audit=audit,
        clock=clock,
    )
