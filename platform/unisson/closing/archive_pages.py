"""The page of what is put away or gone: archived brands, and what is kept of deleted ones."""

import uuid
from collections.abc import Iterator

from flask import Response, flash, redirect, render_template, request, stream_with_context, url_for
from werkzeug.wrappers import Response as BaseResponse

from tenants.errors import RefusedError
from tenants.members import Membership
from tenants.permissions import Permission, StageRole
from unisson.approvals.models import Verdict
from unisson.approvals.progress import ROLE_NAMES, SILENCE
from unisson.approvals.proof_words import VERDICTS, how
from unisson.closing import archiving, ending
from unisson.closing.models import KeptDecision
from unisson.closing.routes import blueprint
from unisson.closing.words import COLUMNS
from unisson.identity.confirming import needs_confirmation
from unisson.web.db import session
from unisson.web.forms import one_line
from unisson.web.guards import actor
from unisson.web.i18n import _
from unisson.web.operations import new_operation_id
from unisson.web.spreadsheets import as_csv

Answer = BaseResponse | str | tuple[str, int]


@blueprint.get("/archived-brands")
def archived() -> Answer:
    """List the brands that are put away, and those that are gone."""
    actor().require(Permission.BRAND_CREATE)
    return _page(), 200


@blueprint.post("/archived-brands/<brand>/return")
def taking_back(brand: str) -> Answer:
    """Use an archived brand again."""
    actor().require(Permission.BRAND_CREATE)
    found = archiving.archived_brand(session(), brand)
    try:
        with session().begin_nested():
            taken = ending.take_back(session(), actor(), found.id)
    except RefusedError as refusal:
        return _page(refusal), refusal.status
    if taken.archived_at is not None:
        name = found.name
        flash(_("%(brand)s is not deleted. It stays archived, for all brands of your plan are in use.", brand=name))
        return redirect(url_for("closing.archived"), 303)
    flash(_("%(brand)s is in use again. What came due meanwhile waits for you under Publications.", brand=found.name))
    return redirect(url_for("agency.brand", brand=found.slug), 303)


@blueprint.post("/archived-brands/<brand>/ending")
@needs_confirmation
def ending_archived(brand: str) -> Answer:
    """Have an archived brand deleted in thirty days."""
    actor().require(Permission.AGENCY_SETTINGS)
    found = archiving.archived_brand(session(), brand)
    try:
        with session().begin_nested():
            ending.end_brand(session(), actor(), found.id, one_line(request.form.get("typed")))
    except RefusedError as refusal:
        return _page(refusal, found.slug), refusal.status
    flash(_("%(brand)s is deleted in thirty days. Until then it can be taken back.", brand=found.name))
    return redirect(url_for("closing.archived"), 303)


@blueprint.get("/archived-brands/decisions/<uuid:record_id>.csv")
def kept_csv(record_id: uuid.UUID) -> Answer:
    """Hand out the decisions that are kept of a deleted brand."""
    record, decisions = ending.kept_decisions(session(), actor(), record_id)
    answer = Response(stream_with_context(as_csv(COLUMNS, map(_cells, decisions))), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{record.slug}-decisions.csv"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _cells(row: tuple[KeptDecision, Membership | None]) -> Iterator[object]:
    kept, person = row
    yield from (kept.title, kept.content_id, kept.number, kept.digest, VERDICTS[Verdict(kept.verdict)])
    yield from (person.name if person else SILENCE, _role(kept.role), person.email if person else "")
    yield from (how(kept.authenticated, by_code=kept.by_code), kept.comment)
    yield from (f"{kept.decided_at:%Y-%m-%dT%H:%M:%SZ}", kept.chain, kept.chain_version)


def _role(held: str) -> object:
    return ROLE_NAMES[StageRole(held)] if held else ""


def _page(refusal: RefusedError | None = None, slug: str = "") -> str:
    return render_template(
        "closing/archived.html",
        archived=archiving.archived_brands(session()),
        records=ending.records(session()),
        refusal=refusal,
        refused=slug,
        may_end=actor().may(Permission.AGENCY_SETTINGS),
        typed=request.form.get("typed", ""),
        new_operation_id=new_operation_id,
    )
