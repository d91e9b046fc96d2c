"""What a worker does of a brand whose thirty days are over: keeps what must be provable, then deletes the rest.

In this order, each step committed by itself and found done by whoever comes after a worker that died:
what is kept (`brand_records`, `kept_decisions`), the rows in chunks, the brand, the stored bytes that nothing else
names. The rows are deleted as `unisson_eraser`, which the worker takes on for the length of one transaction.
"""

import time
import uuid
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Select, delete, func, literal, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from tenants.base import SCHEMA, Base
from tenants.brands import Brand
from tenants.context import acting_for
from tenants.isolation import ERASER
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.approvals.decided import of_decisions
from unisson.approvals.models import ApprovalPolicy, Decision, PolicyVersion, RunSeat
from unisson.attending import Duty, attend
from unisson.closing.exporting import FIRST, forget
from unisson.closing.models import BrandEnding, BrandExport, BrandRecord, KeptDecision
from unisson.closing.scope import POINTERS, ROOT, WITH_PARENT, Held, held
from unisson.dispatching import Claim, done, holds, release
from unisson.editorial.models import Content, Revision
from unisson.media.documents import document_key
from unisson.media.models import IncomingVideo, Media
from unisson.media.reading import picture_key
from unisson.media.unnamed import unnamed_anywhere
from unisson.media.videos import key_of
from unisson.runtime import Runtime
from unisson.storage import Storage, StorageAwayError, storage_of
from unisson.threads.models import Thread, ThreadFile, ThreadMessage
from unisson.topics.models import TopicFile

LEASE = 90.0
LONGEST = 15.0
CHUNK = 2_000
"""Rows that one transaction deletes of one table."""
SWEPT = 50
AGAIN_SECONDS = 60.0
AT_A_TIME = 20.0
"""Seconds after which a brand is given back, to be gone on with in the next job."""

_WAITING = {
    "content": "contents", "publication": "publications", "stage": "run_stages", "import": "imports",
    "upload": "uploads", "video": "incoming_videos", "export": "brand_exports",
    "hook": "hook_posts", "push": "push_posts",
}  # fmt: skip
"""What stands on the dispatch table of a brand → the table of its rows."""


def delete_due(runtime: Runtime, budget_seconds: float = 40.0) -> int:
    """Delete the brands whose time is over, while there is time and nothing else waits; return how many were tried."""
    return attend(runtime, _DUTY, budget_seconds)


def _attend(runtime: Runtime, claimed: Claim) -> None:
    storage, ends = storage_of(runtime.settings), time.monotonic() + AT_A_TIME
    try:
        if begin(runtime, claimed):
            is_over = _rows(runtime, claimed, ends) and _sweep(runtime, claimed, storage, ends)
        else:
            is_over = True
    except StorageAwayError:
        is_over = False
    with runtime.database.agency(claimed.agency_id) as session:
        if is_over:
            done(session, claimed)
        else:
            release(session, claimed, delay=0.0 if time.monotonic() >= ends else AGAIN_SECONDS)


_DUTY = Duty("endings", _attend, LEASE, longest=LONGEST + AT_A_TIME, after=FIRST | {"exports"})


def begin(runtime: Runtime, claimed: Claim) -> bool:
    """Write what is kept, unless it is written; False where nothing is to be deleted (any more)."""
    with runtime.database.agency(claimed.agency_id) as session:
        if session.get(BrandRecord, (claimed.agency_id, claimed.item_id)) is not None:
            return True
        ending = session.scalars(
            select(BrandEnding).where(BrandEnding.brand_id == claimed.item_id).with_for_update()
        ).one_or_none()
        if ending is None or ending.ends_at > session.now() or not holds(session, claimed):
            return False
        ending.begun_at = session.now()
        session.flush()
        _keep(session, ending)
        _unplan(session, claimed.item_id)
    return True


def _keep(session: TenantSession, ending: BrandEnding) -> None:
    brand = session.get_one(Brand, (session.agency_id, ending.brand_id))
    session.add(
        BrandRecord(
            id=brand.id, slug=brand.slug, name=brand.name, timezone=brand.timezone, opened_at=brand.created_at,
            asked_by=ending.asked_by, asked_at=ending.asked_at,
            leftovers=[list(key) for key in dict.fromkeys(_keys(session, brand))],
        )
    )  # fmt: skip
    session.flush()
    columns = [
        "agency_id", "id", "record_id", "content_id", "title", "kind", "number", "digest", "verdict",
        "membership_id", "role", "authenticated", "by_code", "comment", "decided_at", "chain", "chain_version",
    ]  # fmt: skip
    session.execute(insert(KeptDecision).from_select(columns, _decisions(brand.id)))
    record(session, None, "brand.ending_begun", "brand", brand.id, brand_id=brand.id, name=brand.name)


def _decisions(brand_id: uuid.UUID) -> Select[tuple[Any, ...]]:
    return of_decisions(
        Decision.agency_id, Decision.id, literal(brand_id), Content.id, Content.title, Content.kind,
        Revision.number, Decision.digest, Decision.verdict, Decision.membership_id,
        func.coalesce(RunSeat.role, ""), Decision.authenticated, Decision.device_id.is_not(None),
        Decision.comment, Decision.decided_at,
        ApprovalPolicy.name, PolicyVersion.number,
    ).where(Content.brand_id == brand_id)  # fmt: skip


def _keys(session: TenantSession, brand: Brand) -> Iterator[tuple[str, ...]]:
    """Yield where the brand's bytes are kept; others may name the same ones."""
    if brand.logo_digest:
        yield picture_key(brand.logo_digest)
    for digest, poster in session.execute(select(Media.digest, Media.poster_digest).where(Media.brand_id == brand.id)):
        yield picture_key(digest)
        if poster:
            yield picture_key(poster)
    for digest in session.scalars(select(TopicFile.digest).where(TopicFile.brand_id == brand.id)):
        yield document_key(digest)
    threads = (
        select(ThreadFile.digest)
        .join(
            ThreadMessage,
            (ThreadMessage.agency_id == ThreadFile.agency_id) & (ThreadMessage.id == ThreadFile.message_id),
        )
        .join(Thread, (Thread.agency_id == ThreadMessage.agency_id) & (Thread.id == ThreadMessage.thread_id))
    )
    for digest in session.scalars(threads.where(Thread.brand_id == brand.id)):
        yield document_key(digest)
    for video_id in session.scalars(select(IncomingVideo.id).where(IncomingVideo.brand_id == brand.id)):
        yield key_of(video_id)


def _unplan(session: TenantSession, brand_id: uuid.UUID) -> None:
    """Take all that is due of the brand off the table."""
    for kind, name in _WAITING.items():
        each = next(one for one in held() if one.table.name == name)
        ids = session.scalars(select(each.table.c.id).where(each.clause), {"brand_id": brand_id}).all()
        session.execute(
            text("delete from app.dispatch where kind = :kind and agency_id = :agency_id and item_id = any(:ids)"),
            {"kind": kind, "agency_id": session.agency_id, "ids": list(ids)},
        )
    session.execute(
        text("delete from app.dispatch where kind = 'rights' and agency_id = :agency_id and item_id = :brand_id"),
        {"agency_id": session.agency_id, "brand_id": brand_id},
    )


def _rows(runtime: Runtime, claimed: Claim, ends: float) -> bool:
    """Delete the rows, children first; False where the time is over before all are gone."""
    _let_exports_go(runtime, claimed)
    for each in held():
        if each.table.name in WITH_PARENT | {ROOT, "brand_endings"}:
            continue
        while (count := _chunk(runtime, claimed, each)) == CHUNK:
            if time.monotonic() >= ends:
                return False
        if count and time.monotonic() >= ends:
            return False
    _last(runtime, claimed)
    return True


def _let_exports_go(runtime: Runtime, claimed: Claim) -> None:
    """Delete the bytes of the brand's exports before the rows that name them."""
    with runtime.database.agency(claimed.agency_id) as session:
        exports = session.scalars(select(BrandExport).where(BrandExport.brand_id == claimed.item_id)).all()
        session.expunge_all()
    for export in exports:
        forget(storage_of(runtime.settings), claimed.agency_id, export)


def _chunk(runtime: Runtime, claimed: Claim, each: Held) -> int:
    key = each.table.primary_key.columns
    some = select(*key).where(each.clause).limit(CHUNK)
    with runtime.database.agency_connection(claimed.agency_id) as connection:
        _become_eraser(connection)
        statement = delete(each.table).where(tuple_(*key).in_(some))
        gone = connection.execute(statement, {"brand_id": claimed.item_id}).rowcount
    with runtime.database.agency(claimed.agency_id) as session:
        mine = BrandRecord.id == claimed.item_id
        session.execute(update(BrandRecord).where(mine).values(rows=BrandRecord.rows + gone))
    return gone


def _last(runtime: Runtime, claimed: Claim) -> None:
    """Delete the brand itself, and say on the trail that it is gone."""
    with runtime.database.agency(claimed.agency_id) as session:
        session.execute(text(f"set local role {ERASER}"))
        for name, columns in POINTERS.items():
            table = Base.metadata.tables[f"{SCHEMA}.{name}"]
            pointing = table.c[columns[0]] == claimed.item_id
            session.execute(update(table).where(pointing).values(dict.fromkeys(columns)))
        for name in ("brand_endings", ROOT):
            each = next(one for one in held() if one.table.name == name)
            session.execute(delete(each.table).where(each.clause), {"brand_id": claimed.item_id})
        session.execute(text("reset role"))
        kept = session.get_one(BrandRecord, (claimed.agency_id, claimed.item_id))
        if kept.erased_at is None:
            kept.erased_at = session.now()
            record(session, None, "brand.deleted", "brand", kept.id, brand_id=kept.id, name=kept.name, rows=kept.rows)


def _become_eraser(connection: Connection) -> None:
    connection.execute(text(f"set local role {ERASER}"))


def _sweep(runtime: Runtime, claimed: Claim, storage: Storage, ends: float) -> bool:
    """Delete the bytes that no row of the agency names any more, some at a time; False where some are left."""
    while time.monotonic() < ends:
        with runtime.database.agency(claimed.agency_id) as session:
            kept = session.get_one(BrandRecord, (claimed.agency_id, claimed.item_id), with_for_update=True)
            some, rest = kept.leftovers[:SWEPT], kept.leftovers[SWEPT:]
            if not some:
                return True
            free = unnamed_anywhere(session, [tuple(key) for key in some])
            if free is None:
                return False
            with acting_for(claimed.agency_id):
                for key in free:
                    storage.delete(*key)
            kept.leftovers = rest
    return False
