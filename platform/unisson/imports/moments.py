"""Dates and times as plans write them: 31/12/2026, 2026-12-31, 31 décembre 2026; 18 h 30, 18:30, 6:30 pm."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, time
from functools import lru_cache

from babel.dates import get_month_names

ORDERS = ("dmy", "mdy", "ymd")

_NUMBERS = re.compile(r"(\d{1,4})\s*[/.\-\s]\s*(\d{1,2})\s*[/.\-\s]\s*(\d{1,4})", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_NAMED = re.compile(r"(?:(?P<first>\d{1,2})(?:er|st|nd|rd|th)?\s*)?(?P<month>[^\W\d]+)\.?\s*"
                    r"(?:(?P<second>\d{1,2})(?:st|nd|rd|th)?\s*,?\s+)?(?P<year>\d{4}|\d{2})")  # fmt: skip
_CLOCK = re.compile(
    r"(\d{1,2})(?:\s*(?:[:.h]|heures?)\s*(\d{2})?)?(?:\s*(?:[:.]\s*|min\s*)(\d{2})?(?:\.\d+)?)?\s*(am|pm)?", re.ASCII
)
_WEEKDAY = re.compile(r"[^\W\d]+\.?,?\s+(?=\d)|[^\W\d]+\.?,\s+")


def split_moment(text: str) -> tuple[str, str]:
    """Return the day and the time of a cell that holds both; the time is empty where it holds a day alone."""
    cleaned = _plain(text)
    joined = re.fullmatch(r"(\d{4}-\d{1,2}-\d{1,2})t(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)", cleaned)
    if joined:
        return joined[1], joined[2]
    found = re.fullmatch(r"(.*?\d)\s*(?:,|\bat\b|\ba\b)?\s+(\d{1,2}\s*(?:[:h]|am\b|pm\b|heures?).*)", cleaned)
    return (found[1], found[2]) if found else (cleaned, "")


def read_day(text: str, order: str) -> date | None:
    """Return the day that `text` says, its numbers in `order` (dmy, mdy, ymd) unless the year leads, or None."""
    cleaned = _WEEKDAY.sub("", _plain(text), count=1) if not text[:1].isdigit() else _plain(text)
    iso = _ISO.fullmatch(cleaned)
    if iso:
        return _day(iso[1], iso[2], iso[3])
    found = _NUMBERS.fullmatch(cleaned)
    if found:
        parts = dict(zip("ymd" if len(found[1]) == 4 else order, found.groups(), strict=True))
        return _day(parts["y"], parts["m"], parts["d"])
    return _named_day(cleaned) or _named_day(_plain(text))


def _named_day(cleaned: str) -> date | None:
    named = _NAMED.fullmatch(cleaned)
    month = _months().get(named["month"]) if named else None
    day = (named["first"] or named["second"]) if named else None
    return _day(named["year"], str(month), day) if named and month and day else None


def read_time(text: str) -> time | None:
    """Return the time that `text` says, on a clock of 24 hours or, with am or pm, of 12; None for no time."""
    cleaned = re.sub(r"\b([ap])\.?\s?m\.?", r"\1m", _plain(text)).removeprefix("a ").strip()
    found = _CLOCK.fullmatch(cleaned)
    if not found or (cleaned.isdigit() and not found[4]):
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[4]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[4] == "pm" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def guess_order(texts: Iterable[str]) -> str:
    """Return the order of day, month and year in which most of these dates can be read; the day first if all can."""
    seen = [day for text in texts if text and (day := split_moment(text)[0])]
    readable = {order: sum(read_day(text, order) is not None for text in seen) for order in ORDERS}
    return max(ORDERS, key=lambda order: readable[order])


def _day(year: str, month: str, day: str) -> date | None:
    number = int(year)
    if len(year) <= 2:
        number += 2000
    try:
        return date(number, int(month), int(day))
    except ValueError:
        return None


def _plain(text: str) -> str:
    # What is longer is no date: patterns are not tried on whole texts.
    split = unicodedata.normalize("NFKD", text[:80].casefold())
    return " ".join("".join(c for c in split if not unicodedata.combining(c)).split())


@lru_cache(maxsize=1)
def _months() -> dict[str, int]:
    """Return the months by name, in the two languages, whole and shortened, without accents and points."""
    return {
        _plain(name).rstrip("."): number
        for language in ("fr", "en")
        for width in ("wide", "abbreviated")
        for number, name in get_month_names(width, locale=language).items()
    }
