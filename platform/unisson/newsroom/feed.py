"""The feed of a newsroom (Atom, RFC 4287)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from unisson.editorial.press import Press
from unisson.newsroom.entries import Room, still_of
from unisson.newsroom.models import NewsroomEntry
from unisson.newsroom.prose import storable, to_html
from unisson.newsroom.release import Voice, lead, release_html

NEVER = datetime(2020, 1, 1, tzinfo=UTC)
"""What an empty feed says of its last change: the element is mandatory (RFC 4287 §4.1.1)."""


def atom(room: Room, entries: Sequence[NewsroomEntry], base_url: str) -> bytes:
    """Return the feed's XML. Every address in it is absolute."""
    # Imported where it is used: its XML library weighs 5 MB in every process that never answers a feed.
    from feedgen.feed import FeedGenerator  # noqa: PLC0415

    home = f"{base_url}{room.path}"
    feed: Any = FeedGenerator()  # type: ignore[no-untyped-call]  # feedgen has no annotations
    feed.id(home)
    feed.title(storable(room.name))
    feed.author({"name": storable(room.name)})
    feed.link([{"href": home, "rel": "alternate"}, {"href": f"{home}feed.atom", "rel": "self"}])
    feed.language(room.language)
    feed.generator("Unisson")
    feed.updated(max((entry.published_at for entry in entries), default=NEVER))
    for entry in entries:
        _add(feed, entry, home, room.name)
    return bytes(feed.atom_str(pretty=True))


def _add(feed: Any, entry: NewsroomEntry, home: str, brand: str) -> None:
    item = feed.add_entry(order="append")
    item.id(f"urn:uuid:{entry.id}")
    item.title(storable(entry.title))
    item.link(href=f"{home}{entry.slug}", rel="alternate")
    item.published(entry.published_at)
    item.updated(entry.published_at)
    item.summary(lead(entry.text, entry.press))
    release = release_html(Press.of(entry.press), entry.text, Voice(brand, entry.language), to_html)
    item.content(storable(_pictures(entry, home) + release), type="html")


def _pictures(entry: NewsroomEntry, home: str) -> Markup:
    return Markup("").join(_shown(each, home) for each in entry.pictures)


def _shown(each: Mapping[str, Any], home: str) -> Markup:
    still = Markup('<img src="{}" alt="{}">').format(f"{home}pictures/{still_of(each)}", storable(each["alt"]))
    if not each.get("poster"):
        return Markup("<p>{}</p>").format(still)
    return Markup('<p><a href="{}">{}</a></p>').format(f"{home}pictures/{each['digest']}", still)
