"""The pages of who becomes a member by the provider: the domains of mail addresses, and the role to begin with."""

import uuid

from flask import redirect, render_template, request, url_for
from limits import RateLimitItemPerHour
from werkzeug.wrappers import Response

from tenants.domains import MailDomain
from tenants.errors import RefusedError
from tenants.permissions import BrandRole, Permission
from unisson.agency.claims import record_name, record_text
from unisson.identity.browser import tell
from unisson.identity.confirming import needs_confirmation
from unisson.outbound.names import Names
from unisson.sign_on import mail_domains as verbs
from unisson.sign_on.forms import CodeOfDomainForm, JoiningForm, MailboxForm, MailDomainForm
from unisson.sign_on.joining import set_joining
from unisson.sign_on.models import IdentityProvider
from unisson.sign_on.providers import provider
from unisson.sign_on.routes import blueprint
from unisson.web import limits
from unisson.web.db import runtime, session
from unisson.web.guards import actor, visible_brands
from unisson.web.hosts import product_host
from unisson.web.i18n import _

Answer = Response | str | tuple[str, int]

CHECKS = RateLimitItemPerHour(60)
"""Look-ups in the DNS that one agency may ask for."""
CODES = RateLimitItemPerHour(10)
"""Codes that one agency may have mailed: to mailboxes of domains that may be anybody's."""
TRIES = RateLimitItemPerHour(20)
"""Codes that one agency may type: of a hundred million."""


def _page(
    form: MailDomainForm | None = None,
    *,
    refusal: RefusedError | None = None,
    code: tuple[uuid.UUID, CodeOfDomainForm] | None = None,
) -> str:
    return render_template(
        "sign_on/mail_domains.html",
        form=form or MailDomainForm(formdata=None),
        refusal=refusal,
        lines=[(each, *_forms(each, code)) for each in verbs.mail_domains_of(session())],
        record_name=record_name,
        record_text=record_text,
    )


def _forms(domain: MailDomain, code: tuple[uuid.UUID, CodeOfDomainForm] | None) -> tuple[MailboxForm, CodeOfDomainForm]:
    """Return a domain's own two forms: several stand on the page, and each label names its field."""
    mailing = MailboxForm(formdata=None)
    typed = code[1] if code and code[0] == domain.id else CodeOfDomainForm(formdata=None)
    mailing.mailbox.id, typed.code.id = f"mailbox-{domain.id}", f"code-{domain.id}"
    return mailing, typed


@blueprint.get("/<agency>/settings/sign-on/domains")
def mail_domains() -> Answer:
    """Show the agency's domains of mail addresses, and how to claim each."""
    actor().require(Permission.AGENCY_SIGN_ON)
    return _page()


@blueprint.post("/<agency>/settings/sign-on/domains")
@needs_confirmation
def mail_domain_adding() -> Answer:
    """Add a domain to the list."""
    actor().require(Permission.AGENCY_SIGN_ON)
    form = MailDomainForm()
    if not form.validate():
        return _page(form), 422
    try:
        added = verbs.add_mail_domain(session(), actor(), form.domain.data or "", product_host(runtime()))
    except RefusedError as refusal:
        status = form.refuse(refusal)
        return _page(form), status
    tell(_("%(domain)s is in the list. Show that it is yours: by its DNS, or by a code.", domain=added.domain))
    return _back()


def _back() -> Response:
    return redirect(url_for("sign_on.mail_domains"), 303)


@blueprint.post("/<agency>/settings/sign-on/domains/<uuid:mail_domain_id>/verification")
@needs_confirmation
def mail_domain_verification(mail_domain_id: uuid.UUID) -> Answer:
    """Look in the DNS now."""
    verbs.mail_domain(session(), actor(), mail_domain_id)
    limits.spend_of_agency("mail-domain-check", CHECKS, session().agency_id)
    try:
        claimed = verbs.claim_by_dns(session(), actor(), mail_domain_id, Names(runtime().settings.dns_server))
    except RefusedError as refusal:
        return _page(refusal=refusal), refusal.status
    tell(_("%(domain)s is yours.", domain=claimed.domain))
    return _back()


@blueprint.post("/<agency>/settings/sign-on/domains/<uuid:mail_domain_id>/code")
@needs_confirmation
def mail_domain_code(mail_domain_id: uuid.UUID) -> Answer:
    """Have a code mailed to a mailbox of the domain."""
    verbs.mail_domain(session(), actor(), mail_domain_id)
    limits.spend_of_agency("mail-domain-code", CODES, session().agency_id)
    try:
        asked = verbs.ask_code(session(), actor(), mail_domain_id, request.form.get("mailbox", ""))
    except RefusedError as refusal:
        return _page(refusal=refusal), refusal.status
    tell(_("A code is on its way to %(address)s. It is good for a day.", address=asked.code_to))
    return _back()


@blueprint.post("/<agency>/settings/sign-on/domains/<uuid:mail_domain_id>/code/confirmation")
@needs_confirmation
def mail_domain_confirmation(mail_domain_id: uuid.UUID) -> Answer:
    """Claim the domain by the mailed code."""
    verbs.mail_domain(session(), actor(), mail_domain_id)
    form = CodeOfDomainForm()
    limits.spend_of_agency("mail-domain-try", TRIES, session().agency_id)
    if not form.validate():
        return _page(code=(mail_domain_id, form)), 422
    try:
        claimed = verbs.claim_by_code(session(), actor(), mail_domain_id, form.code.data or "")
    except RefusedError as refusal:
        status = form.refuse(refusal)
        return _page(code=(mail_domain_id, form)), status
    tell(_("%(domain)s is yours.", domain=claimed.domain))
    return _back()


@blueprint.post("/<agency>/settings/sign-on/domains/<uuid:mail_domain_id>/removal")
@needs_confirmation
def mail_domain_removal(mail_domain_id: uuid.UUID) -> Answer:
    """Let a domain go."""
    domain = verbs.remove_mail_domain(session(), actor(), mail_domain_id)
    tell(_("%(domain)s is removed: nobody joins by it any more. Who is a member stays one.", domain=domain))
    return _back()


@blueprint.get("/<agency>/settings/sign-on/<uuid:provider_id>/joining")
def joining(provider_id: uuid.UUID) -> Answer:
    """Show whether people become members by the provider, and as what."""
    actor().require(Permission.AGENCY_SIGN_ON)
    found = provider(session(), provider_id)
    about = {
        "joining": found.joining,
        "role": found.joining_role,
        "brand": str(found.joining_brand_id or ""),
        "brand_role": found.joining_brand_role or BrandRole.CM.value,
    }
    return _joining_page(found, _offering(JoiningForm(formdata=None, data=about)))


def _offering(form: JoiningForm) -> JoiningForm:
    form.offer(visible_brands())
    return form


def _joining_page(found: IdentityProvider, form: JoiningForm) -> str:
    held = [each.domain for each in verbs.mail_domains_of(session()) if each.claimed_at]
    return render_template("sign_on/joining.html", provider=found, form=form, held=held)


@blueprint.post("/<agency>/settings/sign-on/<uuid:provider_id>/joining")
@needs_confirmation
def joining_setting(provider_id: uuid.UUID) -> Answer:
    """Keep whether people become members by the provider, and as what."""
    actor().require(Permission.AGENCY_SIGN_ON)
    found, form = provider(session(), provider_id), _offering(JoiningForm())
    if not form.validate():
        return _joining_page(found, form), 422
    try:
        set_joining(
            session(),
            actor(),
            provider_id,
            joining=bool(form.joining.data),
            role=form.role.data,
            brand_id=uuid.UUID(form.brand.data) if form.brand.data else None,
            brand_role=BrandRole(form.brand_role.data) if form.brand.data else None,
        )
    except RefusedError as refusal:
        status = form.refuse(refusal)
        return _joining_page(found, form), status
    tell(_("The settings are saved."))
    return redirect(url_for("sign_on.settings"), 303)
