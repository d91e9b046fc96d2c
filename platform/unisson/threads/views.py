"""The verbs of threads, for members: each goes back to the content's page, to the thread."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Flask, flash, redirect, url_for
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from tenants.access import Actor
from tenants.errors import NotFoundError, RefusedError
from tenants.permissions import Permission
from unisson.editorial.content_page import render
from unisson.editorial.contents import load
from unisson.storage import storage_of
from unisson.threads import writing
from unisson.threads.files import ACCEPTED, KeptFile, Sent, file_answer, find_file, take_all
from unisson.threads.forms import MessageForm, ThreadForm
from unisson.threads.models import Thread, ThreadMessage
from unisson.threads.writing import MOST_ATTACHED, Said
from unisson.web.db import runtime, session
from unisson.web.guards import actor
from unisson.web.i18n import _, lazy

blueprint = Blueprint("threads", __name__, url_prefix="/<agency>")

Answer = Response | tuple[str, int]

TOO_MANY = lazy("A message carries four files at most.")


@blueprint.post("/contents/<uuid:content_id>/threads")
def starting(content_id: uuid.UUID) -> Answer:
    """Begin a thread."""
    form = ThreadForm()
    content = load(session(), actor(), content_id, Permission.CONTENT_SEE)
    audience = form.audience_chosen(writing.audiences(actor(), content.brand_id))
    typed = {"thread_body": form.body.data or "", "thread": f"new-{audience}", **form.anchor_typed}

    def act() -> uuid.UUID:
        said = Said(form.body.data or "", *taken_in(actor(), content.brand_id, form.attached.data))
        return writing.start(session(), actor(), content_id, audience, said, anchor=form.anchor).id

    return _done(content_id, act, _("Said."), typed)


@blueprint.post("/threads/<uuid:thread_id>/messages")
def replying(thread_id: uuid.UUID) -> Answer:
    """Answer in a thread."""
    form, thread = MessageForm(), _thread(thread_id)

    def act() -> uuid.UUID:
        said = Said(form.body.data or "", *taken_in(actor(), thread.brand_id, form.attached.data))
        return writing.reply(session(), actor(), thread_id, said).thread_id

    return _done(thread.content_id, act, _("Said."), {"thread_body": form.body.data or "", "thread": str(thread_id)})


@blueprint.post("/threads/<uuid:thread_id>/settlement")
def settling(thread_id: uuid.UUID) -> Answer:
    """Settle a thread, which can be undone."""
    said = {"text": _("Settled."), "undo_url": url_for("threads.reopening", thread_id=thread_id)}
    return _done(_thread(thread_id).content_id, lambda: writing.settle(session(), actor(), thread_id).id, said, {})


@blueprint.post("/threads/<uuid:thread_id>/reopening")
def reopening(thread_id: uuid.UUID) -> Answer:
    """Open a settled thread again."""
    content_id = _thread(thread_id).content_id
    return _done(content_id, lambda: writing.reopen(session(), actor(), thread_id).id, _("Open again."), {})


@blueprint.post("/messages/<uuid:message_id>/edit")
def mending(message_id: uuid.UUID) -> Answer:
    """Change one's message within ten minutes."""
    form, thread = MessageForm(), _thread_of_message(message_id)
    typed = {"thread_body": form.body.data or "", "thread": str(thread.id)}
    act = lambda: writing.mend(session(), actor(), message_id, form.body.data or "").thread_id  # noqa: E731 - one word
    return _done(thread.content_id, act, _("Changed."), typed)


@blueprint.post("/messages/<uuid:message_id>/removal")
def taking_back(message_id: uuid.UUID) -> Answer:
    """Take one's message back within ten minutes."""
    thread = _thread_of_message(message_id)
    act = lambda: writing.take_back(session(), actor(), message_id).thread_id  # noqa: E731 - one word
    return _done(thread.content_id, act, _("Taken back."), {})


@blueprint.get("/threads/files/<uuid:file_id>")
def file(file_id: uuid.UUID) -> Response:
    """Hand out a document of a thread that the actor reads."""
    found, content_id, brand_id, audience = find_file(session(), file_id)
    if audience not in writing.audiences(actor(), brand_id):
        raise NotFoundError
    load(session(), actor(), content_id, Permission.CONTENT_SEE)
    return file_answer(storage_of(runtime().settings), found)


def taken_in(
    person: Actor, brand_id: uuid.UUID, sent: Sequence[FileStorage] | None
) -> tuple[list[uuid.UUID], list[KeptFile]]:
    """Return the ids of the images that came with a message, and its documents. Raises RefusedError for all else."""
    named = [each for each in sent or () if getattr(each, "filename", "")]
    if len(named) > MOST_ATTACHED:
        raise RefusedError(TOO_MANY, field="body")
    files = [Sent(each.filename or "", each.stream) for each in named]
    try:
        return take_all(session(), person, brand_id, files, storage_of(runtime().settings))
    except RefusedError as refusal:
        refusal.field = "body"
        raise
    finally:
        for each in named:
            each.close()


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.jinja_env.globals["accepted_files"] = ACCEPTED
    app.register_blueprint(blueprint)


def _done(content_id: uuid.UUID, act: Callable[[], uuid.UUID], said: Any, typed: dict[str, str]) -> Answer:
    try:
        with session().begin_nested():
            thread_id = act()
    except RefusedError as refusal:
        return render(content_id, refusal=refusal, typed=typed), refusal.status
    flash(said, "success")
    return redirect(f"{url_for('editorial.content', content_id=content_id)}#thread-{thread_id}", 303)


def _thread(thread_id: uuid.UUID) -> Thread:
    """Return a thread that the actor reads. Raises NotFoundError."""
    thread = session().get(Thread, (session().agency_id, thread_id))
    if thread is None or thread.audience not in writing.audiences(actor(), thread.brand_id):
        raise NotFoundError
    load(session(), actor(), thread.content_id, Permission.CONTENT_SEE)
    return thread


def _thread_of_message(message_id: uuid.UUID) -> Thread:
    thread_id = session().scalar(select(ThreadMessage.thread_id).where(ThreadMessage.id == message_id))
    if thread_id is None:
        raise NotFoundError
    return _thread(thread_id)
