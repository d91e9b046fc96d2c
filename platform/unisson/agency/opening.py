"""Opening an agency, and what it says of itself."""

from collections.abc import Collection
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from tenants.access import Actor
from tenants.agencies import Agency
from tenants.base import utcnow
from tenants.errors import RefusedError
from tenants.identities import DirectoryEntry, Identity, Seat
from tenants.members import Membership
from tenants.permissions import AgencyRole, Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.agency.slugs import SLUG, numbered
from unisson.web.i18n import lazy

RESERVED = lazy("This address is used by Unisson itself. Choose another one.")
NO_WORK_DAY = lazy("Choose at least one working day.")
NO_HOURS = lazy("Give both hours, such as 09:00 and 18:00.")
NO_TIME_LEFT = lazy("The working day ends after it begins.")
YOURS_FIRST = lazy("Turn your own on first, on your account: you would shut yourself out.")
TAKEN = lazy("This address belongs to another agency already. Choose another one.")
UNFIT = lazy("Use 2 to 49 letters without accents, digits and hyphens.")

ZONES = {"fr": "Europe/Paris", "en": "Europe/London"}
"""Where an agency of that language is until it says otherwise."""


def refuse_slug(session: TenantSession, slug: str, reserved: Collection[str]) -> None:
    """Pass, or raise RefusedError on `slug` for an address that can't be an agency's."""
    if not SLUG.fullmatch(slug):
        raise RefusedError(UNFIT, field="slug")
    if slug in reserved:
        raise RefusedError(RESERVED, field="slug")
    if _is_taken(session, slug):
        raise RefusedError(TAKEN, field="slug")


def free_slug(session: TenantSession, slug: str, reserved: Collection[str]) -> str:
    """Return `slug`, or the first numbered form of it that is free."""
    return next(
        form
        for form in (numbered(slug, number) for number in range(1, 1000))
        if form not in reserved and not _is_taken(session, form)
    )


def _is_taken(session: TenantSession, slug: str) -> bool:
    return session.scalar(select(DirectoryEntry.slug).where(DirectoryEntry.slug == slug)) is not None


def open_agency(
    session: TenantSession, owner: Identity, *, name: str, slug: str, language: str, reserved: Collection[str] = ()
) -> Membership:
    """Open the session's agency at `slug` and return its owner's membership.

    Raises RefusedError on `slug` when the address is reserved, unfit, or taken (in the same instant too).
    """
    refuse_slug(session, slug, reserved)
    agency_id = session.agency_id
    try:
        with session.begin_nested():
            session.add(DirectoryEntry(slug=slug, agency_id=agency_id, name=name))
    except IntegrityError as race:
        raise RefusedError(TAKEN, field="slug") from race
    session.add(Agency(agency_id=agency_id, slug=slug, name=name, language=language, timezone=ZONES[language]))
    membership = Membership(
        identity_id=owner.id,
        email=owner.email,
        name=owner.name,
        language=language,
        agency_role=AgencyRole.OWNER.value,
        joined_at=utcnow(),
    )
    session.add(membership)
    session.add(Seat(identity_id=owner.id, agency_id=agency_id))
    session.flush()
    record(session, None, "agency.opened", "agency", agency_id, by=owner.name, by_id=membership.id)
    return membership


def edit_agency(session: TenantSession, actor: Actor, *, name: str, language: str, timezone: str) -> Agency:
    """Return the agency under its new name, language and zone. Raises ForbiddenError."""
    actor.require(Permission.AGENCY_SETTINGS)
    agency = session.scalars(select(Agency)).one()
    agency.name, agency.language, agency.timezone = name, language, timezone
    session.execute(update(DirectoryEntry).where(DirectoryEntry.agency_id == session.agency_id).values(name=name))
    record(session, actor, "agency.edited", "agency", session.agency_id)
    return agency


def label_agency(
    session: TenantSession, actor: Actor, *, sender_name: str, contact_email: str, white_label: bool
) -> Agency:
    """Return the agency, who from now on shows itself so to its clients. Empty: its own name, no address.

    Raises ForbiddenError.
    """
    actor.require(Permission.AGENCY_SETTINGS)
    agency = session.scalars(select(Agency)).one()
    before = (agency.sender_name, agency.contact_email, agency.white_label)
    agency.sender_name, agency.contact_email = sender_name or None, contact_email or None
    agency.white_label = white_label
    if before != (agency.sender_name, agency.contact_email, agency.white_label):
        record(session, actor, "agency.labelled", "agency", session.agency_id)
    return agency


def ask_second_step(session: TenantSession, actor: Actor, since: date | None, *, has_one: bool) -> Agency:
    """Return the agency, whose people need a second step at the sign-in from that day on; from never for None.

    `has_one`: whether the actor has one. Raises ForbiddenError, RefusedError for who would shut themselves out.
    """
    actor.require(Permission.AGENCY_SETTINGS)
    if since is not None and not has_one:
        raise RefusedError(YOURS_FIRST, field="since")
    agency = session.scalars(select(Agency)).one()
    agency.second_step_from = datetime.combine(since, time(), ZoneInfo(agency.timezone)) if since else None
    verb = "agency.second_step_asked" if since else "agency.second_step_left"
    record(session, actor, verb, "agency", session.agency_id, since=since.isoformat() if since else None)
    return agency


def set_working_hours(
    session: TenantSession, actor: Actor, *, days: Collection[int], starts: time | None, ends: time | None
) -> Agency:
    """Return the agency, whose deadlines are counted in these hours from the next submission on.

    `days` count from Monday, 0. Raises ForbiddenError, RefusedError.
    """
    actor.require(Permission.AGENCY_SETTINGS)
    if not days:
        raise RefusedError(NO_WORK_DAY, field="work_days")
    if starts is None or ends is None:
        raise RefusedError(NO_HOURS, field="work_starts")
    if ends <= starts:
        raise RefusedError(NO_TIME_LEFT, field="work_ends")
    agency = session.scalars(select(Agency)).one()
    agency.work_days, agency.work_starts, agency.work_ends = sorted(set(days)), starts, ends
    record(session, actor, "agency.hours", "agency", session.agency_id)
    return agency
