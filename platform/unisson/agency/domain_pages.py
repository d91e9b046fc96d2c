"""The agency's own web addresses: which, what to write into the DNS for each, and whether it is seen there."""

import uuid
from functools import partial

from flask import redirect, render_template, url_for
from limits import RateLimitItemPerHour
from werkzeug.wrappers import Response

from tenants.errors import RefusedError
from tenants.permissions import Permission
from unisson.agency import domains as verbs
from unisson.agency.claims import record_name, record_text
from unisson.agency.forms import DomainForm
from unisson.agency.routes import blueprint
from unisson.identity.browser import tell
from unisson.outbound.names import Names
from unisson.web import limits
from unisson.web.db import runtime, session
from unisson.web.guards import actor
from unisson.web.hosts import is_product_host, product_host
from unisson.web.i18n import _

Answer = Response | str | tuple[str, int]

CHECKS = RateLimitItemPerHour(60)
"""Look-ups that one agency may ask for."""


def _page(form: DomainForm, refusal: RefusedError | None = None) -> str:
    return render_template(
        "agency/domains.html",
        form=form,
        refusal=refusal,
        domains=verbs.domains_of(session()),
        record_name=record_name,
        record_text=record_text,
        product_host=product_host(runtime()),
    )


@blueprint.get("/settings/domains")
def domains() -> Answer:
    """Show the agency's addresses, and what to write into the DNS."""
    actor().require(Permission.AGENCY_DOMAINS)
    return _page(DomainForm())


@blueprint.post("/settings/domains")
def domain_adding() -> Answer:
    """Add an address to the list."""
    actor().require(Permission.AGENCY_DOMAINS)
    form = DomainForm()
    if not form.validate():
        return _page(form), 422
    try:
        added = verbs.add_domain(session(), actor(), form.host.data or "", partial(is_product_host, runtime()))
    except RefusedError as refusal:
        status = form.refuse(refusal)
        return _page(form), status
    tell(_("%(host)s is in the list. Write these two records into its DNS, then verify it.", host=added.host))
    return redirect(url_for("agency.domains"), 303)


@blueprint.post("/settings/domains/<uuid:domain_id>/verification")
def domain_verification(domain_id: uuid.UUID) -> Answer:
    """Look in the DNS now, and answer by the name if its token is there."""
    actor().require(Permission.AGENCY_DOMAINS)
    limits.spend_of_agency("domain-check", CHECKS, session().agency_id)
    names = Names(runtime().settings.dns_server)
    try:
        with session().begin_nested():
            verified = verbs.verify_domain(session(), actor(), domain_id, names)
    except RefusedError as refusal:
        return _page(DomainForm(formdata=None), refusal), refusal.status
    tell(_("%(host)s is verified. Links in mails to your clients begin with it from now on.", host=verified.host))
    return redirect(url_for("agency.domains"), 303)


@blueprint.post("/settings/domains/<uuid:domain_id>/removal")
def domain_removal(domain_id: uuid.UUID) -> Answer:
    """Let an address go."""
    host = verbs.remove_domain(session(), actor(), domain_id)
    tell(_("%(host)s is removed: links that begin with it open nothing any more.", host=host))
    return redirect(url_for("agency.domains"), 303)
