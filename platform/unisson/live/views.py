"""Where a page gets the address of its stream."""

from typing import cast

from flask import Blueprint, Flask, current_app, jsonify
from werkzeug.wrappers import Response

from unisson.live.tickets import PATH, Tickets
from unisson.web.db import runtime
from unisson.web.guards import actor, visible_brands

blueprint = Blueprint("live", __name__, url_prefix="/<agency>")


@blueprint.get("/live")
def ticket() -> Response:
    """Say where to listen to changes of the brands that the actor sees; 204 where no process tells of them."""
    address = runtime().settings.live_url
    if not address:
        return current_app.response_class(status=204)
    me = actor()
    tickets = cast("Tickets", current_app.extensions["unisson.tickets"])
    given = tickets.give(me.agency_id, me.membership_id, [card.id for card in visible_brands()])
    response = jsonify(url=f"{address}{PATH}?ticket={given}")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def init_app(app: Flask) -> None:
    """Register the route."""
    app.extensions["unisson.tickets"] = Tickets(app.extensions["unisson"].settings.secret_key)
    app.register_blueprint(blueprint)
