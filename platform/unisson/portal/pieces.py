"""What a client's list is put together from: each content's lines, the days around, what was said last, whose it is.

Each is kept as it was written, under the very rows that it shows and the language. None knows who looks or by which
door: an address in it begins with a slot. So all who see the same share it, and a change of one content writes one.
"""

import time
import uuid
from collections.abc import Iterator, Sequence
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
from unisson.web.i18n import speaking_in
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


Parts = Sequence[bytes]
"""A piece before anybody knows by which door: what stands between the places where it goes."""


class Pieces:
    """Writes the pieces of one agency's lists, in one language, with times of a brand on the clock of `zone`.

    A piece is written of its key: it cannot show anything else.
    """

    def __init__(self, app: Flask, agency_id: uuid.UUID, language: str, zone: str) -> None:
        self._app = app
        self._agency_id = agency_id
        self._language = language
        self._zone = zone
        self._kept: Fragments[Parts] = app.extensions[_KEPT]
        self._whole: Fragments[Sequence[Parts]] = app.extensions[_WHOLE]

    def written(self, listed: Listed, mark: Mark, door: str, chosen: Sequence[str] = ()) -> Written:
        """Return the pieces of a page; `chosen` are the tickets of the contents whose box is ticked.

        The agency is acted for.
        """
        hour = int(time.time()) // STEP
        if chosen:
            pieces = self._pieces_of(listed, mark, hour, chosen)
        else:
            made_of = (self._language, self._zone, hour, listed, mark)
            pieces = self._whole.get_or_make(made_of, lambda: self._pieces_of(listed, mark, hour, ()))
        title, heading, its_mark, around, words, *items = map(door.encode().join, pieces)
        return Written(title, heading, its_mark, b"".join(items), around, words)

    def _pieces_of(self, listed: Listed, mark: Mark, hour: int, chosen: Sequence[str]) -> Sequence[Parts]:
        """Return the pieces in the order of `Written`, but for the items, which come last."""
        language = self._language
        keys: list[_Key] = [
            ("title", language, listed.many),
            ("heading", language, listed.many),
            ("mark", language, mark),
            ("around", language, listed.first, listed.coming, listed.gone),
            ("words", language, self._zone, listed.words),
        ]
        for row in listed.rows:
            told = bytes(row)
            is_chosen = bool(chosen) and WAITING.decode(told).ticket in chosen
            # The address of a picture is the same within an hour.
            keys.append(("item", language, told, is_chosen, hour))
        return self._kept.get_or_make_each(keys, self._write)

    def _write(self, key: "_Key") -> Parts:
        name, _language, *shown = key
        piece: str = getattr(self, f"_{name}")(*shown)
        return piece.encode().split(_DOOR)

    def _item(self, told: bytes, is_chosen: bool, hour: int) -> str:
        waiting = WAITING.decode(told)
        kinds = waiting.channel_kinds
        (channels,) = self._kept.get_or_make_each([("channels", self._language, kinds)], self._write)[0]
        picture = self._picture(*waiting.shown, hour * STEP) if waiting.shown else ""
        with self._speaking() if waiting.chain else nullcontext():  # what becomes of it is said by its chain
            return writing.item(waiting, self._language, channels.decode(), picture, is_chosen=is_chosen)

    def _channels(self, kinds: str) -> str:
        return self._rendered("channels", kinds=kinds.split())

    def _around(self, first: str, coming: bytes, gone: bytes) -> str:
        rows = [Around.read(row) for side in (gone, coming) if side for row in decode(side)]
        return self._rendered("around", rows=nearest(datetime.fromisoformat(first), rows)) if rows else ""

    def _words(self, zone: str, told: bytes) -> str:
        return self._rendered("words", rows=[Word.read(row) for row in decode(told)], zone=zone) if told else ""

    def _title(self, many: int) -> str:
        return self._rendered("title", count=many).strip()

    def _heading(self, many: int) -> str:
        return self._rendered("heading", count=many).strip()

    def _mark(self, mark: Mark) -> str:
        return self._rendered("mark", mark=mark)

    def _rendered(self, name: str, **shown: Any) -> str:
        with self._speaking():
            return self._app.jinja_env.get_template(f"portal/_{name}.html").render(here=partial(beyond, DOOR), **shown)

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        with speaking_in(self._app, self._language):
            g.light_page = True
            yield

    def _picture(self, digest: str, mime: str, now: float) -> str:
        return path_of(str(self._app.secret_key), Address(self._agency_id, digest, mime, last_second(now, mime)))


_Key = tuple[Any, ...]
"""A piece's name, its language, and all that it shows."""


def init_app(app: Flask) -> None:
    """Keep the pieces of this process."""
    app.extensions[_KEPT] = Fragments[Parts]("portal", KEPT)
    app.extensions[_WHOLE] = Fragments[Sequence[Parts]]("portal_page", WHOLE)
