"""Passwords: hashed with Argon2id (RFC 9106), and refused when an attacker would try them early.

What the check covers is in `docs/decisions/passwords.md`.
"""

import secrets
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type, hash_secret_raw
from flask_babel.speaklater import LazyString

from unisson.config import Settings
from unisson.web.i18n import lazy

MINIMUM = 12  # characters
MAXIMUM = 256  # characters
ENOUGH = 3  # of zxcvbn's 4: at least 10^8 guesses


@dataclass(frozen=True, slots=True)
class Cost:
    """What one hash takes: passes over `kibibytes` of memory, in one lane."""

    passes: int
    kibibytes: int


COST = Cost(passes=2, kibibytes=47_104)
"""46 MiB twice over: above OWASP's floor, about a tenth of a second."""
TEST_COST = Cost(passes=1, kibibytes=8)

OWN_WORDS = ("unisson",)
"""What guesses at a password here begin with, besides the person's own words."""

_JUDGED = 72  # characters: zxcvbn's own bound, since its time grows with their square
_one_at_a_time = Lock()  # zxcvbn keeps the person's words in a global of its own

TOO_SHORT: LazyString = lazy("Use at least 12 characters. Several words in a row are easy to remember.")
TOO_LONG: LazyString = lazy("Use at most 256 characters.")
KNOWN: LazyString = lazy("This password is among those that were stolen most often. Choose another one.")
GUESSABLE: LazyString = lazy(
    "This password is too easy to guess. Add another word or two that have nothing to do with you."
)


class Keeper:
    """Hashes and checks passwords. A check takes as long for an unknown person as for a known one."""

    def __init__(self, cost: Cost) -> None:
        self._cost = cost
        self._hasher = PasswordHasher(time_cost=cost.passes, memory_cost=cost.kibibytes, parallelism=1)
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))

    def hash(self, password: str) -> str:
        """Return the Argon2id hash of `password`, salt and cost included."""
        return self._hasher.hash(_same(password))

    def matches(self, stored: str | None, password: str) -> bool:
        """Return whether `password` is the one; `stored` None costs the same time and never matches."""
        try:
            self._hasher.verify(stored or self._nobody, _same(password[: MAXIMUM + 1]))
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None

    def digest(self, code: str, salt: bytes) -> bytes:
        """Return the 32 bytes that Argon2id makes of a code of ours with a salt that is kept beside it."""
        cost = self._cost
        return hash_secret_raw(code.encode(), salt, cost.passes, cost.kibibytes, 1, 32, Type.ID)

    def outdated(self, stored: str | None) -> bool:
        """Return whether `stored` was made at another cost than today's."""
        return stored is not None and self._hasher.check_needs_rehash(stored)


def keeper(settings: Settings) -> Keeper:
    """Return the keeper for these settings: cheap in tests, costly everywhere else."""
    return _keeper(settings.environment == "test")


@lru_cache(maxsize=2)
def _keeper(cheap: bool) -> Keeper:
    return Keeper(TEST_COST if cheap else COST)


def weakness(password: str, about: Sequence[str]) -> LazyString | None:
    """Return the sentence that says why `password` can't be taken, or None. `about`: the person's own words."""
    if len(password) < MINIMUM:
        return TOO_SHORT
    if len(password) > MAXIMUM:
        return TOO_LONG
    if any(form in _known() for form in _forms(password)):
        return KNOWN
    from zxcvbn import zxcvbn  # noqa: PLC0415 - its word lists are heavy: loaded when somebody chooses a password

    judge: Callable[..., dict[str, Any]] = zxcvbn
    own = (*about, *OWN_WORDS)
    words = [word for text in own for word in (text, *text.replace("@", " ").replace(".", " ").split()) if word]
    with _one_at_a_time:
        score: int = judge(password[:_JUDGED], user_inputs=words)["score"]
    return GUESSABLE if score < ENOUGH else None


def _same(password: str) -> str:
    """Return one spelling for what looks the same on different keyboards (RFC 8265 §4.2)."""
    return unicodedata.normalize("NFC", password)


def _forms(password: str) -> set[str]:
    """Return the password in lower case, with and without the digits and symbols that people put around a word."""
    plain = password.casefold()
    around = "".join(c for c in set(plain) if not c.isalpha())
    return {plain, plain.rstrip(around), plain.strip(around)} - {""}


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415 - loaded when somebody chooses a password

    return frozenset(FREQUENCY_LISTS["passwords"])
