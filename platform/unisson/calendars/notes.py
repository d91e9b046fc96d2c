"""Notes and events: what stands on days of a brand's calendar and is no content. The agency's own; clients see none."""

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from tenants.access import Actor
from tenants.errors import NotFoundError, RefusedError, StaleError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.calendars.models import CalendarNote, NoteKind
from unisson.web.i18n import lazy

LONGEST_TITLE = 120
LONGEST_DETAILS = 2_000
LONGEST_DAYS = 366

NO_TITLE = lazy("Say in a few words what it is, 120 characters at most.")
LONG_DETAILS = lazy("The details have 2,000 characters at most. Shorten them.")
NO_DAYS = lazy("Choose the day on which it begins, and no earlier one to end: a year at most.")
STALE = lazy("Somebody changed this while you were writing. What you typed is still in the form.")

MOVED = lazy("Somebody has moved this since. Look where it stands now.")


@dataclass(frozen=True, slots=True)
class Noted:
    """What is noted. `ends_on` is its last day."""

    kind: NoteKind
    title: str
    details: str
    starts_on: date | None
    ends_on: date | None


def note_down(session: TenantSession, actor: Actor, brand_id: uuid.UUID, noted: Noted) -> CalendarNote:
    """Return a new note or event of a brand. Raises RefusedError, ForbiddenError."""
    actor.require(Permission.CONTENT_WRITE, brand_id)
    note = CalendarNote(brand_id=brand_id, created_by=actor.membership_id)
    _fill(note, noted)
    session.add(note)
    session.flush()
    record(session, actor, "note.written", "note", note.id, brand_id=brand_id)
    return note


def load_note(session: TenantSession, actor: Actor, note_id: uuid.UUID, *, lock: bool = False) -> CalendarNote:
    """Return a note of a brand that the actor writes for. Raises NotFoundError, ForbiddenError."""
    wanted = select(CalendarNote).where(CalendarNote.id == note_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    note = session.scalars(wanted).one_or_none()
    if note is None:
        raise NotFoundError
    actor.require(Permission.CONTENT_WRITE, note.brand_id)
    return note


def change_note(
    session: TenantSession, actor: Actor, note_id: uuid.UUID, noted: Noted, version_shown: int | None
) -> CalendarNote:
    """Return the note as it is now. Raises RefusedError, StaleError."""
    note = load_note(session, actor, note_id, lock=True)
    if version_shown != note.version:
        raise StaleError(STALE)
    _fill(note, noted)
    note.version += 1
    session.flush()
    record(session, actor, "note.changed", "note", note.id, brand_id=note.brand_id)
    return note


def place_note(
    session: TenantSession, actor: Actor, note_id: uuid.UUID, days: tuple[date | None, date | None], shown: str
) -> CalendarNote:
    """Return the note on other days. `shown` are those that one saw (`lasting`). Raises RefusedError, StaleError."""
    note = load_note(session, actor, note_id, lock=True)
    if shown != lasting(note):
        raise StaleError(MOVED)
    _fill(note, Noted(NoteKind(note.kind), note.title, note.details, *days))
    note.version += 1
    session.flush()
    record(session, actor, "note.changed", "note", note.id, brand_id=note.brand_id)
    return note


def lasting(note: CalendarNote) -> str:
    """Return a note's days as a calendar holds them: the first and the last, with a stroke between."""
    return f"{note.starts_on}/{note.ends_on}"


def archive_note(session: TenantSession, actor: Actor, note_id: uuid.UUID, *, back: bool = False) -> CalendarNote:
    """Return the note, taken off the calendar or (`back`) put on it again."""
    note = load_note(session, actor, note_id, lock=True)
    if (note.archived_at is None) != back:
        note.archived_at = None if back else session.now()
        session.flush()
        verb = "note.restored" if back else "note.archived"
        record(session, actor, verb, "note", note.id, brand_id=note.brand_id)
    return note


def _fill(note: CalendarNote, noted: Noted) -> None:
    if not noted.title or len(noted.title) > LONGEST_TITLE:
        raise RefusedError(NO_TITLE, field="title")
    if len(noted.details) > LONGEST_DETAILS:
        raise RefusedError(LONG_DETAILS, field="details")
    if noted.starts_on is None or not date(2000, 1, 1) <= noted.starts_on <= date(2199, 12, 31):
        raise RefusedError(NO_DAYS, field="starts_on")
    ends_on = noted.ends_on or noted.starts_on
    if not 0 <= (ends_on - noted.starts_on).days <= LONGEST_DAYS:
        raise RefusedError(NO_DAYS, field="ends_on")
    note.kind, note.title, note.details = noted.kind.value, noted.title, noted.details
    note.starts_on, note.ends_on = noted.starts_on, ends_on
