"""When a content goes out, as a page says it: on the brand's clock, and on the reader's own where that differs."""

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import g
from sqlalchemy import select

from tenants.identities import Identity
from unisson.editorial.timing import offset_of
from unisson.web.db import session
from unisson.web.guards import actor
from unisson.web.i18n import say_time, say_zone


@dataclass(frozen=True, slots=True)
class When:
    """One instant in words. `own` and `own_zone` are None where the reader's clock shows the same.

    `twice`: clocks show that time twice that night, so that it needs its offset to be one.
    """

    iso: str
    said: str
    zone: str
    offset: str
    own: str | None = None
    own_zone: str | None = None
    twice: bool = False


def own_zone() -> str | None:
    """Return the time zone that the person chose for themselves, if any."""
    if "own_zone" not in g:
        g.own_zone = session().scalar(select(Identity.timezone).where(Identity.id == actor().identity_id))
    zone: str | None = g.own_zone
    return zone


def when(instant: datetime, zone: str, own: str | None = None) -> When:
    """Return `instant` on the clock of `zone`, and on `own`'s where that shows another time."""
    there = instant.astimezone(ZoneInfo(zone))
    twice = there.replace(fold=0).utcoffset() != there.replace(fold=1).utcoffset()
    said = say_time(instant, zone, "moment_year")
    base = When(instant.isoformat(), said, say_zone(zone), offset_of(there), twice=twice)
    if own is None or instant.astimezone(ZoneInfo(own)).utcoffset() == there.utcoffset():
        return base
    return replace(base, own=say_time(instant, own, "moment_year"), own_zone=say_zone(own))
