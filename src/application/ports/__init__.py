"""The ports of the application, other than repositories. Adapters implement them."""

from src.application.ports.csv import CsvChecker
from src.application.ports.factors import AppSetup, AuthenticatorApps, Sealer
from src.application.ports.functions import Clock, EmailParser, Fingerprints, Spool, TakePlace, UsernameParser
from src.application.ports.identity import (
    CustomToken,
    ExternalIdentity,
    PasswordHasher,
    ProviderAccount,
    RefreshToken,
    RefreshTokens,
    RemoteAccounts,
    TokenClaims,
    TokenIssuer,
    Tokens,
)
from src.application.ports.metrics import CountEvent, Metrics, uncounted
from src.application.ports.outgoing import (
    FileRelay,
    JobQueue,
    Mailer,
    MailWriter,
    Message,
    PictureSource,
    RelayAnswer,
    Run,
    WebhookSender,
)
from src.application.ports.passkeys import CHALLENGE_LIFETIME, ClaimedCredential, Credential, Options, RelyingParty
from src.application.ports.storage import BlobStore, EncodedRow, ReadFrom, RowStore, StoreMaintenance

__all__ = [
    "CHALLENGE_LIFETIME",
    "AppSetup",
    "AuthenticatorApps",
    "BlobStore",
    "ClaimedCredential",
    "Clock",
    "CountEvent",
    "Credential",
    "CsvChecker",
    "CustomToken",
    "EmailParser",
    "EncodedRow",
    "ExternalIdentity",
    "FileRelay",
    "Fingerprints",
    "JobQueue",
    "MailWriter",
    "Mailer",
    "Message",
    "Metrics",
    "Options",
    "PasswordHasher",
    "PictureSource",
    "ProviderAccount",
    "ReadFrom",
    "RefreshToken",
    "RefreshTokens",
    "RelayAnswer",
    "RelyingParty",
    "RemoteAccounts",
    "RowStore",
    "Run",
    "Sealer",
    "Spool",
    "StoreMaintenance",
    "TakePlace",
    "TokenClaims",
    "TokenIssuer",
    "Tokens",
    "UsernameParser",
    "WebhookSender",
    "uncounted",
]
