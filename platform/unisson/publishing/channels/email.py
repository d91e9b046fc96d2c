"""E-mail lists: one publication a recipient, handed to a mail server once."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from email.errors import MessageError
from typing import ClassVar

from unisson.mail import Accepted, BadAddress, Deferred, MailResult, Rejected, Transport, envelope_address
from unisson.publishing.channels import reasons
from unisson.publishing.channels.letter import Sender, letter
from unisson.publishing.channels.mail_answers import meaning
from unisson.publishing.channels.pictures import approved_bytes
from unisson.publishing.channels.port import (
    Account,
    ChannelKind,
    Limits,
    NotConnected,
    NotSent,
    Outcome,
    Outgoing,
    Problem,
    Published,
    ReadBack,
    Refused,
    Sketch,
    Unknown,
    Unreadable,
)
from unisson.publishing.channels.problems import common_problems
from unisson.publishing.channels.reasons import lazy, with_detail

TOTAL_BYTES = 15_000_000
"""Of all images of one letter: in base64 they still pass the 25 MB that large mail hosts accept."""


class EmailAdapter:
    """Writes a letter for one recipient and hands it to `transport`.

    Settings, all optional: `sender_name`, `reply_to`, `unsubscribe_url`. Secrets: none. The address in From is always
    the house's own: another domain's would be spoofing, and fail its DMARC.
    """

    kind: ClassVar[ChannelKind] = ChannelKind.EMAIL
    limits: ClassVar[Limits] = Limits(
        max_graphemes=None,
        max_bytes=None,
        max_pictures=10,
        max_picture_bytes=5_000_000,
        alt_required=True,
        has_title=True,
    )
    deadline: ClassVar[float] = 30.0
    settle: ClassVar[float] = 0.0

    def __init__(self, transport: Transport, mail_from: str) -> None:
        self._transport = transport
        self._house = Sender.from_header(mail_from)

    def client_ref(self, publication_id: uuid.UUID, due_at: datetime) -> str:  # noqa: ARG002 - the id says it all
        """Return the Message-ID (RFC 5322, 3.6.4): the same each time, so that receivers may drop a second one."""
        return f"<{publication_id}@{self._house.domain}>"

    def problems(self, sketch: Sketch) -> list[Problem]:
        """Return a missing subject or text, and images that are too many, too large or without description."""
        found = common_problems(sketch, self.limits, len(sketch.text))
        if sum(sketch.picture_sizes) > TOTAL_BYTES:
            found.append(Problem("pictures", lazy("The images are too large together for an e-mail.")))
        return found

    def publish(self, outgoing: Outgoing, account: Account) -> Outcome:
        """Write the letter and hand it over once."""
        if outgoing.recipient is None:
            return Refused(reasons.NO_RECIPIENT)
        images: list[bytes] = []
        for picture in outgoing.pictures:
            content = approved_bytes(picture, self.limits.max_picture_bytes)
            if not isinstance(content, bytes):
                return content
            images.append(content)
        try:
            to = envelope_address(outgoing.recipient.email)
            message = letter(outgoing, self._sender(account.settings), images)
        except (ValueError, MessageError) as error:
            return Refused(with_detail(reasons.BAD_RECIPIENT, str(error)))
        return _outcome(self._transport.send(message, self._house.email, to), outgoing)

    def read_back(self, outgoing: Outgoing, account: Account) -> ReadBack:  # noqa: ARG002 - nobody can be asked
        """Say that mail cannot be looked up: an answer that was lost is for a person to decide (RFC 1047)."""
        return Unreadable(reasons.MAIL_UNREADABLE)

    def verify(self, account: Account) -> str:
        """Return the sender that recipients will see. Raises `NotConnected` for an address that cannot be one."""
        try:
            sender = self._sender(account.settings)
        except BadAddress as error:
            raise NotConnected(lazy("%(address)s cannot send e-mail.", address=str(error))) from error
        return str(lazy("E-mails will leave as %(name)s.", name=f"{sender.name} <{sender.email}>".strip()))

    def _sender(self, settings: Mapping[str, str]) -> Sender:
        """Return the brand's own sender, and the house's where it has none."""
        reply_to = settings.get("reply_to", "")
        return Sender(
            settings.get("sender_name") or self._house.name,
            self._house.email,
            envelope_address(reply_to) if reply_to else "",
            _web_address(settings.get("unsubscribe_url", "")),
        )


def _web_address(text: str) -> str:
    """Return `text` if it can stand in a header as a web address, else nothing."""
    plain = text.strip()
    is_fit = plain.isascii() and plain.isprintable() and not set(plain) & set(' <>"')
    return plain if is_fit and plain.startswith(("https://", "http://")) else ""


def _outcome(result: MailResult, outgoing: Outgoing) -> Outcome:
    if isinstance(result, Accepted):
        return Published(outgoing.client_ref, None, result.answer)
    if isinstance(result, Deferred):
        sentence = meaning(result.reason, reasons.DOWN if result.down else reasons.BUSY)
        return NotSent(with_detail(sentence, result.reason), channel_down=result.down)
    if isinstance(result, Rejected):
        return Refused(with_detail(meaning(result.reason, reasons.REFUSED), result.reason))
    return Unknown(with_detail(reasons.NO_ANSWER, result.reason))
