"""What is found for some words, of what its reader may see, best first: a constant number of statements."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from markupsafe import Markup, escape
from sqlalchemy import ColumnElement, Select, and_, func, or_, select, text, union_all

from tenants.access import Actor
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.agency.people import PersonLine, people
from unisson.calendars.listing import Reach
from unisson.editorial.models import Content
from unisson.editorial.press import shown_press
from unisson.media.models import Media
from unisson.search.models import SearchWord
from unisson.strategy.checks import folded
from unisson.threads.models import Audience, Thread, ThreadMessage
from unisson.topics.models import Topic
from unisson.web.guards import BrandCard

PAGE = 20
KINDS = ("content", "topic", "message", "media")
"""What is found by words that are kept; people are found by their names."""
MOST_TERMS = 6
LONGEST = 200
MOST_HITS = 20_000
"""Rows of one word that are looked at; a word that is in more says little by itself."""
AROUND = 90

_LAST = "\U0010ffff"
_TOKENS = text("select word, stem from app.search_tokens(:typed)")
_WORD = re.compile(r"\w+")


class Term(NamedTuple):
    """One word that is looked for: as typed, its stem, and whether it is only the beginning of one."""

    word: str
    stem: str
    is_beginning: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found. `heading` and `excerpt` are clean markup, with the words that were found marked."""

    kind: str
    id: uuid.UUID
    heading: Markup
    excerpt: Markup
    brand_id: uuid.UUID
    state: str = ""
    at: datetime | None = None
    zone: str = "UTC"
    content_kind: str = ""


@dataclass(frozen=True, slots=True)
class Results:
    """What was found, by kind, the best first; `more` names the kinds of which there is more."""

    contents: Sequence[Hit] = ()
    topics: Sequence[Hit] = ()
    messages: Sequence[Hit] = ()
    media: Sequence[Hit] = ()
    people: Sequence[PersonLine] = ()
    more: frozenset[str] = frozenset()
    asked: bool = field(default=False)
    """Whether anything was looked for: words of which something is left."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found."""
        return not (self.contents or self.topics or self.messages or self.media or self.people)


def search(
    session: TenantSession, actor: Actor, brands: Sequence[BrandCard], typed: str, *, kind: str = "", skip: int = 0
) -> Results:
    """Return what is found for `typed` in the brands, for somebody who sees what the actor sees.

    All words have to be in it; the last may be the beginning of one. `kind` narrows to one kind, which `skip` pages.
    """
    terms = terms_of(session, typed)
    if not terms:
        return Results()
    seen = [card.id for card in brands if actor.may(Permission.CONTENT_SEE, card.id)]
    inside = [each for each in seen if actor.may(Permission.CONTENT_WRITE, each)]
    planning = [each for each in seen if actor.may(Permission.TOPIC_PLAN, each)]
    wanted = {name: _ranked(name, terms) for name in KINDS if kind in {"", name}}
    rows: dict[str, list[Any]] = {name: [] for name in KINDS}
    for name, query in wanted.items():
        asked = _OF[name](query, Reach(seen, inside), planning)
        rows[name] = list(session.execute(asked.offset(skip).limit(PAGE + 1))) if seen else []
    return Results(
        contents=[_content(row, terms) for row in rows["content"][:PAGE]],
        topics=[_topic(row, terms) for row in rows["topic"][:PAGE]],
        messages=[_message(row, terms) for row in rows["message"][:PAGE]],
        media=[_image(row, terms) for row in rows["media"][:PAGE]],
        people=_people(session, actor, terms) if kind in {"", "person"} and not skip else (),
        more=frozenset(name for name, found in rows.items() if len(found) > PAGE),
        asked=True,
    )


def terms_of(session: TenantSession, typed: str) -> list[Term]:
    """Return the words that are looked for; little words that say nothing by themselves are left out."""
    plain = " ".join(typed.replace("\0", " ").split())[:LONGEST]
    words = _WORD.findall(folded(plain))
    if not words:
        return []
    stems = {row.word: row.stem for row in session.execute(_TOKENS, {"typed": plain})}
    last = words[-1]
    known = [Term(word, stem, word == last) for word, stem in stems.items() if "-" not in word]
    if last not in stems and len(last) > 1 and not known:
        known.append(Term(last, last, is_beginning=True))
    return known[:MOST_TERMS]


def _ranked(kind: str, terms: Sequence[Term]) -> Any:
    """Return the items that hold every term, with the sum of their weights."""
    hits = [_hits(kind, term).subquery(f"t{number}") for number, term in enumerate(terms)]
    first, *others = hits
    joined: Any = first
    for other in others:
        joined = joined.join(other, other.c.item_id == first.c.item_id)
    score = sum((other.c.weight for other in others), first.c.weight)
    return select(first.c.item_id, score.label("score")).select_from(joined).subquery("ranked")


def _hits(kind: str, term: Term) -> Select[Any]:
    columns = (SearchWord.item_id, SearchWord.weight)
    whole = select(*columns).where(SearchWord.kind == kind, SearchWord.word.in_({term.word, term.stem}))
    parts = [whole.limit(MOST_HITS)]
    if term.is_beginning:
        between = and_(SearchWord.word >= term.word, SearchWord.word < term.word + _LAST)
        parts.append(select(*columns).where(SearchWord.kind == kind, between).limit(MOST_HITS))
    both = union_all(*(select(part.subquery()) for part in parts)).subquery()
    return select(both.c.item_id, func.max(both.c.weight).label("weight")).group_by(both.c.item_id)


def _contents(ranked: Any, reach: Reach, _planning: Sequence[uuid.UUID]) -> Any:
    return (
        select(
            Content.id, Content.brand_id, Content.title, Content.body, Content.state, Content.kind,
            Content.scheduled_at, Content.zone, Content.press,
        )
        .join(ranked, ranked.c.item_id == Content.id)
        .where(reach.condition())
        .order_by(ranked.c.score.desc(), Content.scheduled_at.desc().nulls_last(), Content.id.desc())
    )  # fmt: skip


def _topics(ranked: Any, _reach: Reach, planning: Sequence[uuid.UUID]) -> Any:
    return (
        select(Topic.id, Topic.brand_id, Topic.title, Topic.objective, Topic.key_messages, Topic.audience)
        .join(ranked, ranked.c.item_id == Topic.id)
        .where(Topic.brand_id.in_(planning))
        .order_by(ranked.c.score.desc(), Topic.created_at.desc(), Topic.id.desc())
    )


def _messages(ranked: Any, reach: Reach, _planning: Sequence[uuid.UUID]) -> Any:
    heard: ColumnElement[bool] = or_(Thread.brand_id.in_(reach.writable), Thread.audience == Audience.CLIENT.value)
    return (
        select(
            ThreadMessage.id, ThreadMessage.body, ThreadMessage.created_at, Content.id.label("content_id"),
            Content.brand_id, Content.title, func.left(Content.body, 80).label("lead"), Content.zone,
        )
        .join(ranked, ranked.c.item_id == ThreadMessage.id)
        .join(Thread, and_(Thread.agency_id == ThreadMessage.agency_id, Thread.id == ThreadMessage.thread_id))
        .join(Content, and_(Content.agency_id == Thread.agency_id, Content.id == Thread.content_id))
        .where(reach.condition(), heard, ThreadMessage.deleted_at.is_(None))
        .order_by(ranked.c.score.desc(), ThreadMessage.created_at.desc(), ThreadMessage.id.desc())
    )  # fmt: skip


def _media(ranked: Any, reach: Reach, _planning: Sequence[uuid.UUID]) -> Any:
    return (
        select(Media.id, Media.brand_id, Media.filename, Media.alt_fr, Media.alt_en, Media.credit, Media.folder)
        .join(ranked, ranked.c.item_id == Media.id)
        .where(Media.brand_id.in_(reach.writable), Media.archived_at.is_(None))
        .order_by(ranked.c.score.desc(), Media.created_at.desc(), Media.id.desc())
    )


_OF = {"content": _contents, "topic": _topics, "message": _messages, "media": _media}


def _content(row: Any, terms: Sequence[Term]) -> Hit:
    heading = marked(row.title or row.body[:80], terms)
    press = shown_press(row.kind, row.press)
    words = f"{press.standfirst}\n{row.body}\n{press.quoted}" if press else row.body
    return Hit("content", row.id, heading, excerpt(words, terms), row.brand_id, row.state, row.scheduled_at,
               row.zone, row.kind)  # fmt: skip


def _topic(row: Any, terms: Sequence[Term]) -> Hit:
    words = " ".join(filter(None, (row.objective, row.key_messages, row.audience)))
    return Hit("topic", row.id, marked(row.title, terms), excerpt(words, terms), row.brand_id)


def _message(row: Any, terms: Sequence[Term]) -> Hit:
    heading = marked(row.title or row.lead, terms)
    return Hit(
        "message", row.content_id, heading, excerpt(row.body, terms), row.brand_id, at=row.created_at, zone=row.zone
    )


def _image(row: Any, terms: Sequence[Term]) -> Hit:
    words = " · ".join(filter(None, (row.alt_fr, row.alt_en, row.credit, row.folder)))
    return Hit("media", row.id, marked(row.filename, terms), excerpt(words, terms), row.brand_id)


def _people(session: TenantSession, actor: Actor, terms: Sequence[Term]) -> list[PersonLine]:
    found = []
    for line in people(session, actor):
        words = _WORD.findall(folded(f"{line.name} {line.email}"))
        if all(any(word.startswith(term.word) for word in words) for term in terms):
            found.append(line)
    return found[:PAGE]


def marked(words: str, terms: Sequence[Term]) -> Markup:
    """Return `words` as markup, escaped, with those that were looked for marked."""
    out, end = Markup(""), 0
    for found in _WORD.finditer(words):
        if _is_found(found[0], terms):
            out += escape(words[end : found.start()]) + Markup("<mark>{}</mark>").format(found[0])
            end = found.end()
    return out + escape(words[end:])


def excerpt(words: str, terms: Sequence[Term]) -> Markup:
    """Return the part of `words` around the first that was looked for, marked; its beginning where none is in it."""
    plain = " ".join(words[:20_000].split())
    first = next((found.start() for found in _WORD.finditer(plain) if _is_found(found[0], terms)), 0)
    start = plain.rfind(" ", 0, max(first - AROUND, 0)) + 1 if first > AROUND else 0
    end = first + 2 * AROUND
    cut = plain[start:end] if end >= len(plain) else plain[start:end].rpartition(" ")[0] or plain[start:end]
    return Markup("{}{}{}").format(
        "… " if start else "", marked(cut, terms), " …" if start + len(cut) < len(plain) else ""
    )


def _is_found(word: str, terms: Sequence[Term]) -> bool:
    plain = folded(word)
    return any(
        plain == term.word or (len(term.stem) > 2 and plain.startswith(term.stem))
        or (term.is_beginning and plain.startswith(term.word))
        for term in terms
    )  # fmt: skip
