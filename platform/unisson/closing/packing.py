"""Packing a brand whole: its rows as JSON, what people ask for first as CSV, and its files, in ZIPs of bounded size.

Rows are read in one snapshot and written as they come; a file is copied a piece at a time. No secret is packed:
columns of bytes (sealed keys, hashes of tokens) are left out, and so is what only the product's machinery needs.
"""

import csv
import io
import json
import uuid
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import IO, Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, LargeBinary, MetaData, Select, Table, select, union

from tenants.base import Base
from unisson.closing.readme import README
from unisson.closing.scope import BRAND_ID, held
from unisson.media.documents import document_key
from unisson.media.reading import picture_key
from unisson.storage import LARGE_PIECE, Storage

FORMAT = 1
LEFT_OUT = frozenset(
    {
        "search_words",
        "upload_parts",
        "uploads",
        "waits",
        "letter_contents",
        "brand_exports",
        "brand_endings",
        "notices",
        "hook_posts",
        "push_posts",
    }
)
"""Tables whose rows only the product's machinery needs, or that tell of work under way."""

PART_BYTES = 100 * 1024 * 1024
"""Of files in one ZIP: a part is packed well within the time of a job, and downloaded within a few minutes."""

EXTENSIONS = {
    "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif", "video/mp4": "mp4",
    "video/webm": "webm",
}  # fmt: skip
ROWS_AT_ONCE = 500


class Piece(NamedTuple):
    """One file of the brand: where it stands in the ZIP, where it is kept, and its size in bytes."""

    path: str
    key: tuple[str, ...]
    size: int


def plan(connection: Connection, brand_id: uuid.UUID) -> list[list[Piece]]:
    """Return the files of each part."""
    return grouped(_pieces(connection, brand_id), PART_BYTES)


def grouped(pieces: Iterable[Piece], most: int) -> list[list[Piece]]:
    """Return files in parts of `most` bytes, a larger one by itself. There is a first part without any: it has rows."""
    parts: list[list[Piece]] = [[]]
    room = most
    for piece in pieces:
        if piece.size > room and parts[-1]:
            parts.append([])
            room = most
        parts[-1].append(piece)
        room -= piece.size
    return parts


def pack_rows(connection: Connection, brand_id: uuid.UUID, archive: zipfile.ZipFile, about: Mapping[str, Any]) -> None:
    """Write what the brand is made of, all but its files."""
    counts: dict[str, int] = {}
    for each in reversed(held()):
        if each.table.name not in LEFT_OUT:
            rows = _rows(connection, select(*_shown(each.table)).where(each.clause), brand_id)
            counts[each.table.name] = _json(archive, f"data/{each.table.name}.json", rows)
    counts["people"] = _json(archive, "data/people.json", _rows(connection, _people(), brand_id))
    events = _named("events")
    trail = select(*_shown(events)).where(events.c.brand_id == BRAND_ID).order_by(events.c.at)
    counts["events"] = _json(archive, "data/events.json", _rows(connection, trail, brand_id))
    for name, statement in _sheets().items():
        _csv(archive, f"csv/{name}.csv", connection.execute(statement, {"brand_id": brand_id}))
    manifest = {"format": FORMAT, **about, "rows": counts}
    archive.writestr("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1, default=_plain))
    archive.writestr("README.txt", README)


def pack_files(archive: zipfile.ZipFile, storage: Storage, pieces: Iterable[Piece]) -> int:
    """Write the files; return how many the store did not have. Raises StorageAwayError."""
    missing = 0
    for piece in pieces:
        try:
            size = storage.size(*piece.key)
        except FileNotFoundError:
            missing += 1
            continue
        with archive.open(zipfile.ZipInfo(piece.path, _now()), "w", force_zip64=True) as into:
            for start in range(0, size, LARGE_PIECE):
                into.write(storage.part(start, LARGE_PIECE, *piece.key))
    return missing


def opened(into: IO[bytes]) -> zipfile.ZipFile:
    """Return a ZIP to be written: rows are deflated, files as they are."""
    return zipfile.ZipFile(into, "w", zipfile.ZIP_STORED, compresslevel=6)


def _now() -> tuple[int, int, int, int, int, int]:
    at = datetime.now(UTC)
    return (at.year, at.month, at.day, at.hour, at.minute, at.second)


def _pieces(connection: Connection, brand_id: uuid.UUID) -> Iterator[Piece]:
    media, brands = _named("media"), _named("brands")
    rows = connection.execute(
        select(media.c.digest, media.c.mime, media.c.size, media.c.poster_digest)
        .where(media.c.brand_id == BRAND_ID)
        .order_by(media.c.id),
        {"brand_id": brand_id},
    )
    for digest, mime, size, poster in rows:
        yield Piece(f"media/{digest}.{EXTENSIONS[mime]}", picture_key(digest), size)
        if poster:
            yield Piece(f"media/{poster}.jpg", picture_key(poster), 0)
    logo = connection.execute(
        select(brands.c.logo_digest, brands.c.logo_mime).where(brands.c.id == BRAND_ID), {"brand_id": brand_id}
    ).one()
    if logo.logo_digest:
        yield Piece(f"logo.{EXTENSIONS[logo.logo_mime]}", picture_key(logo.logo_digest), 0)
    seen: set[str] = set()
    for table in ("topic_files", "thread_files"):
        kept = next(each for each in held() if each.table.name == table)
        documents = select(kept.table.c.digest, kept.table.c.filename, kept.table.c.mime, kept.table.c.size)
        for digest, filename, mime, size in connection.execute(documents.where(kept.clause), {"brand_id": brand_id}):
            if digest not in seen and not mime.startswith(("image/", "video/")):
                seen.add(digest)
                yield Piece(f"files/{digest[:12]}-{filename}", document_key(digest), size)


def _people() -> Select[Any]:
    """Return everybody whom a row of the brand names, with nothing but who they are."""
    members = _named("memberships")
    named = []
    for each in held():
        for key in each.table.foreign_key_constraints:
            if key.referred_table is members:
                (column,) = (element.parent for element in key.elements if element.column.name == "id")
                named.append(select(column).where(each.clause))
    who = (members.c.id, members.c.name, members.c.email, members.c.language)
    return select(*who).where(members.c.id.in_(union(*named)))


def _sheets() -> Mapping[str, Select[Any]]:
    """Return what a person opens first, by name of its file."""
    contents, publications, channels = _named("contents"), _named("publications"), _named("channels")
    decisions, runs, members = _named("decisions"), _named("approval_runs"), _named("memberships")
    mine = contents.c.brand_id == BRAND_ID
    return {
        "contents": select(
            contents.c.id, contents.c.kind, contents.c.title, contents.c.state, contents.c.scheduled_at,
            contents.c.wall_time, contents.c.zone, contents.c.body,
        ).where(mine).order_by(contents.c.scheduled_at, contents.c.id),
        "decisions": select(
            decisions.c.decided_at, contents.c.id.label("content_id"), contents.c.title, decisions.c.digest,
            decisions.c.verdict, members.c.name, members.c.email, decisions.c.authenticated, decisions.c.typed_name,
            decisions.c.comment,
        )
        .join(runs, _is(decisions.c.run_id, runs))
        .join(contents, _is(runs.c.content_id, contents))
        .outerjoin(members, _is(decisions.c.membership_id, members))
        .where(mine).order_by(decisions.c.decided_at, decisions.c.id),
        "publications": select(
            contents.c.id.label("content_id"), contents.c.title, channels.c.kind.label("channel_kind"),
            channels.c.name.label("channel"), publications.c.state, publications.c.due_at,
            publications.c.published_at, publications.c.remote_url,
        )
        .join(contents, _is(publications.c.content_id, contents))
        .join(channels, _is(publications.c.channel_id, channels))
        .where(mine).order_by(publications.c.due_at, publications.c.id),
    }  # fmt: skip


def _is(column: Column[Any], parent: Table) -> ColumnElement[bool]:
    return (parent.c.agency_id == column.table.c.agency_id) & (parent.c.id == column)


def _named(name: str, metadata: MetaData = Base.metadata) -> Table:
    return next(table for table in metadata.tables.values() if table.name == name)


def _shown(table: Table) -> Sequence[Any]:
    unsaid = {"agency_id", "words"}
    return [each for each in table.c if not isinstance(each.type, LargeBinary) and each.name not in unsaid]


def _rows(connection: Connection, statement: Select[Any], brand_id: uuid.UUID) -> Iterator[Mapping[str, Any]]:
    found = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(statement, {"brand_id": brand_id})
    for row in found.mappings():
        yield dict(row)


def _json(archive: zipfile.ZipFile, path: str, rows: Iterator[Mapping[str, Any]]) -> int:
    """Write rows as one JSON array, a row a line; return how many."""
    count = 0
    with archive.open(_deflated(path), "w", force_zip64=True) as into:
        for row in rows:
            into.write(b"[\n" if not count else b",\n")
            into.write(json.dumps(row, ensure_ascii=False, default=_plain).encode())
            count += 1
        into.write(b"\n]\n" if count else b"[]\n")
    return count


def _csv(archive: zipfile.ZipFile, path: str, rows: Any) -> None:
    """Write rows for a spreadsheet: UTF-8 with its mark, and nothing that would be taken for a formula."""
    with archive.open(_deflated(path), "w", force_zip64=True) as into:
        written = io.TextIOWrapper(into, "utf-8-sig", newline="")
        sheet = csv.writer(written)
        sheet.writerow(rows.keys())
        for row in rows.yield_per(ROWS_AT_ONCE):
            sheet.writerow([_cell(value) for value in row])
        written.flush()
        written.detach()


def _cell(value: object) -> object:
    text = "" if value is None else str(_plain(value) if isinstance(value, (datetime, date)) else value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def _deflated(path: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, _now())
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _plain(value: object) -> object:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).isoformat()
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, (uuid.UUID, Decimal)):
        return str(value)
    raise TypeError(f"no JSON for {type(value).__name__}")
