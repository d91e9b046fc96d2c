"""The mails that open a door: all that waits on somebody for a brand, a link of their own, a code for a new browser."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from tenants.agencies import Agency
from tenants.base import new_id
from tenants.brands import Brand
from tenants.members import Membership
from tenants.session import TenantSession
from unisson.approvals import links
from unisson.approvals.models import Purpose, RunStage, Wait
from unisson.approvals.roster import is_outside
from unisson.editorial.models import Content
from unisson.notifications.models import Letter, LetterContent
from unisson.notifications.words import Words, content_facts, moment
from unisson.web.i18n import _, _n

LISTED = 12
"""Contents that a mail names; it says how many more wait."""


class Waiting(NamedTuple):
    """One content that waits on a letter's reader."""

    content_id: uuid.UUID
    title: str
    lead: str
    leaves: datetime | None
    zone: str
    deadline: datetime | None
    clause: str
    is_new: bool

    @property
    def name(self) -> str:
        """Return how it is called in a list."""
        return self.title or self.lead or _("Untitled")


@dataclass(frozen=True, slots=True)
class Door:
    """Whose letter it is, for which brand, and where addresses begin."""

    session: TenantSession
    letter: Letter
    brand: Brand
    agency: Agency
    person: Membership
    base_url: str

    @property
    def home(self) -> str:
        """Return the address of the agency."""
        return f"{self.base_url}/{self.agency.slug}"


def to_decide(session: TenantSession, letter: Letter, base_url: str) -> Words | None:
    """Tell somebody of all that waits on them for a brand. None where nothing does, or a letter told of it already."""
    door = _door(session, letter, base_url)
    waiting = _waiting(door)
    if letter.kind == "to_decide" and not any(each.is_new for each in waiting):
        return None
    if not waiting:
        return None
    _told(door, waiting)
    return Words(
        subject=_subject(door, waiting),
        heading=_heading(waiting),
        paragraphs=(_("%(agency)s asks for your decision for %(brand)s.", agency=door.agency.name,
                      brand=door.brand.name),),
        facts=_facts(door, waiting),
        action_label=_("Read and decide"),
        action_url=_address(door, waiting),
        after=(*_if_nothing_is_done(waiting), *_about_the_link(door)),
        brand_name=door.brand.name,
    )  # fmt: skip


def portal_link(session: TenantSession, letter: Letter, base_url: str) -> Words:
    """Send somebody the link that they asked for, or that the agency sends anew."""
    door = _door(session, letter, base_url)
    waiting = _waiting(door)
    _told(door, waiting)
    return Words(
        subject=_("Your link for %(brand)s", brand=door.brand.name),
        heading=_("Your new personal link"),
        paragraphs=(
            _n("%(num)s content waits for your decision.", "%(num)s contents wait for your decision.", len(waiting))
            if waiting
            else _("Nothing waits for your decision at the moment."),
        ),
        facts=_facts(door, waiting),
        action_label=_("Open"),
        action_url=_address(door, waiting),
        after=(*_if_nothing_is_done(waiting), *_about_the_link(door)),
        brand_name=door.brand.name,
    )


def device_code(session: TenantSession, letter: Letter, code: str, minutes: int) -> Words:
    """Send the digits that let a new browser in. The mail has no link: a scanner finds nothing to follow."""
    door = _door(session, letter, "")
    return Words(
        subject=_("Your code: %(code)s", code=code),
        heading=code,
        paragraphs=(
            _("Type this code on the page of %(brand)s that asked for it.", brand=door.brand.name),
            _("It is good for %(minutes)s minutes, once. You are asked for one on each new browser only.",
              minutes=minutes),
        ),
        after=(_("You did not ask for it? Then somebody opened your link: do nothing, and tell %(agency)s.",
                 agency=door.agency.name),),
        brand_name=door.brand.name,
    )  # fmt: skip


def _door(session: TenantSession, letter: Letter, base_url: str) -> Door:
    brand_id = letter.about.get("brand_id")
    if brand_id is None:
        content = session.get_one(Content, (session.agency_id, uuid.UUID(letter.about["content_id"])))
        brand_id = content.brand_id
    return Door(
        session=session,
        letter=letter,
        brand=session.get_one(Brand, (session.agency_id, uuid.UUID(str(brand_id)))),
        agency=session.scalars(select(Agency)).one(),
        person=session.get_one(Membership, (session.agency_id, letter.membership_id)),
        base_url=base_url,
    )


def _waiting(door: Door) -> list[Waiting]:
    """Return what waits on the reader, what they were not told of first, then by date."""
    is_new = func.bool_or(or_(Wait.told_by.is_(None), Wait.told_by == door.letter.id))
    rows = door.session.execute(
        select(
            Content.id, Content.title, func.left(Content.body, 80), Content.scheduled_at, Content.zone,
            func.min(Wait.deadline_at), func.max(RunStage.tacit_clause), is_new,
        )
        .join(Wait, (Wait.agency_id == Content.agency_id) & (Wait.content_id == Content.id))
        .join(RunStage, (RunStage.agency_id == Wait.agency_id) & (RunStage.id == Wait.stage_id))
        .where(
            Wait.membership_id == door.person.id,
            Wait.brand_id == door.brand.id,
            Wait.purpose == Purpose.DECIDE.value,
        )
        .group_by(Content.agency_id, Content.id)
        .order_by(is_new.desc(), Content.scheduled_at, Content.id)
    )  # fmt: skip
    return [Waiting(*row) for row in rows]


def _told(door: Door, waiting: Sequence[Waiting]) -> None:
    """Write down what this letter tells of: another one that was asked for meanwhile does not say it again."""
    if waiting:
        rows = [
            {"agency_id": door.session.agency_id, "id": new_id(), "letter_id": door.letter.id,
             "content_id": each.content_id}
            for each in waiting
        ]  # fmt: skip
        door.session.execute(insert(LetterContent).on_conflict_do_nothing(), rows)
    door.session.execute(
        update(Wait)
        .where(
            Wait.membership_id == door.person.id,
            Wait.brand_id == door.brand.id,
            Wait.purpose == Purpose.DECIDE.value,
            Wait.told_by.is_(None),
        )
        .values(told_by=door.letter.id)
        .execution_options(synchronize_session=False)
    )


def _subject(door: Door, waiting: Sequence[Waiting]) -> str:
    if len(waiting) == 1:
        return _("To approve: %(title)s (%(brand)s)", title=waiting[0].name, brand=door.brand.name)
    return _("%(count)s contents to approve (%(brand)s)", count=len(waiting), brand=door.brand.name)


def _heading(waiting: Sequence[Waiting]) -> str:
    return _n("A content waits for your decision", "%(num)s contents wait for your decision", len(waiting))


def _facts(door: Door, waiting: Sequence[Waiting]) -> tuple[tuple[str, str], ...]:
    """Return what waits, and for when: one content in full, several a line each."""
    if len(waiting) == 1:
        only = waiting[0]
        until = ((_("Answer expected by"), moment(only.deadline, only.zone)),) if only.deadline else ()
        return (*content_facts(only.name, door.brand.name, only.leaves, only.zone), *until)
    listed = tuple((each.name, _line(each)) for each in waiting[:LISTED])
    more = len(waiting) - LISTED
    if more <= 0:
        return listed
    return (*listed, (_("And"), _n("%(num)s more", "%(num)s more", more)))


def _line(each: Waiting) -> str:
    leaves = moment(each.leaves, each.zone) if each.leaves else _("No date yet")
    if each.deadline is None:
        return leaves
    return _("%(leaves)s; answer expected by %(until)s", leaves=leaves, until=moment(each.deadline, each.zone))


def _if_nothing_is_done(waiting: Sequence[Waiting]) -> tuple[str, ...]:
    clauses = dict.fromkeys(each.clause for each in waiting if each.clause)
    silent = tuple(
        _("If nobody decides in time, the contract counts silence as a yes: %(clause)s", clause=clause)
        for clause in clauses
    )
    if all(each.clause for each in waiting):
        return silent
    return (*silent, _("Nothing is published without your approval: if nobody decides, it does not go out."))


def _address(door: Door, waiting: Sequence[Waiting]) -> str:
    """Return where the reader decides: their personal link, newly minted, or the pages of the agency."""
    only = f"/contents/{waiting[0].content_id}" if len(waiting) == 1 else ""
    if not is_outside(door.session, door.person, door.brand.id):
        return f"{door.home}{only or '/approvals'}"
    _link, token = links.mint(door.session, door.person.id, door.brand.id)
    return f"{door.home}/approve/{token}{only}"


def _about_the_link(door: Door) -> tuple[str, ...]:
    if not is_outside(door.session, door.person, door.brand.id):
        return ()
    return (
        _n(
            "This link is yours alone and works for %(num)s day. Please do not forward it.",
            "This link is yours alone and works for %(num)s days. Please do not forward it.",
            links.LIFETIME.days,
        ),
    )
