"""The page on which a new brand gets its chains: ready sets, the one for its sector first, and the agency's own."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tenants.errors import RefusedError
from tenants.permissions import Permission, StageRole
from unisson.approvals import presets
from unisson.approvals.chain import Chain
from unisson.approvals.policies import chains_of
from unisson.approvals.starters import STARTERS
from unisson.approvals.telling import for_what, sentence
from unisson.approvals.vacancies import brand_roster, unheld_in
from unisson.web.db import session
from unisson.web.guards import BrandCard, actor, brand_card
from unisson.web.i18n import _, language, lazy
from unisson.web.operations import new_operation_id

Answer = Response | str | tuple[str, int]

NAMES = {
    "plain": lazy("The shortest"),
    "press": lazy("With press releases"),
    "careful": lazy("With claims, prices and contests"),
    "whole": lazy("Everything, crisis and fast replies too"),
    "own": lazy("The agency’s own templates"),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """One set as the page shows it: each of its chains with what it is for and who decides.

    `unheld` are the roles that it asks and nobody holds on the brand, by name.
    """

    key: str
    name: object
    chains: Sequence[tuple[str, str, str]]
    unheld: Sequence[tuple[StageRole, object]] = ()
    is_first: bool = False


def chain(brand: str) -> Answer:
    """Offer the sets of chains that a brand may begin with."""
    card = _brand(brand)
    if not presets.is_untouched(session(), card.id):
        return redirect(url_for("approvals.chains", brand=card.slug), 303)
    return _page(card), 200


def choosing_chain(brand: str) -> Answer:
    """Have the brand begin with one of the sets."""
    card = _brand(brand)
    try:
        with session().begin_nested():
            presets.choose_preset(session(), actor(), card.id, card.language, request.form.get("preset", ""))
    except RefusedError as refusal:
        if not presets.is_untouched(session(), card.id):
            flash(str(refusal.sentence), "warning")
            return redirect(url_for("approvals.chains", brand=card.slug), 303)
        return _page(card, refusal), refusal.status
    flash(_("The brand’s chains are chosen. Each can be changed on its page."), "success")
    return redirect(url_for("agency.brand", brand=card.slug), 303)


def _brand(slug: str) -> BrandCard:
    card = brand_card(slug)
    actor().require(Permission.CHAIN_EDIT, card.id)
    return card


def _page(card: BrandCard, refusal: RefusedError | None = None) -> str:
    first = presets.preset_for(card.sector)
    keys = sorted(presets.PRESETS, key=lambda key: key != first)
    own = chains_of(session(), None)
    there = brand_roster(session(), card.id, ())
    offers = [
        Offer(
            key,
            NAMES[key],
            [_told(*STARTERS[each]) for each in presets.PRESETS[key]],
            unheld_in([STARTERS[each][1] for each in presets.PRESETS[key]], there),
            key == first,
        )
        for key in keys
    ]
    if own:
        told = [(kept.policy.name, for_what(kept.chain.applies_to, {}), sentence(kept.chain, {})) for kept in own]
        offers.append(Offer("own", NAMES["own"], told, unheld_in([kept.chain for kept in own], there)))
    return render_template(
        "onboarding/chain.html", card=card, offers=offers, refusal=refusal, operation_id=new_operation_id()
    )


def _told(names: dict[str, str], chain: Chain) -> tuple[str, str, str]:
    return names[language()], for_what(chain.applies_to, {}), sentence(chain, {})


def register(blueprint: Blueprint) -> None:
    """Add the routes to `blueprint`."""
    blueprint.add_url_rule("/brands/<brand>/first-chain", view_func=chain, methods=["GET"])
    blueprint.add_url_rule("/brands/<brand>/first-chain", view_func=choosing_chain, methods=["POST"])
