"""Chains as an agency keeps them: templates, a brand's own in order, every version, and which one is for a content."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, select

from tenants.access import Actor
from tenants.base import utcnow
from tenants.errors import NotFoundError, RefusedError, StaleError
from tenants.members import Membership
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.approvals.chain import LONG_NAME, LONG_WORDS, Chain, Facts, chosen_among
from unisson.approvals.models import ApprovalPolicy, PolicyVersion
from unisson.editorial.models import Content, Risk
from unisson.publishing.models import MOCKUP
from unisson.topics.planning import check_of_brand
from unisson.web.i18n import lazy

NO_CHAIN = lazy(
    "No approval chain of this brand is for such a content. Add one, or open the last one to every content."
)
LAST_CHAIN = lazy("A brand keeps at least one chain: without one nothing could be submitted.")
CHANGED_MEANWHILE = lazy(
    "Somebody changed this chain after you opened it. Nothing was saved: compare, then save again."
)
NO_NAME = lazy("Give the chain a name.")
NO_TEMPLATE_TOPIC = lazy("A template names no topic: it is used by several brands, whose topics differ.")
MOST_CHAINS = 30
MANY_CHAINS = lazy("A brand has 30 chains at most. Archive one first.")


@dataclass(frozen=True, slots=True)
class Kept:
    """A chain with its name and the version that stands now."""

    policy: ApprovalPolicy
    version: PolicyVersion
    chain: Chain


@dataclass(frozen=True, slots=True)
class Choice:
    """The chain that a content goes through, and which of its conditions chose it."""

    kept: Kept
    why: dict[str, list[str]]


def facts_of(content: Content) -> Facts:
    """Return what rules may ask of the content."""
    return Facts(
        kind=content.kind,
        channels=frozenset(content.channel_kinds.split()) - {MOCKUP},
        tags=frozenset(tag.casefold() for tag in content.tags or ()),
        risks=frozenset(content.risks or ()),
        topics=frozenset({str(content.topic_id)} if content.topic_id else ()),
    )


def choose(session: TenantSession, brand_id: uuid.UUID, facts: Facts) -> Choice:
    """Return the first of the brand's chains that is for such a content. Raises RefusedError when none is."""
    known = chains_of(session, brand_id)
    place = chosen_among([kept.chain for kept in known], facts)
    if place is None:
        raise RefusedError(NO_CHAIN)
    return Choice(known[place], known[place].chain.applies_to.what_met(facts))


def chains_of(session: TenantSession, brand_id: uuid.UUID | None) -> list[Kept]:
    """Return the chains of a brand in the order they are asked; the agency's templates for None."""
    rows = session.execute(_TEMPLATES) if brand_id is None else session.execute(_CHAINS, {"brand": brand_id})
    return [Kept(row[0], row[1], Chain.from_json(row[1].chain)) for row in rows]


_IN_USE = (
    select(ApprovalPolicy, PolicyVersion)
    .join(
        PolicyVersion,
        (PolicyVersion.agency_id == ApprovalPolicy.agency_id)
        & (PolicyVersion.policy_id == ApprovalPolicy.id)
        & (PolicyVersion.number == ApprovalPolicy.version),
    )
    .where(ApprovalPolicy.archived_at.is_(None))
    .order_by(ApprovalPolicy.position, ApprovalPolicy.created_at, ApprovalPolicy.id)
)
_TEMPLATES = _IN_USE.where(ApprovalPolicy.brand_id.is_(None))
_CHAINS = _IN_USE.where(ApprovalPolicy.brand_id == bindparam("brand"))


def load_chain(session: TenantSession, actor: Actor, policy_id: uuid.UUID, *, lock: bool = False) -> Kept:
    """Return one chain that the actor may change. Raises NotFoundError, ForbiddenError."""
    wanted = select(ApprovalPolicy).where(ApprovalPolicy.id == policy_id, ApprovalPolicy.archived_at.is_(None))
    policy = session.scalars(wanted.with_for_update() if lock else wanted).one_or_none()
    if policy is None:
        raise NotFoundError
    actor.require(Permission.CHAIN_EDIT, policy.brand_id)
    version = version_of(session, policy.id, policy.version)
    return Kept(policy, version, Chain.from_json(version.chain))


def version_of(session: TenantSession, policy_id: uuid.UUID, number: int) -> PolicyVersion:
    """Return one version of a chain. Raises NotFoundError."""
    found = session.scalars(
        select(PolicyVersion).where(PolicyVersion.policy_id == policy_id, PolicyVersion.number == number)
    ).one_or_none()
    if found is None:
        raise NotFoundError
    return found


def versions_of(session: TenantSession, policy_id: uuid.UUID) -> Sequence[PolicyVersion]:
    """Return every version of a chain, newest first."""
    return session.scalars(
        select(PolicyVersion).where(PolicyVersion.policy_id == policy_id).order_by(PolicyVersion.number.desc())
    ).all()


def open_chain(
    session: TenantSession, actor: Actor | None, brand_id: uuid.UUID | None, name: str, chain: Chain
) -> ApprovalPolicy:
    """Return a new chain, asked last of its brand's; a template for no brand. `actor` None: the brand's first one.

    Raises NotFoundError, ForbiddenError, RefusedError.
    """
    if actor is not None:
        actor.require(Permission.CHAIN_EDIT, brand_id)
    _check(session, brand_id, name, chain)
    same = ApprovalPolicy.brand_id.is_(None) if brand_id is None else ApprovalPolicy.brand_id == brand_id
    places = select(func.count(), func.max(ApprovalPolicy.position)).where(same, ApprovalPolicy.archived_at.is_(None))
    count, last = session.execute(places).one()
    if count >= MOST_CHAINS:
        raise RefusedError(MANY_CHAINS)
    policy = ApprovalPolicy(brand_id=brand_id, name=name.strip(), position=(last or 0) + 1)
    session.add(policy)
    session.flush()
    _write_version(session, actor, policy, chain)
    if actor is not None:
        record(session, actor, "chain.opened", "chain", policy.id, brand_id=brand_id, name=policy.name)
    return policy


def change_chain(
    session: TenantSession, actor: Actor, policy_id: uuid.UUID, name: str, chain: Chain, *, version_shown: int | None
) -> ApprovalPolicy:
    """Return the chain as it stands from now on, in a version of its own; runs under way go on as they began.

    Raises StaleError when somebody changed it since `version_shown`; NotFoundError, ForbiddenError, RefusedError.
    """
    kept = load_chain(session, actor, policy_id, lock=True)
    if version_shown != kept.policy.version:
        raise StaleError(CHANGED_MEANWHILE)
    _check(session, kept.policy.brand_id, name, chain)
    renamed = kept.policy.name != name.strip()
    kept.policy.name = name.strip()
    if kept.chain != chain:
        kept.policy.version += 1
        _write_version(session, actor, kept.policy, chain)
    if renamed or kept.chain != chain:
        record(
            session, actor, "chain.changed", "chain", policy_id,
            brand_id=kept.policy.brand_id, name=kept.policy.name, version=kept.policy.version,
        )  # fmt: skip
    return kept.policy


def put_in_order(session: TenantSession, actor: Actor, brand_id: uuid.UUID | None, wanted: Sequence[uuid.UUID]) -> None:
    """Ask the chains in this order; those that are not named come after. Raises NotFoundError, ForbiddenError."""
    actor.require(Permission.CHAIN_EDIT, brand_id)
    known = {kept.policy.id: kept.policy for kept in chains_of(session, brand_id)}
    if set(wanted) - known.keys():
        raise NotFoundError
    for position, policy_id in enumerate([*dict.fromkeys(wanted), *(each for each in known if each not in wanted)], 1):
        known[policy_id].position = position
    record(session, actor, "chain.ordered", "brand", brand_id or session.agency_id, brand_id=brand_id)


def place_by_reach(session: TenantSession, actor: Actor, brand_id: uuid.UUID | None, policy_id: uuid.UUID) -> None:
    """Ask a new chain after the particular ones and before those that are for every content, or it is never asked.

    One for crises is asked before all others: a crisis is about health or law as well, and has minutes.
    """
    made_for = {kept.policy.id: kept.chain.applies_to for kept in chains_of(session, brand_id)}
    new = made_for.pop(policy_id)
    if Risk.CRISIS in new.risks:
        put_in_order(session, actor, brand_id, [policy_id, *made_for])
        return
    particular = [each for each, condition in made_for.items() if not condition.is_empty]
    general = [each for each, condition in made_for.items() if condition.is_empty]
    put_in_order(session, actor, brand_id, [*particular, policy_id, *general])


def archive_chain(session: TenantSession, actor: Actor, policy_id: uuid.UUID) -> ApprovalPolicy:
    """Take a chain out of use; its versions and the runs that went through it stay. `restore_chain` undoes it.

    Raises RefusedError for a brand's last one; NotFoundError, ForbiddenError.
    """
    kept = load_chain(session, actor, policy_id, lock=True)
    if kept.policy.brand_id is not None and len(chains_of(session, kept.policy.brand_id)) == 1:
        raise RefusedError(LAST_CHAIN)
    kept.policy.archived_at = utcnow()
    record(session, actor, "chain.archived", "chain", policy_id, brand_id=kept.policy.brand_id, name=kept.policy.name)
    return kept.policy


def restore_chain(session: TenantSession, actor: Actor, policy_id: uuid.UUID) -> ApprovalPolicy:
    """Return an archived chain to use, asked last. Raises NotFoundError, ForbiddenError."""
    policy = session.scalars(
        select(ApprovalPolicy).where(ApprovalPolicy.id == policy_id).with_for_update()
    ).one_or_none()
    if policy is None:
        raise NotFoundError
    actor.require(Permission.CHAIN_EDIT, policy.brand_id)
    if policy.archived_at is not None:
        last = max((kept.policy.position for kept in chains_of(session, policy.brand_id)), default=0)
        policy.archived_at, policy.position = None, last + 1
        record(session, actor, "chain.restored", "chain", policy_id, brand_id=policy.brand_id, name=policy.name)
    return policy


def _check(session: TenantSession, brand_id: uuid.UUID | None, name: str, chain: Chain) -> None:
    if not name.strip():
        raise RefusedError(NO_NAME, field="name")
    if len(name) > LONG_NAME:
        raise RefusedError(LONG_WORDS, field="name")
    chain.check()
    if brand_id is None and chain.topics():
        raise RefusedError(NO_TEMPLATE_TOPIC)
    if brand_id is not None:
        check_of_brand(session, brand_id, chain.topics())
    if chain.people() - _known_people(session, chain.people()):
        raise NotFoundError


def _known_people(session: TenantSession, wanted: Collection[uuid.UUID]) -> set[uuid.UUID]:
    return set(session.scalars(select(Membership.id).where(Membership.id.in_(wanted))))


def _write_version(session: TenantSession, actor: Actor | None, policy: ApprovalPolicy, chain: Chain) -> None:
    kept: dict[str, Any] = chain.to_json()
    by = actor.membership_id if actor else None
    session.add(PolicyVersion(policy_id=policy.id, number=policy.version or 1, chain=kept, changed_by=by))
    session.flush()
