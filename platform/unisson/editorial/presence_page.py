"""Where the composer's page says that it is open, and is told who else is there."""

import uuid

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from tenants.errors import RefusedError
from tenants.permissions import Permission
from unisson.editorial.contents import load
from unisson.editorial.moments import own_zone
from unisson.editorial.presence import Wish, beat
from unisson.web.db import runtime, session
from unisson.web.guards import actor, brand_card_of
from unisson.web.i18n import lazy

NO_TAB = lazy("This page does not say which tab it is in. Reload it.")


def content_presence(content_id: uuid.UUID) -> Response | tuple[str, int]:
    """Hear from an open page, and answer with who else is there; a page that leaves is answered with nothing."""
    content = load(session(), actor(), content_id, Permission.CONTENT_WRITE)
    wish = _wish()
    room = beat(runtime().valkey, actor(), content.id, _tab(), wish, now=session().now())
    if wish is Wish.LEAVE:
        return Response(status=204)
    brand = brand_card_of(content.brand_id)
    html = render_template(
        "editorial/_presence.html",
        room=room,
        content=content,
        zone=own_zone() or brand.timezone,
        had_pen=request.form.get("had") == "1",
        newer=request.form.get("shown") != str(content.version),
    )
    return html, 200


def register(blueprint: Blueprint) -> None:
    """Add the route to `blueprint`."""
    blueprint.add_url_rule("/contents/<uuid:content_id>/presence", view_func=content_presence, methods=["POST"])


def _wish() -> Wish:
    typed = request.form.get("wish", "")
    return Wish(typed) if typed in set(Wish) else Wish.LOOK


def _tab() -> uuid.UUID:
    try:
        return uuid.UUID(request.form.get("tab", ""))
    except ValueError:
        raise RefusedError(NO_TAB) from None
