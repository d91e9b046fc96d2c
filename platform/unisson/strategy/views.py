"""The pages of a brand's strategy: what holds now, how contents share out over its pillars, black-outs, its form."""

import uuid
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for

from tenants.errors import RefusedError
from tenants.permissions import Permission
from unisson.editorial.forms import RISKS
from unisson.strategy import rhythm_pages
from unisson.strategy.forms import CHECKS, WEIGHTS, StrategyForm, day
from unisson.strategy.models import BlackOut, Check, Strategy, Weight
from unisson.strategy.page import Answer, strategy_page
from unisson.strategy.planning import (
    archive_strategy,
    change_strategy,
    end_black_out,
    load_strategy,
    open_strategy,
    set_black_out,
)
from unisson.strategy.reading import planned_in
from unisson.strategy.starters import starter
from unisson.web.db import session
from unisson.web.forms import one_line
from unisson.web.guards import BrandCard, actor, brand_card, brand_card_of
from unisson.web.i18n import _, _n
from unisson.web.operations import new_operation_id

blueprint = Blueprint("strategy", __name__, url_prefix="/<agency>")
rhythm_pages.register(blueprint)


@blueprint.get("/brands/<brand>/strategy")
def strategy(brand: str) -> Answer:
    """Show a brand's strategy of today, the others, and its black-outs."""
    return strategy_page(_brand(brand)), 200


@blueprint.get("/brands/<brand>/strategy/new")
def strategy_new(brand: str) -> Answer:
    """Show a new strategy to be written; with `?starter=`, filled in with what brands of the sector begin with."""
    form, card = StrategyForm(), _brand(brand)
    form.typed_weights = dict.fromkeys(Check, Weight.ADVICE)
    if "starter" in request.args:
        today = datetime.now(ZoneInfo(card.timezone)).date()
        form.show(starter(card.sector, card.language, today))
        form.version.data = None
    return _form(card, form), 200


@blueprint.post("/brands/<brand>/strategy/new")
def strategy_opening(brand: str) -> Answer:
    """Keep a new strategy."""
    card = _brand(brand)
    return _kept(card, None, lambda form: open_strategy(session(), actor(), card.id, form.plan()))


@blueprint.get("/strategies/<uuid:strategy_id>/edit")
def strategy_edit(strategy_id: uuid.UUID) -> Answer:
    """Show a strategy to be changed."""
    found = load_strategy(session(), actor(), strategy_id)
    form = StrategyForm()
    form.show(found)
    return _form(brand_card_of(found.brand_id), form, found), 200


@blueprint.post("/strategies/<uuid:strategy_id>/edit")
def strategy_changing(strategy_id: uuid.UUID) -> Answer:
    """Keep a strategy as it is typed."""
    found = load_strategy(session(), actor(), strategy_id)
    return _kept(
        brand_card_of(found.brand_id),
        found,
        lambda form: change_strategy(session(), actor(), strategy_id, form.plan(), form.version_shown),
    )


@blueprint.post("/strategies/<uuid:strategy_id>/archive")
def strategy_archiving(strategy_id: uuid.UUID) -> Answer:
    """Put a strategy away, or take it back."""
    back = request.form.get("back") == "y"
    found = archive_strategy(session(), actor(), strategy_id, back=back)
    flash(_("The strategy is in use again.") if back else _("The strategy is put away. It is below, to be taken back."))
    return redirect(url_for("strategy.strategy", brand=brand_card_of(found.brand_id).slug), 303)


@blueprint.post("/brands/<brand>/black-outs")
def black_out_setting(brand: str) -> Answer:
    """Keep a black-out of a brand."""
    card, typed = _brand(brand), request.form
    try:
        with session().begin_nested():
            black_out = set_black_out(
                session(),
                actor(),
                card.id,
                day(typed.get("starts_on")),
                day(typed.get("ends_on") or typed.get("starts_on")),
                reason=one_line(typed.get("reason")),
                stops=typed.get("stops") == "y",
            )
    except RefusedError as refusal:
        return strategy_page(card, refusal), refusal.status
    flash(_("Saved."), "success")
    covered = planned_in(session(), card.id, black_out, card.timezone)
    if covered:
        return _shown_covered(card, black_out, covered)
    return redirect(url_for("strategy.strategy", brand=card.slug, _anchor="black-outs"), 303)


@blueprint.post("/black-outs/<uuid:black_out_id>/remove")
def black_out_ending(black_out_id: uuid.UUID) -> Answer:
    """Take a black-out away."""
    brand_id = end_black_out(session(), actor(), black_out_id)
    flash(_("The black-out is taken away."), "success")
    return redirect(url_for("strategy.strategy", brand=brand_card_of(brand_id).slug, _anchor="black-outs"), 303)


def _shown_covered(card: BrandCard, black_out: BlackOut, covered: int) -> Answer:
    """Lead to what was planned before the black-out was set: nobody else will say it."""
    flash(
        _n("%(num)s content is planned in it and stays.", "%(num)s contents are planned in it and stay so.", covered),
        "warning",
    )
    flash(_("Choose them in the list to move them, or put them on hold one by one."))
    first, last = black_out.starts_on.isoformat(), black_out.ends_on.isoformat()
    return redirect(url_for("calendars.listed", brand=card.slug, since=first, until=last), 303)


def _brand(slug: str) -> BrandCard:
    card = brand_card(slug)
    actor().require(Permission.TOPIC_PLAN, card.id)
    return card


def _form(card: BrandCard, form: StrategyForm, found: Strategy | None = None, others: Strategy | None = None) -> str:
    form.operation_id.data = new_operation_id()
    return render_template(
        "strategy/form.html", card=card, bound=form, strategy=found, others=others,
        checks=CHECKS, weights=WEIGHTS, risks=RISKS,
    )  # fmt: skip


def _kept(card: BrandCard, found: Strategy | None, act: Callable[[StrategyForm], Strategy]) -> Answer:
    form = StrategyForm()
    form.read_rows()
    try:
        with session().begin_nested():
            act(form)
    except RefusedError as refusal:
        status, others = form.refuse_beside(refusal, found)
        return _form(card, form, found, others), status
    flash(_("Saved."), "success")
    return redirect(url_for("strategy.strategy", brand=card.slug), 303)


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(blueprint)
