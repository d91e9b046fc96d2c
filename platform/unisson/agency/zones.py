"""The time zones and countries that a page offers: places with a civil clock, grouped as people look for them."""

from functools import lru_cache
from typing import Any
from unicodedata import combining, normalize
from zoneinfo import available_timezones

from babel import Locale
from holidays.registry import EntityLoader

from unisson.agency.options import option
from unisson.web.i18n import _, language, say_zone

_REGIONS = ("Europe", "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Indian", "Pacific")

NAMES = frozenset(name for name in available_timezones() if name.split("/")[0] in _REGIONS) | {"UTC"}


def zone_choices() -> list[Any]:
    """Return the zones as "city (zone)", grouped by region, in the language being spoken."""
    return _choices(language())


@lru_cache(maxsize=4)
def _choices(_spoken: str) -> list[Any]:
    titles = {
        "Europe": _("Europe"), "Africa": _("Africa"), "America": _("America"), "Antarctica": _("Antarctica"),
        "Arctic": _("Arctic"), "Asia": _("Asia"), "Atlantic": _("Atlantic"), "Australia": _("Australia"),
        "Indian": _("Indian Ocean"), "Pacific": _("Pacific"),
    }  # fmt: skip
    found: list[Any] = []
    for region in _REGIONS:
        zones = [name for name in NAMES if name.startswith(f"{region}/")]
        named = sorted((f"{say_zone(zone)} ({zone})", zone) for zone in zones)
        found += [option(zone, label, titles[region]) for label, zone in named]
    return [*found, option("UTC", "UTC", _("Universal time"))]


COUNTRIES = frozenset(code for code in EntityLoader.get_country_codes() if len(code) == 2) - {"UK"}
"""Countries whose public holidays are known (ISO 3166-1 alpha-2, where the United Kingdom is GB).

Their codes alone: `holidays.list_supported_countries` loads the days of all of them, 8 MiB.
"""


def country_choices() -> list[Any]:
    """Return the countries by name, in the language being spoken."""
    return _countries(language())


@lru_cache(maxsize=4)
def _countries(spoken: str) -> list[Any]:
    names = Locale.parse(spoken).territories
    named = [(str(names.get(code, code)), code) for code in COUNTRIES]
    return [option(code, name) for name, code in sorted(named, key=lambda each: (_in_order(each[0]), each[1]))]


def _in_order(name: str) -> str:
    """Return what a name is sorted by: É stands with E, as in a dictionary."""
    return "".join(each for each in normalize("NFKD", name.casefold()) if not combining(each))
