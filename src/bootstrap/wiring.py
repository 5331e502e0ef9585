"""Builds every service with the ports that it needs."""

from datetime import timedelta
from typing import Unpack

from src.application.accounts import Accounts
from src.application.custom_tokens import CustomTokenService
from src.application.events import EventService
from src.application.exports import ExportService
from src.application.files import FileService
from src.application.jobs import SLOW_JOBS_AT_ONCE, JobPlaces, JobRunner, JobService
from src.application.keys import KeyService
from src.application.maintenance import MaintenanceService
from src.application.ports import Clock
from src.application.receipts import ReceiptService
from src.application.sessions import BrowserSessionService, PasskeyLoginService, SecondStepService, StepUpService
from src.application.stored_objects import ObjectLifecycle
from src.application.tasks import TaskService
from src.bootstrap.accounts import (
    make_account_service,
    make_accounts,
    make_administration,
    make_directory,
    make_imports,
)
from src.bootstrap.adapters import now
from src.bootstrap.datasets import dataset_handlers, make_dataset_objects, make_datasets
from src.bootstrap.dogs import dog_handlers, make_dogs
from src.bootstrap.factors import make_enrolments, make_factors, make_proofs
from src.bootstrap.files import file_handlers, make_file_objects, make_files
from src.bootstrap.mails import mail_handlers, make_invitations, make_mail_requests, make_mails, make_notices
from src.bootstrap.passkeys import make_passkeys
from src.bootstrap.ports import Overrides, Ports
from src.bootstrap.queues import make_deliveries, make_queue
from src.bootstrap.sessions import make_authentication, make_introspection, make_service_accounts, make_sessions
from src.bootstrap.webhooks import make_dispatcher, make_webhooks
from src.domain.datasets import Dataset
from src.domain.files import File
from src.domain.webhooks import MAX_WEBHOOKS
from src.infrastructure.background import Lanes
from src.infrastructure.logs import audit
from src.infrastructure.mails.folder import MailFolder
from src.infrastructure.tracing import span
from src.interfaces.services import Services
from src.settings import Settings


def wire(settings: Settings, *, clock: Clock = now, **overrides: Unpack[Overrides]) -> Services:
    """Build the services for these settings. Connects to nothing. Raises ConfigurationError."""
    ports = Ports(settings, clock, overrides)
    runner = _make_runner(ports)
    queue = overrides.get("queue") or make_queue(settings, runner.run)
    jobs = JobService(jobs=ports.jobs, queue=queue, runner=runner, clock=clock)
    file_objects, dataset_objects = make_file_objects(ports), make_dataset_objects(ports)
    owners = (
        ports.tasks,
        ports.sessions,
        ports.sign_ins,
        ports.events,
        ports.invitations,
        file_objects,  # these may take minutes, and then the rest is removed by reconciliation
        dataset_objects,
        jobs,
        ports.dogs,
        ports.receipts,
    )
    notices = make_notices(ports, queue)
    lanes = Lanes(MAX_WEBHOOKS)  # a thread for each webhook
    dispatcher = make_dispatcher(ports, notices, lanes)
    accounts = make_accounts(ports, [each.delete_for_user for each in owners], notices)
    directory = make_directory(ports, accounts)
    authentication = make_authentication(ports, accounts)
    passkeys, proofs = make_passkeys(ports), make_proofs(ports, notices)
    sessions = make_sessions(ports, authentication, notices, proofs)
    service_accounts = make_service_accounts(ports, sessions)
    mails = make_mails(ports, sessions, notices)
    files = make_files(ports, file_objects, queue)
    events = EventService(events=ports.events)
    account_service = make_account_service(ports, accounts, sessions, notices)
    maintenance = _make_maintenance(ports, accounts, file_objects, dataset_objects)
    return Services(
        accounts=account_service,
        administration=make_administration(ports, directory, notices),
        authentication=authentication,
        browsers=BrowserSessionService(sessions=sessions),
        custom_tokens=CustomTokenService(accounts=accounts, enabled=settings.firebase_tokens),
        deliveries=make_deliveries(settings, queue, [maintenance.sweep, jobs.resend, dispatcher.run, lanes.wait]),
        datasets=make_datasets(ports, dataset_objects, queue),
        directory=directory,
        dogs=make_dogs(ports, queue),
        enrolments=make_enrolments(ports, proofs, passkeys, accounts, notices),
        factors=make_factors(ports, proofs, accounts, notices),
        events=events,
        exports=_make_exports(ports, files, events),
        files=files,
        imports=make_imports(ports),
        introspection=make_introspection(ports, authentication, service_accounts.clients),
        invitations=make_invitations(ports, notices),
        jobs=jobs,
        keys=KeyService(keys=ports.api_keys, users=ports.users, clock=clock),
        mails=mails,
        mail_requests=make_mail_requests(ports, notices),
        passkey_logins=PasskeyLoginService(passkeys=passkeys, sessions=sessions),
        passkeys=passkeys,
        maintenance=maintenance,
        receipts=ReceiptService(receipts=ports.receipts, fingerprints=ports.keys.fingerprints, clock=clock),
        second_steps=SecondStepService(sessions=sessions, passkeys=passkeys, use_mail=mails.use_for_login),
        service_accounts=service_accounts,
        sessions=sessions,
        step_ups=StepUpService(
            sessions=sessions,
            proofs=proofs,
            passkeys=passkeys,
            check_password=account_service.confirmation.require_password,
        ),
        tasks=TaskService(tasks=ports.tasks, clock=clock),
        webhooks=make_webhooks(ports),
        rules=ports.rules,
        audit=audit,
        dispatcher=dispatcher,
        caught_mails=ports.mailer.newest if isinstance(ports.mailer, MailFolder) else None,
        metrics=ports.metrics,
    )


def _make_runner(ports: Ports) -> JobRunner:
    slow_jobs = JobPlaces(SLOW_JOBS_AT_ONCE)
    slow_handlers = file_handlers(ports, slow_jobs) | dataset_handlers(ports, slow_jobs)
    return JobRunner(
        jobs=ports.jobs,
        handlers=dog_handlers(ports) | mail_handlers(ports) | slow_handlers,
        delay=timedelta(seconds=ports.settings.job_delay_seconds),
        clock=ports.clock,
        count=ports.count,
        trace=span,
    )


def _make_exports(ports: Ports, files: FileService, events: EventService) -> ExportService:
    return ExportService(
        events=ports.events,
        clock=ports.clock,
        lists={
            "sessions": ports.sessions.list_for_user,
            "sign_ins": ports.sign_ins.list_for_user,
            "tasks": lambda user_id, cursor, limit: ports.tasks.list_for_user(user_id, None, cursor, limit),
            "dogs": lambda user_id, cursor, limit: ports.dogs.find(user_id=user_id, cursor=cursor, limit=limit),
            "files": files.list_for_user,
            "datasets": ports.datasets.list_for_user,
            "jobs": ports.jobs.list_for_user,
            "factors": ports.factors.list_for_user,
            "keys": ports.api_keys.list_for_user,
            "receipts": ports.receipts.list_for_user,
            "invitations": ports.invitations.list_for_user,
            "events": events.history,
        },
    )


def _make_maintenance(
    ports: Ports, accounts: Accounts, files: ObjectLifecycle[File], datasets: ObjectLifecycle[Dataset]
) -> MaintenanceService:
    return MaintenanceService(
        accounts=accounts, files=files, datasets=datasets, store=ports.store, clock=ports.clock, count=ports.count
    )
