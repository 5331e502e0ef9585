"""The fields of the settings. `make reference` writes docs/reference/settings.md and .env.example from this file."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, PositiveInt, SecretStr

Port = Annotated[int, Field(ge=1, le=65535)]
SessionSeconds = Annotated[int, Field(ge=60, le=100 * 365 * 86400)]
"""From a minute to a century. The end of a session must be a date that can be stored."""
Cost = Annotated[int, Field(ge=1, le=255)]


class SettingsFields(BaseModel):
    """Every setting, by the name of its environment variable in lower case."""

    model_config = ConfigDict(defer_build=True)  # only Settings is used, and builds its own validator

    # --- Service ---
    app_env: Literal["development", "production"] = "development"
    """``production`` makes nothing by itself and refuses unsafe settings: docs/reference/settings.md#production. The
    image sets it."""
    host: str = "127.0.0.1"
    """The address to listen on. The image listens on every address."""
    port: Port = 8000
    """The port to listen on."""
    web_concurrency: PositiveInt = 2
    """Worker processes, with up to 256 threads each. With as many workers as CPUs, each one serves on its own CPU."""
    server: Literal["gunicorn", "granian"] = "gunicorn"
    """The web server. ``granian`` takes less CPU, needs a proxy in front that collects requests
    (docs/explanation/server.md#granian), and ``requirements/granian.txt`` installed."""
    data_dir: Path = Path("data")
    """The folder of the embedded store, objects and keys, from the working directory. Only its owner can read it."""
    trusted_proxies: Annotated[int, Field(ge=0, le=5)] = 0
    """The number of proxies in front that write ``X-Forwarded-For``, at most 5; 1 on Cloud Run. See
    docs/how-to/proxy.md."""
    cors_origins: str | None = None
    """Exact origins such as ``https://app.example.com``, separated by commas, or ``*``. Credentials are never allowed.

    The default is ``*`` in development, none in production.
    """
    service_credentials: SecretStr | None = None
    """``NAME:SECRET`` of each service that may introspect tokens, separated by commas. A secret has 16 characters or
    more. See docs/reference/sessions.md#introspection."""
    console: bool = True
    """``off`` removes the pages under ``/console/``: docs/how-to/console.md."""
    console_admin: bool | None = None
    """``on`` adds the pages for admins to the console.

    The default is ``on`` in development, ``off`` in production.
    """
    docs_aliases: bool = False
    """``on`` opens ``/docs`` with the names of the briefs too, which are aliases. A link of the page switches."""
    metrics_token: SecretStr | None = None
    """The bearer token of ``/metrics``, which is 404 without it. Production wants 16 characters or more."""
    rate_limit: bool = True
    """``off`` turns the limits off: docs/explanation/limits.md."""
    rate_limit_url: str | None = None
    """``redis://…`` counts in Redis instead. Install ``requirements/extras.txt``.

    The default is the store.
    """
    log_format: Literal["text", "json"] | None = None
    """``text`` writes logs for people, with a line for each request; ``json`` writes an object in each line.

    The default is ``text`` on a terminal, else ``json``.
    """
    otel_exporter_otlp_endpoint: HttpUrl | None = None
    """The URL of an OpenTelemetry collector, such as ``http://localhost:4318``, which gets a span for each request,
    commit, outgoing call and job. Install ``requirements/extras.txt``. See docs/how-to/traces.md."""
    flask_debug: bool = False
    """Only checked: production refuses to start with it."""

    # --- Store, objects and jobs ---
    store_url: str = ""
    """``sqlite:///PATH``; ``postgresql://USER:PASSWORD@HOST/DATABASE`` (docs/how-to/postgresql.md);
    ``mssql://USER:PASSWORD@HOST/DATABASE`` (docs/how-to/sql-server.md); ``firestore://PROJECT[/DATABASE]``
    (docs/how-to/firebase.md); ``dynamodb://REGION/PREFIX`` (docs/how-to/dynamodb.md); or ``memory://``, which has one
    worker and loses everything at the end.

    The default is ``sqlite:///DATA_DIR/portero.db``.
    """
    blob_url: str = ""
    """``file://PATH``; ``s3://BUCKET[/PREFIX]`` or ``gs://BUCKET[/PREFIX]`` (docs/how-to/object-storage.md); or
    ``memory://``, which has one worker and loses everything at the end.

    The default is ``file://DATA_DIR/blobs``.
    """
    queue_url: str = "inline://"
    """With ``inline://`` threads of the web process run jobs. ``redis://…``, ``rediss://…``, ``amqp://…`` or
    ``amqps://…`` hands them to Celery: docs/how-to/celery.md. ``cloudtasks://PROJECT/LOCATION/QUEUE`` lets Cloud Tasks
    deliver them to this service: docs/how-to/cloud-run.md#jobs-without-cpu-between-requests."""
    queue_account: str | None = None
    """The e-mail address of the service account in whose name Cloud Tasks and Cloud Scheduler call this service at
    ``PUBLIC_URL``. Needed by a ``QUEUE_URL`` that begins with ``cloudtasks:``."""
    job_delay_seconds: Annotated[float, Field(ge=0, le=3600)] = 0
    """The time for which a job is shown as ``running`` before its work begins, for demonstrations."""
    max_upload_bytes: PositiveInt = 256 << 20
    """The largest upload, in bytes. The default is 256 MiB."""
    sync_rows: Annotated[int, Field(ge=0)] = 1_000_000
    """A CSV file with more rows and blank lines, or with ten times as many lines, is always checked by a job."""
    dog_api_url: HttpUrl = HttpUrl("https://dog.ceo/api/breeds/image/random")
    """The API that answers with the URL of a picture of a dog."""
    dog_picture_hosts: str = "images.dog.ceo"
    """The hosts of accepted pictures, separated by commas."""
    file_relay_url: HttpUrl | None = None
    """The URL to which uploaded files are sent. Without it they are only stored."""
    ai_url: HttpUrl | None = None
    """An OpenAI-compatible API for summaries, such as ``https://api.openai.com/v1`` or ``http://localhost:11434/v1``.
    See docs/ai.md."""
    ai_model: str | None = None
    """The model to ask for. ``AI_URL`` needs it."""
    ai_key: SecretStr | None = None
    """The key of that API, if it wants one."""

    # --- Identity and tokens ---
    identity: Literal["local", "firebase"] = "local"
    """The keeper of passwords: ``local``, which is the store, or ``firebase``: docs/how-to/firebase.md."""
    firebase_web_api_key: SecretStr | None = None
    """Needed by ``IDENTITY=firebase``. With the emulator any text will do."""
    firebase_check_seconds: Annotated[int, Field(ge=0, le=3600)] = 300
    """The time for which a check of a Firebase ID token at Firebase counts, 0 to 3600; 0 checks at every request. See
    docs/how-to/firebase.md#what-ends-when."""
    registration: Literal["open", "invited", "closed"] = "open"
    """``open`` lets everybody register, ``invited`` and ``closed`` only who has an invitation. Admins and the command
    line add users in any case. See docs/how-to/registration.md."""
    registration_domains: str | None = None
    """The domains to which the addresses of users must belong, such as ``example.com``, separated by commas.

    The default is every domain.
    """
    guests: bool = True
    """``off`` lets nobody become a guest."""
    firebase_tokens: bool = False
    """``on`` lets users who have logged in here sign in at Firebase with a custom token:
    docs/how-to/firestore-rules.md."""
    google_cloud_project: str | None = None
    """The project of Firebase Auth.

    The default is the project of ``STORE_URL``.
    """
    signing_keys: SecretStr | None = None
    """A JWK set, PEM text, or ``@/path/to/file``. The first key signs, all verify. See docs/how-to/keys.md.

    The default is ``DATA_DIR/signing-keys.json``, made at the first start.
    """
    data_keys: SecretStr | None = None
    """The keys that encrypt the secrets of authenticator apps and webhooks: 32 bytes each, in base64, separated by
    commas, or ``@/path/to/file``. The first key encrypts, all decrypt. See docs/how-to/keys.md#data-keys.

    The default is ``DATA_DIR/data-keys.txt``, made at the first start.
    """
    issuer: str = "portero"
    """``iss`` of access tokens. OAuth2 clients find the metadata if this is the public URL of the service, such as
    ``https://accounts.example.com``: docs/reference/sessions.md#metadata."""
    audience: str = "portero"
    """``aud`` of access tokens."""
    access_token_seconds: Annotated[int, Field(ge=60, le=86400)] = 900
    """The life of an access token, 60 to 86400."""
    refresh_token_seconds: SessionSeconds = 30 * 86400
    """The time that a session lasts without a refresh. The default is 30 days."""
    session_seconds: SessionSeconds = 90 * 86400
    """The time that a session lasts at most. The default is 90 days."""
    events_days: Annotated[int, Field(ge=0, le=3650)] = 90
    """The days for which events are stored; 0 stores none, and then there are no webhooks. See
    docs/explanation/events.md."""
    password_min_length: Annotated[int, Field(ge=1, le=64)] = 8
    """The shortest new password; 6 or more with ``IDENTITY=firebase``."""
    password_blocklist: bool = True
    """``off`` accepts common and weak passwords."""
    password_breach_url: str | None = None
    """Refuse leaked passwords: ``https://HOST/PATH``, a service of ranges such as
    ``https://api.pwnedpasswords.com/range``, or ``file:PATH``, a compiled list. See
    docs/how-to/leaked-passwords.md."""
    migrate_login_url: HttpUrl | None = None
    """A system that knows users who are not here yet. A login with an unknown name is asked there, and a yes makes the
    user here. See docs/how-to/import-users.md#move-users-as-they-log-in."""
    argon2_time_cost: Cost = 2
    """The passes of Argon2id over its memory. A login renews a hash that was made with other parameters.

    The defaults are those of https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html.
    """
    argon2_memory_kib: Annotated[int, Field(ge=8, le=1 << 22)] = 19456
    """The memory of Argon2id for each hash, in KiB."""
    argon2_parallelism: Cost = 1
    """The lanes of Argon2id."""
    argon2_at_once: PositiveInt = 1
    """The number of passwords that one process hashes at once.

    The default is 1 or more: the number of cores divided by ``WEB_CONCURRENCY``.
    """
    passkey_rp_id: str | None = None
    """The domain that passkeys belong to, such as ``example.com``. Changing it makes every passkey useless. See
    docs/how-to/passkeys.md.

    The default is the host of ``PUBLIC_URL``, in development ``localhost``.
    """
    passkey_origins: str | None = None
    """The exact origins of the pages that may use passkeys, separated by commas: ``https`` pages of that domain or of
    domains under it, and Android apps.

    The default is the origin of ``PUBLIC_URL``, in development ``http://localhost:PORT``.
    """
    admin_email: str | None = None
    """Make this admin, with the username ``admin``, at the start if there is none; in production ``./portero prepare``
    does. See docs/how-to/manage-users.md#become-admin."""
    admin_password: SecretStr | None = None
    """The password of that admin."""
    mfa_roles: str | None = None
    """The roles that count only after a login with two factors, separated by commas: ``admin``, ``auditor``,
    ``uploader``. See docs/how-to/require-factors.md."""

    # --- Mail ---
    smtp_url: SecretStr | None = None
    """``smtp://USER:PASSWORD@HOST:PORT`` or ``smtps://…``. Without it, development keeps mails in ``DATA_DIR/mail`` and
    production sends none. See docs/how-to/send-mails.md."""
    mail_from: str = "Portero <portero@localhost>"
    """The sender of mails."""
    public_url: HttpUrl | None = None
    """The beginning of links in mails. Production needs it with ``SMTP_URL``.

    The default is ``http://localhost:PORT``.
    """
    dev_mail_published: bool = False
    """``on`` lets ``/dev/mail`` answer requests from other addresses too. Compose needs it, because a request through
    a published port comes from the gateway of the network. Publish the port on the loopback of the host only."""
    login_notices: bool = True
    """``off`` sends no mail for the first login of a device."""
    mail_templates: Path | None = None
    """A folder whose templates replace those of the service."""

    # --- Emulators ---
    firestore_emulator_host: str | None = None
    """``HOST:PORT`` of the emulator of Firestore. Export it: Google's libraries do not read ``.env``."""
    firebase_auth_emulator_host: str | None = None
    """``HOST:PORT`` of the emulator of Firebase Auth, to be exported too."""
