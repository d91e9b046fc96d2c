"""The addressees of an e-mail list: read from pasted text or a CSV file, all or none of them taken in."""

import csv
import io
import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from wtforms import Field

from tenants.access import Actor
from tenants.base import new_id, utcnow
from tenants.errors import NotFoundError, RefusedError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.identity.addresses import canonical
from unisson.publishing.models import Channel, Subscriber
from unisson.web.forms import lines, one_line
from unisson.web.i18n import lazy
from unisson.web.spreadsheets import harmless

MOST_ROWS = 5_000
MOST_BYTES = 1_000_000
PAGE_LENGTH = 100
NAME_LENGTH = 200
HEADERS = frozenset({"email", "e-mail", "mail", "courriel", "adresse", "address", "nom", "name", "prénom", "prenom"})

_NAMED = re.compile(r"([^<>]*)<([^<>]+)>")

NO_ADDRESS = lazy("There is no e-mail address in this row.")
BAD_ADDRESS = lazy("This is not an e-mail address that can be written to.")
MIXED = lazy("There are several addresses in this row. Put each in a row of its own.")
TOO_MANY = lazy("At most 5,000 people can be added at a time. Nobody was added.")
TOO_HEAVY = lazy("This file is larger than 1 MB. Nobody was added.")
NOT_TEXT = lazy("This file is not a CSV file. Save the sheet as CSV (UTF-8), then choose it again.")
NOT_READ = lazy("Some rows can't be read. Nobody was added yet: correct them below, then add again.")
NO_ROWS = lazy("Paste at least one e-mail address, or choose a file.")


@dataclass(frozen=True, slots=True)
class Entry:
    """One person to write to."""

    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """One row that can't be read. `number` counts from 1, as the rows are shown."""

    number: int
    row: str
    sentence: object


@dataclass(slots=True)
class Reading:
    """What a text says: the people in it, each once, and the rows that can't be read."""

    entries: list[Entry] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def entries_or_refusal(self) -> list[Entry]:
        """Return the people, at least one. Raises RefusedError when a row can't be read or there is none."""
        if self.faults:
            raise RefusedError(NOT_READ, field="recipients")
        if not self.entries:
            raise RefusedError(NO_ROWS, field="recipients")
        return self.entries


@dataclass(frozen=True, slots=True)
class Added:
    """What became of the people who were to be added."""

    new: int
    already: int
    removed_before: int


def text_of_file(content: bytes) -> str:
    """Return the text of an uploaded CSV file. Raises RefusedError for one that is too large or no text."""
    if len(content) > MOST_BYTES:
        raise RefusedError(TOO_HEAVY, field="file")
    if b"\0" in content:
        raise RefusedError(NOT_TEXT, field="file")
    try:
        return lines(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return lines(content.decode("cp1252", errors="replace"))


def typed(pasted: Field, file: Field) -> Reading:
    """Read what was pasted and the file; the file's text joins what was pasted, so that a refusal shows both."""
    if file.data is not None and file.data.filename:
        from_file = text_of_file(file.data.stream.read(MOST_BYTES + 1))
        head, line, rest = from_file.partition("\n")
        if pasted.data and line and _is_header(_cells(head)):
            from_file = rest  # a header is known as such in the first row alone
        pasted.data = f"{pasted.data or ''}\n{from_file}".strip("\n")
    return read(pasted.data or "")


def read(text: str) -> Reading:
    """Return the people in `text`: a row each, as an address, `Name <address>`, or columns in any order.

    Raises RefusedError when there are more rows than are taken at a time.
    """
    reading, seen = Reading(), set[str]()
    rows = text.splitlines()
    if len(rows) > MOST_ROWS:
        raise RefusedError(TOO_MANY, field="recipients")
    for number, row in enumerate(rows, start=1):
        cells = _cells(row)
        if not cells or (number == 1 and _is_header(cells)):
            continue
        try:
            found = list(_entries(cells))
        except RefusedError as refusal:
            reading.faults.append(Fault(number, row[:200], refusal.sentence))
            continue
        reading.entries += [each for each in found if each.email not in seen]
        seen |= {each.email for each in found}
    return reading


def add(session: TenantSession, actor: Actor, channel: Channel, entries: Sequence[Entry]) -> Added:
    """Put people on the list in one statement. Who was removed before stays removed: they may have asked for it."""
    actor.require(Permission.CHANNEL_CONNECT, channel.brand_id)
    before = {
        row.email: row.unsubscribed_at
        for row in session.execute(
            select(Subscriber.email, Subscriber.unsubscribed_at).where(
                Subscriber.channel_id == channel.id, Subscriber.email.in_([each.email for each in entries])
            )
        )
    }
    fresh = [each for each in entries if each.email not in before]
    if fresh:
        rows = [
            {
                "agency_id": session.agency_id,
                "id": new_id(),
                "channel_id": channel.id,
                "email": each.email,
                "name": each.name,
            }
            for each in fresh
        ]
        session.execute(
            insert(Subscriber).on_conflict_do_nothing(index_elements=["agency_id", "channel_id", "email"]), rows
        )
        record(session, actor, "list.people_added", "channel", channel.id, brand_id=channel.brand_id, count=len(fresh))
    removed = sum(1 for at in before.values() if at is not None)
    return Added(len(fresh), len(before) - removed, removed)


def remove(session: TenantSession, actor: Actor, channel: Channel, subscriber_id: uuid.UUID) -> Subscriber:
    """Return the person, to whom nothing more is sent; what was sent stays on record."""
    subscriber = _load(session, actor, channel, subscriber_id)
    if subscriber.unsubscribed_at is None:
        subscriber.unsubscribed_at = utcnow()
        record(session, actor, "list.person_removed", "channel", channel.id, brand_id=channel.brand_id)
    return subscriber


def put_back(session: TenantSession, actor: Actor, channel: Channel, subscriber_id: uuid.UUID) -> Subscriber:
    """Return the person, back on the list."""
    subscriber = _load(session, actor, channel, subscriber_id)
    if subscriber.unsubscribed_at is not None:
        subscriber.unsubscribed_at = None
        record(session, actor, "list.person_returned", "channel", channel.id, brand_id=channel.brand_id)
    return subscriber


def people(session: TenantSession, channel_id: uuid.UUID, after: str = "") -> Sequence[Subscriber]:
    """Return up to a page of people by address, from right behind `after` on, and one more if there are more."""
    return session.scalars(
        select(Subscriber)
        .where(Subscriber.channel_id == channel_id, Subscriber.email > after)
        .order_by(Subscriber.email)
        .limit(PAGE_LENGTH + 1)
    ).all()


def count(session: TenantSession, channel_id: uuid.UUID) -> int:
    """Return how many people get the next e-mail."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Subscriber)
            .where(Subscriber.channel_id == channel_id, Subscriber.unsubscribed_at.is_(None))
        )
        or 0
    )


def exported(session: TenantSession, channel_id: uuid.UUID) -> str:
    """Return the list as CSV, with a byte-order mark for spreadsheets, and no cell that they would compute."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["email", "name", "added", "removed"])
    rows = session.execute(
        select(Subscriber.email, Subscriber.name, Subscriber.created_at, Subscriber.unsubscribed_at)
        .where(Subscriber.channel_id == channel_id)
        .order_by(Subscriber.email)
    )
    for email, name, added, removed in rows:
        writer.writerow(
            [harmless(email), harmless(name), added.isoformat("T", "seconds"), removed.isoformat() if removed else ""]
        )
    return "\ufeff" + out.getvalue()


def _load(session: TenantSession, actor: Actor, channel: Channel, subscriber_id: uuid.UUID) -> Subscriber:
    actor.require(Permission.CHANNEL_CONNECT, channel.brand_id)
    found = session.scalars(
        select(Subscriber).where(Subscriber.id == subscriber_id, Subscriber.channel_id == channel.id).with_for_update()
    ).one_or_none()
    if found is None:
        raise NotFoundError
    return found


def _cells(row: str) -> list[str]:
    """Return the filled cells of a row; the separator is the one that it has most of."""
    separator = max(";\t,", key=row.count)
    try:
        cells = next(csv.reader([row], delimiter=separator), [])
    except csv.Error:
        return [row]
    return [cell for cell in (one_line(each) for each in cells) if cell]


def _is_header(cells: Iterable[str]) -> bool:
    return all("@" not in cell for cell in cells) and any(cell.casefold() in HEADERS for cell in cells)


def _entries(cells: Sequence[str]) -> Iterator[Entry]:
    addressed = [cell for cell in cells if "@" in cell]
    if not addressed:
        raise RefusedError(NO_ADDRESS)
    if len(addressed) > 1 and len(addressed) < len(cells):
        raise RefusedError(MIXED)
    others = " ".join(cell for cell in cells if "@" not in cell)
    for cell in addressed:
        named = _NAMED.fullmatch(cell)
        name, address = (named[1].strip(' "'), named[2]) if named else ("", cell)
        try:
            yield Entry(canonical(address), one_line(name or others)[:NAME_LENGTH])
        except ValueError:
            raise RefusedError(BAD_ADDRESS) from None
