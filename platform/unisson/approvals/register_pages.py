"""The page where a brand's register of decisions is asked for, and the file."""

from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request, stream_with_context

from tenants.base import utcnow
from tenants.errors import RefusedError
from tenants.permissions import Permission
from unisson.approvals import register as reading
from unisson.web.db import session
from unisson.web.guards import BrandCard, actor, brand_card

Answer = Response | str | tuple[str, int]


def decisions(brand: str) -> Answer:
    """Ask for a period: last month and this one, unless another was typed."""
    return _page(_card(brand), *_typed(brand))


def decisions_csv(brand: str) -> Answer:
    """Give the decisions of a period as a file that a spreadsheet opens; a period that is none is said on the page."""
    card, (first, last) = _card(brand), _typed(brand)
    try:
        chosen = reading.period(first, last)
        rows = reading.decisions_in(session(), card.id, chosen, card.timezone)
    except RefusedError as refusal:
        return _page(card, first, last, refusal), refusal.status
    answer = Response(stream_with_context(reading.written(rows, card.timezone)), content_type="text/csv; charset=utf-8")
    name = f"decisions-{card.slug}-{chosen.first}-{chosen.last}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def register(blueprint: Blueprint) -> None:
    """Add the routes to `blueprint`."""
    blueprint.add_url_rule("/brands/<brand>/decisions", view_func=decisions, methods=["GET"])
    blueprint.add_url_rule("/brands/<brand>/decisions.csv", view_func=decisions_csv, methods=["GET"])


def _card(brand: str) -> BrandCard:
    card = brand_card(brand)
    actor().require(Permission.APPROVAL_STEER, card.id)
    return card


def _typed(brand: str) -> tuple[str, str]:
    today = utcnow().astimezone(ZoneInfo(brand_card(brand).timezone)).date()
    usual = reading.usual(today)
    return request.args.get("from", str(usual.first)), request.args.get("to", str(usual.last))


def _page(card: BrandCard, first: str, last: str, refusal: RefusedError | None = None) -> str:
    return render_template("approvals/decisions.html", card=card, first=first, last=last, refusal=refusal)
