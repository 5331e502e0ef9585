"""The URL paths of the pages that the links in mails open, by the kind of mail."""

from src.domain.mails import MailKind

LINK_PATHS = {
    MailKind.LOGIN: "/auth/email/login",
    MailKind.VERIFY: "/auth/email/verify",
    MailKind.RESET: "/auth/password/reset",
    MailKind.INVITATION: "/auth/invitation",
}
