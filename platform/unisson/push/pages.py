"""A person's browsers: letting this one in, trying one, letting one go; and what the browser itself asks for."""

import uuid

from flask import Blueprint, flash, jsonify, redirect, url_for
from flask_wtf.csrf import generate_csrf
from limits import RateLimitItemPerHour
from werkzeug.wrappers import Response

from tenants.errors import NotFoundError, RefusedError
from unisson.identity.browser import user_agent
from unisson.notifications.choice_pages import page
from unisson.push import browsers
from unisson.push.browsers import ENDED, Given
from unisson.push.forms import SubscriptionForm
from unisson.push.hearing import trial
from unisson.push.keys import keys_of
from unisson.resources import resource
from unisson.web import limits
from unisson.web.db import any_session, runtime, session
from unisson.web.guards import current_agency_row, public, signed_in
from unisson.web.i18n import _, language
from unisson.web.people import me

Answer = Response | str | tuple[str, int]

LETTING_IN = limits.Allowance("push", RateLimitItemPerHour(300), RateLimitItemPerHour(40))
TRYING = limits.Allowance("push-try", RateLimitItemPerHour(300), RateLimitItemPerHour(30))


@public
def worker() -> Response:
    """Give the script that shows notifications. It stands above all pages, since a browser holds it to its folder."""
    answer = Response((resource("static") / "js" / "push_worker.js").read_bytes(), mimetype="text/javascript")
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Service-Worker-Allowed"] = "/"
    return answer


@signed_in
def key() -> Response:
    """Give that script what it needs to ask for something: the installation's key, and a form's token."""
    keys = keys_of(runtime().settings)
    if keys is None:
        raise NotFoundError
    answer = jsonify(key=keys.public, token=generate_csrf())  # type: ignore[no-untyped-call]  # Flask-WTF has no annotations
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@signed_in
def renewing() -> Answer:
    """Go on telling this browser, whose push service gave it another address."""
    limits.spend(LETTING_IN, me().email)
    browsers.renew(runtime(), any_session(), me(), _given(SubscriptionForm()))
    return Response(status=204)


def letting_in() -> Answer:
    """Have this browser told of things."""
    limits.spend(LETTING_IN, me().email)
    try:
        browsers.let_in(runtime(), session(), me(), _given(SubscriptionForm()))
    except RefusedError as refusal:
        return page(refusal=refusal), refusal.status
    flash(_("This browser tells you what concerns you. Try it, to see that it does."), "success")
    return _back()


def trying(browser_id: uuid.UUID) -> Answer:
    """Tell one of the actor's browsers something now."""
    limits.spend(TRYING, me().email)
    said = trial(current_agency_row().slug, language())
    try:
        is_there = browsers.try_out(runtime(), session(), me().id, browser_id, said)
    except RefusedError as refusal:
        return page(refusal=refusal), refusal.status
    if is_there:
        flash(_("It is on its way: that browser shows it as soon as it is open."), "success")
    else:
        flash(str(ENDED), "warning")
    return _back()


def letting_go(browser_id: uuid.UUID) -> Answer:
    """Tell one of the actor's browsers nothing any more."""
    browsers.let_go(session(), me().id, browser_id)
    flash(_("That browser tells you nothing any more."), "success")
    return _back()


def register(blueprint: Blueprint) -> None:
    """Add the routes to `blueprint`."""
    blueprint.add_url_rule("/push-worker.js", view_func=worker, methods=["GET"])
    blueprint.add_url_rule("/push/key", view_func=key, methods=["GET"])
    blueprint.add_url_rule("/push/renewal", view_func=renewing, methods=["POST"])
    here = "/<agency>/notices/browsers"
    blueprint.add_url_rule(here, view_func=letting_in, methods=["POST"])
    blueprint.add_url_rule(f"{here}/<uuid:browser_id>/try", view_func=trying, methods=["POST"])
    blueprint.add_url_rule(f"{here}/<uuid:browser_id>/removal", view_func=letting_go, methods=["POST"])


def _back() -> Response:
    return redirect(url_for("notices.choices", _anchor="browsers"), 303)


def _given(form: SubscriptionForm) -> Given:
    return Given(form.endpoint.data or "", form.p256dh.data or "", form.auth.data or "", user_agent())
