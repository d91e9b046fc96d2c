"""What a client's list is put together from: each content's lines, the days around, what was said last, whose it is.

Each is kept as it was written, under the very rows that it shows and the language. None knows who looks or by which
door: an address in it begins with a slot. So all who see the same share it, and a change of one content writes one.
"""

import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any, NamedTuple

from flask import Flask, g
from msgspec.json import decode

from unisson.media.addresses import STEP, Address, last_second, path_of
from unisson.portal import writing
from unisson.portal.doors import beyond
from unisson.portal.listing import Listed, Row
from unisson.portal.reading import Word
from unisson.portal.surroundings import Around
from unisson.portal.waiting import WAITING, Waiting
from unisson.web.fragments import Fragments
from unisson.web.i18n import speaking
from unisson.web.joined import slot

KEPT = 2_000
"""Pieces that a process keeps: of some hundred people's lists, one to three kilobytes each."""

WHOLE = 200
"""Pages of lists that it keeps put together beside, of some ten kilobytes each."""

_KEPT, _WHOLE = "unisson.portal_pieces", "unisson.portal_pages"
DOOR = slot("door")
_DOOR = DOOR.encode()


class Mark(NamedTuple):
    """Whose list it is: the brand, its logo, and the agency's name."""

    name: str
    accent: str
    logo_digest: str | None
    logo_width: int | None
    logo_height: int | None
    agency: str
    slug: str
    """The agency's, as addresses have it."""


class Written(NamedTuple):
    """The pieces of one page of a list, as they go into it by one door."""

    title: bytes
    heading: bytes
    mark: bytes
    items: bytes
    around: bytes
    words: bytes


class Pieces:
    """Writes the pieces of one agency's lists, in one language, with times of a brand on the clock of `zone`."""

    def __init__(self, app: Flask, agency_id: uuid.UUID, language: str, zone: str) -> None:
        self._app = app
        self._agency_id = agency_id
        self._language = language
        self._zone = zone
        self._kept: Fragments[bytes] = app.extensions[_KEPT]
        self._whole: Fragments[Written] = app.extensions[_WHOLE]

    def written(self, listed: Listed, mark: Mark, door: str, chosen: Sequence[str] = ()) -> Written:
        """Return the pieces of a page; `chosen` are the tickets of the contents whose box is ticked.

        The agency is acted for.
        """
        hour, through = int(time.time()) // STEP, door.encode()
        if chosen:
            written = self._pieces_of(listed, mark, hour, chosen)
        else:
            made_of = (self._language, self._zone, hour, listed, mark)
            written = self._whole.get_or_make(made_of, lambda: self._pieces_of(listed, mark, hour, ()))
        return written._replace(
            items=written.items.replace(_DOOR, through),
            around=written.around.replace(_DOOR, through),
            words=written.words.replace(_DOOR, through),
        )

    def _pieces_of(self, listed: Listed, mark: Mark, hour: int, chosen: Sequence[str]) -> Written:
        """Return the pieces as they are for every door."""
        before = listed.decided_before
        return Written(
            self._counted("title", listed.many),
            self._counted("heading", listed.many),
            self._mark(mark),
            b"".join([self._item(row, hour, row.id in before, chosen) for row in listed.rows]),
            self._around(listed.around) if listed.around else b"",
            self._words(listed.words) if listed.words else b"",
        )

    def _item(self, row: Row, hour: int, again: bool, chosen: Sequence[str]) -> bytes:
        told = bytes(row.told)
        is_chosen = bool(chosen) and WAITING.decode(told).ticket in chosen
        # The address of a picture lasts for some hours, and is the same within each.
        key = ("item", self._language, told, again, is_chosen, hour if row.has_picture else 0)

        def write() -> bytes:
            waiting = WAITING.decode(told)
            item = waiting.read(again=again, is_chosen=is_chosen)
            channels = self._channels(waiting.channel_kinds).decode()
            picture = self._picture(waiting, hour * STEP) if row.has_picture else ""
            with self._speaking() if item.late else nullcontext():  # what becomes of it is said by its chain
                return writing.item(item, self._language, channels, picture).encode()

        return self._kept.get_or_make(key, write)

    def _channels(self, kinds: str) -> bytes:
        def write() -> bytes:
            return self._written("channels", kinds=kinds.split())

        return self._kept.get_or_make(("channels", self._language, kinds), write)

    def _around(self, told: bytes) -> bytes:
        def write() -> bytes:
            return self._written("around", rows=[Around.read(row) for row in decode(told)])

        return self._kept.get_or_make(("around", self._language, told), write)

    def _words(self, told: bytes) -> bytes:
        def write() -> bytes:
            return self._written("words", rows=[Word.read(row) for row in decode(told)], zone=self._zone)

        return self._kept.get_or_make(("words", self._language, self._zone, told), write)

    def _counted(self, name: str, many: int) -> bytes:
        return self._kept.get_or_make((name, self._language, many), lambda: self._written(name, count=many).strip())

    def _mark(self, mark: Mark) -> bytes:
        return self._kept.get_or_make(("mark", self._language, mark), lambda: self._written("mark", mark=mark))

    def _written(self, name: str, **shown: Any) -> bytes:
        with self._speaking():
            page = self._app.jinja_env.get_template(f"portal/_{name}.html")
            return page.render(here=partial(beyond, DOOR), **shown).encode()

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """Write a piece as for nobody: it knows what it shows, and nothing of the request."""
        with self._app.app_context(), speaking(self._language):
            g.light_page = True
            yield

    def _picture(self, waiting: Waiting, now: float) -> str:
        digest, mime = waiting.picture or "", waiting.picture_mime or ""
        return path_of(str(self._app.secret_key), Address(self._agency_id, digest, mime, last_second(now, mime)))


def init_app(app: Flask) -> None:
    """Keep the pieces of this process."""
    app.extensions[_KEPT] = Fragments[bytes]("portal", KEPT)
    app.extensions[_WHOLE] = Fragments[Written]("portal_page", WHOLE)
