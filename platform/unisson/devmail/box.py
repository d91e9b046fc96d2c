"""The development mailbox: mails that leave for nowhere, kept in a folder to be read at /dev/mail."""

import mailbox
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from tenants.errors import NotFoundError
from unisson.mail import Accepted, Deferred, MailResult, packed

NEWEST = 200
_KEY = re.compile(r"(\d+)\.M(\d+)P[^/:]*")


@dataclass(frozen=True, slots=True)
class KeptMail:
    """One mail of the box."""

    key: str
    kept_at: datetime
    message: EmailMessage

    def header(self, name: str) -> str:
        """Return a header's text; empty where there is none."""
        return str(self.message.get(name, ""))

    def text(self, kind: str) -> str:
        """Return the text of the `plain` or `html` part; empty where there is none."""
        part = self.message.get_body(preferencelist=(kind,))
        return part.get_content().replace("\r\n", "\n") if part is not None else ""

    def parts(self) -> Iterator[EmailMessage]:
        """Yield the parts that the HTML shows by content id, such as pictures."""
        for part in self.message.walk():
            if part["Content-ID"]:
                yield part


class Mailbox:
    """A folder of mails, one file each (Maildir: written aside, then renamed). It is a transport like any other."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "mailbox"

    def send(self, message: EmailMessage, envelope_from: str, to: str) -> MailResult:
        """Keep the message, with the envelope it would have travelled in."""
        envelope = f"Return-Path: <{envelope_from}>\r\nDelivered-To: {to}\r\n".encode("ascii", "replace")
        try:
            return Accepted(self._maildir().add(envelope + packed(message)))
        except OSError as error:
            return Deferred(type(error).__name__, down=True)

    def newest(self, limit: int = NEWEST) -> Sequence[KeptMail]:
        """Return up to `limit` mails, newest first."""
        maildir = self._maildir()
        keys = sorted((key for key in maildir.keys() if _KEY.fullmatch(key)), key=_moment, reverse=True)  # noqa: SIM118 - a mailbox iterates over its messages
        return [_read(maildir, key) for key in keys[:limit]]

    def mail(self, key: str) -> KeptMail:
        """Return one mail. Raises NotFoundError."""
        maildir = self._maildir()
        if not _KEY.fullmatch(key) or key not in maildir:
            raise NotFoundError
        return _read(maildir, key)

    def _maildir(self) -> mailbox.Maildir:
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        return mailbox.Maildir(self._folder, create=True)


def _moment(key: str) -> tuple[int, int, str]:
    found = _KEY.fullmatch(key)
    return (int(found[1]), int(found[2]), key) if found else (0, 0, key)


def _read(maildir: mailbox.Maildir, key: str) -> KeptMail:
    message = BytesParser(policy=policy.default).parsebytes(maildir.get_bytes(key))
    seconds, micros, _key = _moment(key)
    return KeptMail(key, datetime.fromtimestamp(seconds + micros / 1e6, UTC), message)
