"""Asking for a brand's export, and what a worker does of it: one ZIP a claim, until all parts are there.

An export stands on the dispatch table until its bytes are gone again: due at once while parts are missing, then when
it is over. A worker that dies leaves its claim to lapse, and the part it was at is packed anew under the same name.
"""

import tempfile
import uuid
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from sqlalchemy import select, update

from tenants.access import Actor
from tenants.agencies import Agency
from tenants.base import utcnow
from tenants.brands import Brand
from tenants.context import acting_for
from tenants.errors import NotFoundError, RefusedError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.attending import Duty, attend
from unisson.closing.models import BrandExport, ExportState
from unisson.closing.packing import Piece, opened, pack_files, pack_rows, plan
from unisson.dispatching import Claim, done, holds, put, release
from unisson.jobs import ring_after_commit
from unisson.runtime import Runtime
from unisson.storage import Storage, StorageAwayError, storage_of
from unisson.web.i18n import lazy

KEPT_FOR = timedelta(days=7)
LEASE = 120.0
LONGEST = 30.0
"""Seconds that must be left to begin a part."""
AGAIN_SECONDS = 60.0
FIRST = frozenset({"mail", "approvals", "rights", "imports", "media", "videos"})

UNDER_WAY = lazy("An export of this brand is being packed already. It is here in a few minutes.")


def exports_of(session: TenantSession, brand_id: uuid.UUID, limit: int = 10) -> Sequence[BrandExport]:
    """Return the exports of a brand, the newest first."""
    wanted = select(BrandExport).where(BrandExport.brand_id == brand_id).order_by(BrandExport.created_at.desc())
    return session.scalars(wanted.limit(limit)).all()


def ask(session: TenantSession, actor: Actor, brand_id: uuid.UUID) -> BrandExport:
    """Return an export that a worker is to pack. Raises NotFoundError, ForbiddenError, RefusedError."""
    actor.require(Permission.BRAND_SETTINGS, brand_id)
    session.execute(select(Brand.id).where(Brand.id == brand_id).with_for_update()).one()
    if any(each.state == ExportState.PACKING for each in exports_of(session, brand_id)):
        raise RefusedError(UNDER_WAY)
    export = BrandExport(brand_id=brand_id, asked_by=actor.membership_id)
    session.add(export)
    session.flush()
    put(session, "export", session.agency_id, export.id)
    ring_after_commit(session, "exports")
    record(session, actor, "brand.export_asked", "brand", brand_id, brand_id=brand_id, export=str(export.id))
    return export


def load_part(session: TenantSession, actor: Actor, export_id: uuid.UUID, number: int) -> tuple[BrandExport, int]:
    """Return an export that is ready and the size of one of its parts. Raises NotFoundError, ForbiddenError."""
    export = session.scalars(select(BrandExport).where(BrandExport.id == export_id)).one_or_none()
    if export is None:
        raise NotFoundError
    actor.require(Permission.BRAND_SETTINGS, export.brand_id)
    if export.state != ExportState.READY or not 1 <= number <= len(export.parts):
        raise NotFoundError
    return export, export.parts[number - 1]


def part_key(export_id: uuid.UUID, number: int) -> tuple[str, ...]:
    """Return where in its agency a part is kept; parts count from 1."""
    return ("exports", str(export_id), f"{number}.zip")


def pack_due(runtime: Runtime, budget_seconds: float = 40.0) -> int:
    """Attend to exports until none is due, no time is left for a part, or something else waits; return how many."""
    return attend(runtime, _DUTY, budget_seconds)


def _attend(runtime: Runtime, claimed: Claim) -> None:
    storage = storage_of(runtime.settings)
    with runtime.database.agency(claimed.agency_id) as session:
        export = session.get(BrandExport, (claimed.agency_id, claimed.item_id))
        if export is None or export.state == ExportState.OVER:
            done(session, claimed)
            return
        session.expunge(export)
    try:
        if export.state == ExportState.READY:
            _end(runtime, claimed, export, storage)
        else:
            _pack(runtime, claimed, export, storage)
    except StorageAwayError:
        with runtime.database.agency(claimed.agency_id) as session:
            release(session, claimed, delay=AGAIN_SECONDS)


_DUTY = Duty("exports", _attend, LEASE, longest=LONGEST, after=FIRST)


def _pack(runtime: Runtime, claimed: Claim, export: BrandExport, storage: Storage) -> None:
    """Pack the next part and keep it; the last one ends the packing."""
    number = len(export.parts) + 1
    with tempfile.TemporaryDirectory(prefix="unisson-export-") as folder:
        path = Path(folder) / "part.zip"
        with path.open("wb") as file, opened(file) as archive, acting_for(claimed.agency_id):
            pieces = _first(runtime, claimed, export, archive) if number == 1 else export.plan
            listed = [Piece(str(each[0]), tuple(each[1]), int(each[2])) for each in pieces[number - 1]]
            missing = pack_files(archive, storage, listed)
        with acting_for(claimed.agency_id):
            storage.put(path, *part_key(export.id, number))
        sizes = [*export.parts, path.stat().st_size]
    _keep(runtime, claimed, pieces, sizes, export.missing + missing)


def _first(runtime: Runtime, claimed: Claim, export: BrandExport, archive: ZipFile) -> list[list[list[Any]]]:
    """Write the rows, as they are at one moment; return the plan of the files."""
    with runtime.database.agency_snapshot(claimed.agency_id) as connection:
        brand = connection.execute(select(Brand.name, Brand.slug).where(Brand.id == export.brand_id)).one()
        agency = connection.execute(select(Agency.name)).scalar_one()
        about = {"brand": brand.name, "slug": brand.slug, "agency": agency, "made_at": utcnow()}
        planned = plan(connection, export.brand_id)
        pack_rows(connection, export.brand_id, archive, {**about, "parts": len(planned)})
    return [[[each.path, list(each.key), each.size] for each in part] for part in planned]


def _keep(runtime: Runtime, claimed: Claim, pieces: list[list[list[Any]]], sizes: list[int], missing: int) -> None:
    is_whole = len(sizes) == len(pieces)
    with runtime.database.agency(claimed.agency_id) as session:
        if not holds(session, claimed):
            return  # whoever has it now packs the same part
        values: dict[str, object] = {"parts": sizes, "missing": missing, "plan": [] if is_whole else pieces}
        if is_whole:
            values |= {"state": ExportState.READY.value, "expires_at": session.now() + KEPT_FOR}
        session.execute(update(BrandExport).where(BrandExport.id == claimed.item_id).values(values))
        release(session, claimed, delay=KEPT_FOR.total_seconds() if is_whole else 0.0)


def _end(runtime: Runtime, claimed: Claim, export: BrandExport, storage: Storage) -> None:
    """Let an export go whose time is over: its bytes first, so that none is left without a row."""
    forget(storage, claimed.agency_id, export)
    with runtime.database.agency(claimed.agency_id) as session:
        if done(session, claimed):
            over = {"state": ExportState.OVER.value}
            session.execute(update(BrandExport).where(BrandExport.id == export.id).values(over))


def forget(storage: Storage, agency_id: uuid.UUID, export: BrandExport) -> None:
    """Delete the bytes of an export. Raises StorageAwayError."""
    with acting_for(agency_id):
        for number in range(1, len(export.parts) + 2):
            storage.delete(*part_key(export.id, number))
