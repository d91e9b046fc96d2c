"""The agency's providers: which, how they stand, what they are told."""

import uuid

from flask import redirect, render_template, request, url_for
from limits import RateLimitItemPerHour
from werkzeug.wrappers import Response

from tenants.errors import RefusedError
from tenants.permissions import Permission
from unisson.identity.browser import tell
from unisson.identity.confirming import needs_confirmation
from unisson.sign_on import providers as verbs
from unisson.sign_on.entrance import logout_address, outbound, return_address
from unisson.sign_on.forms import ClientForm, ProviderForm
from unisson.sign_on.models import KINDS, IdentityProvider
from unisson.sign_on.requirement import is_required
from unisson.sign_on.routes import blueprint
from unisson.web import limits
from unisson.web.db import runtime, session
from unisson.web.guards import actor
from unisson.web.i18n import _

Answer = Response | str | tuple[str, int]

READINGS = RateLimitItemPerHour(60)
"""Times that one agency may have a provider read."""


def _overview(refusal: RefusedError | None = None) -> str:
    return render_template(
        "sign_on/settings.html",
        providers=verbs.providers_of(session()),
        is_required=is_required(session()),
        refusal=refusal,
    )


@blueprint.get("/<agency>/settings/sign-on")
def settings() -> Answer:
    """Show by which providers the agency's people come in."""
    actor().require(Permission.AGENCY_SIGN_ON)
    return _overview()


@blueprint.get("/<agency>/settings/sign-on/new")
@needs_confirmation
def provider_new() -> Answer:
    """Ask for a provider of the kind in the query."""
    actor().require(Permission.AGENCY_SIGN_ON)
    names = {"google": "Google", "microsoft": "Microsoft"}
    return _new_page(ProviderForm(formdata=None, data={"name": names.get(_kind(), "")}))


def _kind() -> str:
    asked = request.args.get("kind", "other")
    return asked if asked in KINDS else "other"


def _new_page(form: ProviderForm) -> str:
    address = return_address(form.provider_id)
    return render_template(
        "sign_on/provider_new.html",
        form=form,
        kind=_kind(),
        return_address=address,
        logout_address=logout_address(form.provider_id),
    )


@blueprint.post("/<agency>/settings/sign-on/new")
@needs_confirmation
def provider_adding() -> Answer:
    """Read what the provider says of itself, and keep it."""
    actor().require(Permission.AGENCY_SIGN_ON)
    form = ProviderForm()
    if not form.validate():
        return _new_page(form), 422
    limits.spend_of_agency("provider-reading", READINGS, session().agency_id)
    asked = verbs.Asked(
        kind=_kind(),
        name=form.name.data or "",
        address=(form.issuer.data or "").strip(),
        client_id=form.client_id.data or "",
        secret=form.secret.data or "",
    )
    try:
        added = verbs.add_provider(
            session(), actor(), asked, outbound=outbound(), vault=runtime().vault, provider_id=form.provider_id
        )
    except RefusedError as refusal:
        status = form.refuse(refusal)
        return _new_page(form), status
    tell(_("%(name)s was read and is in the list. Link your own account to it, to see that it works.", name=added.name))
    return redirect(url_for("sign_on.settings"), 303)


def _provider_page(found: IdentityProvider, form: ClientForm | None = None) -> str:
    filled = form or ClientForm(formdata=None, data={"name": found.name, "client_id": found.client_id})
    address = return_address(found.id)
    return render_template(
        "sign_on/provider.html",
        provider=found,
        form=filled,
        return_address=address,
        logout_address=logout_address(found.id),
    )


@blueprint.get("/<agency>/settings/sign-on/<uuid:provider_id>")
def provider(provider_id: uuid.UUID) -> Answer:
    """Show one provider."""
    actor().require(Permission.AGENCY_SIGN_ON)
    return _provider_page(verbs.provider(session(), provider_id))


@blueprint.post("/<agency>/settings/sign-on/<uuid:provider_id>")
@needs_confirmation
def provider_changing(provider_id: uuid.UUID) -> Answer:
    """Keep another name or client, and read the provider again."""
    actor().require(Permission.AGENCY_SIGN_ON)
    found, form = verbs.provider(session(), provider_id), ClientForm()
    if not form.validate():
        return _provider_page(found, form), 422
    limits.spend_of_agency("provider-reading", READINGS, session().agency_id)
    asked = verbs.Asked(
        kind=found.kind, name=form.name.data or "", address="", client_id=form.client_id.data or "",
        secret=form.secret.data or "",
    )  # fmt: skip
    try:
        verbs.change_provider(session(), actor(), provider_id, asked, outbound=outbound(), vault=runtime().vault)
    except RefusedError as refusal:
        status = form.refuse(RefusedError(refusal.sentence))
        return _provider_page(found, form), status
    tell(_("%(name)s was read again, and is saved.", name=found.name))
    return redirect(url_for("sign_on.settings"), 303)


@blueprint.post("/<agency>/settings/sign-on/<uuid:provider_id>/suspension")
@needs_confirmation
def provider_suspension(provider_id: uuid.UUID) -> Answer:
    """Let nobody in by the provider for now."""
    return _turned(provider_id, on=False)


@blueprint.post("/<agency>/settings/sign-on/<uuid:provider_id>/resumption")
@needs_confirmation
def provider_resumption(provider_id: uuid.UUID) -> Answer:
    """Let people in by the provider again."""
    return _turned(provider_id, on=True)


def _turned(provider_id: uuid.UUID, *, on: bool) -> Answer:
    try:
        found = verbs.turn(session(), actor(), provider_id, on=on)
    except RefusedError as refusal:
        return _overview(refusal), refusal.status
    said = _("%(name)s lets people in again.", name=found.name)
    tell(said if on else _("%(name)s lets nobody in any more. Who is in stays in.", name=found.name))
    return redirect(url_for("sign_on.settings"), 303)


@blueprint.post("/<agency>/settings/sign-on/<uuid:provider_id>/removal")
@needs_confirmation
def provider_removal(provider_id: uuid.UUID) -> Answer:
    """Forget the provider."""
    try:
        name = verbs.remove_provider(session(), actor(), provider_id)
    except RefusedError as refusal:
        return _overview(refusal), refusal.status
    tell(_("%(name)s is removed, and its client secret with it.", name=name))
    return redirect(url_for("sign_on.settings"), 303)
