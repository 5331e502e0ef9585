"""What the composition root hands to the ways in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from src.application.accounts import Accounts
from src.application.administration import EnsureAdmin, ListAll, ResetPassword, SetDisabled
from src.application.datasets import DatasetService
from src.application.directory import AddUser, ChangeUser, DeleteUser, ListUsers, ShowUser
from src.application.dogs import DogService
from src.application.files import FileService
from src.application.jobs import JobService, RunJob
from src.application.operations import Sweep
from src.application.ports import AddressParser, Audit, JobQueue, UsernameParser
from src.application.receipts import ReceiptService
from src.application.sessions import (
    Authenticate,
    BecomeGuest,
    EndSession,
    ExchangeToken,
    ListSessions,
    LogIn,
    LogOut,
    LogOutEverywhere,
    Refresh,
    RenewToken,
    StartSession,
)
from src.application.tasks import TaskService
from src.application.users import ChangePassword, Register
from src.domain.users import PasswordPolicy


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases, and the rules that input is parsed with."""

    accounts: Accounts
    add_user: AddUser
    authenticate: Authenticate
    become_guest: BecomeGuest
    change_password: ChangePassword
    change_user: ChangeUser
    delete_user: DeleteUser
    end_session: EndSession
    ensure_admin: EnsureAdmin
    exchange_token: ExchangeToken | None
    """None when no identity provider issues tokens of its own."""
    list_all: ListAll
    list_sessions: ListSessions
    list_users: ListUsers
    log_in: LogIn
    log_out: LogOut
    log_out_everywhere: LogOutEverywhere
    refresh: Refresh
    register: Register
    renew_token: RenewToken
    reset_password: ResetPassword
    set_disabled: SetDisabled
    show_user: ShowUser
    start_session: StartSession
    run_job: RunJob
    sweep: Sweep

    datasets: DatasetService
    dogs: DogService
    files: FileService
    jobs: JobService
    receipts: ReceiptService
    tasks: TaskService

    queue: JobQueue
    addresses: AddressParser
    usernames: UsernameParser
    audit: Audit
    check_picture: Callable[[str], str]
    """Returns the URL of a picture; raises InvalidValue."""
    passwords: PasswordPolicy
    public_keys: Callable[[], Mapping[str, Any]]
    """The public JWK set."""
    check_store: Callable[[], None]
    """Raises Unavailable when the store cannot be read."""
