"""Timestamp identifiers, the record keys that posts must have (atproto.com/specs/tid)."""

import hashlib
import uuid
from datetime import UTC, datetime, timedelta

ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
LENGTH = 13
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def tid(microseconds: int, clock: int) -> str:
    """Return the identifier of 53 bits of time (since 1970) and 10 bits of clock number: 13 characters."""
    number = (microseconds & (1 << 53) - 1) << 10 | clock & 1023
    return "".join(ALPHABET[number >> shift & 31] for shift in range(5 * (LENGTH - 1), -1, -5))


def later(key: str, microseconds: int) -> str:
    """Return the identifier that lies `microseconds` after `key`, with its clock number: for what follows a record."""
    number = 0
    for character in key:
        number = number << 5 | ALPHABET.index(character)
    return tid((number >> 10) + microseconds, number)


def tid_of(publication_id: uuid.UUID, due_at: datetime) -> str:
    """Return the record key of a publication: the same each time it is asked.

    Publications fall on whole minutes, and clock numbers are 1,024: two of one minute would often share a key, and
    the second would be taken for the first. So the publication's id also chooses the microsecond, 30 bits in all.
    """
    bits = int.from_bytes(hashlib.sha256(publication_id.bytes).digest()[:4])
    second = due_at.replace(microsecond=0) - _EPOCH
    return tid(second // timedelta(microseconds=1) + (bits >> 10) % 1_000_000, bits)
