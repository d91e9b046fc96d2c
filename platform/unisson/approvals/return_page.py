"""The page before an older text is brought back: what changes, what is gone, and what is asked again."""

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tenants.errors import NotFoundError, RefusedError
from tenants.permissions import Permission
from unisson.approvals.changes import changes_between
from unisson.approvals.returning import bring_back, outlook, undo
from unisson.approvals.version_pages import MOST_DIGITS
from unisson.approvals.versions import version_of
from unisson.editorial.composer import REOPENED
from unisson.editorial.contents import load, revisions_of
from unisson.editorial.models import Content
from unisson.editorial.revisions import payload_of
from unisson.editorial.writing import check_editable
from unisson.media.addresses import addresses_of
from unisson.web.db import session
from unisson.web.forms import VersionForm
from unisson.web.guards import actor, brand_card_of
from unisson.web.i18n import _
from unisson.web.operations import new_operation_id

NO_VERSION = -1
"""A form that does not say what it was made from is stale."""

Answer = Response | tuple[str, int]


def version_return(content_id: uuid.UUID) -> Answer:
    """Show what bringing an older text back comes to; by POST, do it."""
    content = load(session(), actor(), content_id, Permission.CONTENT_WRITE)
    form = VersionForm()
    number = _number(content)
    if request.method == "GET":
        check_editable(content)
        form.version.data = str(content.version)
        return _page(content, number, form, 200)
    shown = NO_VERSION if form.version_shown is None else form.version_shown
    was_submitted = content.state in REOPENED
    try:
        with session().begin_nested():
            bring_back(session(), actor(), content_id, number, shown)
    except RefusedError as refusal:
        session().refresh(content)
        form.version.data = str(content.version)
        return _page(content, number, form, form.refuse(refusal))
    said = _("The text of version %(number)s is back.", number=number)
    if was_submitted:
        said += " " + _("Submit it to ask for the approval again.")
    told = {"text": said, "undo_url": url_for("approvals.version_return_undo", content_id=content_id)}
    flash(told, "success")  # type: ignore[arg-type]  # a mapping carries the way to undo
    return redirect(url_for("editorial.content", content_id=content_id), 303)


def version_return_undo(content_id: uuid.UUID) -> Answer:
    """Put back the text that was there before an older one was brought back."""
    try:
        with session().begin_nested():
            undo(session(), actor(), content_id)
    except RefusedError as refusal:
        flash(str(refusal.sentence), "error")
    else:
        flash(_("The text is again what it was before. If it had been submitted, submit it again."), "success")
    return redirect(url_for("editorial.content", content_id=content_id), 303)


def register(blueprint: Blueprint) -> None:
    """Add the routes to `blueprint`."""
    path = "/contents/<uuid:content_id>/return"
    blueprint.add_url_rule(path, view_func=version_return, methods=["GET", "POST"])
    blueprint.add_url_rule(f"{path}/undo", view_func=version_return_undo, methods=["POST"])


def _number(content: Content) -> int:
    """Return the version that was asked for; the last one for none. Raises NotFoundError."""
    typed = request.values.get("number", "")
    if not typed:
        numbers = [each.number for each in revisions_of(session(), content)]
        if not numbers:
            raise NotFoundError
        return numbers[0]
    if not (typed.isascii() and typed.isdigit() and len(typed) <= MOST_DIGITS):
        raise NotFoundError
    return int(typed)


def _page(content: Content, number: int, form: VersionForm, status: int) -> tuple[str, int]:
    revision = version_of(session(), content, number)
    coming = outlook(session(), content, revision.payload)
    now = payload_of(session(), content)
    kept = {name: now.get(name) for name in ("scheduled_at", "embargo", "zone", "topic")}
    changes = changes_between(now, {**coming.payload, **kept})
    form.operation_id.data = new_operation_id()
    html = render_template(
        "approvals/return.html",
        content=content,
        brand=brand_card_of(content.brand_id),
        number=number,
        form=form,
        coming=coming,
        changes=changes,
        reopens=content.state in REOPENED,
        picture_url=addresses_of(changes.shown),
    )
    return html, status
