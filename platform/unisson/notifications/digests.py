"""When a digest leaves: on the full hour or as the day begins, in its reader's days, hours and zone."""

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from tenants.agencies import Agency
from tenants.session import TenantSession
from unisson.agency.clocks import clock_of_person
from unisson.dispatching import put_off
from unisson.jobs import ring_after_commit
from unisson.notifications.events import Pace
from unisson.notifications.letters import write
from unisson.notifications.models import Letter, NoticeHours

FARTHEST = 8
"""Days that are looked at: some day of the week is one of work."""


@dataclass(frozen=True, slots=True)
class Hours:
    """When somebody reads. Days count from Monday, 0; `follows` says that the zone is whatever their own one is."""

    zone: str
    days: frozenset[int]
    starts: time
    ends: time
    follows: bool = False

    def next(self, pace: Pace, after: datetime) -> datetime:
        """Return, in UTC, the first moment after `after` at which a digest of that pace leaves."""
        zone = ZoneInfo(self.zone)
        today = after.astimezone(zone).date()
        for ahead in range(FARTHEST + 1):
            day = today + timedelta(days=ahead)
            for clock in self._clocks(pace, day):
                leaves = datetime.combine(day, clock, zone).astimezone(UTC)
                if leaves > after:
                    return leaves
        return after  # never reached: `days` names a day of the week

    def _clocks(self, pace: Pace, day: date) -> list[time]:
        if day.weekday() not in self.days:
            return []
        if pace is Pace.DAILY:
            return [self.starts]
        full = [time(hour) for hour in range(24) if self.starts < time(hour) <= self.ends]
        return [self.starts, *full]


def hours_of(session: TenantSession, membership_id: uuid.UUID) -> Hours:
    """Return when a person wants their digests: as they said, else in the agency's hours on their own clock."""
    own = session.scalars(select(NoticeHours).where(NoticeHours.membership_id == membership_id)).first()
    zone = clock_of_person(session, membership_id)
    if own is not None:
        return Hours(own.timezone or zone, frozenset(own.days), own.starts, own.ends, follows=not own.timezone)
    agency = session.read_once(Agency)
    return Hours(zone, frozenset(agency.work_days), agency.work_starts, agency.work_ends, follows=True)


def keep_hours(session: TenantSession, membership_id: uuid.UUID, hours: Hours) -> None:
    """Keep when a person wants their digests."""
    own = session.scalars(select(NoticeHours).where(NoticeHours.membership_id == membership_id)).first()
    if own is None:
        own = NoticeHours(membership_id=membership_id)
        session.add(own)
    own.timezone, own.days = "" if hours.follows else hours.zone, sorted(hours.days)
    own.starts, own.ends = hours.starts, hours.ends
    session.flush()


def expect_digest(session: TenantSession, membership_id: uuid.UUID, pace: Pace) -> None:
    """Have a digest leave that will tell of what was just noted; one that stands already is enough.

    Touching its place on the dispatch table keeps a worker from taking it before this transaction is durable. One
    that is leaving, or was tried already, is not counted on: then there are two, and the later one finds nothing.
    """
    hours, now = hours_of(session, membership_id), session.now()
    standing = session.scalars(
        select(Letter)
        .where(
            Letter.membership_id == membership_id,
            Letter.kind == "digest",
            Letter.state == "waiting",
            Letter.attempts == 0,
            Letter.about["pace"].as_string() == pace.value,
        )
        .order_by(Letter.created_at.desc())
        .limit(1)
    ).first()
    if standing is not None:
        leaves = hours.next(pace, standing.created_at)
        if put_off(session, "mail", session.agency_id, standing.id, due_at=leaves):
            ring_after_commit(session, "mail")
            return
    write(session, membership_id, "digest", {"pace": pace.value}, due_at=hours.next(pace, now))
