"""Erasing a person: a week to think again, then their name and traces go, and what they decided stays provable.

The law lets an agency keep what it needs to defend itself (GDPR art. 17(3)(e)); of a decision that is what was decided
about which bytes, when, and that it was always the same person: a pseudonym says so, and no table leads back from it.
"""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import case, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from tenants.access import Actor
from tenants.agencies import Agency
from tenants.base import utcnow
from tenants.errors import ForbiddenError, NotFoundError, RefusedError, StaleError
from tenants.members import Membership
from tenants.permissions import AgencyRole, Permission
from tenants.session import TenantSession
from unisson.activity.models import Event
from unisson.activity.trail import PUBLISHER, record
from unisson.agency.team import LAST_OWNER, is_last_owner, let_go
from unisson.api.models import ApiToken
from unisson.approvals.models import Absence, ApprovalLink, Decision
from unisson.calendars.models import CalendarFeed, CalendarView
from unisson.granting.models import ChannelAsk
from unisson.hooks.models import HookPost
from unisson.notifications.models import Letter, LetterContent, Notice, NoticeChoice, NoticeHours
from unisson.portal.models import DeviceCode, LinkDevice
from unisson.trust import telling
from unisson.trust.models import Erasure
from unisson.trust.telling import Told
from unisson.web.i18n import lazy

GRACE = timedelta(days=7)
"""In which it can be taken back."""

TOO_LATE = lazy("This can't be taken back any more: the person is erased.")
ASKED_ALREADY = lazy("This person is to be erased already.")
TICK_FIRST = lazy("Tick the box: this can't be undone once the week is over.")
PSEUDONYMS = {"fr": "Personne effacée", "en": "Erased person"}
NOWHERE = "erased.invalid"
"""Of the addresses that erased people are left with: nothing is ever delivered there (RFC 6761 §6.4)."""


def person_of(session: TenantSession, actor: Actor, membership_id: uuid.UUID) -> Membership:
    """Return a person of the agency, those who left included. Raises NotFoundError, ForbiddenError."""
    actor.require(Permission.AGENCY_TEAM)
    found = session.get(Membership, (session.agency_id, membership_id))
    if found is None:
        raise NotFoundError
    return found


def pending(session: TenantSession, membership_id: uuid.UUID, *, lock: bool = False) -> Erasure | None:
    """Return what is asked and neither done nor taken back; locked for a change where that is wanted."""
    query = _PENDING.where(Erasure.membership_id == membership_id)
    return session.scalars(query.with_for_update() if lock else query).first()


_PENDING = select(Erasure).where(Erasure.withdrawn_at.is_(None), Erasure.done_at.is_(None))


def is_erased(person: Membership) -> bool:
    """Return whether nothing but a pseudonym is left of somebody."""
    return person.email.endswith(f"@{NOWHERE}")


def ask(session: TenantSession, actor: Actor, membership_id: uuid.UUID, *, is_sure: bool) -> Erasure:
    """Return the erasure, due in a week.

    Raises NotFoundError, ForbiddenError, RefusedError for the last owner, for who is to be erased already, and where
    nobody is sure.
    """
    person = person_of(session, actor, membership_id)
    if is_erased(person):
        raise NotFoundError
    if person.agency_role == AgencyRole.OWNER.value and actor.agency_role is not AgencyRole.OWNER:
        raise ForbiddenError(Permission.AGENCY_TEAM)
    if is_last_owner(session, person):
        raise RefusedError(LAST_OWNER)
    if not is_sure:
        raise RefusedError(TICK_FIRST, field="sure")
    erasure = Erasure(membership_id=person.id, asked_by=actor.membership_id, due_at=utcnow() + GRACE)
    try:
        with session.begin_nested():
            session.add(erasure)
    except IntegrityError as twice:
        raise RefusedError(ASKED_ALREADY) from twice
    record(session, actor, "person.erasure_asked", "membership", person.id)
    telling.tell(session, Told.ASKED, telling.of_member(session, person), until=erasure.due_at)
    return erasure


def withdraw(session: TenantSession, actor: Actor, membership_id: uuid.UUID) -> None:
    """Leave the person as they are. Raises NotFoundError, ForbiddenError, StaleError once it is done."""
    person = person_of(session, actor, membership_id)
    asked = pending(session, person.id, lock=True)
    if asked is None or asked.begun_at is not None:
        raise StaleError(TOO_LATE)
    asked.withdrawn_at = utcnow()
    record(session, actor, "person.erasure_withdrawn", "membership", person.id)
    telling.tell(session, Told.KEPT, telling.of_member(session, person))


def erase_due(session: TenantSession) -> None:
    """Erase those whose week is over: for the night. The last owner is left, and it is noted why."""
    due = session.scalars(_PENDING.where(Erasure.due_at <= func.clock_timestamp()).with_for_update(skip_locked=True))
    for erasure in due.all():
        erase(session, erasure)


def erase(session: TenantSession, erasure: Erasure, *, quietly: bool = False) -> bool:
    """Erase a person now; False, with the reason noted, for the last owner. The caller holds the erasure's row.

    They get one mail of it, unless it is done `quietly`. A pseudonym that the erasure has already is kept.
    """
    person = session.get_one(Membership, (session.agency_id, erasure.membership_id), with_for_update=True)
    reader = telling.of_member(session, person)
    if is_last_owner(session, person):
        if not (erasure.refused or quietly):
            telling.tell(session, Told.REFUSED, reader)
        erasure.refused = "last_owner"
        return False
    names = _names(session, person)
    erasure.pseudonym = erasure.pseudonym or _pseudonym(session)
    erasure.begun_at, erasure.refused = utcnow(), ""
    session.flush()
    if person.removed_at is None:
        let_go(session, person)
    _in_the_trail(session, person.id, names, erasure.pseudonym)
    _in_decisions(session, person.id, erasure.pseudonym)
    _traces(session, person.id)
    _in_what_others_were_told(session, names, erasure.pseudonym)
    person.name, person.email, person.language = erasure.pseudonym, f"{person.id.hex}@{NOWHERE}", None
    person.identity_id, person.agency_role = None, AgencyRole.MEMBER.value
    erasure.done_at = utcnow()
    session.flush()
    record(session, None, "person.erased", "membership", person.id)
    if not quietly:
        telling.tell(session, Told.DONE, reader, pseudonym=erasure.pseudonym)
    return True


def _pseudonym(session: TenantSession) -> str:
    """Return a name that says nothing but which of the erased it is; the agency's row is locked by now."""
    language = session.scalars(select(Agency.language)).one()
    number = session.scalar(select(func.count()).select_from(Erasure).where(Erasure.begun_at.is_not(None))) or 0
    return f"{PSEUDONYMS.get(language, PSEUDONYMS['en'])} {number + 1}"


def _names(session: TenantSession, person: Membership) -> Sequence[str]:
    """Return what the person was called here, now and as they signed: under these the trail of before knows them."""
    signed = select(Decision.typed_name).where(Decision.membership_id == person.id).distinct()
    return sorted({person.name, *session.scalars(signed)} - {PUBLISHER, ""})


def _in_the_trail(session: TenantSession, membership_id: uuid.UUID, names: Sequence[str], pseudonym: str) -> None:
    theirs = or_(Event.actor_id == membership_id, Event.actor_id.is_(None) & Event.actor_name.in_(names))
    hashed = func.sha256(Event.name_salt.op("||")(func.convert_to(Event.actor_name, "UTF8")))
    session.execute(
        update(Event)
        .where(theirs, Event.name_digest.is_(None))
        .values(actor_name=pseudonym, name_salt=None, name_digest=hashed)
        .execution_options(synchronize_session=False)
    )


def _in_decisions(session: TenantSession, membership_id: uuid.UUID, pseudonym: str) -> None:
    signed = case((Decision.typed_name == "", ""), else_=pseudonym)
    session.execute(
        update(Decision)
        .where(Decision.membership_id == membership_id)
        .values(typed_name=signed, ip="", user_agent="")
        .execution_options(synchronize_session=False)
    )


def _in_what_others_were_told(session: TenantSession, names: Sequence[str], pseudonym: str) -> None:
    """Letters and notices to others say by which name it was done."""
    for told in (Letter, Notice, HookPost):
        session.execute(
            update(told)
            .where(told.about["by"].as_string().in_(names))
            .values(about=told.about.op("||")(func.jsonb_build_object("by", pseudonym)))
            .execution_options(synchronize_session=False)
        )


def _traces(session: TenantSession, membership_id: uuid.UUID) -> None:
    """Take away what only served the person: codes, browsers, absences, feeds, views, mails that prove nothing."""
    quiet = {"synchronize_session": False}
    theirs = {"revoked_at": func.clock_timestamp()}
    for statement in (
        delete(DeviceCode).where(DeviceCode.membership_id == membership_id),
        delete(Absence).where(Absence.membership_id == membership_id),
        *(delete(each).where(each.membership_id == membership_id) for each in (Notice, NoticeChoice, NoticeHours)),
        update(LinkDevice)
        .where(LinkDevice.membership_id == membership_id)
        .values(user_agent="", typed_name="", **theirs),
        update(ApprovalLink)
        .where(ApprovalLink.membership_id == membership_id, ApprovalLink.revoked_at.is_(None))
        .values(**theirs),
        update(ChannelAsk)
        .where(ChannelAsk.membership_id == membership_id, ChannelAsk.given_at.is_(None))
        .values(**theirs),
        update(CalendarFeed).where(CalendarFeed.membership_id == membership_id).values(name="", **theirs),
        update(CalendarView)
        .where(CalendarView.membership_id == membership_id, CalendarView.is_shared.is_(False))
        .values(name="", removed_at=func.clock_timestamp()),
        delete(Letter).where(
            Letter.membership_id == membership_id,
            Letter.content_id.is_(None),
            ~select(LetterContent.id).where(LetterContent.letter_id == Letter.id).exists(),
        ),
        update(ApiToken).where(ApiToken.membership_id == membership_id).values(name="", **theirs),
        update(Letter).where(Letter.membership_id == membership_id).values(last_error=None),
    ):
        session.execute(statement.execution_options(**quiet))
