"""The front door, and whether the house stands."""

from flask import Blueprint, Flask, redirect, render_template, url_for
from sqlalchemy import text
from werkzeug.wrappers import Response

from unisson.web.db import any_session
from unisson.web.guards import public
from unisson.web.people import me
from unisson.web.ui import my_agencies

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@public
def front() -> Response | str:
    """Show who we are to a visitor; take a person to their agency."""
    if not me().is_authenticated:
        return render_template("home/front.html")
    agencies = my_agencies()
    if len(agencies) == 1:
        return redirect(url_for("calendars.month", agency=agencies[0].slug))
    return render_template("home/agencies.html", agencies=agencies)


@blueprint.get("/health")
@public
def health() -> dict[str, str]:
    """Say that the web and its database answer."""
    any_session().execute(text("select 1"))
    return {"status": "ok"}


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(blueprint)
