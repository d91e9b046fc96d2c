"""Adding files to a topic, taking them away and back, and handing one out."""

import uuid
from collections.abc import Callable, Sequence

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from tenants.errors import NotFoundError, RefusedError
from unisson.media.addresses import picture_address
from unisson.media.documents import Document, document_answer
from unisson.media.intake import plain_name
from unisson.storage import storage_of
from unisson.topics.files import NOTHING, add_file, load_file, put_back, remove_files
from unisson.topics.planning import load_topic
from unisson.web.db import runtime, session
from unisson.web.guards import actor
from unisson.web.i18n import NBSP, _, _n, lazy

MOST_AT_ONCE = 10
"""What is said of each travels in a cookie, which holds four kilobytes."""
SHOWN = 60
MANY = lazy("Ten files can be added at a time. The others were not kept: add them next.")


def adding(topic_id: uuid.UUID) -> Response:
    """Keep each file that can be kept; say of the others why not. What was added can be taken away again at once."""
    load_topic(session(), actor(), topic_id)
    added, refused = [], []
    files = [each for each in request.files.getlist("files") if each.filename]
    if len(files) > MOST_AT_ONCE:
        refused.append(str(MANY))
    for sent in files[:MOST_AT_ONCE]:
        try:
            with session().begin_nested():
                file = add_file(
                    session(), actor(), topic_id, sent.filename or "", sent.stream,
                    storage=storage_of(runtime().settings),
                )  # fmt: skip
            added.append(file.id)
        except RefusedError as refusal:
            refused.append(f"{plain_name(sent.filename or '')[-SHOWN:]}{NBSP}– {refusal.sentence}")
    if not added and not refused:
        refused.append(str(NOTHING))
    for sentence in refused:
        flash(sentence, "danger")
    if added:
        _say(_n("%(num)s file added.", "%(num)s files added.", len(added)), "topics.file_removal", topic_id, added)
    return _back(topic_id)


def removal(topic_id: uuid.UUID) -> Response:
    """Take files away, which can be undone."""
    ids = _ids()
    many = remove_files(session(), actor(), topic_id, ids)
    _say(_n("%(num)s file taken away.", "%(num)s files taken away.", many), "topics.file_return", topic_id, ids)
    return _back(topic_id)


def returning(topic_id: uuid.UUID) -> Response:
    """Put files back that were taken away."""
    load_topic(session(), actor(), topic_id)
    return _carried_out(topic_id, lambda: put_back(session(), actor(), topic_id, _ids()))


def file(topic_id: uuid.UUID, topic_file_id: uuid.UUID) -> Response:
    """Hand out a file of a topic: an image to be seen, a document to be saved."""
    found = load_file(session(), actor(), topic_id, topic_file_id)
    storage = storage_of(runtime().settings)
    if found.media_id is not None:
        return redirect(picture_address(found.digest, found.mime))
    document = Document(found.digest, found.filename, found.mime, found.size)
    return document_answer(storage, found.agency_id, document)


def _carried_out(topic_id: uuid.UUID, act: Callable[[], int]) -> Response:
    try:
        with session().begin_nested():
            act()
    except RefusedError as refusal:
        flash(str(refusal.sentence), "danger")
    else:
        flash(_("It is on the topic again."), "success")
    return _back(topic_id)


def _say(text: str, undo: str, topic_id: uuid.UUID, file_ids: Sequence[uuid.UUID]) -> None:
    said = {"text": text, "undo_url": url_for(undo, topic_id=topic_id, file=[str(each) for each in file_ids])}
    flash(said, "success")  # type: ignore[arg-type]  # a mapping carries the way to undo


def _ids() -> list[uuid.UUID]:
    """Return the files that are named. Raises NotFoundError for what is no name."""
    try:
        return [uuid.UUID(each) for each in request.values.getlist("file")[:100]]
    except ValueError:
        raise NotFoundError from None


def _back(topic_id: uuid.UUID) -> Response:
    return redirect(url_for("topics.topic", topic_id=topic_id, _anchor="files"), 303)
