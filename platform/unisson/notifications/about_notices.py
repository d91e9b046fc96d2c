"""The mail that tells of several things at once, as its reader chose: those that are unread as it leaves."""

import uuid

from sqlalchemy import and_, select, update

from tenants.access import Actor
from tenants.agencies import Agency
from tenants.brands import Brand
from tenants.members import BrandAssignment, Membership
from tenants.permissions import AgencyRole, BrandRole
from tenants.session import TenantSession
from unisson.notifications.inbox import told_by
from unisson.notifications.models import Letter, Notice
from unisson.notifications.words import Entry, Words
from unisson.web.i18n import _, _n

LISTED = 30
"""Notices that a mail names; it says how many more there are."""


def digest(session: TenantSession, letter: Letter, base_url: str) -> Words | None:
    """Tell somebody of all that waits for this digest. None where nothing does, or all of it was read meanwhile."""
    _take(session, letter)
    reader = reader_of(session, letter.membership_id)
    brands = session.scalars(select(Brand.id).where(Brand.archived_at.is_(None))).all()
    lines = told_by(
        session, reader, [each for each in brands if reader.sees_brand(each)], Notice.letter_id == letter.id
    )
    if not lines:
        return None
    home = f"{base_url}/{session.scalars(select(Agency.slug)).one()}"
    more = len(lines) - LISTED
    return Words(
        subject=_n("%(num)s notification", "%(num)s notifications", len(lines)),
        heading=_n("%(num)s thing concerns you", "%(num)s things concern you", len(lines)),
        paragraphs=(_("Since the last summary, unread so far:"),),
        entries=tuple(Entry(line.sentence, line.brand_name or "", home + line.path) for line in lines[:LISTED]),
        after=(_n("And %(num)s more.", "And %(num)s more.", more),) if more > 0 else (),
        action_label=_("Open my notifications"),
        action_url=f"{home}/notices",
    )


def _take(session: TenantSession, letter: Letter) -> None:
    """Have this letter tell of what no letter told of: whoever does so first, alone tells of it."""
    pending = and_(
        Notice.membership_id == letter.membership_id, Notice.mail == letter.about["pace"], Notice.letter_id.is_(None)
    )
    session.execute(
        update(Notice).where(pending).values(letter_id=letter.id).execution_options(synchronize_session=False)
    )


def reader_of(session: TenantSession, membership_id: uuid.UUID) -> Actor:
    """Return somebody with the roles that they have now, to ask what they may see."""
    member = session.get_one(Membership, (session.agency_id, membership_id))
    roles: dict[uuid.UUID, frozenset[BrandRole]] = {}
    held = select(BrandAssignment.brand_id, BrandAssignment.role).where(BrandAssignment.membership_id == membership_id)
    for brand_id, role in session.execute(held):
        roles[brand_id] = roles.get(brand_id, frozenset()) | {BrandRole(role)}
    return Actor(
        agency_id=session.agency_id, membership_id=member.id, identity_id=member.identity_id or member.id,
        name=member.name, email=member.email, agency_role=AgencyRole(member.agency_role), brand_roles=roles,
    )  # fmt: skip
