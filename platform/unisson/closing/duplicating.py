"""Opening a brand that begins with what another one has: never its contents, approvals, channels or clients' links."""

import enum
import uuid
from collections.abc import Callable, Collection, Mapping

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from tenants.access import Actor
from tenants.base import Base
from tenants.brands import Brand
from tenants.errors import NotFoundError, RefusedError
from tenants.members import BrandAssignment, Membership
from tenants.permissions import CLIENT_SIDE, BrandRole, Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.agency.brands import open_brand
from unisson.approvals.policies import archive_chain, chains_of, open_chain
from unisson.editorial.models_of_brand import ContentTemplate, LinkTagging
from unisson.strategy.models import Strategy
from unisson.web.i18n import lazy

NO_NAME = lazy("Give the new brand a name, of 120 characters at most.")
MOST_NAME = 120


class Part(enum.StrEnum):
    """What may be copied from a brand to a new one."""

    CHAINS = "chains"
    STRATEGY = "strategy"
    TEAM = "team"
    CLIENTS = "clients"
    TEMPLATES = "templates"
    TAGGING = "tagging"


USUAL = (Part.CHAINS, Part.STRATEGY, Part.TEAM, Part.TEMPLATES, Part.TAGGING)
"""What is ticked until somebody says otherwise: a new brand mostly has another client."""


def duplicate(session: TenantSession, actor: Actor, source_id: uuid.UUID, name: str, parts: Collection[Part]) -> Brand:
    """Return a new brand with the source's sector, zone, language and country, and those parts of it.

    Raises NotFoundError, ForbiddenError, RefusedError.
    """
    actor.require(Permission.BRAND_CREATE)
    if not name or len(name) > MOST_NAME:
        raise RefusedError(NO_NAME, field="name")
    source = session.scalars(select(Brand).where(Brand.id == source_id, Brand.archived_at.is_(None))).one_or_none()
    if source is None or not actor.sees_brand(source_id):
        raise NotFoundError
    made = open_brand(
        session, actor, name=name, sector=source.sector, timezone=source.timezone, language=source.language,
        accent=source.accent, country=source.country,
    )  # fmt: skip
    for part in Part:
        if part in parts:
            _COPIERS[part](session, actor, source_id, made.id)
    session.flush()
    copied = sorted(part.value for part in parts)
    record(session, actor, "brand.duplicated", "brand", made.id, brand_id=made.id, source=str(source_id), parts=copied)
    return made


def _chains(session: TenantSession, actor: Actor, source_id: uuid.UUID, made_id: uuid.UUID) -> None:
    """Copy the chains that name no topic: topics are the source's own."""
    before = [kept.policy.id for kept in chains_of(session, made_id)]
    wanted = [kept for kept in chains_of(session, source_id) if not kept.chain.topics()]
    for kept in wanted:
        open_chain(session, actor, made_id, kept.policy.name, kept.chain)
    for policy_id in before if wanted else ():
        archive_chain(session, actor, policy_id)


def _strategy(session: TenantSession, actor: Actor, source_id: uuid.UUID, made_id: uuid.UUID) -> None:
    for kept in session.scalars(select(Strategy).where(Strategy.brand_id == source_id, Strategy.archived_at.is_(None))):
        session.add(_copy(kept, brand_id=made_id, created_by=actor.membership_id, version=1))


def _templates(session: TenantSession, actor: Actor, source_id: uuid.UUID, made_id: uuid.UUID) -> None:
    wanted = select(ContentTemplate).where(ContentTemplate.brand_id == source_id, ContentTemplate.archived_at.is_(None))
    for kept in session.scalars(wanted):
        session.add(_copy(kept, brand_id=made_id, created_by=actor.membership_id, version=1))


def _tagging(session: TenantSession, _actor: Actor, source_id: uuid.UUID, made_id: uuid.UUID) -> None:
    kept = session.scalars(select(LinkTagging).where(LinkTagging.brand_id == source_id)).one_or_none()
    if kept is not None:
        session.add(_copy(kept, brand_id=made_id, version=1))


def _team(session: TenantSession, _actor: Actor, source_id: uuid.UUID, made_id: uuid.UUID) -> None:
    _people(session, source_id, made_id, frozenset(BrandRole) - CLIENT_SIDE)


def _clients(session: TenantSession, _actor: Actor, source_id: uuid.UUID, made_id: uuid.UUID) -> None:
    _people(session, source_id, made_id, CLIENT_SIDE)


def _people(session: TenantSession, source_id: uuid.UUID, made_id: uuid.UUID, roles: Collection[BrandRole]) -> None:
    """Give those who have one of the roles there the same one here. Nobody is written to."""
    theirs = session.execute(
        select(BrandAssignment.membership_id, BrandAssignment.role)
        .join(
            Membership,
            (Membership.agency_id == BrandAssignment.agency_id) & (Membership.id == BrandAssignment.membership_id),
        )
        .where(BrandAssignment.brand_id == source_id, BrandAssignment.role.in_([role.value for role in roles]))
        .where(Membership.removed_at.is_(None))
    ).all()
    for membership_id, role in theirs:
        row = {"agency_id": session.agency_id, "brand_id": made_id, "membership_id": membership_id, "role": role}
        session.execute(insert(BrandAssignment).values(row).on_conflict_do_nothing())


def _copy(kept: Base, **others: object) -> Base:
    """Return a new row of the same kind with what the row says, its identity and its dates left out."""
    left_out = {"agency_id", "id", "created_at", *others}
    said = {column.key: getattr(kept, column.key) for column in kept.__table__.columns if column.key not in left_out}
    return type(kept)(**said, **others)


_COPIERS: Mapping[Part, Callable[[TenantSession, Actor, uuid.UUID, uuid.UUID], None]] = {
    Part.CHAINS: _chains,
    Part.STRATEGY: _strategy,
    Part.TEAM: _team,
    Part.CLIENTS: _clients,
    Part.TEMPLATES: _templates,
    Part.TAGGING: _tagging,
}
