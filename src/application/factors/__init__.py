"""Second factors: their codes, passkeys, and the second step of a login."""

from src.application.factors.passkeys import PASSKEY_METHODS, PasskeyService
from src.application.factors.pending import FirstStep, PendingLogin, PendingLogins
from src.application.factors.proving import Answer, ProofService, SecondStepProof

__all__ = [
    "PASSKEY_METHODS",
    "Answer",
    "FirstStep",
    "PasskeyService",
    "PendingLogin",
    "PendingLogins",
    "ProofService",
    "SecondStepProof",
]
