"""The operations of the service. Generated from the OpenAPI document by `make clients`."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import TypeVar, Unpack

from pydantic import TypeAdapter

from portero_client import bodies, models
from portero_client.requests import Request, Upload

T = TypeVar("T")
_ACCESS_TOKEN: TypeAdapter[models.AccessToken] = TypeAdapter(models.AccessToken)
_ADDED_FACTOR: TypeAdapter[models.AddedFactor] = TypeAdapter(models.AddedFactor)
_APP_SETUP: TypeAdapter[models.AppSetup] = TypeAdapter(models.AppSetup)
_CREATED_INVITATION: TypeAdapter[models.CreatedInvitation] = TypeAdapter(models.CreatedInvitation)
_CREATED_KEY: TypeAdapter[models.CreatedKey] = TypeAdapter(models.CreatedKey)
_CREATED_SERVICE_ACCOUNT: TypeAdapter[models.CreatedServiceAccount] = TypeAdapter(models.CreatedServiceAccount)
_CUSTOM_TOKEN: TypeAdapter[models.CustomToken] = TypeAdapter(models.CustomToken)
_DATASET: TypeAdapter[models.Dataset] = TypeAdapter(models.Dataset)
_DATASET_OR_ACCEPTED_DATASET: TypeAdapter[models.Dataset | models.AcceptedDataset] = TypeAdapter(
    models.Dataset | models.AcceptedDataset
)
_DATASET_PAGE: TypeAdapter[list[models.Dataset]] = TypeAdapter(list[models.Dataset])
_DELIVERY: TypeAdapter[models.Delivery] = TypeAdapter(models.Delivery)
_DELIVERY_PAGE: TypeAdapter[list[models.Delivery]] = TypeAdapter(list[models.Delivery])
_DOG: TypeAdapter[models.Dog] = TypeAdapter(models.Dog)
_DOG_PAGE: TypeAdapter[list[models.Dog]] = TypeAdapter(list[models.Dog])
_EVENT_PAGE: TypeAdapter[list[models.Event]] = TypeAdapter(list[models.Event])
_EXPORT: TypeAdapter[models.Export] = TypeAdapter(models.Export)
_FACTOR: TypeAdapter[models.Factor] = TypeAdapter(models.Factor)
_FACTOR_PAGE: TypeAdapter[list[models.Factor]] = TypeAdapter(list[models.Factor])
_FILE: TypeAdapter[models.File] = TypeAdapter(models.File)
_FILE_PAGE: TypeAdapter[list[models.File]] = TypeAdapter(list[models.File])
_HISTORY_PAGE: TypeAdapter[list[models.History]] = TypeAdapter(list[models.History])
_INVITATION: TypeAdapter[models.Invitation] = TypeAdapter(models.Invitation)
_INVITATION_PAGE: TypeAdapter[list[models.Invitation]] = TypeAdapter(list[models.Invitation])
_JOB: TypeAdapter[models.Job] = TypeAdapter(models.Job)
_KEY_PAGE: TypeAdapter[list[models.Key]] = TypeAdapter(list[models.Key])
_MAIL_REQUESTED: TypeAdapter[models.MailRequested] = TypeAdapter(models.MailRequested)
_MAIL_REQUESTED_OR_NOTHING: TypeAdapter[models.MailRequested | None] = TypeAdapter(models.MailRequested | None)
_NEW_USER_WITH_TOKENS: TypeAdapter[models.NewUserWithTokens] = TypeAdapter(models.NewUserWithTokens)
_NOTHING: TypeAdapter[None] = TypeAdapter(None)
_PASSKEY_OPTIONS: TypeAdapter[models.PasskeyOptions] = TypeAdapter(models.PasskeyOptions)
_PUBLIC_USER: TypeAdapter[models.PublicUser] = TypeAdapter(models.PublicUser)
_PUBLIC_USER_PAGE: TypeAdapter[list[models.PublicUser]] = TypeAdapter(list[models.PublicUser])
_RECOVERY_CODES: TypeAdapter[models.RecoveryCodes] = TypeAdapter(models.RecoveryCodes)
_ROW_PAGE: TypeAdapter[list[models.Row]] = TypeAdapter(list[models.Row])
_SECRET: TypeAdapter[models.Secret] = TypeAdapter(models.Secret)
_SERVICE_ACCOUNT: TypeAdapter[models.ServiceAccount] = TypeAdapter(models.ServiceAccount)
_SERVICE_ACCOUNT_PAGE: TypeAdapter[list[models.ServiceAccount]] = TypeAdapter(list[models.ServiceAccount])
_SESSION_PAGE: TypeAdapter[list[models.Session]] = TypeAdapter(list[models.Session])
_SUMMARY: TypeAdapter[models.Summary] = TypeAdapter(models.Summary)
_TASK: TypeAdapter[models.Task] = TypeAdapter(models.Task)
_TASK_PAGE: TypeAdapter[list[models.Task]] = TypeAdapter(list[models.Task])
_TOKENS: TypeAdapter[models.Tokens] = TypeAdapter(models.Tokens)
_TOKENS_OR_ACCESS_TOKEN: TypeAdapter[models.Tokens | models.AccessToken] = TypeAdapter(
    models.Tokens | models.AccessToken
)
_USER: TypeAdapter[models.User] = TypeAdapter(models.User)
_WEBHOOK: TypeAdapter[models.Webhook] = TypeAdapter(models.Webhook)
_WEBHOOK_PAGE: TypeAdapter[list[models.Webhook]] = TypeAdapter(list[models.Webhook])
_WEBHOOK_SECRET: TypeAdapter[models.WebhookSecret] = TypeAdapter(models.WebhookSecret)


class Operations(ABC):
    """A method for each operation."""

    @abstractmethod
    def _call(self, request: Request, answer: TypeAdapter[T]) -> T: ...
    @abstractmethod
    def _pages(self, request: Request, page: TypeAdapter[list[T]]) -> Iterator[T]: ...
    @abstractmethod
    def _download(self, request: Request) -> Iterator[bytes]: ...
    def become_guest(self) -> models.AccessToken:
        """A guest lives a day at most, and becomes a user by registering."""
        request = Request("POST", "/auth/anonymous", session="none")
        return self._call(request, _ACCESS_TOKEN)

    def cancel_job(self, id: str, /, *, if_match: str | None = None) -> None:
        """Admins may cancel the jobs of all users. The worker of the job stops at the next step.

        Admins with factors need a proof with two factors for what belongs to others."""
        request = Request("DELETE", "/jobs/{id}", values={"id": id}, headers={"If-Match": if_match})
        return self._call(request, _NOTHING)

    def confirm_login(self, **fields: Unpack[bodies.TokenOrCode]) -> models.Tokens:
        """If the address was not proved before, a stranger may have registered the account. Its password then becomes invalid,
        and all its factors and sessions end. With Firebase Auth, the service checks the account at Firebase first. A login
        by mail does not replace the second factor of an account."""
        request = Request("POST", "/auth/email/login/confirm", session="none", body={**fields})
        return self._call(request, _TOKENS)

    def create_dataset(
        self,
        file: Upload,
        /,
        *,
        idempotency_key: str | None = None,
        prefer: str | None = None,
        **fields: Unpack[bodies.NewDataset],
    ) -> models.Dataset | models.AcceptedDataset:
        """A large file, or one that the client does not want to wait for, is checked by a job. Nothing is visible until the
        last row is stored."""
        request = Request(
            "POST",
            "/datasets",
            headers={"Idempotency-Key": idempotency_key, "Prefer": prefer},
            file=file,
            form={**fields},
        )
        return self._call(request, _DATASET_OR_ACCEPTED_DATASET)

    def create_dog(
        self, name: str, /, *, idempotency_key: str | None = None, **fields: Unpack[bodies.NewDog]
    ) -> models.Dog:
        """A job fetches its picture in the background.

        Admins with factors need a proof with two factors for what belongs to others."""
        request = Request(
            "POST",
            "/api/dogs/{name}",
            values={"name": name},
            headers={"Idempotency-Key": idempotency_key},
            body={**fields},
        )
        return self._call(request, _DOG)

    def create_factor(self, **fields: Unpack[bodies.NewFactor]) -> models.AddedFactor:
        """The first factor brings ten recovery codes and ends every other session. This session counts as one with two factors
        from its next refresh or step-up on.

        For callers with factors, it needs a proof with two factors in the last ten minutes."""
        request = Request("POST", "/user/factors", body={**fields})
        return self._call(request, _ADDED_FACTOR)

    def create_file(self, file: Upload, /, *, idempotency_key: str | None = None) -> models.File:
        """A job then sends it on to the service that the operator has configured, if any."""
        request = Request("POST", "/api/files", headers={"Idempotency-Key": idempotency_key}, file=file)
        return self._call(request, _FILE)

    def create_invitation(self, **fields: Unpack[bodies.NewInvitation]) -> models.CreatedInvitation:
        """The answer has a link to pass on. With a mail server, the invitation is also sent to the address, in the language of
        the request. Only the link in the mail proves the address. Each invitation makes one account.

        For callers with factors, it needs a proof with two factors."""
        request = Request("POST", "/invitations", body={**fields})
        return self._call(request, _CREATED_INVITATION)

    def create_key(self, **fields: Unpack[bodies.NewKey]) -> models.CreatedKey:
        """A program sends it in place of an access token, and acts as you. It may not touch your account or its credentials,
        and counts as `user` if you are an admin or an auditor. A user has at most 25 keys.

        For callers with factors, it needs a proof with two factors in the last ten minutes."""
        request = Request("POST", "/user/keys", body={**fields})
        return self._call(request, _CREATED_KEY)

    def create_person(self, *, idempotency_key: str | None = None, **fields: Unpack[bodies.NewPerson]) -> models.User:
        """The username is random if none is given. A person without a password cannot log in.

        For callers with factors, it needs a proof with two factors."""
        request = Request("POST", "/api/users", headers={"Idempotency-Key": idempotency_key}, body={**fields})
        return self._call(request, _USER)

    def create_service(self, **fields: Unpack[bodies.NewServiceAccount]) -> models.CreatedServiceAccount:
        """The service trades its id and its secret for access tokens at `POST /auth/token`, with the grant
        `client_credentials`.

        For callers with factors, it needs a proof with two factors in the last ten minutes."""
        request = Request("POST", "/services", body={**fields})
        return self._call(request, _CREATED_SERVICE_ACCOUNT)

    def create_task(self, *, idempotency_key: str | None = None, **fields: Unpack[bodies.NewTask]) -> models.Task:
        """Make a task."""
        request = Request("POST", "/tasks", headers={"Idempotency-Key": idempotency_key}, body={**fields})
        return self._call(request, _TASK)

    def create_webhook(self, **fields: Unpack[bodies.NewWebhook]) -> models.WebhookSecret:
        """The secret that signs its deliveries is shown this once.

        For callers with factors, it needs a proof with two factors."""
        request = Request("POST", "/webhooks", body={**fields})
        return self._call(request, _WEBHOOK_SECRET)

    def delete_dataset(self, id: str, /, *, if_match: str | None = None) -> None:
        """Remove a dataset of yours with its rows and its file. Admins remove any dataset.

        Admins with factors need a proof with two factors for what belongs to others."""
        request = Request("DELETE", "/datasets/{id}", values={"id": id}, headers={"If-Match": if_match})
        return self._call(request, _NOTHING)

    def delete_dog(self, name: str, /, *, if_match: str | None = None) -> None:
        """Remove a dog of your own or, as an admin, any dog.

        Admins with factors need a proof with two factors for what belongs to others."""
        request = Request("DELETE", "/api/dogs/{name}", values={"name": name}, headers={"If-Match": if_match})
        return self._call(request, _NOTHING)

    def delete_file(self, id: str, /, *, if_match: str | None = None) -> None:
        """Remove a file of yours, and cancel the job that sends it on. Admins remove any file.

        Admins with factors need a proof with two factors for what belongs to others."""
        request = Request("DELETE", "/api/files/{id}", values={"id": id}, headers={"If-Match": if_match})
        return self._call(request, _NOTHING)

    def delete_invitation(self, id: str, /, *, if_match: str | None = None) -> None:
        """Nobody can accept it any more.

        For callers with factors, it needs a proof with two factors."""
        request = Request("DELETE", "/invitations/{id}", values={"id": id}, headers={"If-Match": if_match})
        return self._call(request, _NOTHING)

    def delete_service(self, id: str, /, *, if_match: str | None = None) -> None:
        """Remove the account of a service, and everything that belongs to it. Its tokens are refused at once.

        For callers with factors, it needs a proof with two factors."""
        request = Request("DELETE", "/services/{id}", values={"id": id}, headers={"If-Match": if_match})
        return self._call(request, _NOTHING)

    def delete_task(self, id: str, /, *, if_match: str | None = None) -> None:
        """Remove one of your tasks."""
        request = Request("DELETE", "/tasks/{id}", values={"id": id}, headers={"If-Match": if_match})
        return self._call(request, _NOTHING)

    def delete_user(self, *, if_match: str | None = None) -> None:
        """Its sessions end at once, and its username and e-mail address are free for others.

        For callers with factors, it needs a proof with two factors in the last ten minutes."""
        request = Request("DELETE", "/user", session="end", headers={"If-Match": if_match})
        return self._call(request, _NOTHING)

    def delete_user_by_id(self, id: str, /, *, if_match: str | None = None) -> None:
        """The last admin cannot be deleted.

        For callers with factors, it needs a proof with two factors in the last ten minutes.

        Admins with factors need a proof with two factors for what belongs to others."""
        request = Request("DELETE", "/users/{id}", values={"id": id}, headers={"If-Match": if_match})
        return self._call(request, _NOTHING)

    def download_dataset(self, id: str, /) -> Iterator[bytes]:
        """With `Range`, the answer is a part of it."""
        request = Request("GET", "/datasets/{id}/file", values={"id": id})
        return self._download(request)

    def download_file(self, id: str, /) -> Iterator[bytes]:
        """With `Range`, the answer is a part of it."""
        request = Request("GET", "/api/files/{id}/content", values={"id": id})
        return self._download(request)

    def end_session(self, id: str, /) -> None:
        """End one of your sessions."""
        request = Request("DELETE", "/auth/sessions/{id}", values={"id": id})
        return self._call(request, _NOTHING)

    def exchange_token(self, **fields: Unpack[bodies.FirebaseToken]) -> models.Tokens | models.AccessToken:
        """Firebase is asked whether the account still exists, is enabled, and has not revoked the token. An anonymous account
        is a guest, and gets no refresh token. A newcomer may come with an invitation to the address that Firebase has
        verified."""
        request = Request("POST", "/auth/firebase", session="none", body={**fields})
        return self._call(request, _TOKENS_OR_ACCESS_TOKEN)

    def export_user(self) -> models.Export:
        """Your profile, sessions, tasks, dogs and jobs are complete. Of files and datasets you get what is known about them;
        their contents and rows are at their own routes. Also included are the answers that are kept for requests with an
        idempotency key, and what happened to your account. Passwords and tokens, of which only hashes are stored, are left
        out, and so are mails on their way, which are kept for a day at most."""
        request = Request("GET", "/user/export")
        return self._call(request, _EXPORT)

    def get_dataset(self, id: str, /) -> models.Dataset:
        """See a dataset of yours. Admins see the datasets of all users."""
        request = Request("GET", "/datasets/{id}", values={"id": id})
        return self._call(request, _DATASET)

    def get_dog(self, name: str, /) -> models.Dog:
        """See a dog. The case of its name does not matter."""
        request = Request("GET", "/api/dogs/{name}", session="none", values={"name": name})
        return self._call(request, _DOG)

    def get_file(self, id: str, /) -> models.File:
        """See a file of yours. Admins see the files of all users."""
        request = Request("GET", "/api/files/{id}", values={"id": id})
        return self._call(request, _FILE)

    def get_invitation(self, id: str, /) -> models.Invitation:
        """See an invitation, without its link."""
        request = Request("GET", "/invitations/{id}", values={"id": id})
        return self._call(request, _INVITATION)

    def get_job(self, id: str, /) -> models.Job:
        """See a job of yours. Admins and auditors see the jobs of all users."""
        request = Request("GET", "/jobs/{id}", values={"id": id})
        return self._call(request, _JOB)

    def get_mfa_options(self, **fields: Unpack[bodies.Ticket]) -> models.PasskeyOptions:
        """The challenge in them can be signed for ten minutes, and works once."""
        request = Request("POST", "/auth/mfa/options", session="none", body={**fields})
        return self._call(request, _PASSKEY_OPTIONS)

    def get_passkey_options(self) -> models.PasskeyOptions:
        """They name no user: the browser offers the passkeys that it has for this service, also in the autofill of a field
        (`mediation: "conditional"`). The challenge in them can be signed for ten minutes, and works once."""
        request = Request("POST", "/auth/passkey/options", session="none")
        return self._call(request, _PASSKEY_OPTIONS)

    def get_service(self, id: str, /) -> models.ServiceAccount:
        """See the account of a service, without its secret."""
        request = Request("GET", "/services/{id}", values={"id": id})
        return self._call(request, _SERVICE_ACCOUNT)

    def get_step_up_options(self) -> models.PasskeyOptions:
        """The challenge in them can be signed for ten minutes, and works once."""
        request = Request("POST", "/auth/step-up/options")
        return self._call(request, _PASSKEY_OPTIONS)

    def get_task(self, id: str, /) -> models.Task:
        """See one of your tasks."""
        request = Request("GET", "/tasks/{id}", values={"id": id})
        return self._call(request, _TASK)

    def get_user(self) -> models.User:
        """See your own account."""
        request = Request("GET", "/user")
        return self._call(request, _USER)

    def get_user_by_id(self, id: str, /) -> models.PublicUser:
        """Admins, auditors and the user itself see every property, others see only `id` and `username`."""
        request = Request("GET", "/users/{id}", values={"id": id})
        return self._call(request, _PUBLIC_USER)

    def get_webhook(self, id: str, /) -> models.Webhook:
        """See a webhook."""
        request = Request("GET", "/webhooks/{id}", values={"id": id})
        return self._call(request, _WEBHOOK)

    def issue_custom_token(self) -> models.CustomToken:
        """Firebase asks for no second factor then, so that a user who has one, here or at Firebase, must have used two. Its
        ID tokens are this session: they work here until it ends."""
        request = Request("POST", "/auth/firebase/token")
        return self._call(request, _CUSTOM_TOKEN)

    def list_adopted_dogs(self, *, page_size: int | None = None) -> Iterator[models.Dog]:
        """List the adopted dogs, ordered by name."""
        request = Request("GET", "/api/dogs/is_adopted", session="none", query={"limit": page_size})
        return self._pages(request, _DOG_PAGE)

    def list_datasets(self, *, page_size: int | None = None) -> Iterator[models.Dataset]:
        """List your datasets, the newest first. Admins see the datasets of all users."""
        request = Request("GET", "/datasets", query={"limit": page_size})
        return self._pages(request, _DATASET_PAGE)

    def list_deliveries(self, id: str, /, *, page_size: int | None = None) -> Iterator[models.Delivery]:
        """List the deliveries to a webhook, the newest first."""
        request = Request("GET", "/webhooks/{id}/deliveries", values={"id": id}, query={"limit": page_size})
        return self._pages(request, _DELIVERY_PAGE)

    def list_dogs(self, *, page_size: int | None = None) -> Iterator[models.Dog]:
        """List all dogs, ordered by name."""
        request = Request("GET", "/api/dogs", session="none", query={"limit": page_size})
        return self._pages(request, _DOG_PAGE)

    def list_dogs_of_user(self, id: str, /, *, page_size: int | None = None) -> Iterator[models.Dog]:
        """List the dogs of a user, ordered by name."""
        request = Request("GET", "/users/{id}/dogs", values={"id": id}, query={"limit": page_size})
        return self._pages(request, _DOG_PAGE)

    def list_events(
        self,
        *,
        page_size: int | None = None,
        user_id: str | None = None,
        type: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> Iterator[models.Event]:
        """List what happened to all accounts, or to one of them, the newest first."""
        request = Request(
            "GET",
            "/events",
            query={"limit": page_size, "user_id": user_id, "type": type, "from": since, "until": until},
        )
        return self._pages(request, _EVENT_PAGE)

    def list_factors(self, *, page_size: int | None = None) -> Iterator[models.Factor]:
        """List your second factors, the newest first."""
        request = Request("GET", "/user/factors", query={"limit": page_size})
        return self._pages(request, _FACTOR_PAGE)

    def list_factors_of_user(self, id: str, /, *, page_size: int | None = None) -> Iterator[models.Factor]:
        """List the second factors of a user, the newest first."""
        request = Request("GET", "/users/{id}/factors", values={"id": id}, query={"limit": page_size})
        return self._pages(request, _FACTOR_PAGE)

    def list_files(self, *, page_size: int | None = None) -> Iterator[models.File]:
        """List your files, the newest first. Admins see the files of all users."""
        request = Request("GET", "/api/files", query={"limit": page_size})
        return self._pages(request, _FILE_PAGE)

    def list_history(self, *, page_size: int | None = None) -> Iterator[models.History]:
        """An event of another person, such as an admin, is shown without the id, the address and the device of that person."""
        request = Request("GET", "/user/events", query={"limit": page_size})
        return self._pages(request, _HISTORY_PAGE)

    def list_invitations(
        self, *, page_size: int | None = None, status: str | None = None
    ) -> Iterator[models.Invitation]:
        """A page with a `status` may have fewer items than asked for: follow its `Link`."""
        request = Request("GET", "/invitations", query={"limit": page_size, "status": status})
        return self._pages(request, _INVITATION_PAGE)

    def list_keys(self, *, page_size: int | None = None) -> Iterator[models.Key]:
        """List your keys, the newest first."""
        request = Request("GET", "/user/keys", query={"limit": page_size})
        return self._pages(request, _KEY_PAGE)

    def list_rows(self, id: str, /, *, page_size: int | None = None, valid: bool | None = None) -> Iterator[models.Row]:
        """A page of long rows may hold fewer rows than were asked for."""
        request = Request("GET", "/datasets/{id}/rows", values={"id": id}, query={"limit": page_size, "valid": valid})
        return self._pages(request, _ROW_PAGE)

    def list_services(self, *, page_size: int | None = None) -> Iterator[models.ServiceAccount]:
        """List the accounts of services, the newest first."""
        request = Request("GET", "/services", query={"limit": page_size})
        return self._pages(request, _SERVICE_ACCOUNT_PAGE)

    def list_sessions(self, *, page_size: int | None = None) -> Iterator[models.Session]:
        """List your sessions that have not ended, the newest first."""
        request = Request("GET", "/auth/sessions", query={"limit": page_size})
        return self._pages(request, _SESSION_PAGE)

    def list_tasks(self, *, page_size: int | None = None, completed: bool | None = None) -> Iterator[models.Task]:
        """List your tasks, the newest first: all tasks, only completed tasks, or only open tasks."""
        request = Request("GET", "/tasks", query={"limit": page_size, "completed": completed})
        return self._pages(request, _TASK_PAGE)

    def list_users(
        self, *, page_size: int | None = None, q: str | None = None, email: str | None = None, role: str | None = None
    ) -> Iterator[models.PublicUser]:
        """Everyone sees `id` and `username`. Admins and auditors see whole users, and may filter by the beginning of the
        username, the e-mail address and the role."""
        request = Request("GET", "/users", query={"limit": page_size, "q": q, "email": email, "role": role})
        return self._pages(request, _PUBLIC_USER_PAGE)

    def list_webhooks(self, *, page_size: int | None = None) -> Iterator[models.Webhook]:
        """List the webhooks, the newest first."""
        request = Request("GET", "/webhooks", query={"limit": page_size})
        return self._pages(request, _WEBHOOK_PAGE)

    def log_in(self, **fields: Unpack[bodies.Credentials]) -> models.Tokens:
        """A wrong password, an unknown user and a disabled account get the same answer, in the same time."""
        request = Request("POST", "/login", session="none", body={**fields})
        return self._call(request, _TOKENS)

    def log_in_with_passkey(self, **fields: Unpack[bodies.PasskeyLogin]) -> models.Tokens:
        """Every reason for a refusal gets the same answer, and an unknown passkey takes as long as a known one."""
        request = Request("POST", "/auth/passkey", session="none", body={**fields})
        return self._call(request, _TOKENS)

    def log_out(self) -> None:
        """Log out: the session of the token ends."""
        request = Request("POST", "/auth/logout", session="end")
        return self._call(request, _NOTHING)

    def log_out_everywhere(self) -> None:
        """Earlier tokens of the identity provider are refused as well."""
        request = Request("POST", "/auth/logout-all", session="end")
        return self._call(request, _NOTHING)

    def mfa(self, **fields: Unpack[bodies.SecondStep]) -> models.Tokens:
        """`mfa_token` is a member of the problem `mfa-required`, which answers the first step of a login if the user has
        second factors. The token works once, for ten minutes, and becomes void with every change of the password or the
        factors."""
        request = Request("POST", "/auth/mfa", session="none", body={**fields})
        return self._call(request, _TOKENS)

    def ping_webhook(self, id: str, /) -> models.Delivery:
        """Send a ping to a webhook, in the background.

        For callers with factors, it needs a proof with two factors."""
        request = Request("POST", "/webhooks/{id}/ping", values={"id": id})
        return self._call(request, _DELIVERY)

    def register(self, **fields: Unpack[bodies.Registration]) -> models.User:
        """The username and the e-mail address are unique, ignoring case and Unicode form. Of simultaneous requests for the
        same name exactly one wins, and the others are told which field is taken. A guest who registers with its token keeps
        its id and its data, and its guest sessions end. An invitation gives the address and the role."""
        request = Request("POST", "/register", body={**fields})
        return self._call(request, _USER)

    def remove_factor(self, id: str, /) -> None:
        """Remove one of your factors. The recovery codes end with the last other factor.

        For callers with factors, it needs a proof with two factors in the last ten minutes."""
        request = Request("DELETE", "/user/factors/{id}", values={"id": id})
        return self._call(request, _NOTHING)

    def remove_key(self, id: str, /) -> None:
        """Remove one of your keys. It is refused from the next request on."""
        request = Request("DELETE", "/user/keys/{id}", values={"id": id})
        return self._call(request, _NOTHING)

    def remove_webhook(self, id: str, /, *, if_match: str | None = None) -> None:
        """Remove a webhook and its deliveries.

        For callers with factors, it needs a proof with two factors."""
        request = Request("DELETE", "/webhooks/{id}", values={"id": id}, headers={"If-Match": if_match})
        return self._call(request, _NOTHING)

    def rename_factor(self, id: str, /, **fields: Unpack[bodies.FactorChange]) -> models.Factor:
        """Give one of your factors another name."""
        request = Request("PUT", "/user/factors/{id}", values={"id": id}, body={**fields})
        return self._call(request, _FACTOR)

    def renew_recovery_codes(self) -> models.RecoveryCodes:
        """Make new recovery codes. The old ones work no more.

        For callers with factors, it needs a proof with two factors in the last ten minutes."""
        request = Request("POST", "/user/factors/recovery-codes")
        return self._call(request, _RECOVERY_CODES)

    def renew_service_secret(self, id: str, /) -> models.Secret:
        """Up to 25 replaced secrets work at the same time. While they do, the answer to another request is 429.

        For callers with factors, it needs a proof with two factors in the last ten minutes."""
        request = Request("POST", "/services/{id}/secret", values={"id": id})
        return self._call(request, _SECRET)

    def renew_token(self) -> models.AccessToken:
        """The new one does not outlive the session."""
        request = Request("POST", "/auth/renew")
        return self._call(request, _ACCESS_TOKEN)

    def request_login(self, **fields: Unpack[bodies.MailAddress]) -> models.MailRequested:
        """The answer is the same for every address. It is also the same above a limit, where no mail is sent. Each network has
        limits of its own, so that no stranger uses up the mails of the owner."""
        request = Request("POST", "/auth/email/login", session="none", body={**fields})
        return self._call(request, _MAIL_REQUESTED)

    def request_password_reset(self, **fields: Unpack[bodies.MailAddress]) -> models.MailRequested:
        """The answer is the same for every address. It is also the same above a limit, where no mail is sent. Each network has
        limits of its own, so that no stranger uses up the mails of the owner."""
        request = Request("POST", "/auth/password/forgot", session="none", body={**fields})
        return self._call(request, _MAIL_REQUESTED)

    def reset_factors(self, id: str, /) -> None:
        """The sessions of the user end, and the user is told by mail. Make sure that it is the user who asks for it.

        For callers with factors, it needs a proof with two factors in the last ten minutes."""
        request = Request("DELETE", "/users/{id}/factors", values={"id": id})
        return self._call(request, _NOTHING)

    def reset_password(self, **fields: Unpack[bodies.NewPassword]) -> None:
        """All sessions end, and the address is proved. The factors of the account stay, unless the address was not proved
        before: a stranger may have added them then."""
        request = Request("POST", "/auth/password/reset", session="none", body={**fields})
        return self._call(request, _NOTHING)

    def retry_delivery(self, id: str, delivery_id: str, /) -> models.Delivery:
        """Make a delivery again, in the background, whatever its state.

        For callers with factors, it needs a proof with two factors."""
        request = Request(
            "POST", "/webhooks/{id}/deliveries/{delivery_id}/retry", values={"id": id, "delivery_id": delivery_id}
        )
        return self._call(request, _DELIVERY)

    def rotate_webhook_secret(self, id: str, /) -> models.WebhookSecret:
        """The old secret signs deliveries too for 24 hours, even if the new one is replaced meanwhile. Up to 25 replaced
        secrets sign at the same time. While they do, the answer to another request is 429.

        For callers with factors, it needs a proof with two factors."""
        request = Request("POST", "/webhooks/{id}/secret", values={"id": id})
        return self._call(request, _WEBHOOK_SECRET)

    def sign_up(self, **fields: Unpack[bodies.Registration]) -> models.NewUserWithTokens:
        """The answer has the user's properties and the tokens together."""
        request = Request("POST", "/api/v1/auth/signup", body={**fields})
        return self._call(request, _NEW_USER_WITH_TOKENS)

    def start_app(self) -> models.AppSetup:
        """The first factor of a user needs a login of the last ten minutes and, if the service sends mails, a proved address.

        For callers with factors, it needs a proof with two factors in the last ten minutes."""
        request = Request("POST", "/user/factors/totp")
        return self._call(request, _APP_SETUP)

    def start_passkey(self) -> models.PasskeyOptions:
        """Get the options for `navigator.credentials.create`, to add a passkey.

        For callers with factors, it needs a proof with two factors in the last ten minutes."""
        request = Request("POST", "/user/factors/passkey/options")
        return self._call(request, _PASSKEY_OPTIONS)

    def step_up(self, **fields: Unpack[bodies.StepUpBody]) -> models.AccessToken:
        """Routes that answer `insufficient-user-authentication` take the new token. The proof is stored in the session, so
        that tokens from a refresh say it too. Each code, recovery code and challenge works once. Wrong passwords count as
        failed logins."""
        request = Request("POST", "/auth/step-up", body={**fields})
        return self._call(request, _ACCESS_TOKEN)

    def summarise_dataset(self, id: str, /) -> models.Summary:
        """The answer also suggests a stricter schema."""
        request = Request("POST", "/datasets/{id}/summary", values={"id": id})
        return self._call(request, _SUMMARY)

    def update_dog(
        self, name: str, /, *, if_match: str | None = None, **fields: Unpack[bodies.DogChange]
    ) -> models.Dog:
        """A field that is not given keeps its value.

        Admins with factors need a proof with two factors for what belongs to others."""
        request = Request(
            "PUT", "/api/dogs/{name}", values={"name": name}, headers={"If-Match": if_match}, body={**fields}
        )
        return self._call(request, _DOG)

    def update_password(self, **fields: Unpack[bodies.PasswordChange]) -> None:
        """The current password is required. If the account at Firebase has none, a sign-in there in the last ten minutes
        stands for it. ID tokens from before the change are refused, because Firebase revokes them.

        For callers with factors, it needs a proof with two factors."""
        request = Request("PUT", "/user/password", body={**fields})
        return self._call(request, _NOTHING)

    def update_task(
        self, id: str, /, *, if_match: str | None = None, **fields: Unpack[bodies.TaskChange]
    ) -> models.Task:
        """A field that is not given keeps its value."""
        request = Request("PUT", "/tasks/{id}", values={"id": id}, headers={"If-Match": if_match}, body={**fields})
        return self._call(request, _TASK)

    def update_user(self, *, if_match: str | None = None, **fields: Unpack[bodies.AccountChange]) -> models.User:
        """Fields that are not given keep their values. A changed address is no longer verified. With `If-Match` the change is
        refused if the account has changed since it was read. A changed address needs `current_password`, or a login of the
        last ten minutes. A `current_password` that is given must be right.

        For callers with factors, a new `email` needs a proof with two factors in the last ten minutes."""
        request = Request("PUT", "/user", headers={"If-Match": if_match}, body={**fields})
        return self._call(request, _USER)

    def update_user_by_id(
        self, id: str, /, *, if_match: str | None = None, **fields: Unpack[bodies.UserChange]
    ) -> models.User:
        """Only admins set `role`, `disabled` and `claims`, with immediate effect. The last admin cannot be demoted or
        disabled.

        For callers with factors, a new `email` needs a proof with two factors in the last ten minutes.

        Admins with factors need a proof with two factors for what belongs to others."""
        request = Request("PUT", "/users/{id}", values={"id": id}, headers={"If-Match": if_match}, body={**fields})
        return self._call(request, _USER)

    def update_webhook(
        self, id: str, /, *, if_match: str | None = None, **fields: Unpack[bodies.WebhookBody]
    ) -> models.Webhook:
        """A field that is not given keeps its value. A webhook that is enabled again starts without failures.

        For callers with factors, it needs a proof with two factors."""
        request = Request("PUT", "/webhooks/{id}", values={"id": id}, headers={"If-Match": if_match}, body={**fields})
        return self._call(request, _WEBHOOK)

    def verify_address(self, **fields: Unpack[bodies.TokenOrNothing]) -> models.MailRequested | None:
        """If the address was not proved before, a stranger may have registered it: the password, the factors and all sessions
        end, unless the caller is the user of the account. The token then sets a new password, if there was one."""
        request = Request("POST", "/auth/email/verify", body={**fields})
        return self._call(request, _MAIL_REQUESTED_OR_NOTHING)


class AsyncOperations(ABC):
    """A method for each operation to await."""

    @abstractmethod
    def _call(self, request: Request, answer: TypeAdapter[T]) -> Awaitable[T]: ...
    @abstractmethod
    def _pages(self, request: Request, page: TypeAdapter[list[T]]) -> AsyncIterator[T]: ...
    @abstractmethod
    def _download(self, request: Request) -> AsyncIterator[bytes]: ...
    async def become_guest(self) -> models.AccessToken:
        """A guest lives a day at most, and becomes a user by registering."""
        request = Request("POST", "/auth/anonymous", session="none")
        return await self._call(request, _ACCESS_TOKEN)

    async def cancel_job(self, id: str, /, *, if_match: str | None = None) -> None:
        """Admins may cancel the jobs of all users. The worker of the job stops at the next step.

        Admins with factors need a proof with two factors for what belongs to others."""
        request = Request("DELETE", "/jobs/{id}", values={"id": id}, headers={"If-Match": if_match})
        return await self._call(request, _NOTHING)

    async def confirm_login(self, **fields: Unpack[bodies.TokenOrCode]) -> models.Tokens:
        """If the address was not proved before, a stranger may have registered the account. Its password then becomes invalid,
        and all its factors and sessions end. With Firebase Auth, the service checks the account at Firebase first. A login
        by mail does not replace the second factor of an account."""
        request = Request("POST", "/auth/email/login/confirm", session="none", body={**fields})
        return await self._call(request, _TOKENS)

    async def create_dataset(
        self,
        file: Upload,
        /,
        *,
        idempotency_key: str | None = None,
        prefer: str | None = None,
        **fields: Unpack[bodies.NewDataset],
    ) -> models.Dataset | models.AcceptedDataset:
        """A large file, or one that the client does not want to wait for, is checked by a job. Nothing is visible until the
        last row is stored."""
        request = Request(
            "POST",
            "/datasets",
            headers={"Idempotency-Key": idempotency_key, "Prefer": prefer},
            file=file,
            form={**fields},
        )
        return await self._call(request, _DATASET_OR_ACCEPTED_DATASET)

    async def create_dog(
        self, name: str, /, *, idempotency_key: str | None = None, **fields: Unpack[bodies.NewDog]
    ) -> models.Dog:
        """A job fetches its picture in the background.

        Admins with factors need a proof with two factors for what belongs to others."""
        request = Request(
            "POST",
            "/api/dogs/{name}",
            values={"name": name},
            headers={"Idempotency-Key": idempotency_key},
            body={**fields},
        )
        return await self._call(request, _DOG)

    async def create_factor(self, **fields: Unpack[bodies.NewFactor]) -> models.AddedFactor:
        """The first factor brings ten recovery codes and ends every other session. This session counts as one with two factors
        from its next refresh or step-up on.

        For callers with factors, it needs a proof with two factors in the last ten minutes."""
        request = Request("POST", "/user/factors", body={**fields})
        return await self._call(request, _ADDED_FACTOR)

    async def create_file(self, file: Upload, /, *, idempotency_key: str | None = None) -> models.File:
        """A job then sends it on to the service that the operator has configured, if any."""
        request = Request("POST", "/api/files", headers={"Idempotency-Key": idempotency_key}, file=file)
        return await self._call(request, _FILE)

    async def create_invitation(self, **fields: Unpack[bodies.NewInvitation]) -> models.CreatedInvitation:
        """The answer has a link to pass on. With a mail server, the invitation is also sent to the address, in the language of
        the request. Only the link in the mail proves the address. Each invitation makes one account.

        For callers with factors, it needs a proof with two factors."""
        request = Request("POST", "/invitations", body={**fields})
        return await self._call(request, _CREATED_INVITATION)

    async def create_key(self, **fields: Unpack[bodies.NewKey]) -> models.CreatedKey:
        """A program sends it in place of an access token, and acts as you. It may not touch your account or its credentials,
        and counts as `user` if you are an admin or an auditor. A user has at most 25 keys.

        For callers with factors, it needs a proof with two factors in the last ten minutes."""
        request = Request("POST", "/user/keys", body={**fields})
        return await self._call(request, _CREATED_KEY)

    async def create_person(
        self, *, idempotency_key: str | None = None, **fields: Unpack[bodies.NewPerson]
    ) -> models.User:
        """The username is random if none is given. A person without a password cannot log in.

        For callers with factors, it needs a proof with two factors."""
        request = Request("POST", "/api/users", headers={"Idempotency-Key": idempotency_key}, body={**fields})
        return await self._call(request, _USER)

    async def create_service(self, **fields: Unpack[bodies.NewServiceAccount]) -> models.CreatedServiceAccount:
        """The service trades its id and its secret for access tokens at `POST /auth/token`, with the grant
        `client_credentials`.

        For callers with factors, it needs a proof with two factors in the last ten minutes."""
        request = Request("POST", "/services", body={**fields})
        return await self._call(request, _CREATED_SERVICE_ACCOUNT)

    async def create_task(self, *, idempotency_key: str | None = None, **fields: Unpack[bodies.NewTask]) -> models.Task:
        """Make a task."""
        request = Request("POST", "/tasks", headers={"Idempotency-Key": idempotency_key}, body={**fields})
        return await self._call(request, _TASK)

    async def create_webhook(self, **fields: Unpack[bodies.NewWebhook]) -> models.WebhookSecret:
        """The secret that signs its deliveries is shown this once.

        For callers with factors, it needs a proof with two factors."""
        request = Request("POST", "/webhooks", body={**fields})
        return await self._call(request, _WEBHOOK_SECRET)

    async def delete_dataset(self, id: str, /, *, if_match: str | None = None) -> None:
        """Remove a dataset of yours with its rows and its file. Admins remove any dataset.

        Admins with factors need a proof with two factors for what belongs to others."""
        request = Request("DELETE", "/datasets/{id}", values={"id": id}, headers={"If-Match": if_match})
        return await self._call(request, _NOTHING)

    async def delete_dog(self, name: str, /, *, if_match: str | None = None) -> None:
        """Remove a dog of your own or, as an admin, any dog.

        Admins with factors need a proof with two factors for what belongs to others."""
        request = Request("DELETE", "/api/dogs/{name}", values={"name": name}, headers={"If-Match": if_match})
        return await self._call(request, _NOTHING)

    async def delete_file(self, id: str, /, *, if_match: str | None = None) -> None:
        """Remove a file of yours, and cancel the job that sends it on. Admins remove any file.

        Admins with factors need a proof with two factors for what belongs to others."""
        request = Request("DELETE", "/api/files/{id}", values={"id": id}, headers={"If-Match": if_match})
        return await self._call(request, _NOTHING)

    async def delete_invitation(self, id: str, /, *, if_match: str | None = None) -> None:
        """Nobody can accept it any more.

        For callers with factors, it needs a proof with two factors."""
        request = Request("DELETE", "/invitations/{id}", values={"id": id}, headers={"If-Match": if_match})
        return await self._call(request, _NOTHING)

    async def delete_service(self, id: str, /, *, if_match: str | None = None) -> None:
        """Remove the account of a service, and everything that belongs to it. Its tokens are refused at once.

        For callers with factors, it needs a proof with two factors."""
        request = Request("DELETE", "/services/{id}", values={"id": id}, headers={"If-Match": if_match})
        return await self._call(request, _NOTHING)

    async def delete_task(self, id: str, /, *, if_match: str | None = None) -> None:
        """Remove one of your tasks."""
        request = Request("DELETE", "/tasks/{id}", values={"id": id}, headers={"If-Match": if_match})
        return await self._call(request, _NOTHING)

    async def delete_user(self, *, if_match: str | None = None) -> None:
        """Its sessions end at once, and its username and e-mail address are free for others.

        For callers with factors, it needs a proof with two factors in the last ten minutes."""
        request = Request("DELETE", "/user", session="end", headers={"If-Match": if_match})
        return await self._call(request, _NOTHING)

    async def delete_user_by_id(self, id: str, /, *, if_match: str | None = None) -> None:
        """The last admin cannot be deleted.

        For callers with factors, it needs a proof with two factors in the last ten minutes.

        Admins with factors need a proof with two factors for what belongs to others."""
        request = Request("DELETE", "/users/{id}", values={"id": id}, headers={"If-Match": if_match})
        return await self._call(request, _NOTHING)

    def download_dataset(self, id: str, /) -> AsyncIterator[bytes]:
        """With `Range`, the answer is a part of it."""
        request = Request("GET", "/datasets/{id}/file", values={"id": id})
        return self._download(request)

    def download_file(self, id: str, /) -> AsyncIterator[bytes]:
        """With `Range`, the answer is a part of it."""
        request = Request("GET", "/api/files/{id}/content", values={"id": id})
        return self._download(request)

    async def end_session(self, id: str, /) -> None:
        """End one of your sessions."""
        request = Request("DELETE", "/auth/sessions/{id}", values={"id": id})
        return await self._call(request, _NOTHING)

    async def exchange_token(self, **fields: Unpack[bodies.FirebaseToken]) -> models.Tokens | models.AccessToken:
        """Firebase is asked whether the account still exists, is enabled, and has not revoked the token. An anonymous account
        is a guest, and gets no refresh token. A newcomer may come with an invitation to the address that Firebase has
        verified."""
        request = Request("POST", "/auth/firebase", session="none", body={**fields})
        return await self._call(request, _TOKENS_OR_ACCESS_TOKEN)

    async def export_user(self) -> models.Export:
        """Your profile, sessions, tasks, dogs and jobs are complete. Of files and datasets you get what is known about them;
        their contents and rows are at their own routes. Also included are the answers that are kept for requests with an
        idempotency key, and what happened to your account. Passwords and tokens, of which only hashes are stored, are left
        out, and so are mails on their way, which are kept for a day at most."""
        request = Request("GET", "/user/export")
        return await self._call(request, _EXPORT)

    async def get_dataset(self, id: str, /) -> models.Dataset:
        """See a dataset of yours. Admins see the datasets of all users."""
        request = Request("GET", "/datasets/{id}", values={"id": id})
        return await self._call(request, _DATASET)

    async def get_dog(self, name: str, /) -> models.Dog:
        """See a dog. The case of its name does not matter."""
        request = Request("GET", "/api/dogs/{name}", session="none", values={"name": name})
        return await self._call(request, _DOG)

    async def get_file(self, id: str, /) -> models.File:
        """See a file of yours. Admins see the files of all users."""
        request = Request("GET", "/api/files/{id}", values={"id": id})
        return await self._call(request, _FILE)

    async def get_invitation(self, id: str, /) -> models.Invitation:
        """See an invitation, without its link."""
        request = Request("GET", "/invitations/{id}", values={"id": id})
        return await self._call(request, _INVITATION)

    async def get_job(self, id: str, /) -> models.Job:
        """See a job of yours. Admins and auditors see the jobs of all users."""
        request = Request("GET", "/jobs/{id}", values={"id": id})
        return await self._call(request, _JOB)

    async def get_mfa_options(self, **fields: Unpack[bodies.Ticket]) -> models.PasskeyOptions:
        """The challenge in them can be signed for ten minutes, and works once."""
        request = Request("POST", "/auth/mfa/options", session="none", body={**fields})
        return await self._call(request, _PASSKEY_OPTIONS)

    async def get_passkey_options(self) -> models.PasskeyOptions:
        """They name no user: the browser offers the passkeys that it has for this service, also in the autofill of a field
        (`mediation: "conditional"`). The challenge in them can be signed for ten minutes, and works once."""
        request = Request("POST", "/auth/passkey/options", session="none")
        return await self._call(request, _PASSKEY_OPTIONS)

    async def get_service(self, id: str, /) -> models.ServiceAccount:
        """See the account of a service, without its secret."""
        request = Request("GET", "/services/{id}", values={"id": id})
        return await self._call(request, _SERVICE_ACCOUNT)

    async def get_step_up_options(self) -> models.PasskeyOptions:
        """The challenge in them can be signed for ten minutes, and works once."""
        request = Request("POST", "/auth/step-up/options")
        return await self._call(request, _PASSKEY_OPTIONS)

    async def get_task(self, id: str, /) -> models.Task:
        """See one of your tasks."""
        request = Request("GET", "/tasks/{id}", values={"id": id})
        return await self._call(request, _TASK)

    async def get_user(self) -> models.User:
        """See your own account."""
        request = Request("GET", "/user")
        return await self._call(request, _USER)

    async def get_user_by_id(self, id: str, /) -> models.PublicUser:
        """Admins, auditors and the user itself see every property, others see only `id` and `username`."""
        request = Request("GET", "/users/{id}", values={"id": id})
        return await self._call(request, _PUBLIC_USER)

    async def get_webhook(self, id: str, /) -> models.Webhook:
        """See a webhook."""
        request = Request("GET", "/webhooks/{id}", values={"id": id})
        return await self._call(request, _WEBHOOK)

    async def issue_custom_token(self) -> models.CustomToken:
        """Firebase asks for no second factor then, so that a user who has one, here or at Firebase, must have used two. Its
        ID tokens are this session: they work here until it ends."""
        request = Request("POST", "/auth/firebase/token")
        return await self._call(request, _CUSTOM_TOKEN)

    def list_adopted_dogs(self, *, page_size: int | None = None) -> AsyncIterator[models.Dog]:
        """List the adopted dogs, ordered by name."""
        request = Request("GET", "/api/dogs/is_adopted", session="none", query={"limit": page_size})
        return self._pages(request, _DOG_PAGE)

    def list_datasets(self, *, page_size: int | None = None) -> AsyncIterator[models.Dataset]:
        """List your datasets, the newest first. Admins see the datasets of all users."""
        request = Request("GET", "/datasets", query={"limit": page_size})
        return self._pages(request, _DATASET_PAGE)

    def list_deliveries(self, id: str, /, *, page_size: int | None = None) -> AsyncIterator[models.Delivery]:
        """List the deliveries to a webhook, the newest first."""
        request = Request("GET", "/webhooks/{id}/deliveries", values={"id": id}, query={"limit": page_size})
        return self._pages(request, _DELIVERY_PAGE)

    def list_dogs(self, *, page_size: int | None = None) -> AsyncIterator[models.Dog]:
        """List all dogs, ordered by name."""
        request = Request("GET", "/api/dogs", session="none", query={"limit": page_size})
        return self._pages(request, _DOG_PAGE)

    def list_dogs_of_user(self, id: str, /, *, page_size: int | None = None) -> AsyncIterator[models.Dog]:
        """List the dogs of a user, ordered by name."""
        request = Request("GET", "/users/{id}/dogs", values={"id": id}, query={"limit": page_size})
        return self._pages(request, _DOG_PAGE)

    def list_events(
        self,
        *,
        page_size: int | None = None,
        user_id: str | None = None,
        type: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> AsyncIterator[models.Event]:
        """List what happened to all accounts, or to one of them, the newest first."""
        request = Request(
            "GET",
            "/events",
            query={"limit": page_size, "user_id": user_id, "type": type, "from": since, "until": until},
        )
        return self._pages(request, _EVENT_PAGE)

    def list_factors(self, *, page_size: int | None = None) -> AsyncIterator[models.Factor]:
        """List your second factors, the newest first."""
        request = Request("GET", "/user/factors", query={"limit": page_size})
        return self._pages(request, _FACTOR_PAGE)

    def list_factors_of_user(self, id: str, /, *, page_size: int | None = None) -> AsyncIterator[models.Factor]:
        """List the second factors of a user, the newest first."""
        request = Request("GET", "/users/{id}/factors", values={"id": id}, query={"limit": page_size})
        return self._pages(request, _FACTOR_PAGE)

    def list_files(self, *, page_size: int | None = None) -> AsyncIterator[models.File]:
        """List your files, the newest first. Admins see the files of all users."""
        request = Request("GET", "/api/files", query={"limit": page_size})
        return self._pages(request, _FILE_PAGE)

    def list_history(self, *, page_size: int | None = None) -> AsyncIterator[models.History]:
        """An event of another person, such as an admin, is shown without the id, the address and the device of that person."""
        request = Request("GET", "/user/events", query={"limit": page_size})
        return self._pages(request, _HISTORY_PAGE)

    def list_invitations(
        self, *, page_size: int | None = None, status: str | None = None
    ) -> AsyncIterator[models.Invitation]:
        """A page with a `status` may have fewer items than asked for: follow its `Link`."""
        request = Request("GET", "/invitations", query={"limit": page_size, "status": status})
        return self._pages(request, _INVITATION_PAGE)

    def list_keys(self, *, page_size: int | None = None) -> AsyncIterator[models.Key]:
        """List your keys, the newest first."""
        request = Request("GET", "/user/keys", query={"limit": page_size})
        return self._pages(request, _KEY_PAGE)

    def list_rows(
        self, id: str, /, *, page_size: int | None = None, valid: bool | None = None
    ) -> AsyncIterator[models.Row]:
        """A page of long rows may hold fewer rows than were asked for."""
        request = Request("GET", "/datasets/{id}/rows", values={"id": id}, query={"limit": page_size, "valid": valid})
        return self._pages(request, _ROW_PAGE)

    def list_services(self, *, page_size: int | None = None) -> AsyncIterator[models.ServiceAccount]:
        """List the accounts of services, the newest first."""
        request = Request("GET", "/services", query={"limit": page_size})
        return self._pages(request, _SERVICE_ACCOUNT_PAGE)

    def list_sessions(self, *, page_size: int | None = None) -> AsyncIterator[models.Session]:
        """List your sessions that have not ended, the newest first."""
        request = Request("GET", "/auth/sessions", query={"limit": page_size})
        return self._pages(request, _SESSION_PAGE)

    def list_tasks(self, *, page_size: int | None = None, completed: bool | None = None) -> AsyncIterator[models.Task]:
        """List your tasks, the newest first: all tasks, only completed tasks, or only open tasks."""
        request = Request("GET", "/tasks", query={"limit": page_size, "completed": completed})
        return self._pages(request, _TASK_PAGE)

    def list_users(
        self, *, page_size: int | None = None, q: str | None = None, email: str | None = None, role: str | None = None
    ) -> AsyncIterator[models.PublicUser]:
        """Everyone sees `id` and `username`. Admins and auditors see whole users, and may filter by the beginning of the
        username, the e-mail address and the role."""
        request = Request("GET", "/users", query={"limit": page_size, "q": q, "email": email, "role": role})
        return self._pages(request, _PUBLIC_USER_PAGE)

    def list_webhooks(self, *, page_size: int | None = None) -> AsyncIterator[models.Webhook]:
        """List the webhooks, the newest first."""
        request = Request("GET", "/webhooks", query={"limit": page_size})
        return self._pages(request, _WEBHOOK_PAGE)

    async def log_in(self, **fields: Unpack[bodies.Credentials]) -> models.Tokens:
        """A wrong password, an unknown user and a disabled account get the same answer, in the same time."""
        request = Request("POST", "/login", session="none", body={**fields})
        return await self._call(request, _TOKENS)

    async def log_in_with_passkey(self, **fields: Unpack[bodies.PasskeyLogin]) -> models.Tokens:
        """Every reason for a refusal gets the same answer, and an unknown passkey takes as long as a known one."""
        request = Request("POST", "/auth/passkey", session="none", body={**fields})
        return await self._call(request, _TOKENS)

    async def log_out(self) -> None:
        """Log out: the session of the token ends."""
        request = Request("POST", "/auth/logout", session="end")
        return await self._call(request, _NOTHING)

    async def log_out_everywhere(self) -> None:
        """Earlier tokens of the identity provider are refused as well."""
        request = Request("POST", "/auth/logout-all", session="end")
        return await self._call(request, _NOTHING)

    async def mfa(self, **fields: Unpack[bodies.SecondStep]) -> models.Tokens:
        """`mfa_token` is a member of the problem `mfa-required`, which answers the first step of a login if the user has
        second factors. The token works once, for ten minutes, and becomes void with every change of the password or the
        factors."""
        request = Request("POST", "/auth/mfa", session="none", body={**fields})
        return await self._call(request, _TOKENS)

    async def ping_webhook(self, id: str, /) -> models.Delivery:
        """Send a ping to a webhook, in the background.

        For callers with factors, it needs a proof with two factors."""
        request = Request("POST", "/webhooks/{id}/ping", values={"id": id})
        return await self._call(request, _DELIVERY)

    async def register(self, **fields: Unpack[bodies.Registration]) -> models.User:
        """The username and the e-mail address are unique, ignoring case and Unicode form. Of simultaneous requests for the
        same name exactly one wins, and the others are told which field is taken. A guest who registers with its token keeps
        its id and its data, and its guest sessions end. An invitation gives the address and the role."""
        request = Request("POST", "/register", body={**fields})
        return await self._call(request, _USER)

    async def remove_factor(self, id: str, /) -> None:
        """Remove one of your factors. The recovery codes end with the last other factor.

        For callers with factors, it needs a proof with two factors in the last ten minutes."""
        request = Request("DELETE", "/user/factors/{id}", values={"id": id})
        return await self._call(request, _NOTHING)

    async def remove_key(self, id: str, /) -> None:
        """Remove one of your keys. It is refused from the next request on."""
        request = Request("DELETE", "/user/keys/{id}", values={"id": id})
        return await self._call(request, _NOTHING)

    async def remove_webhook(self, id: str, /, *, if_match: str | None = None) -> None:
        """Remove a webhook and its deliveries.

        For callers with factors, it needs a proof with two factors."""
        request = Request("DELETE", "/webhooks/{id}", values={"id": id}, headers={"If-Match": if_match})
        return await self._call(request, _NOTHING)

    async def rename_factor(self, id: str, /, **fields: Unpack[bodies.FactorChange]) -> models.Factor:
        """Give one of your factors another name."""
        request = Request("PUT", "/user/factors/{id}", values={"id": id}, body={**fields})
        return await self._call(request, _FACTOR)

    async def renew_recovery_codes(self) -> models.RecoveryCodes:
        """Make new recovery codes. The old ones work no more.

        For callers with factors, it needs a proof with two factors in the last ten minutes."""
        request = Request("POST", "/user/factors/recovery-codes")
        return await self._call(request, _RECOVERY_CODES)

    async def renew_service_secret(self, id: str, /) -> models.Secret:
        """Up to 25 replaced secrets work at the same time. While they do, the answer to another request is 429.

        For callers with factors, it needs a proof with two factors in the last ten minutes."""
        request = Request("POST", "/services/{id}/secret", values={"id": id})
        return await self._call(request, _SECRET)

    async def renew_token(self) -> models.AccessToken:
        """The new one does not outlive the session."""
        request = Request("POST", "/auth/renew")
        return await self._call(request, _ACCESS_TOKEN)

    async def request_login(self, **fields: Unpack[bodies.MailAddress]) -> models.MailRequested:
        """The answer is the same for every address. It is also the same above a limit, where no mail is sent. Each network has
        limits of its own, so that no stranger uses up the mails of the owner."""
        request = Request("POST", "/auth/email/login", session="none", body={**fields})
        return await self._call(request, _MAIL_REQUESTED)

    async def request_password_reset(self, **fields: Unpack[bodies.MailAddress]) -> models.MailRequested:
        """The answer is the same for every address. It is also the same above a limit, where no mail is sent. Each network has
        limits of its own, so that no stranger uses up the mails of the owner."""
        request = Request("POST", "/auth/password/forgot", session="none", body={**fields})
        return await self._call(request, _MAIL_REQUESTED)

    async def reset_factors(self, id: str, /) -> None:
        """The sessions of the user end, and the user is told by mail. Make sure that it is the user who asks for it.

        For callers with factors, it needs a proof with two factors in the last ten minutes."""
        request = Request("DELETE", "/users/{id}/factors", values={"id": id})
        return await self._call(request, _NOTHING)

    async def reset_password(self, **fields: Unpack[bodies.NewPassword]) -> None:
        """All sessions end, and the address is proved. The factors of the account stay, unless the address was not proved
        before: a stranger may have added them then."""
        request = Request("POST", "/auth/password/reset", session="none", body={**fields})
        return await self._call(request, _NOTHING)

    async def retry_delivery(self, id: str, delivery_id: str, /) -> models.Delivery:
        """Make a delivery again, in the background, whatever its state.

        For callers with factors, it needs a proof with two factors."""
        request = Request(
            "POST", "/webhooks/{id}/deliveries/{delivery_id}/retry", values={"id": id, "delivery_id": delivery_id}
        )
        return await self._call(request, _DELIVERY)

    async def rotate_webhook_secret(self, id: str, /) -> models.WebhookSecret:
        """The old secret signs deliveries too for 24 hours, even if the new one is replaced meanwhile. Up to 25 replaced
        secrets sign at the same time. While they do, the answer to another request is 429.

        For callers with factors, it needs a proof with two factors."""
        request = Request("POST", "/webhooks/{id}/secret", values={"id": id})
        return await self._call(request, _WEBHOOK_SECRET)

    async def sign_up(self, **fields: Unpack[bodies.Registration]) -> models.NewUserWithTokens:
        """The answer has the user's properties and the tokens together."""
        request = Request("POST", "/api/v1/auth/signup", body={**fields})
        return await self._call(request, _NEW_USER_WITH_TOKENS)

    async def start_app(self) -> models.AppSetup:
        """The first factor of a user needs a login of the last ten minutes and, if the service sends mails, a proved address.

        For callers with factors, it needs a proof with two factors in the last ten minutes."""
        request = Request("POST", "/user/factors/totp")
        return await self._call(request, _APP_SETUP)

    async def start_passkey(self) -> models.PasskeyOptions:
        """Get the options for `navigator.credentials.create`, to add a passkey.

        For callers with factors, it needs a proof with two factors in the last ten minutes."""
        request = Request("POST", "/user/factors/passkey/options")
        return await self._call(request, _PASSKEY_OPTIONS)

    async def step_up(self, **fields: Unpack[bodies.StepUpBody]) -> models.AccessToken:
        """Routes that answer `insufficient-user-authentication` take the new token. The proof is stored in the session, so
        that tokens from a refresh say it too. Each code, recovery code and challenge works once. Wrong passwords count as
        failed logins."""
        request = Request("POST", "/auth/step-up", body={**fields})
        return await self._call(request, _ACCESS_TOKEN)

    async def summarise_dataset(self, id: str, /) -> models.Summary:
        """The answer also suggests a stricter schema."""
        request = Request("POST", "/datasets/{id}/summary", values={"id": id})
        return await self._call(request, _SUMMARY)

    async def update_dog(
        self, name: str, /, *, if_match: str | None = None, **fields: Unpack[bodies.DogChange]
    ) -> models.Dog:
        """A field that is not given keeps its value.

        Admins with factors need a proof with two factors for what belongs to others."""
        request = Request(
            "PUT", "/api/dogs/{name}", values={"name": name}, headers={"If-Match": if_match}, body={**fields}
        )
        return await self._call(request, _DOG)

    async def update_password(self, **fields: Unpack[bodies.PasswordChange]) -> None:
        """The current password is required. If the account at Firebase has none, a sign-in there in the last ten minutes
        stands for it. ID tokens from before the change are refused, because Firebase revokes them.

        For callers with factors, it needs a proof with two factors."""
        request = Request("PUT", "/user/password", body={**fields})
        return await self._call(request, _NOTHING)

    async def update_task(
        self, id: str, /, *, if_match: str | None = None, **fields: Unpack[bodies.TaskChange]
    ) -> models.Task:
        """A field that is not given keeps its value."""
        request = Request("PUT", "/tasks/{id}", values={"id": id}, headers={"If-Match": if_match}, body={**fields})
        return await self._call(request, _TASK)

    async def update_user(self, *, if_match: str | None = None, **fields: Unpack[bodies.AccountChange]) -> models.User:
        """Fields that are not given keep their values. A changed address is no longer verified. With `If-Match` the change is
        refused if the account has changed since it was read. A changed address needs `current_password`, or a login of the
        last ten minutes. A `current_password` that is given must be right.

        For callers with factors, a new `email` needs a proof with two factors in the last ten minutes."""
        request = Request("PUT", "/user", headers={"If-Match": if_match}, body={**fields})
        return await self._call(request, _USER)

    async def update_user_by_id(
        self, id: str, /, *, if_match: str | None = None, **fields: Unpack[bodies.UserChange]
    ) -> models.User:
        """Only admins set `role`, `disabled` and `claims`, with immediate effect. The last admin cannot be demoted or
        disabled.

        For callers with factors, a new `email` needs a proof with two factors in the last ten minutes.

        Admins with factors need a proof with two factors for what belongs to others."""
        request = Request("PUT", "/users/{id}", values={"id": id}, headers={"If-Match": if_match}, body={**fields})
        return await self._call(request, _USER)

    async def update_webhook(
        self, id: str, /, *, if_match: str | None = None, **fields: Unpack[bodies.WebhookBody]
    ) -> models.Webhook:
        """A field that is not given keeps its value. A webhook that is enabled again starts without failures.

        For callers with factors, it needs a proof with two factors."""
        request = Request("PUT", "/webhooks/{id}", values={"id": id}, headers={"If-Match": if_match}, body={**fields})
        return await self._call(request, _WEBHOOK)

    async def verify_address(self, **fields: Unpack[bodies.TokenOrNothing]) -> models.MailRequested | None:
        """If the address was not proved before, a stranger may have registered it: the password, the factors and all sessions
        end, unless the caller is the user of the account. The token then sets a new password, if there was one."""
        request = Request("POST", "/auth/email/verify", body={**fields})
        return await self._call(request, _MAIL_REQUESTED_OR_NOTHING)
