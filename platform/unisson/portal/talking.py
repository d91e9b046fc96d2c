"""The threads with the client, on their own pages."""

import uuid
from collections.abc import Callable

from flask import flash, redirect
from werkzeug.wrappers import Response

from tenants.errors import NotFoundError, RefusedError
from tenants.permissions import Permission
from unisson.editorial.contents import load
from unisson.portal.doors import here
from unisson.portal.guests import Guest
from unisson.portal.recognising import Answer
from unisson.storage import storage_of
from unisson.threads import writing
from unisson.threads.files import file_answer, find_file
from unisson.threads.forms import MessageForm, ThreadForm
from unisson.threads.models import Audience, Thread
from unisson.threads.reading import ThreadView, threads_of
from unisson.threads.views import taken_in
from unisson.threads.writing import Said, audiences
from unisson.web.db import runtime, session
from unisson.web.i18n import _

Page = Callable[..., str]


def talk_of(guest: Guest, content_id: uuid.UUID) -> list[ThreadView] | None:
    """Return the threads with the client; None for a guest who has no part in them."""
    if Audience.CLIENT not in audiences(guest.actor, guest.brand.id):
        return None
    return threads_of(session(), content_id, (Audience.CLIENT,), guest.person.id)


def start(guest: Guest, content_id: uuid.UUID, page: Page) -> Answer:
    """Begin a thread with the agency."""
    form = ThreadForm()

    def act() -> uuid.UUID:
        said = Said(form.body.data or "", *taken_in(guest.actor, guest.brand.id, form.attached.data))
        return writing.start(session(), guest.actor, content_id, Audience.CLIENT, said, anchor=form.anchor).id

    return _done(guest, content_id, act, page, {"thread_body": form.body.data or "", "thread": "new"})


def reply(guest: Guest, content_id: uuid.UUID, thread_id: uuid.UUID, page: Page) -> Answer:
    """Answer in a thread with the client: another audience's does not exist here."""
    form, thread = MessageForm(), session().get(Thread, (session().agency_id, thread_id))
    if thread is None or thread.content_id != content_id or thread.audience != Audience.CLIENT:
        raise NotFoundError

    def act() -> uuid.UUID:
        said = Said(form.body.data or "", *taken_in(guest.actor, guest.brand.id, form.attached.data))
        return writing.reply(session(), guest.actor, thread_id, said).thread_id

    return _done(guest, content_id, act, page, {"thread_body": form.body.data or "", "thread": str(thread_id)})


def file(guest: Guest, file_id: uuid.UUID) -> Response:
    """Hand out a document of a thread that the guest reads. Raises NotFoundError."""
    found, content_id, brand_id, audience = find_file(session(), file_id)
    theirs = audience == Audience.CLIENT and Audience.CLIENT in audiences(guest.actor, guest.brand.id)
    if brand_id != guest.brand.id or not theirs:
        raise NotFoundError
    load(session(), guest.actor, content_id, Permission.CONTENT_SEE)
    return file_answer(storage_of(runtime().settings), found)


def _done(
    guest: Guest, content_id: uuid.UUID, act: Callable[[], uuid.UUID], page: Page, typed: dict[str, str]
) -> Answer:
    try:
        with session().begin_nested():
            thread_id = act()
    except RefusedError as refusal:
        return page(guest, content_id, refusal, typed), refusal.status
    flash(_("Said."), "success")
    return redirect(f"{here(guest, 'content', content_id=content_id)}#thread-{thread_id}", 303)
