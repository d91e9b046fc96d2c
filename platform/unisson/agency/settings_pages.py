"""The agency's own settings, and what each role may do."""

import uuid
from datetime import date
from zoneinfo import ZoneInfo

from flask import redirect, render_template, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from tenants.agencies import Agency
from tenants.errors import RefusedError
from tenants.members import Membership, has_second_step
from tenants.permissions import (
    AGENCY_ROLE_PERMISSIONS,
    BRAND_ROLE_PERMISSIONS,
    AgencyRole,
    BrandRole,
    Permission,
)
from unisson.agency import words
from unisson.agency.forms import AgencyForm, SecondStepForm, WorkForm
from unisson.agency.opening import ask_second_step, edit_agency, label_agency, set_working_hours
from unisson.agency.people import people
from unisson.agency.routes import blueprint
from unisson.identity.browser import tell
from unisson.identity.confirming import needs_confirmation
from unisson.web.db import session
from unisson.web.guards import actor
from unisson.web.i18n import _, lazy

Answer = Response | str | tuple[str, int]

NO_DAY = lazy("This is not a day. Choose one, or leave it empty.")


@blueprint.get("/roles")
def roles() -> Answer:
    """Show who may do what, from the very map that decides."""
    return render_template(
        "agency/roles.html",
        permissions=list(Permission),
        sentences=words.PERMISSIONS,
        agency_roles=[(role, words.AGENCY_ROLES[role], AGENCY_ROLE_PERMISSIONS[role]) for role in AgencyRole],
        brand_roles=[(role, words.BRAND_ROLES[role], BRAND_ROLE_PERMISSIONS[role]) for role in BrandRole],
    )


def _settings_page(
    form: AgencyForm | None = None, work: WorkForm | None = None, asking: SecondStepForm | None = None
) -> str:
    agency = session().scalars(select(Agency)).one()
    return render_template(
        "agency/settings.html",
        form=form or AgencyForm(None, obj=agency),
        work=work or _work_of(agency),
        asking=asking or _asking_of(agency),
        protected=_protected(),
        seats=[line for line in people(session(), actor()) if line.has_joined],
        agency_roles=words.AGENCY_ROLES,
    )


def _asking_of(agency: Agency) -> SecondStepForm:
    since = agency.second_step_from
    day = since.astimezone(ZoneInfo(agency.timezone)).date().isoformat() if since else ""
    return SecondStepForm(None, data={"since": day})


def _work_of(agency: Agency) -> WorkForm:
    days = [str(day) for day in agency.work_days]
    return WorkForm(None, data={"work_days": days, "work_starts": agency.work_starts, "work_ends": agency.work_ends})


def _protected() -> set[uuid.UUID]:
    """Return the members who have a second step, in one statement."""
    wanted = select(Membership.id).where(has_second_step(Membership.identity_id), Membership.removed_at.is_(None))
    return set(session().scalars(wanted))


@blueprint.post("/settings/second-step")
@needs_confirmation
def asking_second_step() -> Answer:
    """Keep from when on people need a second step."""
    actor().require(Permission.AGENCY_SETTINGS)
    form = SecondStepForm()
    try:
        ask_second_step(session(), actor(), _day(form), has_one=actor().membership_id in _protected())
    except RefusedError as refusal:
        status = form.refuse(refusal)
        return _settings_page(asking=form), status
    tell(_("The settings are saved."))
    return redirect(url_for("agency.settings"), 303)


def _day(form: SecondStepForm) -> date | None:
    typed = (form.since.data or "").strip()
    if not typed:
        return None
    try:
        found = date.fromisoformat(typed)
    except ValueError:
        raise RefusedError(NO_DAY, field="since") from None
    if not date(2000, 1, 1) <= found <= date(2199, 12, 31):
        raise RefusedError(NO_DAY, field="since")
    return found


@blueprint.get("/settings")
def settings() -> Answer:
    """Show the agency's settings and its seats."""
    actor().require(Permission.AGENCY_SETTINGS)
    return _settings_page()


@blueprint.post("/settings")
def editing_settings() -> Answer:
    """Keep the agency's settings."""
    actor().require(Permission.AGENCY_SETTINGS)
    form = AgencyForm()
    if not form.validate():
        return _settings_page(form), 422
    edit_agency(
        session(),
        actor(),
        name=form.name.data or "",
        language=form.language.data,
        timezone=form.timezone.data,
    )
    label_agency(
        session(),
        actor(),
        sender_name=form.sender_name.data or "",
        contact_email=form.contact_email.data or "",
        white_label=bool(form.white_label.data),
    )
    tell(_("The settings are saved."))
    return redirect(url_for("agency.settings"), 303)


@blueprint.post("/settings/working-hours")
def setting_hours() -> Answer:
    """Keep when the agency works."""
    actor().require(Permission.AGENCY_SETTINGS)
    form = WorkForm()
    if not form.validate():
        return _settings_page(work=form), 422
    try:
        set_working_hours(
            session(),
            actor(),
            days={int(day) for day in form.work_days.data or ()},
            starts=form.work_starts.data,
            ends=form.work_ends.data,
        )
    except RefusedError as refusal:
        status = form.refuse(refusal)
        return _settings_page(work=form), status
    tell(_("The working hours are saved. Deadlines are counted in them from the next submission on."))
    return redirect(url_for("agency.settings"), 303)
