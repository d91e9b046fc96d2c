"""A drawer that keeps letters, and a press release to fill it with."""

import uuid
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from tests.standins.accounts import outgoing
from unisson.mail import Accepted, MailResult, packed
from unisson.publishing.channels.port import Outgoing, Recipient

FROM = "Unisson <nouvelles@unisson.test>"


class Drawer:
    """Keeps what it is given, as it would travel."""

    def __init__(self) -> None:
        self.kept: list[EmailMessage] = []

    def send(self, message: EmailMessage, envelope_from: str, to: str) -> MailResult:
        parsed = message_from_bytes(packed(message), policy=default)
        assert isinstance(parsed, EmailMessage)
        self.kept.append(parsed)
        return Accepted(f"{envelope_from} > {to}")


def release(email: str = "redac@journal.test", name: str = "La rédaction", **more: object) -> Outgoing:
    """Return a press release to one journalist."""
    written = {"title": "Été 2026 : la façade rouvre", "text": "Bonjour,\n\n**La façade** rouvre.", **more}
    return outgoing(f"<{uuid.uuid4()}@unisson.test>", recipient=Recipient(email, name), **written)  # type: ignore[arg-type]  # forwarded as given
