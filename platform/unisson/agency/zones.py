"""The time zones and countries that a page offers: places with a civil clock, grouped as people look for them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any
from unicodedata import combining, normalize
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from holidays.registry import EntityLoader
from wtforms import SelectField
from wtforms.form import BaseForm
from wtforms.validators import ValidationError

from unisson.agency.options import option
from unisson.editorial.timing import offset_of
from unisson.web.i18n import _, language, lazy, say_zone

_REGIONS = ("Europe", "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Indian", "Pacific")
_UNKNOWN = lazy("This is none of the time zones that are offered.")

NAMES = frozenset(name for name in available_timezones() if name.split("/")[0] in _REGIONS) | {"UTC"}
"""Every name that may be kept, those that are only another's older name included."""


class ZoneField(SelectField):
    """A choice among the places of the world. What was kept under an older name is offered too, and stays valid.

    With `none`, what it reads where no place is chosen, an empty choice comes first.
    """

    def __init__(self, label: Any = None, validators: Any = None, *, none: Any = None, **more: Any) -> None:
        super().__init__(label, validators, choices=zone_choices, **more)
        self.none = none

    def iter_groups(self) -> Iterator[Any]:
        """Return the places by region; before them what is chosen, where it is none of them."""
        before = [option("", self.none)] if self.none else []
        if self.data in NAMES - places().keys() - {"UTC"}:
            before.append(option(self.data, f"{self.data} ({_offset(self.data)})", _("Chosen until now")))
        self.choices = [*before, *zone_choices()]
        return super().iter_groups()

    def pre_validate(self, form: BaseForm) -> None:  # noqa: ARG002 - the signature of WTForms
        """Refuse what is no zone's name."""
        if self.data not in NAMES and not (self.none and not self.data):
            raise ValidationError(str(_UNKNOWN))


@lru_cache(maxsize=1)
def places() -> dict[str, str]:
    """Return the zones that are offered, each with its country (ISO 3166-1 alpha-2).

    They are the places that the tz database lists for people to choose from (its zone.tab), which names each clock of
    a country once, and no links of older spelling.
    """
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if line and not line.startswith("#")]
    return {zone: country for country, _place, zone, *_more in rows if zone in NAMES}


def zone_choices() -> list[Any]:
    """Return the places as "city, country (offset today)", grouped by region, in the language being spoken."""
    return _choices(language(), datetime.now(UTC).date())


@lru_cache(maxsize=4)
def _choices(spoken: str, _today: date) -> list[Any]:
    titles = {
        "Europe": _("Europe"), "Africa": _("Africa"), "America": _("America"), "Antarctica": _("Antarctica"),
        "Arctic": _("Arctic"), "Asia": _("Asia"), "Atlantic": _("Atlantic"), "Australia": _("Australia"),
        "Indian": _("Indian Ocean"), "Pacific": _("Pacific"),
    }  # fmt: skip
    countries = Locale.parse(spoken).territories
    found: list[Any] = []
    for region in _REGIONS:
        zones = {zone: code for zone, code in places().items() if zone.startswith(f"{region}/")}
        named = ((_label(zone, str(countries.get(code, ""))), zone) for zone, code in zones.items())
        in_order = sorted(named, key=lambda each: _in_order(each[0]))
        found += [option(zone, label, titles[region]) for label, zone in in_order]
    return [*found, option("UTC", _label("UTC", ""), _("Universal time"))]


def _offset(zone: str) -> str:
    return offset_of(datetime.now(ZoneInfo(zone)))


def _label(zone: str, country: str) -> str:
    where = "UTC" if zone == "UTC" else say_zone(zone)
    known = f"{where}, {country}" if country and country != where else where
    return f"{known} ({_offset(zone)})"


def _in_order(name: str) -> str:
    """Return what a name is sorted by: É stands with E, as in a dictionary."""
    return "".join(each for each in normalize("NFKD", name.casefold()) if not combining(each))


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
