"""The front door, and whether the house stands."""

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from limits import RateLimitItemPerMinute
from sqlalchemy import text
from werkzeug.wrappers import Response

from tenants.errors import NotFoundError
from unisson.web.db import any_session, runtime
from unisson.web.guards import public
from unisson.web.hosts import find_domain, product_host
from unisson.web.limits import Allowance, spend
from unisson.web.people import me
from unisson.web.ui import my_agencies

blueprint = Blueprint("home", __name__)

ASKING = Allowance("domain-allowed", RateLimitItemPerMinute(600))
"""Questions of a TLS server that stands in front, which all come from its one address."""


@blueprint.get("/")
@public
def front() -> Response | str:
    """Show who we are to a visitor; take a person to their agency, or to all of theirs where they ask for `all`."""
    if not me().is_authenticated:
        return render_template("home/front.html")
    agencies = my_agencies()
    if len(agencies) == 1 and "all" not in request.args:
        return redirect(url_for("calendars.month", agency=agencies[0].slug))
    return render_template("home/agencies.html", agencies=agencies)


@blueprint.get("/health")
@public
def health() -> dict[str, str]:
    """Say that the web and its database answer."""
    any_session().execute(text("select 1"))
    return {"status": "ok"}


@blueprint.get("/domain-allowed")
@public
def domain_allowed() -> Response:
    """Tell a TLS server whether a certificate may be had for `?domain=`: 200 for names that we answer by, else 404."""
    spend(ASKING)
    host = request.args.get("domain", "").lower()
    if host != product_host(runtime()) and find_domain(runtime(), host) is None:
        raise NotFoundError
    return Response(status=200)


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(blueprint)
