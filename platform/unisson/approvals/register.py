"""The register of a brand's decisions over a period, as a file that spreadsheets open."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from tenants.errors import RefusedError
from tenants.members import Membership
from tenants.session import TenantSession
from unisson.approvals.decided import of_decisions
from unisson.approvals.models import (
    ApprovalLink,
    ApprovalPolicy,
    Decision,
    PolicyVersion,
    RunSeat,
    RunStage,
    Verdict,
)
from unisson.approvals.progress import ROLE_NAMES, SILENCE
from unisson.approvals.proof_words import VERDICTS, how
from unisson.editorial.forms import KINDS
from unisson.editorial.models import Content, Revision
from unisson.web.i18n import _, lazy
from unisson.web.spreadsheets import as_csv

MOST_DAYS = 366
MOST_ROWS = 20_000
EARLIEST = date(2000, 1, 1)
LATEST = date(2199, 12, 31)

NO_DAY = lazy("Give both days, as 2026-10-14.")
BACKWARDS = lazy("The first day comes after the last one. Exchange them.")
TOO_LONG = lazy("A period has 366 days at most. Choose a shorter one.")
TOO_MANY = lazy("There are more than 20,000 decisions in this period. Choose a shorter one.")

COLUMNS = (
    lazy("Content"), lazy("Content number"), lazy("Kind"), lazy("Version"), lazy("Digest (SHA-256)"),
    lazy("Decision"), lazy("Who"), lazy("Role"), lazy("E-mail"), lazy("How we know"), lazy("Signed"), lazy("Comment"),
    lazy("About the passage"), lazy("Decided, on the brand's clock"), lazy("Clock"), lazy("Decided (UTC)"),
    lazy("Link first opened (UTC)"), lazy("Address"), lazy("Browser"), lazy("Carried over"), lazy("Stage"),
    lazy("Chain"), lazy("Chain version"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Period:
    """Days of a brand's clock, both included."""

    first: date
    last: date

    def between(self, zone: str) -> tuple[datetime, datetime]:
        """Return the instants (UTC) at which it begins and ends."""
        there = ZoneInfo(zone)
        starts = datetime.combine(self.first, time.min, there)
        ends = datetime.combine(self.last + timedelta(days=1), time.min, there)
        return starts.astimezone(UTC), ends.astimezone(UTC)


def period(first: str, last: str) -> Period:
    """Return the period that was typed. Raises RefusedError."""
    chosen = Period(_day(first, "from"), _day(last, "to"))
    if chosen.first > chosen.last:
        raise RefusedError(BACKWARDS, field="to")
    if (chosen.last - chosen.first).days >= MOST_DAYS:
        raise RefusedError(TOO_LONG, field="to")
    return chosen


def usual(today: date) -> Period:
    """Return the month before the one of `today`, and this one so far."""
    return Period((today.replace(day=1) - timedelta(days=1)).replace(day=1), today)


def decisions_in(
    session: TenantSession, brand_id: uuid.UUID, chosen: Period, zone: str
) -> Sequence[Row[tuple[Any, ...]]]:
    """Return the decisions of the period, oldest first, by one query. Raises RefusedError where there are too many."""
    starts, ends = chosen.between(zone)
    rows = session.execute(
        _DECISIONS.where(Content.brand_id == brand_id, Decision.decided_at >= starts, Decision.decided_at < ends)
        .order_by(Decision.decided_at, Decision.id)
        .limit(MOST_ROWS + 1)
    ).all()
    if len(rows) > MOST_ROWS:
        raise RefusedError(TOO_MANY, field="to")
    return rows


def written(rows: Sequence[Row[tuple[Any, ...]]], zone: str) -> Iterator[str]:
    """Yield the file bit by bit."""
    return as_csv(COLUMNS, (_cells(row, ZoneInfo(zone)) for row in rows))


_DECISIONS = (
    of_decisions(
        Decision.verdict, Decision.digest, Decision.comment, Decision.anchor, Decision.decided_at,
        Decision.authenticated, Decision.device_id, Decision.typed_name, Decision.ip, Decision.user_agent,
        Decision.carried_from,
        Content.id, Content.title, Content.body, Content.kind, Revision.number, Membership.name, Membership.email,
        RunSeat.role, RunStage.name.label("stage"), RunStage.position, ApprovalLink.first_seen_at,
        ApprovalPolicy.name.label("chain"), PolicyVersion.number.label("chain_version"),
    )
    .outerjoin(Membership, (Membership.agency_id == Decision.agency_id) & (Membership.id == Decision.membership_id))
    .outerjoin(RunStage, (RunStage.agency_id == Decision.agency_id) & (RunStage.id == Decision.stage_id))
    .outerjoin(ApprovalLink, (ApprovalLink.agency_id == Decision.agency_id) & (ApprovalLink.id == Decision.link_id))
)  # fmt: skip


def _cells(row: Any, there: ZoneInfo) -> Iterator[object]:
    yield from (row.title or row.body[:80], row.id, KINDS.get(row.kind, row.kind), row.number, row.digest)
    yield from (VERDICTS[Verdict(row.verdict)], row.name or SILENCE, ROLE_NAMES.get(row.role, ""), row.email or "")
    yield from (how(row.authenticated, by_code=row.device_id is not None), row.typed_name, row.comment)
    yield row.anchor.get("passage", {}).get("quote", "")
    yield from (f"{row.decided_at.astimezone(there):%Y-%m-%d %H:%M:%S}", there.key, _utc(row.decided_at))
    yield from (_utc(row.first_seen_at), row.ip, row.user_agent, _("yes") if row.carried_from else "")
    yield from (row.stage or row.position or "", row.chain, row.chain_version)


def _utc(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if at else ""


def _day(typed: str, field: str) -> date:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        raise RefusedError(NO_DAY, field=field) from None
    if not EARLIEST <= day <= LATEST:
        raise RefusedError(NO_DAY, field=field)
    return day
