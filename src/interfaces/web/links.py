"""The paths of the pages that links in mails open, beside which the pages send their forms."""

from src.domain.mails import MailKind

LINK_PATHS = {
    MailKind.LOGIN: "/auth/email/login",
    MailKind.VERIFY: "/auth/email/verify",
    MailKind.RESET: "/auth/password/reset",
    MailKind.INVITATION: "/auth/invitation",
}
