"""Second factors: their codes, and the second step of a login."""

from src.application.factors.proving import Answer, ProofService, SecondStepProof

__all__ = ["Answer", "ProofService", "SecondStepProof"]
