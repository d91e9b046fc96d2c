"""The list asked for again by a personal link: sent as it was, while nothing that it is made of has changed.

All that it is made of is asked for before it is read, by the versions that PostgreSQL gives to a row with each write:
if these are the same later, nothing was written since, and what the view read is what stands.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import BigInteger, DateTime, LargeBinary, bindparam, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from tenants.agencies import Agency
from tenants.base import utcnow
from tenants.brands import Brand
from tenants.members import BrandAssignment, Membership
from tenants.session import TenantSession
from tenants.wire import Question
from unisson.approvals.models import ApprovalLink, ApprovalRun, Decision, RunStage, Wait
from unisson.editorial.models import Content
from unisson.media.addresses import STEP
from unisson.portal.guests import Guest
from unisson.portal.models import LinkDevice
from unisson.portal.reading import LAST, words_of
from unisson.portal.surroundings import window
from unisson.portal.waiting import BRAND, PERSON, Item
from unisson.vault import token_hash
from unisson.web.people import me
from unisson.web.repeats import may_be_repeated


def ask_who_comes(session: TenantSession, token: str) -> None:
    """Ask for the versions of the rows that say who comes by a link, before any of them is read."""
    session.ask(_WHO, {"held": token_hash(token)})


def ask_what_waits(session: TenantSession, guest: Guest) -> None:
    """Ask for the versions of what waits on a guest, and of what they said, before it is read."""
    for question in (_WAITS, _SAID):
        session.ask(question, {"person": guest.person.id, "brand": guest.brand.id})


def ask_what_stands_around(session: TenantSession, guest: Guest, moments: Sequence[datetime | None]) -> None:
    """Ask for what no change of the contents around `moments` leaves alike, before they are read."""
    since, until = window(moments)
    session.ask(_NEAR, {"brand": guest.brand.id, "since": since, "until": until})


def keep_list(session: TenantSession, guest: Guest, waiting: Sequence[Item]) -> None:
    """Say that the list may be sent again to who has the link, on this browser, until the clock changes it.

    An embargo that ends for somebody without a role is the clock's work too: their list is made anew each time.
    """
    link, device = guest.link, guest.device
    if link is None or device is None or guest.is_stranger or me().is_authenticated:
        return
    now = utcnow()
    leaving = [each.leaves for each in waiting if each.leaves and each.leaves > now]
    until = min(link.expires_at, device.expires_at, _pictures_until(now), *leaving)
    asked = [each for each in session.asked if each.question in _STAMPS]
    may_be_repeated(session, partial(_is_before, until), asked)


def _pictures_until(now: datetime) -> datetime:
    """Return until when a page that is made anew would name the same addresses of pictures."""
    step = timedelta(seconds=STEP)
    epoch = datetime.fromtimestamp(0, UTC)
    return epoch + ((now - epoch) // step + 1) * step


def _is_before(until: datetime) -> bool:
    return utcnow() < until


def _version(table: str) -> Any:
    return literal_column(f"app.{table}.xmin::text")


def _versions(table: Any, of_whom: Any) -> Any:
    told = func.json_build_array(table.id, _version(table.__tablename__))
    return (
        select(func.json_agg(aggregate_order_by(told, table.id)))
        .where(table.membership_id == of_whom)
        .correlate(ApprovalLink)
        .scalar_subquery()
    )


_WHO = Question(
    select(
        func.json_build_array(
            _version("approval_links"),
            _version("memberships"),
            _version("brands"),
            select(_version("agencies")).select_from(Agency).scalar_subquery(),
            _versions(BrandAssignment, ApprovalLink.membership_id),
            _versions(LinkDevice, ApprovalLink.membership_id),
            select(Wait.id)
            .where(Wait.membership_id == ApprovalLink.membership_id, Wait.brand_id == ApprovalLink.brand_id)
            .correlate(ApprovalLink)
            .exists(),
        )
    )
    .select_from(ApprovalLink)
    .join(
        Membership,
        (Membership.agency_id == ApprovalLink.agency_id) & (Membership.id == ApprovalLink.membership_id),
    )
    .join(Brand, (Brand.agency_id == ApprovalLink.agency_id) & (Brand.id == ApprovalLink.brand_id))
    .where(ApprovalLink.token_hash == bindparam("held", type_=LargeBinary))
)
"""Who comes: the link, its addressee, what they are, their browsers, the brand and the agency that it is of."""

_WAITS = Question(
    select(
        func.json_agg(
            aggregate_order_by(
                func.json_build_array(
                    Wait.id, _version("waits"), _version("contents"), _version("run_stages"), _version("approval_runs")
                ),
                Wait.id,
            )
        )
    )
    .select_from(Wait)
    .join(Content, (Content.agency_id == Wait.agency_id) & (Content.id == Wait.content_id))
    .join(RunStage, (RunStage.agency_id == Wait.agency_id) & (RunStage.id == Wait.stage_id))
    .join(ApprovalRun, (ApprovalRun.agency_id == RunStage.agency_id) & (ApprovalRun.id == RunStage.run_id))
    .where(Wait.membership_id == PERSON, Wait.brand_id == BRAND)
)
"""What waits. What a run froze, and the chain it goes by, are never written again."""


def _said() -> Question:
    last = words_of(PERSON, BRAND).limit(LAST).add_columns(_version("contents").label("version")).subquery()
    told = func.json_build_array(last.c.id, last.c.version)
    newest = select(func.max(Decision.decided_at)).where(Decision.membership_id == PERSON).scalar_subquery()
    return Question(select(func.json_build_array(func.json_agg(told), newest)).select_from(last))


_SAID = _said()
"""What they said: a decision is written again only as its person is erased, the contents they are about are."""

_NEAR = Question(
    select(
        func.json_build_array(
            func.count(), func.bit_xor(func.uuid_hash_extended(Content.id, cast(Content.version, BigInteger)))
        )
    ).where(
        Content.brand_id == BRAND,
        Content.scheduled_at >= bindparam("since", type_=DateTime(timezone=True)),
        Content.scheduled_at < bindparam("until", type_=DateTime(timezone=True)),
    )
)
"""The days around: a content's version grows with every write (a trigger sees to it)."""

_STAMPS = (_WHO, _WAITS, _SAID, _NEAR)
