"""The address that an answer by mail is sent to: it names a letter, and nobody can make one up.

`reply+<token>@…`: the last six bytes of the agency's id, the letter's id, and a keyed hash over both, in base 32 (mail
servers may change the case of an address, and allow 64 characters before the @; RFC 5321 §4.5.3.1.1).
"""

import base64
import hashlib
import hmac
import uuid
from datetime import timedelta

GOOD_FOR = timedelta(days=60)
"""How long an answer to a mail is taken: longer than anybody talks about one content."""

_TAIL, _ID, _MAC = 6, 16, 8
LENGTH = 48
"""Characters of a token: 30 bytes."""


def address(inbound: str, secret: str, agency_id: uuid.UUID, letter_id: uuid.UUID) -> str:
    """Return where an answer to the letter goes. `inbound` is the mailbox's own address."""
    name, _at, domain = inbound.partition("@")
    packed = agency_id.bytes[-_TAIL:] + letter_id.bytes
    token = base64.b32encode(packed + _mac(secret, agency_id, letter_id)).decode().lower()
    return f"{name}+{token}@{domain}"


def token_in(inbound: str, recipients: list[str]) -> bytes | None:
    """Return the bytes of the token in the first recipient that has one; None where none is of ours."""
    name, _at, domain = inbound.lower().partition("@")
    for recipient in recipients:
        local, _at, host = recipient.strip().lower().rpartition("@")
        mailbox, _plus, token = local.partition("+")
        if mailbox == name and host == domain and len(token) == LENGTH:
            try:
                return base64.b32decode(token.upper())
            except ValueError:
                continue
    return None


def agency_tail(token: bytes) -> bytes:
    """Return the last bytes of the id of the agency that a token names."""
    return token[:_TAIL]


def letter_of(token: bytes, secret: str, agency_id: uuid.UUID) -> uuid.UUID | None:
    """Return the letter of a token of this agency; None for one that was not made by us."""
    letter_id = uuid.UUID(bytes=token[_TAIL : _TAIL + _ID])
    mine = hmac.compare_digest(token[_TAIL + _ID :], _mac(secret, agency_id, letter_id))
    return letter_id if mine and token[:_TAIL] == agency_id.bytes[-_TAIL:] else None


def _mac(secret: str, agency_id: uuid.UUID, letter_id: uuid.UUID) -> bytes:
    said = b"unisson.reply.1" + agency_id.bytes + letter_id.bytes
    return hmac.new(secret.encode(), said, hashlib.sha256).digest()[:_MAC]
