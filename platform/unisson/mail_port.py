"""What a message is on its way, and every way its hand-over can end."""

import ssl
from dataclasses import dataclass
from email.header import Header
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import parseaddr
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server took responsibility for the message (RFC 5321, 4.2.5)."""

    answer: str = ""


@dataclass(frozen=True, slots=True)
class Deferred:
    """Certainly not taken: sending the same message again is safe. `down` when the server itself is the trouble."""

    reason: str
    down: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """Refused for good; only another address or another message would help."""

    reason: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The whole message left and no answer came (RFC 1047): it may arrive. Sending again may double it."""

    reason: str


MailResult = Accepted | Deferred | Rejected | Lost


class Transport(Protocol):
    """A way for messages to leave."""

    def send(self, message: EmailMessage, envelope_from: str, to: str) -> MailResult:
        """Try once to hand over `message` for the one address `to`, and return what became of it."""


class BadAddress(ValueError):  # noqa: N818 - says what is wrong
    """An address that cannot stand in an envelope."""


def one_line(text: str) -> str:
    """Return `text` without line breaks and control characters: a header holds one line, whoever typed it."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def envelope_address(address: str) -> str:
    """Return `address` as an envelope takes it: ASCII, with an international domain in its ASCII form.

    Raises `BadAddress` for what is not exactly one plain address; a local part outside ASCII needs SMTPUTF8, which
    too few servers speak.
    """
    local, at, domain = address.strip().rpartition("@")
    if not at or not local or parseaddr(address.strip())[1] != address.strip():
        raise BadAddress(address)
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
        local.encode("ascii")
    except UnicodeError as error:
        raise BadAddress(address) from error
    if not ascii_domain or any(
        char <= " " or char == "\x7f" or char in '<>()[],;:\\"' for char in local + ascii_domain
    ):
        raise BadAddress(address)
    return f"{local}@{ascii_domain}"


class _Faithful(EmailPolicy):
    """The SMTP policy, whose long subjects keep their spaces.

    The standard library's folding of encoded words drops a space that falls between two of them (RFC 2047 §6.2 has
    readers join adjacent words); its older `Header` puts the spaces inside.
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Return the folded header as it travels."""
        text = str(value)
        if name.lower() != "subject" or text.isascii():
            return super().fold_binary(name, value)
        folded = Header(text, "utf-8", header_name=name, maxlinelen=75).encode(linesep=self.linesep)
        return f"{name}: {folded}{self.linesep}".encode("ascii")


_TRAVEL = _Faithful(linesep="\r\n", cte_type="7bit")


def packed(message: EmailMessage) -> bytes:
    """Return the message as it travels: CRLF line ends, nothing outside ASCII, lines of at most 998 bytes."""
    return message.as_bytes(policy=_TRAVEL)


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where to hand mail in.

    `secure` is TLS from the first byte. Otherwise the server is asked for STARTTLS, without which it gets nothing,
    unless `may_be_plain`; except on this very machine, whose relays tend to have a certificate that nobody can check. A
    password never crosses a network in the clear, whatever was said.
    """

    host: str
    port: int
    user: str = ""
    password: str = ""
    secure: bool = False
    may_be_plain: bool = False

    def __repr__(self) -> str:
        return f"SmtpServer({self.host}:{self.port})"

    @classmethod
    def from_url(cls, url: str, *, may_be_plain: bool = False) -> "SmtpServer":
        """Return the server that `smtp://user:password@host:port` or `smtps://…` names. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("mail leaves by smtp:// or smtps://")
        secure = parts.scheme == "smtps"
        return cls(
            parts.hostname,
            parts.port or (465 if secure else 587 if parts.username else 25),
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            secure,
            may_be_plain,
        )

    @property
    def is_here(self) -> bool:
        """Whether the server runs on this machine."""
        return self.host == "localhost" or self.host.startswith("127.") or self.host == "::1"

    def tls(self) -> ssl.SSLContext:
        """Return what to check the server's certificate with."""
        return ssl.create_default_context()
