"""Mails: links that prove an address, log in or set a new password, and notices about account changes."""

from src.application.mails.address_proofs import AddressProofs
from src.application.mails.requests import MailRequestService
from src.application.mails.sending import SendMail
from src.application.mails.service import MailService
from src.application.mails.tokens import MailTokens

__all__ = ["AddressProofs", "MailRequestService", "MailService", "MailTokens", "SendMail"]
