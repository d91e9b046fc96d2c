"""What a client's list is put together from: each content's lines, the days around, what was said last, whose it is.

Each is kept as it was written, under the very rows that it shows and the language. None knows who looks or by which
door: an address in it begins with a slot. So all who see the same share it, and a change of one content writes one.
"""

import time
import uuid
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from flask import Flask, g
from msgspec.json import decode

from unisson.media.addresses import STEP, Address, last_second, path_of
from unisson.portal import writing
from unisson.portal.doors import beyond
from unisson.portal.listing import Listed
from unisson.portal.reading import Word
from unisson.portal.surroundings import Around, nearest
from unisson.portal.waiting import WAITING
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


class _Doorless(NamedTuple):
    """The same before anybody knows by which door: what stands between the places where it goes."""

    title: bytes
    heading: bytes
    mark: bytes
    items: list[bytes]
    around: list[bytes]
    words: list[bytes]


class Pieces:
    """Writes the pieces of one agency's lists, in one language, with times of a brand on the clock of `zone`."""

    def __init__(self, app: Flask, agency_id: uuid.UUID, language: str, zone: str) -> None:
        self._app = app
        self._agency_id = agency_id
        self._language = language
        self._zone = zone
        self._kept: Fragments[bytes] = app.extensions[_KEPT]
        self._whole: Fragments[_Doorless] = app.extensions[_WHOLE]

    def written(self, listed: Listed, mark: Mark, door: str, chosen: Sequence[str] = ()) -> Written:
        """Return the pieces of a page; `chosen` are the tickets of the contents whose box is ticked.

        The agency is acted for.
        """
        hour, through = int(time.time()) // STEP, door.encode()
        if chosen:
            pieces = self._pieces_of(listed, mark, hour, chosen)
        else:
            made_of = (self._language, self._zone, hour, listed, mark)
            pieces = self._whole.get_or_make(made_of, lambda: self._pieces_of(listed, mark, hour, ()))
        title, heading, said_mark, items, around, words = pieces
        return Written(title, heading, said_mark, through.join(items), through.join(around), through.join(words))

    def _pieces_of(self, listed: Listed, mark: Mark, hour: int, chosen: Sequence[str]) -> _Doorless:
        """Return the pieces as they are for every door."""
        title, heading, said_mark, around, words, *items = self._kept.get_or_make_each(
            [
                self._counted("title", listed.many),
                self._counted("heading", listed.many),
                self._mark(mark),
                self._around(listed),
                self._words(listed.words),
                *[self._item(bytes(told), hour, chosen) for told in listed.rows],
            ]
        )
        parted = b"".join(items).split(_DOOR), around.split(_DOOR), words.split(_DOOR)
        return _Doorless(title, heading, said_mark, *parted)

    def _item(self, told: bytes, hour: int, chosen: Sequence[str]) -> "_Wanted":
        is_chosen = bool(chosen) and WAITING.decode(told).ticket in chosen

        def write() -> bytes:
            waiting = WAITING.decode(told)
            channels = self._channels(waiting.channel_kinds)
            picture = self._picture(*waiting.shown, hour * STEP) if waiting.shown else ""
            with self._speaking() if waiting.chain else nullcontext():  # what becomes of it is said by its chain
                return writing.item(waiting, self._language, channels, picture, is_chosen=is_chosen).encode()

        # The address of a picture is the same within an hour.
        return ("item", self._language, told, is_chosen, hour), write

    def _channels(self, kinds: str) -> str:
        made_of = "channels", self._language, kinds
        return self._kept.get_or_make(made_of, partial(self._written, "channels", kinds=kinds.split())).decode()

    def _around(self, listed: Listed) -> "_Wanted":
        def write() -> bytes:
            rows = [Around.read(row) for side in (listed.gone, listed.coming) if side for row in decode(side)]
            near = nearest(datetime.fromisoformat(listed.first), rows)
            return self._written("around", rows=near) if rows else b""

        return ("around", self._language, listed.first, listed.coming, listed.gone), write

    def _words(self, told: bytes) -> "_Wanted":
        def write() -> bytes:
            return self._written("words", rows=[Word.read(row) for row in decode(told)], zone=self._zone)

        return ("words", self._language, self._zone, told), write if told else bytes

    def _counted(self, name: str, many: int) -> "_Wanted":
        return (name, self._language, many), lambda: self._written(name, count=many).strip()

    def _mark(self, mark: Mark) -> "_Wanted":
        return ("mark", self._language, mark), lambda: self._written("mark", mark=mark)

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

    def _picture(self, digest: str, mime: str, now: float) -> str:
        return path_of(str(self._app.secret_key), Address(self._agency_id, digest, mime, last_second(now, mime)))


_Wanted = tuple[Hashable, Callable[[], bytes]]
"""A piece: all that it shows, and what writes it."""


def init_app(app: Flask) -> None:
    """Keep the pieces of this process."""
    app.extensions[_KEPT] = Fragments[bytes]("portal", KEPT)
    app.extensions[_WHOLE] = Fragments[_Doorless]("portal_page", WHOLE)
