"""The pages of billing."""

from datetime import datetime
from typing import Any

from flask import Flask, g

from tenants.permissions import Permission
from tenants.standing import Standing, StandingWhy
from unisson.billing import pages, plan_pages, webhook_page
from unisson.billing.plans import prices_of
from unisson.billing.routes import blueprint, outside
from unisson.billing.words import told
from unisson.runtime import Runtime
from unisson.web.arrivals import AgencyFacts
from unisson.web.db import runtime
from unisson.web.guards import actor, current_agency_row

__all__ = ["blueprint", "init_app", "pages", "plan_pages", "webhook_page"]


def _banner() -> dict[str, Any]:
    """Tell the agency's own people how it stands, on each of its pages; a client reads nothing of it."""
    if "actor" not in g or not runtime().settings.is_billed or not actor().is_inside:
        return {}
    facts: AgencyFacts = current_agency_row()
    if facts.standing == Standing.GOOD:
        return {}
    until = datetime.fromisoformat(facts.standing_until) if facts.standing_until else None
    why = StandingWhy(facts.standing_why) if facts.standing_why else None
    return {
        "standing_told": told(Standing(facts.standing), why, until, facts.timezone),
        "sees_billing": actor().may(Permission.AGENCY_BILLING),
    }


def init_app(app: Flask) -> None:
    """Register the routes. Raises SettingError for prices that fit no plan."""
    held: Runtime = app.extensions["unisson"]
    prices_of(held.settings)
    app.register_blueprint(blueprint)
    app.register_blueprint(outside)
    app.extensions["csrf"].exempt(webhook_page.events)
    app.context_processor(_banner)
