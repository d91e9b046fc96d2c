"""The time zones that a page offers: places with a civil clock, grouped as people look for them."""

from functools import lru_cache
from zoneinfo import available_timezones

from unisson.web.i18n import _, language, say_zone

_REGIONS = ("Europe", "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Indian", "Pacific")

NAMES = frozenset(name for name in available_timezones() if name.split("/")[0] in _REGIONS) | {"UTC"}


def zone_choices() -> dict[str, list[tuple[str, str]]]:
    """Return region → (zone, "city (zone)") in the language being spoken, by city."""
    return _choices(language())


@lru_cache(maxsize=4)
def _choices(_spoken: str) -> dict[str, list[tuple[str, str]]]:
    titles = {
        "Europe": _("Europe"), "Africa": _("Africa"), "America": _("America"), "Antarctica": _("Antarctica"),
        "Arctic": _("Arctic"), "Asia": _("Asia"), "Atlantic": _("Atlantic"), "Australia": _("Australia"),
        "Indian": _("Indian Ocean"), "Pacific": _("Pacific"),
    }  # fmt: skip
    grouped: dict[str, list[tuple[str, str]]] = {}
    for region in _REGIONS:
        zones = sorted(name for name in NAMES if name.startswith(f"{region}/"))
        grouped[titles[region]] = sorted(((zone, f"{say_zone(zone)} ({zone})") for zone in zones), key=lambda c: c[1])
    grouped[_("Universal time")] = [("UTC", "UTC")]
    return grouped
