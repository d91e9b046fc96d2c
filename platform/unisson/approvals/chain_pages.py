"""The pages of chains: a brand's in the order they are asked, tried on a content; the agency's templates."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tenants.brands import Brand
from tenants.errors import NotFoundError, RefusedError
from tenants.permissions import Permission
from unisson.approvals import policies
from unisson.approvals.chain import Chain, Late, chosen_among
from unisson.approvals.chain_editor import back, names_of, warn_of_vacancies
from unisson.approvals.lateness import if_late
from unisson.approvals.models import ApprovalPolicy
from unisson.approvals.policies import NO_CHAIN, Kept
from unisson.approvals.rehearsal import Rehearsal, rehearse
from unisson.approvals.roster import Roster
from unisson.approvals.samples import chosen_sample, contents_to_try
from unisson.approvals.starters import STARTERS
from unisson.approvals.telling import Names, for_what, sentence, told_reason
from unisson.approvals.vacancies import Vacancy, brand_roster, vacancies
from unisson.editorial.forms import KINDS, RISKS
from unisson.topics.planning import titles
from unisson.web.db import session
from unisson.web.guards import BrandCard, actor, brand_card, brand_card_of
from unisson.web.i18n import _, language
from unisson.web.operations import new_operation_id

Answer = Response | str | tuple[str, int]


@dataclass(frozen=True, slots=True)
class ChainCard:
    """One chain as the page shows it; `policy_id` None for a ready one to start from."""

    key: str
    policy_id: uuid.UUID | None
    name: str
    for_what: str
    told: str
    version: int = 0
    is_general: bool = False
    vacant: Sequence[Vacancy] = ()
    late: object = ""
    """What becomes of what is approved late, where that isn't the usual: asking."""


@dataclass(frozen=True, slots=True)
class Tried:
    """Which chain a content would go through, why, and what would happen; or that none is for it."""

    name: str = ""
    why: str = ""
    rehearsal: Rehearsal | None = None
    fault: object = None


def chains(brand: str) -> Answer:
    """Show a brand's chains in the order in which they are asked, and try them on a content."""
    card = brand_card(brand)
    actor().require(Permission.CHAIN_EDIT, card.id)
    return _page(card), 200


def chain_opening(brand: str) -> Answer:
    """Give the brand a further chain to start from: a ready one, or a template of the agency."""
    card = brand_card(brand)
    actor().require(Permission.CHAIN_EDIT, card.id)
    return _opened(card)


def templates() -> Answer:
    """Show the agency's templates, from which a brand's chains are copied."""
    actor().require(Permission.CHAIN_EDIT)
    return _page(None), 200


def template_opening() -> Answer:
    """Make a template of a ready chain."""
    actor().require(Permission.CHAIN_EDIT)
    return _opened(None)


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
    blueprint.add_url_rule("/settings/chains", view_func=templates, methods=["GET"])
    blueprint.add_url_rule("/settings/chains", view_func=template_opening, methods=["POST"])
    for verb, view in (("earlier", chain_earlier), ("archive", chain_archive), ("restoration", chain_restoration)):
        blueprint.add_url_rule(f"/chains/<uuid:policy_id>/{verb}", view_func=view, methods=["POST"])


def _opened(card: BrandCard | None) -> Answer:
    begin = request.form.get("starter", "")
    if begin in STARTERS:
        titles, chain = STARTERS[begin]
        name = titles[language()]
    else:
        kept = _template(begin)
        name, chain = kept.policy.name, kept.chain
    brand_id = card.id if card else None

    def open_it() -> None:
        new = policies.open_chain(session(), actor(), brand_id, name, chain)
        policies.place_by_reach(session(), actor(), brand_id, new.id)
        if card:
            warn_of_vacancies(card.id, name, chain)

    return _done(card, open_it, _("The chain is in use from the next submission on.") if card else _("Kept."))


def _template(typed: str) -> Kept:
    known = {str(kept.policy.id): kept for kept in policies.chains_of(session(), None)}
    if typed not in known:
        raise NotFoundError
    return known[typed]


def _move_up(card: BrandCard | None, policy_id: uuid.UUID) -> None:
    brand_id = card.id if card else None
    order = [kept.policy.id for kept in policies.chains_of(session(), brand_id)]
    if policy_id not in order:
        raise NotFoundError
    place = max(order.index(policy_id) - 1, 0)
    order.remove(policy_id)
    order.insert(place, policy_id)
    policies.put_in_order(session(), actor(), brand_id, order)


def _card_of(policy_id: uuid.UUID) -> BrandCard | None:
    """Return the brand of a chain; None for a template of the agency. Raises NotFoundError, ForbiddenError."""
    policy = session().get(ApprovalPolicy, (session().agency_id, policy_id))
    if policy is None:
        raise NotFoundError
    actor().require(Permission.CHAIN_EDIT, policy.brand_id)
    return brand_card_of(policy.brand_id) if policy.brand_id else None


def _done(card: BrandCard | None, act: Callable[[], object], said: object) -> Answer:
    try:
        with session().begin_nested():
            act()
    except RefusedError as refusal:
        return _page(card, refusal), refusal.status
    flash(said, "success")  # type: ignore[arg-type]  # a mapping carries the way to undo
    return redirect(back(card), 303)


def _page(card: BrandCard | None, refusal: RefusedError | None = None) -> str:
    known = policies.chains_of(session(), card.id if card else None)
    kept_templates = policies.chains_of(session(), None) if card else []
    names = names_of(kept.chain for kept in known)
    there = brand_roster(session(), card.id, [kept.chain for kept in known]) if card else None
    return render_template(
        "approvals/chains.html",
        card=card,
        chains=[_card("", kept, names, there) for kept in known],
        templates=[_card(str(kept.policy.id), kept, names, there) for kept in kept_templates],
        starters=[
            ChainCard(
                key,
                None,
                titles[language()],
                for_what(chain.applies_to, names),
                sentence(chain, names),
                vacant=_vacant(chain, there),
            )
            for key, (titles, chain) in STARTERS.items()
        ],
        tried=_tried(card, known, names) if card and "try" in request.args else None,
        topics=[(str(key), title) for key, title in titles(session(), card.id).items()] if card else [],
        samples=contents_to_try(session(), card.id) if card else [],
        chosen=request.args,
        kinds=KINDS,
        risks=RISKS,
        zone=card.timezone if card else "UTC",
        refusal=refusal,
        new_operation_id=new_operation_id,
    )


def _vacant(chain: Chain, there: Roster | None) -> Sequence[Vacancy]:
    """Return the stages that nobody of the brand could answer; none of a template, which is no brand's."""
    return vacancies(chain, there) if there else ()


def _card(key: str, kept: Kept, names: Names, there: Roster | None) -> ChainCard:
    told = sentence(kept.chain, names)
    return ChainCard(
        key, kept.policy.id, kept.policy.name, for_what(kept.chain.applies_to, names), told, kept.policy.version,
        kept.chain.applies_to.is_empty, _vacant(kept.chain, there),
        "" if kept.chain.late is Late.ASK else if_late("", kept.chain),
    )  # fmt: skip


def _tried(card: BrandCard, known: Sequence[Kept], names: Names) -> Tried:
    """Return what a submission of the chosen sample would meet: the first chain that is for it, and its stages."""
    sample = chosen_sample(session(), card, request.args)
    place = chosen_among([kept.chain for kept in known], sample.facts)
    if place is None:
        return Tried(fault=NO_CHAIN)
    kept = known[place]
    brand = session().get_one(Brand, (session().agency_id, card.id))
    return Tried(
        name=kept.policy.name,
        why=told_reason(kept.chain.applies_to.what_met(sample.facts), names),
        rehearsal=rehearse(session(), brand, kept.chain, sample, names),
    )
