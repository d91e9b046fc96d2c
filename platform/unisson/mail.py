"""Messages and the way they leave: shared by the e-mail channel and by notifications."""

from collections.abc import Callable

from unisson.mail_port import (
    Accepted,
    BadAddress,
    Deferred,
    Lost,
    MailResult,
    Rejected,
    SmtpServer,
    Transport,
    envelope_address,
    one_line,
    packed,
)
from unisson.smtp import SmtpTransport

__all__ = [
    "Accepted",
    "BadAddress",
    "Deferred",
    "Lost",
    "MailResult",
    "Rejected",
    "SmtpServer",
    "SmtpTransport",
    "Transport",
    "envelope_address",
    "one_line",
    "packed",
    "transport_for",
]


def transport_for(mail_url: str, fallback: Callable[[], Transport], *, may_be_plain: bool = False) -> Transport:
    """Return the transport of `mail_url`; for `mailbox:`, the one that `fallback` makes. Raises ValueError."""
    if mail_url.startswith("mailbox:"):
        return fallback()
    return SmtpTransport(SmtpServer.from_url(mail_url, may_be_plain=may_be_plain))
