"""What an agency knows of one of its people: as a file, and how it is erased."""

import uuid

from flask import Response, redirect, render_template, send_file, url_for
from werkzeug.wrappers import Response as BaseResponse

from tenants.errors import RefusedError
from unisson.activity.trail import record
from unisson.identity import browser
from unisson.identity.confirming import needs_confirmation
from unisson.trust import erasing, taking_out
from unisson.trust.forms import SureForm
from unisson.trust.routes import blueprint
from unisson.web.db import session
from unisson.web.guards import actor, current_agency_row
from unisson.web.i18n import _

Answer = BaseResponse | str | tuple[str, int]


@blueprint.get("/team/<uuid:membership_id>/data")
def person_data(membership_id: uuid.UUID) -> Answer:
    """Show how a person's data are taken out, and erased."""
    return _page(membership_id, SureForm(formdata=None))


@blueprint.get("/team/<uuid:membership_id>/data.zip")
def person_data_file(membership_id: uuid.UUID) -> Response:
    """Give what the agency knows of a person as a file."""
    person = erasing.person_of(session(), actor(), membership_id)
    record(session(), actor(), "person.data_taken", "membership", person.id)
    made = taking_out.of_member(session(), person.id)
    answer = send_file(made, mimetype="application/zip", as_attachment=True, download_name=f"person-{person.id}.zip")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@blueprint.post("/team/<uuid:membership_id>/erasure")
@needs_confirmation
def asking_erasure(membership_id: uuid.UUID) -> Answer:
    """Have a person erased in a week."""
    form = SureForm()
    try:
        erasing.ask(session(), actor(), membership_id, is_sure=bool(form.sure.data))
    except RefusedError as refusal:
        return _page(membership_id, form, form.refuse(refusal))
    browser.tell(_("This person is erased in a week. Until then it can be taken back here."))
    return redirect(url_for("trust.person_data", membership_id=membership_id), 303)


@blueprint.post("/team/<uuid:membership_id>/erasure/withdrawal")
def withdrawing_erasure(membership_id: uuid.UUID) -> Answer:
    """Leave a person as they are."""
    erasing.withdraw(session(), actor(), membership_id)
    browser.tell(_("Nothing is erased."))
    return redirect(url_for("trust.person_data", membership_id=membership_id), 303)


def _page(membership_id: uuid.UUID, form: SureForm, status: int = 200) -> tuple[str, int]:
    person = erasing.person_of(session(), actor(), membership_id)
    html = render_template(
        "trust/person.html",
        whose=person,
        erased=erasing.is_erased(person),
        pending=erasing.pending(session(), person.id),
        form=form,
        zone=current_agency_row().timezone,
    )
    return html, status
