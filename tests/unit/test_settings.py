"""Settings: defaults, the environment, .env files, and messages that name each wrong setting."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from src.settings import ConfigurationError, Settings, load_settings
from src.settings.production import REFUSALS

FIREBASE = {"IDENTITY": "firebase", "FIREBASE_WEB_API_KEY": "x", "GOOGLE_CLOUD_PROJECT": "demo"}
ANDROID_APP = f"android:apk-key-hash:{'x' * 43}"
SHARED = {"STORE_URL": "firestore://demo", "SIGNING_KEYS": "@/run/secrets/keys", "DATA_KEYS": "@/run/secrets/data"}
SECRET = "hunter2-hunter2"

Load = Callable[..., Settings]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Load:
    """Return a function that loads the settings of the given environment variables only."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    def under(**environment: str) -> Settings:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return load_settings()

    return under


def test_the_defaults_are_as_documented(load: Load) -> None:
    settings = load()
    assert settings.app_env == "development"
    assert (settings.port, settings.web_concurrency) == (8000, 2)
    assert settings.data_dir == Path("data")
    assert settings.store_url == "sqlite:///data/portero.db"
    assert settings.identity == "local"
    assert settings.signing_keys is None
    assert (settings.issuer, settings.audience) == ("portero", "portero")
    assert settings.access_token_seconds == 900
    assert (settings.password_min_length, settings.password_blocklist) == (8, True)
    # OWASP Password Storage Cheat Sheet
    assert (settings.argon2_memory_kib, settings.argon2_time_cost, settings.argon2_parallelism) == (19456, 2, 1)
    assert (settings.admin_email, settings.admin_password) == (None, None)
    assert not settings.production
    assert (settings.blob_url, settings.queue_url) == ("file://data/blobs", "inline://")
    assert (settings.job_delay_seconds, settings.max_upload_bytes) == (0, 256 * 1024 * 1024)
    assert str(settings.dog_api_url) == "https://dog.ceo/api/breeds/image/random"
    assert settings.picture_hosts == ["images.dog.ceo"]
    assert settings.file_relay_url is None


@pytest.mark.parametrize("terminal", [True, False])
def test_logs_are_text_on_a_terminal_unless_a_setting_says_otherwise(
    load: Load, monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    assert load().text_logs is terminal
    assert load(LOG_FORMAT="text").text_logs
    assert not load(LOG_FORMAT="json").text_logs


@pytest.mark.parametrize(
    ("environment", "name", "value"),
    [
        ({"PORT": "8080"}, "port", 8080),
        ({"DATA_DIR": "/srv/x"}, "store_url", "sqlite:////srv/x/portero.db"),
        ({"DATA_DIR": "x y"}, "store_url", "sqlite:///x y/portero.db"),
        ({"STORE_URL": "memory://"}, "store_url", "memory://"),
        ({"STORE_URL": "firestore://demo"}, "store_project", "demo"),
        ({"STORE_URL": "firestore://demo/other"}, "store_project", "demo"),
        ({"STORE_URL": "firestore://demo"}, "firebase_project", "demo"),
        ({"STORE_URL": "firestore://demo", "GOOGLE_CLOUD_PROJECT": "auth"}, "firebase_project", "auth"),
        ({"STORE_URL": "firestore://demo", "GOOGLE_CLOUD_PROJECT": "auth"}, "store_project", "demo"),
        ({"GOOGLE_CLOUD_PROJECT": "auth"}, "store_project", ""),
        (FIREBASE, "identity", "firebase"),
        ({"PASSWORD_BLOCKLIST": "off"}, "password_blocklist", False),
        ({"PASSWORD_BLOCKLIST": "on"}, "password_blocklist", True),
        ({"PASSWORD_MIN_LENGTH": "6"}, "password_min_length", 6),
        ({"ACCESS_TOKEN_SECONDS": "60"}, "access_token_seconds", 60),
        ({"ACCESS_TOKEN_SECONDS": ""}, "access_token_seconds", 900),
        ({"ISSUER": ""}, "issuer", "portero"),
        ({"APP_ENV": "production"}, "production", True),
        ({"SOMETHING_ELSE": "x"}, "port", 8000),
        ({"STORE_URL": "memory://", "WEB_CONCURRENCY": "1"}, "web_concurrency", 1),
        ({"DATA_DIR": "/srv/x"}, "blob_url", "file:///srv/x/blobs"),
        ({"BLOB_URL": "s3://bucket"}, "blob_url", "s3://bucket"),
        ({"BLOB_URL": "memory://"}, "single_process", True),
        ({"STORE_URL": "memory://"}, "single_process", True),
        ({"JOB_DELAY_SECONDS": "0.5"}, "job_delay_seconds", 0.5),
        ({"DOG_PICTURE_HOSTS": " a.example, b.example ,"}, "picture_hosts", ["a.example", "b.example"]),
        (
            {"CORS_ORIGINS": "http://localhost:3000, http://[::1] ,"},
            "allowed_origins",
            ["http://localhost:3000", "http://[::1]"],
        ),
        ({"PORT": "8080"}, "allowed_passkey_origins", ["http://localhost:8080"]),
        ({}, "passkey_domain", "localhost"),
        ({"APP_ENV": "production"}, "passkey_domain", None),
        ({"PUBLIC_URL": "https://Accounts.example.com:443/x"}, "passkey_domain", "accounts.example.com"),
        (
            {"PUBLIC_URL": "https://Accounts.example.com:443/x"},
            "allowed_passkey_origins",
            ["https://accounts.example.com"],
        ),
        ({"PUBLIC_URL": "http://10.0.0.1"}, "passkey_domain", None),
        ({"PUBLIC_URL": "http://10.0.0.1"}, "allowed_passkey_origins", []),
        ({"PUBLIC_URL": "http://example.com"}, "allowed_passkey_origins", []),
        (
            {"PASSKEY_RP_ID": "example.com", "PUBLIC_URL": "https://accounts.example.com:8443"},
            "allowed_passkey_origins",
            ["https://accounts.example.com:8443"],
        ),
        (
            {"PASSKEY_RP_ID": "example.com", "PASSKEY_ORIGINS": f"https://example.com, {ANDROID_APP} ,"},
            "allowed_passkey_origins",
            ["https://example.com", ANDROID_APP],
        ),
    ],
)
def test_a_variable_of_the_environment_sets_a_setting(
    load: Load, environment: dict[str, str], name: str, value: object
) -> None:
    assert getattr(load(**environment), name) == value


@pytest.mark.parametrize(
    ("environment", "names"),
    [
        ({"PORT": "0"}, ["PORT"]),
        ({"PORT": "65536"}, ["PORT"]),
        ({"PORT": "http"}, ["PORT"]),
        ({"WEB_CONCURRENCY": "0"}, ["WEB_CONCURRENCY"]),
        ({"APP_ENV": "prod"}, ["APP_ENV"]),
        ({"IDENTITY": "ldap"}, ["IDENTITY"]),
        ({"ACCESS_TOKEN_SECONDS": "59"}, ["ACCESS_TOKEN_SECONDS"]),
        ({"ACCESS_TOKEN_SECONDS": "86401"}, ["ACCESS_TOKEN_SECONDS"]),
        ({"ACCESS_TOKEN_SECONDS": "15m"}, ["ACCESS_TOKEN_SECONDS"]),
        ({"PASSWORD_MIN_LENGTH": "0"}, ["PASSWORD_MIN_LENGTH"]),
        ({"PASSWORD_BLOCKLIST": "maybe"}, ["PASSWORD_BLOCKLIST"]),
        ({"PASSWORD_BREACH_URL": "ftp://leaks.example"}, ["PASSWORD_BREACH_URL"]),
        ({"PASSWORD_BREACH_URL": "file:"}, ["PASSWORD_BREACH_URL"]),
        ({"MIGRATE_LOGIN_URL": "ldap://old.example"}, ["MIGRATE_LOGIN_URL"]),
        ({**FIREBASE, "MIGRATE_LOGIN_URL": "https://old.example"}, ["MIGRATE_LOGIN_URL"]),
        ({"ARGON2_TIME_COST": "0"}, ["ARGON2_TIME_COST"]),
        ({"ARGON2_MEMORY_KIB": "7"}, ["ARGON2_MEMORY_KIB"]),
        ({"ARGON2_MEMORY_KIB": "31", "ARGON2_PARALLELISM": "4"}, ["ARGON2_MEMORY_KIB"]),
        ({"ARGON2_PARALLELISM": "-1"}, ["ARGON2_PARALLELISM"]),
        ({"ARGON2_AT_ONCE": "0"}, ["ARGON2_AT_ONCE"]),
        ({"PORT": "x", "IDENTITY": "x", "APP_ENV": "x"}, ["PORT", "IDENTITY", "APP_ENV"]),
        ({"STORE_URL": "postgres"}, ["STORE_URL"]),
        ({"STORE_URL": "memory:"}, ["STORE_URL"]),
        ({"STORE_URL": "memory://", "WEB_CONCURRENCY": "2"}, ["WEB_CONCURRENCY"]),
        ({"IDENTITY": "firebase"}, ["FIREBASE_WEB_API_KEY", "GOOGLE_CLOUD_PROJECT"]),
        ({**FIREBASE, "FIREBASE_WEB_API_KEY": ""}, ["FIREBASE_WEB_API_KEY"]),
        ({**FIREBASE, "GOOGLE_CLOUD_PROJECT": ""}, ["GOOGLE_CLOUD_PROJECT"]),
        ({"ADMIN_EMAIL": "a@example.com"}, ["ADMIN_EMAIL, ADMIN_PASSWORD"]),
        ({"ADMIN_PASSWORD": SECRET}, ["ADMIN_EMAIL, ADMIN_PASSWORD"]),
        *(({"CORS_ORIGINS": origins}, ["CORS_ORIGINS"]) for origins in ("a", "https://a.example/", "https://", "*, b")),
        *(
            ({"CORS_ORIGINS": origin}, ["CORS_ORIGINS"])
            for origin in (
                "null",
                "https://*.example.com",
                r"https://.*\.example\.com",
                "https://(a|b).example.com",
                "https://a.example.com$",
                "https://a.example.com:65536",
                "https://[a-z].example.com",
                "https://user@a.example",
                "https://A.example",
                "https://a.example:",
                "https://a.example?x",
                "ftp://a.example",
            )
        ),
        *(
            ({"PUBLIC_URL": url}, ["PUBLIC_URL"])
            for url in (
                "https://ana@a.example",
                "https://:x@a.example",
                "https://a.example?x=1",
                "https://a.example/#x",
            )
        ),
        *(
            ({"PASSKEY_RP_ID": domain, "PASSKEY_ORIGINS": "https://example.com"}, ["PASSKEY_RP_ID"])
            for domain in ("https://example.com", "Example.com", "example.com:443", "com", "10.0.0.1", "a..b", "-a.b")
        ),
        *(
            ({"PASSKEY_RP_ID": "example.com", "PASSKEY_ORIGINS": origins}, ["PASSKEY_ORIGINS"])
            for origins in (
                ",",
                "*",
                "https://evil-example.com",
                "https://example.com.evil.example",
                "https://example.com, https://com",
                "http://example.com",
                "https://example.com:443",
                "https://example.com/",
                "https://*.example.com",
                "https://Example.com",
                "android:apk-key-hash:x",
            )
        ),
        ({"PASSKEY_RP_ID": "example.com"}, ["PASSKEY_ORIGINS"]),
        ({"PASSKEY_ORIGINS": "https://example.com", "APP_ENV": "production"}, ["PASSKEY_RP_ID"]),
        ({"SERVICE_CREDENTIALS": f"a:{'x' * 16}, b:{'y' * 16}, a:{'z' * 16}"}, ["SERVICE_CREDENTIALS"]),
        ({"TRUSTED_PROXIES": "6"}, ["TRUSTED_PROXIES"]),
        ({"TRUSTED_PROXIES": "-1"}, ["TRUSTED_PROXIES"]),
        ({"BLOB_URL": "/srv/files"}, ["BLOB_URL"]),
        ({"BLOB_URL": "ftp://host"}, ["BLOB_URL"]),
        ({"BLOB_URL": "memory://", "WEB_CONCURRENCY": "2"}, ["WEB_CONCURRENCY"]),
        ({"QUEUE_URL": "localhost:6379"}, ["QUEUE_URL"]),
        ({"QUEUE_URL": "cloudtasks://demo/europe-west1"}, ["QUEUE_URL"]),
        ({"QUEUE_URL": "cloudtasks://demo/europe-west1/portero"}, ["QUEUE_ACCOUNT, PUBLIC_URL"]),
        ({"QUEUE_URL": "redis://host", "STORE_URL": "memory://"}, ["QUEUE_URL"]),
        ({"QUEUE_URL": "redis://host", "BLOB_URL": "memory://"}, ["QUEUE_URL"]),
        ({"JOB_DELAY_SECONDS": "-1"}, ["JOB_DELAY_SECONDS"]),
        ({"JOB_DELAY_SECONDS": "3601"}, ["JOB_DELAY_SECONDS"]),
        ({"MAX_UPLOAD_BYTES": "0"}, ["MAX_UPLOAD_BYTES"]),
        ({"DOG_API_URL": "dog.ceo"}, ["DOG_API_URL"]),
        ({"DOG_PICTURE_HOSTS": ","}, ["DOG_PICTURE_HOSTS"]),
        ({"FILE_RELAY_URL": "ftp://host"}, ["FILE_RELAY_URL"]),
        ({"REFRESH_TOKEN_SECONDS": "0"}, ["REFRESH_TOKEN_SECONDS"]),
        ({"SESSION_SECONDS": "x"}, ["SESSION_SECONDS"]),
        ({"APP_ENV": "production", "STORE_URL": "firestore://demo"}, ["SIGNING_KEYS", "DATA_KEYS", "BLOB_URL"]),
        (
            {
                "APP_ENV": "production",
                "STORE_URL": "firestore://",
                "IDENTITY": "firebase",
                "FIRESTORE_EMULATOR_HOST": "x",
                "FIREBASE_AUTH_EMULATOR_HOST": "x",
                "ADMIN_PASSWORD": SECRET,
            },
            [
                "FIREBASE_WEB_API_KEY",
                "GOOGLE_CLOUD_PROJECT",
                "ADMIN_EMAIL, ADMIN_PASSWORD",
                "FIRESTORE_EMULATOR_HOST",
                "FIREBASE_AUTH_EMULATOR_HOST",
                "SIGNING_KEYS",
                "DATA_KEYS",
                "BLOB_URL",
            ],
        ),
    ],
)
def test_each_wrong_setting_is_named_on_a_line_of_the_message(
    load: Load, environment: dict[str, str], names: list[str]
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load(**environment)
    lines = str(refused.value).splitlines()
    assert sorted(line.partition(": ")[0] for line in lines) == sorted(names)
    assert all(len(line.partition(": ")[2]) > 10 for line in lines)
    assert SECRET not in str(refused.value)
    assert refused.value.__suppress_context__


MAILS = {"SMTP_URL": "smtps://mail.example", "MAIL_FROM": "a@example.com", "PUBLIC_URL": "https://a.example"}
REFUSED_IN_PRODUCTION: list[tuple[str, dict[str, str]]] = [
    ("FIRESTORE_EMULATOR_HOST", {"FIRESTORE_EMULATOR_HOST": "localhost:8080"}),
    ("FIREBASE_AUTH_EMULATOR_HOST", {"FIREBASE_AUTH_EMULATOR_HOST": "localhost:9"}),
    ("STORAGE_EMULATOR_HOST", {"BLOB_URL": "gs://b", "STORAGE_EMULATOR_HOST": "http://x"}),
    ("FLASK_DEBUG", {"FLASK_DEBUG": "1"}),
    ("CORS_ORIGINS", {"CORS_ORIGINS": "*"}),
    ("CORS_ORIGINS", {"CORS_ORIGINS": "https://a.example, *"}),
    ("CORS_ORIGINS", {"CORS_ORIGINS": "https://a.example, http://a.example"}),
    ("CORS_ORIGINS", {"CORS_ORIGINS": "http://localhost.a.example"}),
    ("SERVICE_CREDENTIALS", {"SERVICE_CREDENTIALS": "a:0123456789abcdef, b:0123456789abcdef"}),
    ("RATE_LIMIT", {"RATE_LIMIT": "off"}),
    ("STORE_URL", {"STORE_URL": "memory://"}),
    ("BLOB_URL", {"BLOB_URL": "memory://"}),
    ("BLOB_URL", {**SHARED, "BLOB_URL": "file:///srv"}),
    ("SIGNING_KEYS", {**SHARED, "SIGNING_KEYS": "", "BLOB_URL": "gs://bucket"}),
    ("DATA_KEYS", {**SHARED, "DATA_KEYS": "", "BLOB_URL": "gs://bucket"}),
    ("PUBLIC_URL", {**MAILS, "PUBLIC_URL": ""}),
    ("PUBLIC_URL", {"PUBLIC_URL": "http://a.example"}),
    ("PUBLIC_URL", {"PUBLIC_URL": "https://localhost"}),
    ("PASSKEY_RP_ID", {"PASSKEY_RP_ID": "localhost", "PASSKEY_ORIGINS": "http://localhost:3000"}),
    ("MAIL_FROM", {**MAILS, "MAIL_FROM": ""}),
    ("ISSUER", {"ISSUER": "http://a.example"}),
    ("ISSUER", {"ISSUER": "ftp://a.example"}),
    ("METRICS_TOKEN", {"METRICS_TOKEN": "0123456789abcde"}),
    ("METRICS_TOKEN", {"METRICS_TOKEN": "x" * 16}),
    ("METRICS_TOKEN", {"METRICS_TOKEN": " \t" * 8}),
    ("METRICS_TOKEN", {"METRICS_TOKEN": "abab" * 4}),
    ("SERVICE_CREDENTIALS", {"SERVICE_CREDENTIALS": "billing:aaaaaaaaaaaaaaaa"}),
    ("PASSWORD_MIN_LENGTH", {"PASSWORD_MIN_LENGTH": "7"}),
    ("PASSWORD_BLOCKLIST", {"PASSWORD_BLOCKLIST": "off"}),
    *[
        ("PASSWORD_BREACH_URL", {"PASSWORD_BREACH_URL": f"http://{host}/range"})
        for host in ("leaks.example", "leaks.example.", "user:word@leaks.example:80", "8.8.8.8", "[2606:4700::1]:8080")
    ],
    ("MIGRATE_LOGIN_URL", {"MIGRATE_LOGIN_URL": "http://old.example/login"}),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://traces.example:4318"}),
    ("AI_URL", {"AI_URL": "http://ai.example/v1", "AI_MODEL": "x", "AI_KEY": "y"}),
    ("ARGON2_MEMORY_KIB", {"ARGON2_MEMORY_KIB": "8"}),
    ("ARGON2_MEMORY_KIB", {"ARGON2_TIME_COST": "1"}),
    ("ARGON2_MEMORY_KIB", {"ARGON2_TIME_COST": "9", "ARGON2_MEMORY_KIB": "7167"}),
]
"""Settings that production refuses and development takes. Each refusal of src/settings/production.py is here."""


SAFE_IN_PRODUCTION = {
    "says what there is, and weakens nothing": (
        "app_env host port web_concurrency server data_dir trusted_proxies console console_admin docs_aliases "
        "log_format login_notices mail_templates job_delay_seconds max_upload_bytes sync_rows events_days audience "
        "identity registration registration_domains guests firebase_tokens google_cloud_project mfa_roles"
    ),
    "has bounds wherever the service runs": (
        "access_token_seconds refresh_token_seconds session_seconds firebase_check_seconds "
        "argon2_parallelism argon2_at_once passkey_origins admin_email admin_password dog_picture_hosts queue_account"
    ),
    "is weighed with argon2_memory_kib": "argon2_time_cost",
    "is a secret that others have made": "firebase_web_api_key ai_key",
    "is the operator's own, who may run it in a private network": (
        "queue_url rate_limit_url dog_api_url file_relay_url ai_model"
    ),
    "asks for TLS itself before it sends a password": "smtp_url",
    "has no effect there": "dev_mail_published",
}
"""Settings of which production accepts every value, by the reason. Every other setting has a refusal."""


def test_each_setting_is_either_refused_in_production_or_known_to_be_safe() -> None:
    safe = [name for names in SAFE_IN_PRODUCTION.values() for name in names.split()]
    refused = {each.setting.lower() for each in REFUSALS} - {"storage_emulator_host"}  # which Google's library reads
    assert sorted([*safe, *refused]) == sorted(Settings.model_fields)


@pytest.mark.parametrize(("name", "environment"), REFUSED_IN_PRODUCTION)
def test_production_refuses_an_unsafe_setting_by_name_and_development_takes_it(
    load: Load, environment: dict[str, str], name: str
) -> None:
    assert not load(**environment).production
    with pytest.raises(ConfigurationError) as refused:
        load(APP_ENV="production")
    assert str(refused.value).startswith(f"{name}: ")
    assert str(refused.value).endswith("(APP_ENV=development takes it)")
    assert str(refused.value).count("\n") == 0


def test_every_refusal_of_production_has_an_example(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    unseen = list(REFUSALS)
    for _, environment in REFUSED_IN_PRODUCTION:
        with monkeypatch.context() as context:
            for name, value in environment.items():
                context.setenv(name, value)
            settings = load_settings()
            unseen = [each for each in unseen if not each.refuses(settings)]
    assert unseen == []


@pytest.mark.parametrize(
    "environment",
    [
        {"APP_ENV": "production"},
        {"APP_ENV": "production", **MAILS, "ISSUER": "https://a.example/portero", "METRICS_TOKEN": "0123456789abcdef"},
        {"APP_ENV": "production", "ARGON2_TIME_COST": "1", "ARGON2_MEMORY_KIB": "47104"},
        {"APP_ENV": "production", "ARGON2_TIME_COST": "7", "ARGON2_MEMORY_KIB": "7168"},
        {"APP_ENV": "production", **SHARED, "BLOB_URL": "gs://bucket"},
        {"APP_ENV": "production", **SHARED, "BLOB_URL": "s3://bucket/prefix", "QUEUE_URL": "rediss://host/0"},
        {"APP_ENV": "production", "QUEUE_URL": "amqps://host"},
        {"APP_ENV": "production", "PUBLIC_URL": "https://a.example", "PASSKEY_ORIGINS": "https://app.a.example:8443"},
        {"APP_ENV": "production", "CORS_ORIGINS": "http://localhost:3000,http://127.0.0.1,http://[::1]:80,https://a.b"},
        *[
            {"APP_ENV": "production", "PASSWORD_BREACH_URL": url}
            for url in (
                "https://api.pwnedpasswords.com/range",
                "http://leaks:8080/range",
                "http://leaks.svc.internal/",
                "http://10.0.0.1/",
                "http://[fd00::1]/",
                "file:data/leaked",
            )
        ],
        {"APP_ENV": "production", "AI_URL": "http://ai.example/v1", "AI_MODEL": "x"},
        {"APP_ENV": "production", "AI_URL": "http://localhost:11434/v1", "AI_MODEL": "x", "AI_KEY": "y"},
        {"BLOB_URL": "memory://"},
        {"APP_ENV": "production", **FIREBASE},
        {"STORE_URL": "firestore://demo"},
        {"STORE_URL": "memory://"},
        {"FIRESTORE_EMULATOR_HOST": "x", "FIREBASE_AUTH_EMULATOR_HOST": "x"},
        {"ADMIN_EMAIL": "a@example.com", "ADMIN_PASSWORD": SECRET},
    ],
)
def test_safe_settings_are_accepted(load: Load, environment: dict[str, str]) -> None:
    assert load(**environment)


def test_the_environment_overrides_the_dotenv_file(load: Load, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=1234\nISSUER='from the file'\n# HOST=0.0.0.0\nUNKNOWN=x\nAUDIENCE=\n")
    settings = load(PORT="4321")
    assert (settings.port, settings.issuer, settings.host, settings.audience) == (
        4321,
        "from the file",
        "127.0.0.1",
        "portero",
    )


def test_a_wrong_setting_in_the_dotenv_file_is_named(load: Load, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=x\n")
    with pytest.raises(ConfigurationError, match=r"^PORT: "):
        load()


def test_settings_hide_secrets_and_are_immutable(load: Load) -> None:
    settings = load(
        ADMIN_EMAIL="a@example.com",
        ADMIN_PASSWORD=SECRET,
        SIGNING_KEYS=SECRET,
        DATA_KEYS=SECRET,
        FIREBASE_WEB_API_KEY=SECRET,
    )
    assert SECRET not in f"{settings!r} {settings} {settings.model_dump_json()}"
    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc]


def test_all_processes_together_hash_as_many_passwords_at_once_as_there_are_cores(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)))
    assert load(WEB_CONCURRENCY="2").argon2_at_once == 4
    assert load(WEB_CONCURRENCY="16").argon2_at_once == 1
    assert load(ARGON2_AT_ONCE="3").argon2_at_once == 3
