"""Languages, and how dates and times are said in them. Times always show whose zone they are in."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, get_timezone_location
from babel.support import NullTranslations, Translations
from babel.units import format_unit
from flask import Flask, g, has_request_context, request
from flask_babel import Babel, force_locale, get_locale
from flask_babel.speaklater import LazyString
from markupsafe import escape

from unisson.resources import resource

LANGUAGES = ("fr", "en")
NBSP = "\u00a0"
THIN = "\u202f"


def _(sentence: str, /, **about: object) -> str:
    """Return `sentence` in the language being spoken, with `about` in its places."""
    told: str = _spoken().ugettext(sentence)
    return told % about if about else told


def _n(one: str, several: str, number: int, /, **about: object) -> str:
    """Return the sentence for `number` things in the language being spoken; `num` is the number in it."""
    told: str = _spoken().ungettext(one, several, number)
    return told % {"num": number, **about}


class Sentence(LazyString):
    """A sentence that is said when it is shown. Flask-Babel's own passes for safe HTML, whatever was put into it."""

    def __html__(self) -> str:
        """Return the sentence as text in HTML: names and others' answers in it are no markup."""
        return str(escape(str(self)))


def lazy(sentence: str, /, **about: object) -> Any:
    """Return `sentence`, translated as it is shown, with `about` in its places."""
    return Sentence(_, sentence, **about)  # type: ignore[no-untyped-call]  # Flask-Babel has no annotations here


def later(say: Callable[..., str], *about: object) -> Any:
    """Return the sentence that `say` makes of `about`, made when it is shown, in the reader's language."""
    return Sentence(say, *about)  # type: ignore[no-untyped-call]  # Flask-Babel has no annotations here


speaking = force_locale
"""`with speaking("fr"):` – for mails, which are in their reader's language."""


@contextmanager
def speaking_in(app: Flask, spoken: str) -> Iterator[None]:
    """Write as for nobody, in a language: what is written knows what it shows, and nothing of any request."""
    with app.app_context(), speaking(spoken):
        yield


_PATTERNS = {
    "fr": {
        "day": "EEE d MMM",
        "day_year": "d MMM y",
        "moment": "EEE d MMM",
        "moment_year": "EEE d MMM y",
        "month": "MMMM y",
        "full_day": "EEEE d MMMM y",
    },
    "en": {
        "day": "EEE d MMM",
        "day_year": "d MMM y",
        "moment": "EEE d MMM",
        "moment_year": "EEE d MMM y",
        "month": "MMMM y",
        "full_day": "EEEE d MMMM y",
    },
}
_CLOCKS = {"fr": f"{{}}{NBSP}h{NBSP}{{:02}}", "en": "{:02}:{:02}"}
_AT = {"fr": " à ", "en": " at "}
"""Between the day and the clock of a moment, whose pattern is the day's: days and minutes are said again and again."""


def said(spoken: str, sentence: str, **values: object) -> str:
    """Return `sentence` in the language `spoken`, also where no page is being made: in the publisher's threads."""
    told = catalog(spoken).ugettext(sentence)
    return told % values if values else told


@lru_cache(maxsize=len(LANGUAGES))
def catalog(spoken: str) -> NullTranslations:
    """Return the sentences of a language, read once a process: no page looks for them in three steps at each word."""
    return Translations.load(str(resource("translations")), [spoken], "unisson")


def _spoken() -> NullTranslations:
    locale = get_locale()
    return catalog(locale.language) if isinstance(locale, Locale) else _UNTOLD


_UNTOLD = NullTranslations()
"""Where nobody reads: a sentence stays as it was written."""


def language() -> str:
    """Return the language being spoken: `fr` or `en`."""
    locale = get_locale()
    return locale.language if isinstance(locale, Locale) else LANGUAGES[0]


def say_time(moment: datetime, zone: str | tzinfo, shape: str = "moment") -> str:
    """Return `moment` on the clock of `zone`, in the language being spoken.

    `shape`: day, day_year, clock, moment, moment_year, month or full_day. Raises ValueError for a naive moment.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone can't be said")
    return time_said(moment.astimezone(UTC), zone, shape, language())


@lru_cache(maxsize=4096)
def time_said(moment: datetime, zone: str | tzinfo, shape: str, spoken: str) -> str:
    """Return the same in the language `spoken`, also where no page is being made."""
    local = moment.astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone)
    if shape == "clock":
        return _clock_said(local.hour, local.minute, spoken)
    day = _day_said(local.date(), shape, spoken)
    return f"{day}{_AT[spoken]}{_clock_said(local.hour, local.minute, spoken)}" if shape.startswith("moment") else day


@lru_cache(maxsize=2048)
def _day_said(day: date, shape: str, spoken: str) -> str:
    return first_said(format_date(day, _PATTERNS[spoken][shape], locale=spoken), spoken)


def _clock_said(hour: int, minute: int, spoken: str) -> str:
    return _CLOCKS[spoken].format(hour, minute)


def say_day(day: date) -> str:
    """Return a day as the reader's language writes it, with its weekday."""
    spoken = language()
    return _day_said(day, "day_year", spoken)


def first_said(said: str, spoken: str) -> str:
    """Return a date as French writes the first of a month: "1er mai", which patterns of CLDR can't."""
    return _FIRST.sub("1er ", said) if spoken == "fr" else said


_FIRST = re.compile(r"(?<!\d)1 (?=[^\W\d])")
"""The day 1 before the name of a month; no pattern of ours has another lone 1 before a word."""


def say_zone(zone: str) -> str:
    """Return how people call a time zone, such as « heure : Paris »'s city name: "Paris", "New York"."""
    return zone_said(zone, language())


def say_size(size: int) -> str:
    """Return a number of bytes as people say it: "14 ko", "2,3 Mo", "20 Go"."""
    unit, step = next((each for each in _SIZES if size >= each[1]), _SIZES[-1])
    number = size / step
    return format_unit(round(number, 1 if number < 10 and step > 1 else 0), unit, length="short", locale=language())


_SIZES = (("gigabyte", 1_000_000_000), ("megabyte", 1_000_000), ("kilobyte", 1_000), ("byte", 1))


@lru_cache(maxsize=512)
def zone_said(zone: str, spoken: str) -> str:
    """Return how people call a time zone in the language `spoken`."""
    return get_timezone_location(ZoneInfo(zone), locale=spoken, return_city=True)


def pick_language(*wishes: str | None) -> str:
    """Return the first known language among `wishes`, else the browser's, else French."""
    for wish in wishes:
        if wish in LANGUAGES:
            return wish
    if has_request_context():
        return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]
    return LANGUAGES[0]


def _request_language() -> str:
    if not has_request_context():
        return LANGUAGES[0]
    chosen = request.args.get("lang") if request.method == "GET" else None
    return pick_language(chosen, g.get("language"), g.get("brand_language"), request.cookies.get("lang"))


def init_app(app: Flask) -> None:
    """Speak French first, English as well; the domain of the catalog is `unisson`."""
    app.config["BABEL_DOMAIN"] = "unisson"
    app.config["BABEL_DEFAULT_LOCALE"] = LANGUAGES[0]
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(resource("translations"))
    Babel(app, locale_selector=_request_language)  # type: ignore[no-untyped-call]  # Flask-Babel has no annotations
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # the extension brings it
        gettext=lambda each: _spoken().ugettext(each),
        ngettext=lambda one, several, number: _spoken().ungettext(one, several, number),
        newstyle=True,
    )
    app.jinja_env.globals.update(
        say_time=say_time, say_day=say_day, say_zone=say_zone, say_size=say_size, lang=language
    )
