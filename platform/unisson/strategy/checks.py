"""What a strategy says to a text: banned words, mentions that are missing, claims without a source.

A claim is found by its form – a share in per cent, « n° 1 », a superlative, « prouvé » –, which finds some that are
none and misses others: that is why it advises unless a strategy says that it stops.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

from unisson.strategy.models import Check, Strategy, Weight
from unisson.web.i18n import lazy

_CLAIM = re.compile(
    r"\d\s?%|\bn\s?[°ºo]\s?1\b|#1\b|\bnumero un\b|\bnumber one\b|\bleaders?\b|\bprouvee?s?\b|\bcliniquement\b"
    r"|\bgarantie?s?\b|\bunique (?:au|en)\b|\b(?:le|la|les) (?:meilleure?s?|plus \w+) (?:du|de|en|au)\b"
    r"|\bpremiere?s? (?:du|de|en|au) (?:monde|france|europe|marche)\b"
    r"|\bthe best\b|\bproven\b|\bclinically\b|\bguaranteed\b|\bworld'?s first\b"
)
_SOURCE = re.compile(
    r"https?://|\bsources?\b|\bselon\b|\bd'apres\b|\baccording to\b|\betudes?\b|\bstud(?:y|ies)\b|\benquete\b"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a strategy or the calendar says to a content; `stops` a submission, or advises."""

    sentence: object
    stops: bool = False

    def __str__(self) -> str:
        return str(self.sentence)


def folded(text: str) -> str:
    """Return `text` in lower case and without accents, with plain apostrophes and spaces."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("’", "'").replace("œ", "oe"))
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def banned_in(text: str, banned: Collection[str]) -> list[str]:
    """Return which banned words stand in `text`, whatever their case and accents. A last `*` stands for any ending."""
    seen = folded(text)
    return [word for word in banned if (found := _pattern(word)) is not None and found.search(seen)]


def claim_in(text: str) -> str | None:
    """Return the first claim of a text that names no source; None where there is none."""
    seen = folded(text)
    claim = None if _SOURCE.search(seen) else _CLAIM.search(seen)
    return seen[max(claim.start() - 20, 0) : claim.end() + 20].strip() if claim else None


def findings(strategy: Strategy | None, title: str, body: str, risks: Collection[str]) -> list[Finding]:
    """Return what the strategy says to a content: what stops it first."""
    if strategy is None:
        return []
    text = f"{title}\n{body}"
    found = [
        Finding(sentence, strategy.weight_of(check) is Weight.STOP)
        for check in Check
        if strategy.weight_of(check) is not Weight.OFF
        for sentence in _SAY[check](strategy, text, risks)
    ]
    return sorted(found, key=lambda each: not each.stops)


@lru_cache(maxsize=2048)
def _pattern(word: str) -> re.Pattern[str] | None:
    plain = folded(word).rstrip("*")
    if not plain:
        return None
    ends = "" if word.rstrip().endswith("*") else r"(?!\w)"
    return re.compile(rf"(?<!\w){re.escape(plain)}{ends}")


def _banned(strategy: Strategy, text: str, _risks: Collection[str]) -> Iterator[object]:
    words = banned_in(text, strategy.banned)
    if words:
        yield lazy("The strategy bans: %(words)s.", words=", ".join(words))


def _mention(strategy: Strategy, text: str, risks: Collection[str]) -> Iterator[object]:
    seen = folded(text)
    for risk in sorted(risks):
        wanted = str(strategy.mentions.get(risk, ""))
        if wanted and folded(wanted) not in seen:
            yield lazy("The mention “%(mention)s” is missing.", mention=wanted)


def _claim(_strategy: Strategy, text: str, _risks: Collection[str]) -> Iterator[object]:
    claim = claim_in(text)
    if claim:
        yield lazy("This reads like a claim, and names no source: “%(claim)s”.", claim=claim)


_SAY = {Check.BANNED: _banned, Check.MENTION: _mention, Check.CLAIM: _claim}
