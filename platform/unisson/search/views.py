"""The page of search, and what is found as one types."""

from flask import Blueprint, Flask, render_template, request

from tenants.permissions import Permission
from unisson.editorial.forms import KINDS
from unisson.search.reading import PAGE, search
from unisson.web.db import session
from unisson.web.guards import actor, visible_brands
from unisson.web.i18n import lazy

blueprint = Blueprint("search", __name__, url_prefix="/<agency>")

OF = {
    "content": lazy("Contents"),
    "topic": lazy("Topics"),
    "message": lazy("Messages"),
    "media": lazy("Images"),
    "person": lazy("People"),
}
MOST_PAGES = 50


@blueprint.get("/search")
def found() -> str:
    """Show what is found for some words."""
    typed, slug = request.args.get("q", "")[:500], request.args.get("brand", "")
    kind = kind if (kind := request.args.get("kind", "")) in OF else ""
    page = _page(request.args.get("page", ""))
    brands = [card for card in visible_brands() if actor().may(Permission.CONTENT_SEE, card.id)]
    chosen = [card for card in brands if card.slug == slug] or brands
    partial = request.headers.get("HX-Request") == "true"
    return render_template(
        "search/_results.html" if partial else "search/search.html",
        typed=typed,
        kind=kind,
        page=page,
        brand_slug=slug if any(card.slug == slug for card in brands) else "",
        brands_seen=brands,
        cards={card.id: card for card in brands},
        results=search(session(), actor(), chosen, typed, kind=kind, skip=(page - 1) * PAGE if kind else 0),
        kinds=KINDS,
        names=OF,
    )


def _page(typed: str) -> int:
    return min(max(int(typed), 1), MOST_PAGES) if typed.isascii() and typed.isdigit() and len(typed) < 5 else 1


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(blueprint)
