"""The pages of onboarding: from a brand's checklist to each step, what is not needed, and all brands at once."""

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tenants.errors import NotFoundError
from tenants.permissions import Permission
from unisson.onboarding import beginnings, checklist, skipping
from unisson.onboarding.board import COMPLETE, MOST, Wanted, board
from unisson.onboarding.reading import standings
from unisson.onboarding.steps import Step
from unisson.onboarding.words import BALLS, STEPS
from unisson.web.db import session
from unisson.web.guards import BrandCard, actor, brand_card, current_agency_row, visible_brands
from unisson.web.i18n import _

Answer = Response | str | tuple[str, int]

blueprint = Blueprint("onboarding", __name__, url_prefix="/<agency>")
beginnings.register(blueprint)


@blueprint.get("/onboarding")
def brands() -> Answer:
    """Show what each brand still lacks, and who has the ball."""
    actor().require(Permission.BRAND_CREATE)
    asked = request.args
    wanted = Wanted(asked.get("ball", ""), asked.get("step", ""), asked.get("order", "missing"))
    return render_template(
        "onboarding/brands.html",
        board=board(session(), visible_brands(), wanted),
        wanted=wanted,
        steps=STEPS,
        balls=BALLS,
        complete=COMPLETE,
        most=MOST,
        zone=current_agency_row().timezone,
    )


@blueprint.get("/brands/<brand>/onboarding/<step>")
def step(brand: str, step: str) -> Answer:
    """Lead to where a step is done; the pages of the brand show the way back until its reader took it."""
    card = brand_card(brand)
    actor().require(Permission.CONTENT_WRITE, card.id)
    wanted = _step(step)
    checklist.begin(card)
    if wanted is Step.APPROVAL and Step.PLAN in standings(session(), [card.id])[card.id].standing.missing:
        wanted = Step.PLAN  # There is nothing to submit yet: the list would be empty.
    return redirect(checklist.way_to(wanted, card.slug), 303)


@blueprint.post("/brands/<brand>/onboarding/<step>/skip")
def skipping_step(brand: str, step: str) -> Answer:
    """Keep that the brand does not need a step."""
    card = _brand(brand)
    skipping.skip(session(), actor(), card.id, _step(step))
    flash(_("Noted: %(step)s is not needed here. The list keeps who said so.", step=STEPS[_step(step)]), "success")
    return redirect(url_for("agency.brand", brand=card.slug), 303)


@blueprint.post("/brands/<brand>/onboarding/<step>/return")
def returning_step(brand: str, step: str) -> Answer:
    """Ask for a step again."""
    card = _brand(brand)
    skipping.unskip(session(), actor(), card.id, _step(step))
    flash(_("%(step)s is on the list again.", step=STEPS[_step(step)]), "success")
    return redirect(url_for("agency.brand", brand=card.slug), 303)


def _brand(slug: str) -> BrandCard:
    card = brand_card(slug)
    actor().require(Permission.BRAND_SETTINGS, card.id)
    return card


def _step(named: str) -> Step:
    try:
        return Step(named)
    except ValueError:
        raise NotFoundError from None


def init_app(app: Flask) -> None:
    """Register the routes, and the way back that every page of a brand may show."""
    app.register_blueprint(blueprint)
    app.jinja_env.globals["onboarding_is_under_way"] = checklist.is_under_way
