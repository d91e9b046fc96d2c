"""The team of an agency: who is in it, as what, and how they come and go."""

import uuid

from flask import redirect, render_template, request, url_for
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from tenants.errors import NotFoundError, RefusedError
from tenants.identities import FactorReset
from tenants.members import Membership, needs_second_step
from tenants.permissions import AgencyRole, BrandRole, Permission
from unisson.agency import team as verbs
from unisson.agency import words
from unisson.agency.forms import POWERFUL, AgencyRoleForm, BrandRoleForm, InvitationForm
from unisson.agency.people import people, person_line
from unisson.agency.routes import blueprint
from unisson.identity import browser, resets, sign_ins
from unisson.identity.confirming import needs_confirmation, needs_confirmation_where
from unisson.onboarding.checklist import is_under_way
from unisson.web import limits
from unisson.web.db import session
from unisson.web.guards import actor, brand_card, brand_card_of, visible_brands
from unisson.web.i18n import _
from unisson.web.operations import new_operation_id

Answer = Response | str | tuple[str, int]


@blueprint.get("/team")
def team() -> Answer:
    """List the people that one sees."""
    return render_template(
        "agency/team.html",
        team=people(session(), actor()),
        agency_roles=words.AGENCY_ROLES,
        brand_roles=words.BRAND_ROLES,
        may_invite=actor().may(Permission.BRAND_TEAM),
    )


@blueprint.get("/team/invitations")
def invite() -> Answer:
    """Ask whom to invite, and as what."""
    form = InvitationForm()
    form.offer(visible_brands())
    slug, role = request.args.get("brand"), request.args.get("role")
    if slug:
        form.brand.data = str(brand_card(slug).id)
    if role in set(BrandRole):
        form.brand_role.data = role
    return _invitation_page(form)


def _invitation_page(form: InvitationForm) -> str:
    actor().require(Permission.BRAND_TEAM)
    return render_template("agency/invite.html", form=form, hints=words.BRAND_ROLE_HINTS,
                           brand_roles=words.BRAND_ROLES)  # fmt: skip


@blueprint.post("/team/invitations")
@needs_confirmation_where(lambda: request.form.get("agency_role") in POWERFUL)
def inviting() -> Answer:
    """Invite somebody, or give somebody who is here already the role."""
    form = InvitationForm()
    form.offer(visible_brands())
    brand_id = _brand_id(form.brand.data)
    if not form.validate():
        return _invitation_page(form), 422
    try:
        membership = verbs.invite(
            session(),
            actor(),
            email=form.email.data or "",
            name=form.name.data or "",
            agency_role=AgencyRole(form.agency_role.data),
            brand_id=brand_id,
            brand_role=BrandRole(form.brand_role.data) if brand_id else None,
        )
    except RefusedError as refusal:
        status = form.refuse(refusal)
        return _invitation_page(form), status
    limits.spend_of_agency("invitations", limits.INVITING, session().agency_id)
    if membership.joined_at is None:
        browser.tell(_("An invitation is on its way to %(email)s.", email=membership.email))
    else:
        browser.tell(_("%(name)s is here already, and has the role now.", name=membership.name))
    return redirect(_after(membership.id, brand_id), 303)


def _after(membership_id: uuid.UUID, brand_id: uuid.UUID | None) -> str:
    """Return what comes after an invitation: the brand's checklist, where one came from there."""
    card = brand_card_of(brand_id) if brand_id else None
    if card and is_under_way(card):
        return url_for("agency.brand", brand=card.slug, _anchor="onboarding")
    return url_for("agency.member", membership_id=membership_id)


def _brand_id(typed: str | None) -> uuid.UUID | None:
    """Return the visible brand that was chosen. Raises NotFoundError for any other id, another agency's included."""
    if not typed:
        return None
    try:
        return brand_card_of(uuid.UUID(typed)).id
    except ValueError:
        raise NotFoundError from None


@blueprint.get("/team/<uuid:membership_id>")
def member(membership_id: uuid.UUID) -> Answer:
    """Show one person: their roles, and how to change them."""
    return _member_page(membership_id)


def _member_page(membership_id: uuid.UUID, refusal: RefusedError | None = None) -> str:
    line = person_line(session(), actor(), membership_id)
    if line is None:
        raise NotFoundError
    brands = [card for card in visible_brands() if actor().may(Permission.BRAND_TEAM, card.id)]
    role_form = BrandRoleForm(formdata=None)
    role_form.offer(brands)
    may_change = actor().may(Permission.AGENCY_TEAM)
    return render_template(
        "agency/member.html",
        line=line,
        reset=_reset_of(line.id) if may_change else None,
        agency_form=AgencyRoleForm(formdata=None, data={"agency_role": line.agency_role.value}),
        role_form=role_form,
        team_brands=brands,
        agency_roles=words.AGENCY_ROLES,
        brand_roles=words.BRAND_ROLES,
        may_change=may_change,
        operation_id=new_operation_id,
        is_self=line.id == actor().membership_id,
        refusal=refusal,
    )


def _reset_of(membership_id: uuid.UUID) -> tuple[bool, FactorReset | None]:
    """Return whether somebody has a second step, and the request of this agency to remove it that waits for them."""
    wanted = (
        select(needs_second_step(Membership.identity_id), FactorReset)
        .select_from(Membership)
        .outerjoin(
            FactorReset,
            (FactorReset.identity_id == Membership.identity_id)
            & (FactorReset.asking_agency_id == Membership.agency_id)
            & (FactorReset.expires_at > func.clock_timestamp()),
        )
        .where(Membership.id == membership_id)
    )
    has_one, asked = session().execute(wanted).one()
    return has_one, asked


def _to(membership_id: uuid.UUID) -> Response:
    return redirect(url_for("agency.member", membership_id=membership_id), 303)


@blueprint.post("/team/<uuid:membership_id>/role")
@needs_confirmation
def changing_role(membership_id: uuid.UUID) -> Answer:
    """Give somebody another role in the agency."""
    form = AgencyRoleForm()
    if not form.validate():
        raise NotFoundError
    try:
        membership = verbs.change_role(session(), actor(), membership_id, AgencyRole(form.agency_role.data))
    except RefusedError as refusal:
        return _member_page(membership_id, refusal), refusal.status
    if membership.id == actor().membership_id:
        browser.renew(sign_ins.rotate(session(), browser.person().sign_in_id))
        sign_ins.end_all(session(), browser.person().id, but=browser.person().sign_in_id)
    browser.tell(_("The role is changed."))
    return _to(membership_id)


@blueprint.post("/team/<uuid:membership_id>/brand-roles")
def giving_role(membership_id: uuid.UUID) -> Answer:
    """Give somebody a further role on a brand."""
    form = BrandRoleForm()
    form.offer(visible_brands())
    brand_id = _brand_id(form.brand.data)
    if brand_id is None or not form.validate():
        raise NotFoundError
    verbs.grant(session(), actor(), membership_id, brand_id, BrandRole(form.brand_role.data))
    browser.tell(_("The role is given."))
    return _to(membership_id)


@blueprint.post("/team/<uuid:membership_id>/brand-roles/<uuid:assignment_id>/withdrawal")
def withdrawing_role(membership_id: uuid.UUID, assignment_id: uuid.UUID) -> Answer:
    """Take a role on a brand back."""
    verbs.withdraw(session(), actor(), membership_id, assignment_id)
    browser.tell(_("The role is withdrawn."))
    return _to(membership_id)


@blueprint.post("/team/<uuid:membership_id>/invitation")
def resending(membership_id: uuid.UUID) -> Answer:
    """Send somebody a new invitation."""
    membership = verbs.resend(session(), actor(), membership_id)
    limits.spend_of_agency("invitations", limits.INVITING, session().agency_id)
    browser.tell(_("A new invitation is on its way to %(email)s.", email=membership.email))
    return _to(membership_id)


@blueprint.post("/team/<uuid:membership_id>/invitation/revocation")
def revoking(membership_id: uuid.UUID) -> Answer:
    """Withdraw an invitation."""
    verbs.revoke_invitation(session(), actor(), membership_id)
    browser.tell(_("The invitation is withdrawn; its link no longer works."))
    return _to(membership_id)


@blueprint.post("/team/<uuid:membership_id>/second-step-reset")
@needs_confirmation
def asking_factor_reset(membership_id: uuid.UUID) -> Answer:
    """Ask for the second step of somebody who lost their phone to be removed."""
    try:
        membership = resets.ask(session(), actor(), membership_id)
    except RefusedError as refusal:
        browser.tell(str(refusal.sentence), "warning")
        return _to(membership_id)
    browser.tell(_("A mail is on its way to %(email)s. It says what to do, and from when on.", email=membership.email))
    return _to(membership_id)


@blueprint.post("/team/<uuid:membership_id>/removal")
@needs_confirmation
def removing(membership_id: uuid.UUID) -> Answer:
    """Take somebody out of the agency."""
    is_self = membership_id == actor().membership_id
    try:
        verbs.remove(session(), actor(), membership_id)
    except RefusedError as refusal:
        return _member_page(membership_id, refusal), refusal.status
    browser.tell(_("The person is no longer in the agency. What they wrote and decided stays."))
    return redirect(url_for("home.front" if is_self else "agency.team"), 303)
