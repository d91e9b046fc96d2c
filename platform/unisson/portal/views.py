"""The pages of the portal: what waits on a brand's person, one content with its decision, what they said before."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from typing import Any

from flask import Blueprint, Flask, flash, redirect, request
from werkzeug.wrappers import Response

from tenants.errors import NotFoundError, RefusedError
from tenants.permissions import Permission
from unisson.approvals.anchors import sentences_of
from unisson.approvals.changes import since_decided
from unisson.approvals.models import Verdict
from unisson.approvals.progress import decisions_of
from unisson.editorial.contents import channels_of
from unisson.editorial.models import ContentState
from unisson.editorial.moments import when
from unisson.editorial.previews import ChannelPreview, frozen_previews
from unisson.media.addresses import addresses_of
from unisson.portal import answers, desks, pieces, reading, surroundings, talking
from unisson.portal.answers import Said, Shown
from unisson.portal.doors import View, here, page, register
from unisson.portal.forms import AnswerForm, HandingForm, ManyForm, SteerForm
from unisson.portal.guests import Guest
from unisson.portal.reading import One
from unisson.portal.recognising import Answer
from unisson.portal.waiting import waiting_on
from unisson.web.db import session
from unisson.web.i18n import _, _n, lazy
from unisson.web.noted import note_not_found

blueprint = Blueprint("portal", __name__, url_prefix="/<agency>")

SAID = {
    Verdict.APPROVED: lazy("Approved. Thank you."),
    Verdict.RESERVED: lazy("Approved with your reservation, which the author reads."),
    Verdict.CHANGES_REQUESTED: lazy("Sent back with your words. You are asked again once it is changed."),
}


def _if_there(view: View) -> View:
    """Say of a content that is not there for the guest now that it isn't, with the words that they had typed (404)."""

    @wraps(view)
    def shown(guest: Guest, content_id: uuid.UUID, **named: Any) -> Answer:
        try:
            return view(guest, content_id, **named)
        except NotFoundError:
            note_not_found()
            left_over = request.form.get("comment") or request.form.get("body") or ""
            return page("portal/not_here.html", guest, left_over=left_over), 404

    return shown


def desk(guest: Guest) -> Answer:
    """Show all that waits on the guest."""
    return desks.shown(guest), 200


def content(guest: Guest, content_id: uuid.UUID) -> Answer:
    """Show one content, and ask for a decision where it waits on the guest."""
    shown = _content(guest, content_id)
    reading.note_opening(session(), guest, content_id)
    return shown, 200


def history(guest: Guest) -> Answer:
    """Show what the guest decided."""
    try:
        before = uuid.UUID(request.args["before"])
    except (KeyError, ValueError):
        before = None
    words = reading.history(session(), guest, before, reading.HISTORY + 1)
    older = words[reading.HISTORY - 1].decision_id if len(words) > reading.HISTORY else None
    return page("portal/history.html", guest, words=words[: reading.HISTORY], older=older), 200


def approval(guest: Guest, content_id: uuid.UUID) -> Answer:
    """Approve one content; with a reservation where that is ticked, or where one was written without the tick."""
    form = AnswerForm()
    reserved = form.reserved.data or (form.comment.data or "").strip()
    return _answered(guest, content_id, Verdict.RESERVED if reserved else Verdict.APPROVED)


def change_request(guest: Guest, content_id: uuid.UUID) -> Answer:
    """Send one content back."""
    return _answered(guest, content_id, Verdict.CHANGES_REQUESTED)


def approvals(guest: Guest) -> Answer:
    """Approve several contents at once, each for itself."""
    form = ManyForm()
    chosen = [Shown.read(typed) for typed in request.form.getlist("item")]
    known = [each for each in chosen if each is not None]
    try:
        approved, refused = answers.approve_many(session(), guest, known, _said(form.typed_name.data))
    except RefusedError as refusal:
        return desks.refused(guest, form, refusal, request.form.getlist("item")), refusal.status
    if approved:
        flash(
            _n("%(num)s content approved. Thank you.", "%(num)s contents approved. Thank you.", len(approved)),
            "success",
        )
    for each in refused:
        flash(
            _("Not approved: %(title)s. %(why)s", title=each.title or _("Untitled"), why=str(each.sentence)), "warning"
        )
    return redirect(here(guest, "desk"), 303)


def hold(guest: Guest, content_id: uuid.UUID) -> Answer:
    """Stop an approved content from leaving."""
    said = _("On hold: it stays approved, and does not go out until you let it go.")
    return _steered(guest, content_id, answers.hold, said)


def release(guest: Guest, content_id: uuid.UUID) -> Answer:
    """Let go what was on hold."""
    return _steered(guest, content_id, answers.release, _("Let go: it goes out at its time."))


def handing(guest: Guest, content_id: uuid.UUID) -> Answer:
    """Let a colleague decide instead."""
    form = HandingForm()
    typed = {"typed_name": form.typed_name.data or "", "person": form.person.data or "", "tried": "hand"}
    try:
        with session().begin_nested():
            said = _said(form.typed_name.data)
            answers.hand_over(session(), guest, content_id, form.person_chosen, said)
    except RefusedError as refusal:
        return _content(guest, content_id, refusal, typed), refusal.status
    flash(_("Handed over: your colleague is asked now."), "success")
    return redirect(here(guest, "desk"), 303)


def thread_start(guest: Guest, content_id: uuid.UUID) -> Answer:
    """Begin a thread with the agency."""
    return talking.start(guest, content_id, _content)


def thread_reply(guest: Guest, content_id: uuid.UUID, thread_id: uuid.UUID) -> Answer:
    """Answer in a thread."""
    return talking.reply(guest, content_id, thread_id, _content)


def _answered(guest: Guest, content_id: uuid.UUID, verdict: Verdict) -> Answer:
    form = AnswerForm()
    shown = Shown(content_id, form.digest.data or "", form.stage_shown)
    typed = {"comment": form.comment.data or "", "typed_name": form.typed_name.data or "", "tried": verdict.value}
    said = _said(form.typed_name.data, form.comment.data)
    if verdict is Verdict.CHANGES_REQUESTED:
        said, typed = replace(said, anchor=form.anchor), typed | form.anchor_typed
    try:
        with session().begin_nested():
            answers.answer(session(), guest, shown, verdict, said)
    except RefusedError as refusal:
        return _content(guest, content_id, refusal, typed), refusal.status
    flash(str(SAID[verdict]), "success")
    return redirect(_next(guest, content_id), 303)


def _steered(guest: Guest, content_id: uuid.UUID, act: Callable[..., object], sentence: str) -> Answer:
    form = SteerForm()
    typed = {"comment": form.comment.data or "", "typed_name": form.typed_name.data or "", "tried": "steer"}
    try:
        with session().begin_nested():
            act(session(), guest, content_id, _said(form.typed_name.data, form.comment.data))
    except RefusedError as refusal:
        return _content(guest, content_id, refusal, typed), refusal.status
    flash(sentence, "success")
    return redirect(here(guest, "content", content_id=content_id), 303)


def _next(guest: Guest, decided: uuid.UUID) -> str:
    """Return where to go on: the next content that waits; the list when none does, which says so."""
    waiting = waiting_on(session(), guest)
    after = next((each for each in waiting if each != decided), None)
    if after is None or len(waiting) > 1:
        return here(guest, "desk")
    return here(guest, "content", content_id=after)


def _said(typed_name: str | None, comment: str | None = None) -> Said:
    return Said(
        typed_name=typed_name or "",
        comment=comment or "",
        ip=request.remote_addr or "",
        user_agent=request.user_agent.string,
    )


def _content(
    guest: Guest, content_id: uuid.UUID, refusal: RefusedError | None = None, typed: Mapping[str, str] | None = None
) -> str:
    one = reading.one(session(), guest, content_id)
    waiting = waiting_on(session(), guest)
    place = waiting.index(content_id) if content_id in waiting else None
    since = since_decided(session(), one.content, guest.person.id) if one.passage else None
    holds = guest.actor.may(Permission.CONTENT_HOLD, guest.brand.id) and one.shown
    return page(
        "portal/content.html",
        guest,
        one=one,
        leaves=when(one.leaves, str(one.revision.payload["zone"])) if one.leaves else None,
        previews=_previews(one),
        since=since,
        picture_url=addresses_of([*one.revision.payload["pictures"], *(since.shown if since else ())]),
        sentences=sentences_of(one.revision.payload) if one.passage else [],
        place=place,
        colleagues=surroundings.colleagues(session(), guest) if one.passage else [],
        waiting=waiting,
        said=[each for each in decisions_of(session(), one.content, everything=False) if one.shown],
        around=surroundings.around(session(), guest, [one.leaves], surroundings.NEAREST) if one.shown else [],
        may_hold=holds and one.content.state == ContentState.SCHEDULED,
        may_release=holds and one.content.state == ContentState.ON_HOLD,
        talk=talking.talk_of(guest, content_id) if one.shown else None,
        refusal=refusal,
        typed=typed or {},
    )


def _previews(one: One) -> list[ChannelPreview]:
    channels = {channel.id: channel for channel in channels_of(session(), one.content)}
    return frozen_previews(one.revision.payload, channels, is_out=one.content.state == ContentState.PUBLISHED)


def document(guest: Guest, file_id: uuid.UUID) -> Response:
    """Hand out a document of a thread."""
    return talking.file(guest, file_id)


register(
    blueprint,
    [
        ("", "GET", desk),
        ("/history", "GET", history),
        ("/approvals", "POST", approvals),
        ("/contents/<uuid:content_id>", "GET", _if_there(content)),
        ("/contents/<uuid:content_id>/approval", "POST", _if_there(approval)),
        ("/contents/<uuid:content_id>/change-request", "POST", _if_there(change_request)),
        ("/contents/<uuid:content_id>/hold", "POST", _if_there(hold)),
        ("/contents/<uuid:content_id>/release", "POST", _if_there(release)),
        ("/contents/<uuid:content_id>/handover", "POST", _if_there(handing)),
        ("/contents/<uuid:content_id>/threads", "POST", _if_there(thread_start)),
        ("/contents/<uuid:content_id>/threads/<uuid:thread_id>", "POST", _if_there(thread_reply)),
        ("/documents/<uuid:file_id>", "GET", document),
    ],
)


def init_app(app: Flask) -> None:
    """Register the routes."""
    pieces.init_app(app)
    desks.init_app(app)
    app.register_blueprint(blueprint)
