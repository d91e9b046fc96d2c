"""The pages of approving: what waits on me, and the verbs of the circuit. The client's own are in `portal`."""

import uuid
from collections.abc import Callable

from flask import Blueprint, Flask, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from tenants.permissions import CLIENT_SIDE
from unisson.approvals import (
    absence_pages,
    board_pages,
    chain_editor,
    chain_pages,
    holding,
    links,
    proof_pages,
    register_pages,
    return_page,
    version_pages,
)
from unisson.approvals.circuit import submit, withdraw
from unisson.approvals.deciding import approve, request_changes
from unisson.approvals.forms import DecisionForm, HoldForm, WaitForm
from unisson.approvals.to_do import to_do_of
from unisson.approvals.waiting import waiting_for
from unisson.editorial.composer import channel_registry
from unisson.editorial.content_page import carried_out
from unisson.editorial.limits import check_with
from unisson.portal import codes
from unisson.web.db import session
from unisson.web.forms import VersionForm
from unisson.web.guards import actor, visible_brands
from unisson.web.i18n import _

blueprint = Blueprint("approvals", __name__, url_prefix="/<agency>")
board_pages.register(blueprint)
chain_pages.register(blueprint)
chain_editor.register(blueprint)
absence_pages.register(blueprint)
proof_pages.register(blueprint)
register_pages.register(blueprint)
version_pages.register(blueprint)
return_page.register(blueprint)

Answer = Response | str | tuple[str, int]


@blueprint.get("/approvals")
def waiting() -> Answer:
    """Show what waits on me, what I go on with, and what waits on others."""
    return render_template(
        "approvals/waiting.html",
        waiting=waiting_for(session(), actor()),
        to_do=to_do_of(session(), actor(), [card.id for card in visible_brands()]),
        steers=board_pages.steers(),
        portals=[card for card in visible_brands() if actor().brand_roles.get(card.id, frozenset()) & CLIENT_SIDE],
    )


@blueprint.post("/contents/<uuid:content_id>/submission")
def submission(content_id: uuid.UUID) -> Answer:
    """Submit a content for approval."""
    form = VersionForm()
    return carried_out(
        content_id,
        lambda: submit(session(), actor(), content_id, form.version_shown, check_with(channel_registry())),
        _("Submitted for approval."),
    )


@blueprint.post("/contents/<uuid:content_id>/withdrawal")
def withdrawal(content_id: uuid.UUID) -> Answer:
    """Take a submitted content back."""
    said = _("Withdrawn: the content is a draft again, and nothing goes out.")
    return carried_out(content_id, lambda: withdraw(session(), actor(), content_id), said)


@blueprint.post("/contents/<uuid:content_id>/approval")
def approval(content_id: uuid.UUID) -> Answer:
    """Approve exactly what the page showed."""
    form = DecisionForm()
    digest, comment = form.digest.data or "", form.comment.data or ""
    return carried_out(
        content_id,
        lambda: approve(
            session(),
            actor(),
            content_id,
            digest,
            comment,
            reserved=bool(form.reserved.data),
            stage_shown=form.stage_shown,
        ),
        _("Approved."),
        typed=form.typed,
    )


@blueprint.post("/contents/<uuid:content_id>/change-request")
def change_request(content_id: uuid.UUID) -> Answer:
    """Send the content back with what should change."""
    form = DecisionForm()
    digest, comment = form.digest.data or "", form.comment.data or ""
    return carried_out(
        content_id,
        lambda: request_changes(
            session(), actor(), content_id, digest, comment, stage_shown=form.stage_shown, anchor=form.anchor
        ),
        _("Sent back to its author with your comment."),
        typed=form.typed,
    )


@blueprint.post("/contents/<uuid:content_id>/hold")
def hold(content_id: uuid.UUID) -> Answer:
    """Stop an approved content from leaving."""
    comment = HoldForm().comment.data or ""
    return carried_out(
        content_id,
        lambda: holding.hold(session(), actor(), content_id, comment),
        _("On hold: it stays approved, and does not go out until it is let go."),
        typed={"comment": comment},
    )


@blueprint.post("/contents/<uuid:content_id>/release")
def release(content_id: uuid.UUID) -> Answer:
    """Let a content go that was on hold."""
    comment = HoldForm().comment.data or ""
    return carried_out(
        content_id,
        lambda: holding.release(session(), actor(), content_id, comment),
        _("Let go: it goes out at its time."),
        typed={"comment": comment},
    )


@blueprint.post("/approval-links/<uuid:link_id>/revocation")
def link_revocation(link_id: uuid.UUID) -> Answer:
    """Make a client's links open nothing any more, and their browsers unknown."""

    def act() -> None:
        link = links.revoke(session(), actor(), link_id)
        codes.forget_devices(session(), link.membership_id)

    return _about_links(act, _("Their links open nothing any more, and their browsers are forgotten."))


@blueprint.post("/approval-links/<uuid:link_id>/renewal")
def link_renewal(link_id: uuid.UUID) -> Answer:
    """Mail the addressee a new link; the old ones open nothing any more."""
    said = _("A new link is on its way. The old ones open nothing any more.")
    return _about_links(lambda: links.renew(session(), actor(), link_id), said)


def _about_links(act: Callable[[], object], said: str) -> Answer:
    """Carry out a verb on somebody's links, and go back to the content whose page showed them."""
    act()
    flash(said, "success")
    shown = WaitForm().content_shown
    if shown is None:
        return redirect(url_for("approvals.waiting"), 303)
    return redirect(url_for("editorial.content", content_id=shown), 303)


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(blueprint)
