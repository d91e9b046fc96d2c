"""What a browser may be told as a message leaves: what its person could read there themselves at that moment."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, or_, select

from tenants.access import Actor
from tenants.agencies import Agency
from tenants.brands import Brand
from tenants.browsers import PushBrowser
from tenants.identities import Identity, SignIn
from tenants.members import Membership, is_in, lacks_second_step, must_sign_on
from tenants.session import TenantSession
from unisson.identity.sign_ins import alive, grounds_of
from unisson.notifications.about_notices import reader_of
from unisson.notifications.events import Event
from unisson.notifications.inbox import told_by
from unisson.notifications.lines import Line
from unisson.notifications.models import Notice
from unisson.push.models import PushPost
from unisson.push.sending import Message
from unisson.web.i18n import _, _n, pick_language, speaking
from unisson.web.people import Grounds

LONGEST = 300
"""Characters of a sentence: a message must fit into 4096 bytes (RFC 8030 §7.2), and nobody reads more in passing."""

URGENCIES = {
    Event.TROUBLE: "high", Event.STOPPED: "high", Event.LATE: "high",
    Event.APPROVED: "low", Event.IMPORT_OVER: "low", Event.RIGHTS_ENDING: "low",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hearer:
    """Who a browser's message is for. `is_here` says that somebody who has the browser could read the page as well."""

    actor: Actor
    language: str
    agency: str
    slug: str
    is_here: bool


_WHO = (
    select(
        Membership.id, Membership.language.label("own"), Identity.language, Agency.name, Agency.slug,
        Agency.language.label("agencys"), SignIn.by_password, SignIn.sso_agency_ids,
        and_(*alive(func.clock_timestamp())).label("is_here"),
        must_sign_on().label("must_sign_on"), lacks_second_step(Membership.identity_id).label("lacks_second_step"),
    )
    .select_from(PushBrowser)
    .join(Identity, Identity.id == PushBrowser.identity_id)
    .join(SignIn, SignIn.id == PushBrowser.sign_in_id)
    .join(Membership, Membership.identity_id == PushBrowser.identity_id)
    .join(Agency, Agency.agency_id == Membership.agency_id)
    .where(
        Identity.disabled_at.is_(None), SignIn.identity_id == PushBrowser.identity_id, SignIn.revoked_at.is_(None),
        SignIn.expires_at > func.clock_timestamp(), is_in(),
    )
)  # fmt: skip


def hearer_of(session: TenantSession, browser_id: uuid.UUID, membership_id: uuid.UUID) -> Hearer | None:
    """Return who would hear; None for who left, was signed out for good, or could not open the agency from there."""
    wanted = _WHO.where(PushBrowser.id == browser_id, Membership.id == membership_id)
    row: Any = session.execute(wanted).first()
    if row is None:
        return None
    actor = reader_of(session, membership_id)
    if not _opens(row, actor, grounds_of(row.by_password, row.sso_agency_ids)):
        return None
    return Hearer(actor, pick_language(row.own, row.language, row.agencys), row.name, row.slug, row.is_here)


def _opens(row: Any, actor: Actor, grounds: Grounds) -> bool:
    """Return whether the sign-in opens the agency's pages, as `web.guards` asks it."""
    if not grounds.open(actor.agency_id, by_provider_alone=row.must_sign_on and actor.is_inside):
        return False
    return not (row.lacks_second_step and actor.is_inside and actor.agency_id not in grounds.agencies)


def message_for(session: TenantSession, post: PushPost, hearer: Hearer) -> Message | None:
    """Return what a browser is told, in its person's language; None where nothing is left to be told of."""
    gathered = select(PushPost.notice_id).where(or_(PushPost.id == post.id, PushPost.joined_id == post.id))
    brands = session.scalars(select(Brand.id).where(Brand.archived_at.is_(None))).all()
    known = [each for each in brands if hearer.actor.sees_brand(each)]
    with speaking(hearer.language):
        lines = told_by(session, hearer.actor, known, Notice.id.in_(gathered))
        return _message(post.id, lines, hearer) if lines else None


def _message(number: uuid.UUID, lines: Sequence[Line], hearer: Hearer) -> Message:
    newest, more = lines[-1], len(lines) - 1
    title, body, leads = newest.brand_name or hearer.agency, newest.sentence[:LONGEST], newest.path
    if more:
        body, leads = "\n".join((body, _n("And %(num)s more.", "And %(num)s more.", more))), "/notices"
    if not hearer.is_here:
        # The browser is signed out by itself after a day: whoever sits before it by now is told nothing but this.
        title, body, leads = hearer.agency, _("Something new concerns you. Sign in to read it."), "/notices"
    reading = f"/{hearer.slug}/notices/{newest.id}/reading" if hearer.is_here and not more else ""
    urgency = URGENCIES.get(newest.event, "normal")
    return Message(number, title, body, f"/{hearer.slug}{leads}", hearer.language, urgency, reading)


def trial(slug: str, language: str) -> Message:
    """Return the message by which somebody sees that they are told of things."""
    with speaking(language):
        return Message(
            uuid.uuid4(), "Unisson", _("This browser tells you what concerns you."), f"/{slug}/notices", language
        )
