"""Sets of chains that a new brand begins with instead of the plain one: chosen once, each chain to be changed after."""

import uuid

from sqlalchemy import select

from tenants.access import Actor
from tenants.errors import RefusedError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.approvals.chain import Chain
from unisson.approvals.models import ApprovalPolicy, PolicyVersion
from unisson.approvals.policies import archive_chain, chains_of, open_chain
from unisson.approvals.starters import STARTERS
from unisson.web.i18n import lazy

PRESETS: dict[str, tuple[str, ...]] = {
    "plain": ("plain",),
    "press": ("press", "plain"),
    "careful": ("claim", "press", "plain"),
    "whole": ("crisis", "press", "reply", "claim", "plain"),
}
"""Key → the ready chains (`starters.STARTERS`) that it is made of, in the order in which they are asked."""

_CAREFUL = ("health", "finance", "beauty", "food", "real_estate")
_PRESS = ("technology", "energy", "mobility", "industry", "public", "culture", "sport", "education")
BY_SECTOR = {**dict.fromkeys(_CAREFUL, "careful"), **dict.fromkeys(_PRESS, "press")}
"""Sector → the set that is offered first: claims are law in some trades, releases the daily bread of others."""

NO_PRESET = lazy("Choose one of the sets that are shown.")
CHOSEN_ALREADY = lazy("The chains of this brand were chosen already. Change them on this page.")


def preset_for(sector: str) -> str:
    """Return the set that is offered first to a brand of this sector."""
    return BY_SECTOR.get(sector, "plain")


def is_untouched(session: TenantSession, brand_id: uuid.UUID) -> bool:
    """Return whether nobody has written a chain of the brand yet: it has what it was opened with."""
    written = (
        select(PolicyVersion.id)
        .join(
            ApprovalPolicy,
            (ApprovalPolicy.agency_id == PolicyVersion.agency_id) & (ApprovalPolicy.id == PolicyVersion.policy_id),
        )
        .where(
            ApprovalPolicy.brand_id == brand_id,
            ApprovalPolicy.archived_at.is_(None),
            PolicyVersion.changed_by.is_not(None),
        )
    )
    return session.scalars(written.limit(1)).first() is None


def choose_preset(session: TenantSession, actor: Actor, brand_id: uuid.UUID, language: str, key: str) -> None:
    """Have the brand begin with a ready set, or with the agency's templates for `own`, instead of what it has.

    Raises ForbiddenError, RefusedError for no such set, and where somebody wrote chains of the brand before.
    """
    actor.require(Permission.CHAIN_EDIT, brand_id)
    if not is_untouched(session, brand_id):
        raise RefusedError(CHOSEN_ALREADY)
    wanted = _chains(session, language, key)
    if not wanted:
        raise RefusedError(NO_PRESET)
    before = [kept.policy.id for kept in chains_of(session, brand_id)]
    for name, chain in wanted:
        open_chain(session, actor, brand_id, name, chain)
    for policy_id in before:
        archive_chain(session, actor, policy_id)


def _chains(session: TenantSession, language: str, key: str) -> list[tuple[str, Chain]]:
    if key == "own":
        return [(kept.policy.name, kept.chain) for kept in chains_of(session, None)]
    return [(STARTERS[each][0][language], STARTERS[each][1]) for each in PRESETS.get(key, ())]
