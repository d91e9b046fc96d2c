"""What a worker does of an upload: the picture is made anew and kept, or refused with its reason; then it is swept.

An upload stands on the dispatch table as long as there is one. A worker that dies leaves its claim to lapse; the next
one makes the same picture, which is kept once by its digest. No transaction is open while a picture is decoded.
"""

import uuid
from typing import NamedTuple

import structlog
from sqlalchemy import delete, select

from tenants.brands import Brand
from tenants.errors import GoneError, RefusedError
from tenants.session import TenantSession
from unisson.attending import Duty, attend
from unisson.dispatching import Claim, done, holds, put, release
from unisson.media.intake import ARCHIVED, agreed_format, keep
from unisson.media.models import Upload, UploadPart, UploadState
from unisson.media.sandbox import Reencoded, TooBusyError, reencode
from unisson.media.uploads import LASTS, expires, problem_of
from unisson.runtime import Runtime
from unisson.storage import Storage, StorageAwayError, storage_of

log = structlog.get_logger(__name__)

LEASE = 90.0
LONGEST = 20.0
"""Seconds that must be left to begin one: its decoder is ended after as many of the processor."""
AGAIN = 30.0
MOST_TRIES = 3
"""How often a picture may take its worker with it before it is given up."""
FIRST = frozenset({"mail", "approvals", "imports", "rights"})
"""What the same workers attend to before pictures: one picture is the longest it waits."""


class Received(NamedTuple):
    """A file that came whole."""

    filename: str
    content: bytes


def prepare_due(runtime: Runtime, budget_seconds: float = 40.0) -> int:
    """Attend to uploads until none is due, time is over, or something else waits; return how many."""
    return attend(runtime, _DUTY, budget_seconds)


def _attend(runtime: Runtime, claimed: Claim) -> None:
    received = _received(runtime, claimed)
    if received is not None:
        _prepare(runtime, claimed, received, storage_of(runtime.settings))


_DUTY = Duty("media", _attend, LEASE, longest=LONGEST, after=FIRST)


def _received(runtime: Runtime, claimed: Claim) -> Received | None:
    """Return the file; None where there is nothing to prepare: what has had its day is swept."""
    with runtime.database.agency(claimed.agency_id) as session:
        upload = _ours(session, claimed)
        if upload is None:
            return None
        if upload.state != UploadState.PREPARING:
            session.delete(upload)
            session.flush()
            done(session, claimed)
            return None
        upload.tries += 1
        if upload.tries > MOST_TRIES:
            _settle(session, upload, UploadState.REFUSED, problem="unreadable")
            return None
        parts = session.scalars(
            select(UploadPart.content).where(UploadPart.upload_id == upload.id).order_by(UploadPart.position)
        )
        return Received(upload.filename, b"".join(parts))


def _prepare(runtime: Runtime, claimed: Claim, received: Received, storage: Storage) -> None:
    try:
        made = reencode(received.content, agreed_format(received.filename, received.content))
        _keep(runtime, claimed, made, storage)
    except TooBusyError:
        _put_off(runtime, claimed)
    except StorageAwayError:
        _put_off(runtime, claimed, problem="away")
    except RefusedError as refusal:
        with runtime.database.agency(claimed.agency_id) as session:
            upload = _ours(session, claimed)
            if upload is not None:
                _settle(session, upload, UploadState.REFUSED, problem=problem_of(refusal))


def _keep(runtime: Runtime, claimed: Claim, made: Reencoded, storage: Storage) -> None:
    with runtime.database.agency(claimed.agency_id) as session:
        upload = _ours(session, claimed)
        if upload is None:
            return
        if session.read_once(Brand, upload.brand_id).archived_at is not None:
            raise GoneError(ARCHIVED)
        whose = {"brand_id": upload.brand_id, "membership_id": upload.membership_id}
        kept = keep(session, made, upload.filename, storage, **whose)
        _settle(session, upload, UploadState.ADDED if kept.is_new else UploadState.KNOWN, media_id=kept.media.id)


def _put_off(runtime: Runtime, claimed: Claim, problem: str = "") -> None:
    """Try again in a while, and say why: it is no fault of the picture. After a day of it, it is refused."""
    with runtime.database.agency(claimed.agency_id) as session:
        upload = _ours(session, claimed)
        if upload is None:
            return
        if session.now() > expires(upload):
            _settle(session, upload, UploadState.REFUSED, problem="not_kept")
            return
        upload.tries, upload.problem = upload.tries - 1, problem
        session.flush()
        release(session, claimed, delay=AGAIN)


def _ours(session: TenantSession, claimed: Claim) -> Upload | None:
    """Return the upload, locked; None when it is gone, or somebody else's to attend to."""
    upload = session.get(Upload, (claimed.agency_id, claimed.item_id), with_for_update=True)
    if upload is None:
        done(session, claimed)
        return None
    # After the lock: whoever had it may have settled it meanwhile.
    return upload if holds(session, claimed) else None


def _settle(
    session: TenantSession,
    upload: Upload,
    state: UploadState,
    *,
    problem: str = "",
    media_id: uuid.UUID | None = None,
) -> None:
    """Write down what became of an upload; its bytes go now, its row in a day."""
    upload.state, upload.problem, upload.media_id = state.value, problem, media_id
    session.flush()
    session.execute(delete(UploadPart).where(UploadPart.upload_id == upload.id))
    put(session, "upload", session.agency_id, upload.id, due_at=session.now() + LASTS)
