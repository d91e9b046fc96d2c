"""What each kind of setting accepts. Every rule returns the value it read, or raises `BadValue` with the reason."""

import base64
import ipaddress
from collections.abc import Callable
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

SECRET_MINIMUM = 32  # characters: 128 bits once written in hexadecimal
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256 (NIST SP 800-186 §3.2.1.3): its private keys are the whole numbers from 1 to below it."""


class BadValue(ValueError):  # noqa: N818 - it names what is wrong; the error shown is SettingError
    """A value that a rule refuses; the text finishes the sentence "NAME ..."."""


class SettingError(Exception):
    """A setting that cannot be used: `name` is the variable to change, `why` what is wrong with it."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name} {why}")
        self.name = name
        self.why = why


def one_line(text: str) -> str:
    """Return the text; it may hold no line break, for it ends up in headers."""
    if "\n" in text or "\r" in text:
        raise BadValue("must be one line.")
    return text


def secret(text: str) -> str:
    """Return a secret that is long enough; empty stands for one that is made and kept."""
    if text and len(one_line(text)) < SECRET_MINIMUM:
        # Never the text itself: it is a secret.
        raise BadValue(f"must have at least {SECRET_MINIMUM} characters.")
    return text


def sender(text: str) -> str:
    """Return who mails come from, `Name <name@host>` or the address alone."""
    name, _at, domain = parseaddr(one_line(text))[1].rpartition("@")
    if not name or not domain or not name.isascii():
        raise BadValue("must hold an address: Name <name@example.org>.")
    return text


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    """Return a rule for a whole number from `lowest` to `highest`, both allowed."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise BadValue(f"must be a whole number, not “{text}”.") from None
        if not lowest <= number <= highest:
            raise BadValue(f"must be from {lowest} to {highest}, not {number}.")
        return number

    return read


def whole_or_unsaid(lowest: int, highest: int) -> Callable[[str], int]:
    """Return the rule of `whole`, for which empty stands for 0: "not said"."""
    read = whole(lowest, highest)
    return lambda text: read(text) if text else 0


def choice(*allowed: str) -> Callable[[str], str]:
    """Return a rule for one word out of `allowed`."""

    def read(text: str) -> str:
        if text not in allowed:
            raise BadValue(f"must be {', '.join(allowed[:-1])} or {allowed[-1]}, not “{text}”.")
        return text

    return read


def folder(text: str) -> Path:
    """Return the folder as an absolute path; it need not exist yet."""
    if not text.strip():
        raise BadValue("must name a folder.")
    return Path(text).expanduser().resolve()


def host(text: str) -> str:
    """Return an address to listen on: an IP address or `localhost`."""
    if text == "localhost":
        return text
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise BadValue(f"must be an IP address or localhost, not “{text}”.") from None
    return text


def web_url(text: str) -> str:
    """Return the address people type, without the slash at its end; empty stands for "not said"."""
    if not text:
        return ""
    parts = _split(text, ("http", "https"))
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise BadValue("must be a scheme and a host, without a path.")
    return f"{parts.scheme}://{parts.netloc}".lower()


def database_url(text: str) -> str:
    """Return a PostgreSQL URL; the host may be a folder of sockets (`postgresql://user@/name?host=/folder`)."""
    if not text:
        return ""
    parts = _split(text, ("postgresql", "postgres", "postgresql+psycopg"), needs_host=False)
    if not parts.path.strip("/"):
        raise BadValue("must end with the name of a database.")
    return "postgresql" + text[text.index("://") :]


def valkey_url(text: str) -> str:
    """Return the URL of a Valkey or Redis server, by TCP, TLS or Unix socket."""
    if not text:
        return ""
    parts = _split(text, ("redis", "rediss", "valkey", "valkeys", "unix"), needs_host=False)
    if parts.scheme == "unix" and not parts.path:
        raise BadValue("must name the socket: unix:///folder/valkey.sock.")
    return text.replace("valkeys://", "rediss://", 1).replace("valkey://", "redis://", 1)


def mail_url(text: str) -> str:
    """Return the URL of the outgoing mail server, or `mailbox:` for the mailbox of the development machine."""
    if text == "mailbox:":
        return text
    if not text.startswith(("smtp:", "smtps:")):
        raise BadValue("must start with smtp:// or smtps://, or be mailbox:.")
    _split(text, ("smtp", "smtps"))
    return text


def inbound_url(text: str) -> str:
    """Return the mailbox that answers arrive in, `imaps://…`; without TLS on this machine only; empty for none."""
    if not text:
        return ""
    parts = _split(text, ("imaps", "imap"))
    if not parts.username or not parts.password:
        raise BadValue("must hold a user and a password: imaps://user:password@host.")
    if parts.scheme == "imap" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
        raise BadValue("must be imaps:// unless the server is on this machine: a password travels with it.")
    return text


def inbound_address(text: str) -> str:
    """Return the address of that mailbox, to which `+token` is added; empty for none."""
    name, at, domain = text.partition("@")
    if text and (not at or not name or "." not in domain or "+" in name or len(name) > 14 or not text.isascii()):
        raise BadValue("must be an address whose part before the @ has at most 14 characters and no “+”.")
    return text.lower()


def storage_url(text: str) -> str:
    """Return where files are kept: `file:///folder` or `s3://bucket?…`; empty stands for a folder of DATA_DIR."""
    if not text:
        return ""
    parts = _split(text, ("file", "s3"), needs_host=False)
    if parts.scheme == "file" and (parts.netloc or not parts.path.startswith("/")):
        raise BadValue("must be file:/// and an absolute path.")
    if parts.scheme == "s3" and not parts.netloc:
        raise BadValue("must name the bucket: s3://bucket.")
    return text


def key_like(*beginnings: str) -> Callable[[str], str]:
    """Return a rule for a key that a service handed out, by how such keys begin; empty stands for none."""

    def read(text: str) -> str:
        if text and not (text.startswith(beginnings) and text.isascii() and text.isprintable() and " " not in text):
            # Never the text itself: it is a secret, if a mistyped one.
            raise BadValue(f"must start with {' or '.join(beginnings)}, on one line.")
        return text

    return read


def keys(text: str) -> tuple[str, ...]:
    """Return the keys of a comma list, each long enough; empty for none."""
    listed = _listed(one_line(text))
    if any(len(key) < SECRET_MINIMUM for key in listed):
        # Never the text itself: it is a secret.
        raise BadValue(f"must list keys of at least {SECRET_MINIMUM} characters each, without commas in them.")
    if len(set(listed)) < len(listed):
        raise BadValue("must list each key once.")
    return listed


def push_key(text: str) -> str:
    """Return a private key of the curve P-256, 32 bytes in base64url as web-push tools write them; empty for none."""
    plain = text.rstrip("=")
    try:
        number = int.from_bytes(base64.b64decode(f"{plain}=", altchars=b"-_", validate=True), "big") if text else 1
    except ValueError:
        number = 0
    if text and (len(plain) != 43 or not 0 < number < P256_ORDER):
        # Never the text itself: it is a secret, if a mistyped one.
        raise BadValue("must be a private key as `unisson push-key` makes one.")
    return plain


def prices(text: str) -> tuple[tuple[str, str, str], ...]:
    """Return plan, interval and price id of each `plan.interval=price id` of a comma list."""
    return tuple(_price(entry) for entry in _listed(text))


def _price(entry: str) -> tuple[str, str, str]:
    what, equals, price_id = (part.strip() for part in entry.partition("="))
    plan, dot, interval = what.partition(".")
    if not (equals and dot and plan and interval in {"month", "year"} and price_id):
        raise BadValue(f"must list plan.month=price id or plan.year=price id, not “{entry}”.")
    return plan, interval, price_id


def host_names(text: str) -> tuple[str, ...]:
    """Return the host names of a comma list, in lower case."""
    names = _listed(text.lower())
    for name in names:
        if "/" in name or ":" in name or " " in name:
            raise BadValue(f"must list host names without scheme or port, not “{name}”.")
    return names


def addresses(text: str) -> tuple[str, ...]:
    """Return the `host:port` pairs and CIDR blocks of a comma list."""
    listed = _listed(text)
    for entry in listed:
        _check_address(entry)
    return listed


def clamd_address(text: str) -> str:
    """Return `unix:/socket` or `host:port` of ClamAV's daemon; empty for none."""
    if text.startswith("unix:"):
        if not text.removeprefix("unix:").startswith("/"):
            raise BadValue("must be unix:/ and an absolute path.")
        return text
    name, colon, port = text.rpartition(":")
    if text and not (colon and name and " " not in text and port.isdecimal() and 0 < int(port) < 65536):
        raise BadValue(f"must be unix:/path or host:port, not “{text}”.")
    return text


def some_of(*allowed: str) -> Callable[[str], tuple[str, ...]]:
    """Return a rule for a comma list of words out of `allowed`, or none of them."""

    def read(text: str) -> tuple[str, ...]:
        listed = _listed(text)
        for word in listed:
            if word not in allowed:
                raise BadValue(f"must list {', '.join(allowed[:-1])} or {allowed[-1]}, not “{word}”.")
        return listed

    return read


def host_patterns(text: str) -> tuple[str, ...]:
    """Return the hosts of a comma list, in lower case; `*.example.org` stands for every name below."""
    listed = host_names(text)
    for entry in listed:
        if "*" in entry.removeprefix("*.") or "." not in entry.removeprefix("*."):
            raise BadValue(f"must list host names, or *.example.org for all below one, not “{entry}”.")
    return listed


def name_server(text: str) -> str:
    """Return `address`, `address:port` or `[address]:port` of a DNS server; empty stands for the system's."""
    name, port = text, "53"
    if text.startswith("["):
        name, _bracket, rest = text[1:].partition("]")
        port = rest.removeprefix(":") or "53"
    elif text.count(":") == 1:
        name, _colon, port = text.partition(":")
    try:
        if text:
            ipaddress.ip_address(name)
    except ValueError:
        raise BadValue(f"must be an IP address, with or without :port, not “{text}”.") from None
    if not (port.isdecimal() and 0 < int(port) < 65536):
        raise BadValue(f"must end with a port from 1 to 65535, not “{port}”.")
    return text


def _check_address(entry: str) -> None:
    name, colon, port = entry.rpartition(":")
    if colon and name and port.isdecimal() and 0 < int(port) < 65536:
        return
    try:
        ipaddress.ip_network(entry, strict=False)
    except ValueError:
        raise BadValue(f"must list host:port pairs or CIDR blocks, not “{entry}”.") from None


def _listed(text: str) -> tuple[str, ...]:
    return tuple(entry.strip() for entry in text.split(",") if entry.strip())


def _split(text: str, schemes: tuple[str, ...], *, needs_host: bool = True) -> SplitResult:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise BadValue("is not a URL that can be read.") from None
    if parts.scheme not in schemes:
        # Never the text itself: it may carry a password.
        raise BadValue(f"must start with {' or '.join(f'{scheme}://' for scheme in schemes)}.")
    if (needs_host and not parts.hostname) or port == 0 or any(c.isspace() for c in text):
        raise BadValue("is not a URL that can be read.")
    return parts
