"""Leaving an agency's provider too, from here (OpenID Connect RP-Initiated Logout 1.0), and by the provider's word."""

import uuid

from authlib.common.urls import add_params_to_uri
from flask import Flask, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tenants.errors import RefusedError
from unisson.sign_on.entrance import counterpart_of, outbound
from unisson.sign_on.logout_tokens import departed, end_sign_ins
from unisson.sign_on.providers import provider
from unisson.sign_on.routes import blueprint
from unisson.web import limits
from unisson.web.db import leave, runtime, session
from unisson.web.guards import current_agency_row, public
from unisson.web.i18n import language
from unisson.web.noted import note, note_refusal

Answer = Response | str | tuple[dict[str, str], int]


@blueprint.get("/<agency>/sign-on/<uuid:provider_id>/signed-out")
@public
def signed_out(provider_id: uuid.UUID) -> Answer:
    """Say that this browser may still be signed in at the provider, and lead there to sign out."""
    found = provider(session(), provider_id)
    if found.end_session_endpoint is None:
        return redirect(url_for("home.front"), 303)
    # By the client's name and not by the ID token, which is not kept. No address to come back to: a provider that was
    # not told of it would refuse, and leave somebody signed in who believes to be out.
    told = [("client_id", found.client_id), ("ui_locales", language())]
    url = add_params_to_uri(found.end_session_endpoint, told)  # type: ignore[no-untyped-call]  # Authlib has no annotations
    return render_template("sign_on/signed_out.html", agency=current_agency_row(), provider=found, url=url)


@blueprint.post("/<agency>/sign-on/<uuid:provider_id>/logout")
@public
def hearing(provider_id: uuid.UUID) -> Answer:
    """Take a provider's word that somebody signed out there: what lets it act is its signature, and no cookie does."""
    limits.spend(limits.SIGN_ON)
    agency_id = session().agency_id
    token = request.form.get("logout_token", "")
    try:
        other = counterpart_of(provider(session(), provider_id, only_on=True))
        leave()  # The database waits for nobody meanwhile.
        gone = departed(other, token, outbound())
    except RefusedError as refusal:
        note_refusal("sign_on.refused", why=type(refusal).__name__)
        return {"error": "invalid_request"}, 400
    with runtime().database.agency(agency_id) as inside:
        who = end_sign_ins(inside, gone)
    note("sign_in.ended", by="provider", **({"of": str(who)} if who else {}))
    return {}, 200


def without_form_token(app: Flask) -> None:
    """Take a POST that no page of ours made."""
    app.extensions["csrf"].exempt(hearing)
