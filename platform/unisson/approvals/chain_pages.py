"""The page of a brand's chains: which are asked in which order, in plain words, and further ones to start from."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from tenants.errors import NotFoundError, RefusedError
from tenants.members import Membership
from tenants.permissions import Permission
from unisson.approvals import policies
from unisson.approvals.models import ApprovalPolicy
from unisson.approvals.starters import STARTERS
from unisson.approvals.telling import Names, for_what, sentence
from unisson.web.db import session
from unisson.web.guards import BrandCard, actor, brand_card, brand_card_of
from unisson.web.i18n import _, language
from unisson.web.operations import new_operation_id

Answer = Response | str | tuple[str, int]


@dataclass(frozen=True, slots=True)
class ChainCard:
    """One chain as the page shows it; `policy_id` None for one to start from."""

    key: str
    policy_id: uuid.UUID | None
    name: str
    for_what: str
    told: str
    version: int = 0


def chains(brand: str) -> Answer:
    """Show a brand's chains in the order in which they are asked."""
    card = brand_card(brand)
    actor().require(Permission.CHAIN_EDIT, card.id)
    return _page(card), 200


def chain_opening(brand: str) -> Answer:
    """Give the brand a further chain to start from, asked before those that are for every content."""
    card = brand_card(brand)
    actor().require(Permission.CHAIN_EDIT, card.id)
    key = request.form.get("starter", "")
    if key not in STARTERS:
        raise NotFoundError
    return _done(card, lambda: _open(card, key), _("The chain is in use from the next submission on."))


def chain_earlier(policy_id: uuid.UUID) -> Answer:
    """Ask a chain one place earlier."""
    card = _card_of(policy_id)
    return _done(card, lambda: _move_up(card, policy_id), _("The order is changed."))


def chain_archive(policy_id: uuid.UUID) -> Answer:
    """Take a chain out of use, which can be undone."""
    card = _card_of(policy_id)
    said = {
        "text": _("The chain is not used any more; what is under way goes on as it began."),
        "undo_url": url_for("approvals.chain_restoration", policy_id=policy_id),
    }
    return _done(card, lambda: policies.archive_chain(session(), actor(), policy_id), said)


def chain_restoration(policy_id: uuid.UUID) -> Answer:
    """Use an archived chain again, asked last."""
    card = _card_of(policy_id)
    return _done(card, lambda: policies.restore_chain(session(), actor(), policy_id), _("The chain is in use again."))


def register(blueprint: Blueprint) -> None:
    """Add the routes to `blueprint`."""
    blueprint.add_url_rule("/brands/<brand>/chains", view_func=chains, methods=["GET"])
    blueprint.add_url_rule("/brands/<brand>/chains", view_func=chain_opening, methods=["POST"])
    for verb, view in (("earlier", chain_earlier), ("archive", chain_archive), ("restoration", chain_restoration)):
        blueprint.add_url_rule(f"/chains/<uuid:policy_id>/{verb}", view_func=view, methods=["POST"])


def _open(card: BrandCard, key: str) -> None:
    names, chain = STARTERS[key]
    new = policies.open_chain(session(), actor(), card.id, names[language()], chain)
    known = [kept for kept in policies.chains_of(session(), card.id) if kept.policy.id != new.id]
    particular = [kept.policy.id for kept in known if not kept.chain.applies_to.is_empty]
    general = [kept.policy.id for kept in known if kept.chain.applies_to.is_empty]
    policies.put_in_order(session(), actor(), card.id, [*particular, new.id, *general])


def _move_up(card: BrandCard, policy_id: uuid.UUID) -> None:
    order = [kept.policy.id for kept in policies.chains_of(session(), card.id)]
    if policy_id not in order:
        raise NotFoundError
    place = max(order.index(policy_id) - 1, 0)
    order.remove(policy_id)
    order.insert(place, policy_id)
    policies.put_in_order(session(), actor(), card.id, order)


def _card_of(policy_id: uuid.UUID) -> BrandCard:
    policy = session().get(ApprovalPolicy, (session().agency_id, policy_id))
    if policy is None or policy.brand_id is None:
        raise NotFoundError
    actor().require(Permission.CHAIN_EDIT, policy.brand_id)
    return brand_card_of(policy.brand_id)


def _done(card: BrandCard, act: Callable[[], object], said: object) -> Answer:
    try:
        with session().begin_nested():
            act()
    except RefusedError as refusal:
        return _page(card, refusal), refusal.status
    flash(said, "success")  # type: ignore[arg-type]  # a mapping carries the way to undo
    return redirect(url_for("approvals.chains", brand=card.slug), 303)


def _page(card: BrandCard, refusal: RefusedError | None = None) -> str:
    known = policies.chains_of(session(), card.id)
    names = _names({person for kept in known for person in kept.chain.people()})
    return render_template(
        "approvals/chains.html",
        card=card,
        chains=[
            ChainCard(
                "", kept.policy.id, kept.policy.name, for_what(kept.chain.applies_to), sentence(kept.chain, names),
                kept.policy.version,
            )
            for kept in known
        ],
        starters=[
            ChainCard(key, None, titles[language()], for_what(chain.applies_to), sentence(chain, names))
            for key, (titles, chain) in STARTERS.items()
        ],
        refusal=refusal,
        new_operation_id=new_operation_id,
    )  # fmt: skip


def _names(wanted: set[uuid.UUID]) -> Names:
    rows = session().execute(
        select(Membership.id, Membership.name).where(Membership.id.in_(wanted), Membership.removed_at.is_(None))
    )
    return {row[0]: row[1] for row in rows}
