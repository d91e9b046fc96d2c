"""The month's page put together: what stands in it now, written into frames that were made before.

Nothing here knows a request, so that nothing of the one person who looks can be kept for another, and so that a page
can be made again before the application is woken (`web.renewed`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, cast

from flask import Flask
from werkzeug.datastructures import MultiDict

from tenants.asking import Asked, Asks
from tenants.errors import ForbiddenError, NotFoundError, RefusedError
from tenants.marks import Moment, nothing_since, since_question
from tenants.permissions import Permission
from unisson.calendars.grid import Placed, clocks
from unisson.calendars.looks import Look, Onlooker, look_of
from unisson.calendars.marks import Marks, marked, slots_to_come
from unisson.calendars.narrowing import Named
from unisson.calendars.period import is_today
from unisson.calendars.reading import TRAY_LIMIT
from unisson.calendars.shelves import Read, Shelf, whole_of
from unisson.calendars.wording import words_of
from unisson.calendars.writing import Wardrobe, written
from unisson.web.fragments import Fragments, digest
from unisson.web.i18n import pick_language, speaking_in
from unisson.web.renewed import Made, Visit

_EXTENSION = "unisson.months"
_DAYS = ("month", "week", "day")


class Comer(NamedTuple):
    """Somebody who opens months: who looks, and the digests of all else that their pages show."""

    by: Onlooker
    language: str | None
    """What they chose for themselves."""
    otherwise: str
    """What they hear where neither they nor the brand chose: the browser's."""
    sees: str
    """Of what all persons with the same roles see alike."""
    around: str
    """Of what stands around a month: the person, the theme, the session's own secret."""

    def hears(self, look: Look) -> str:
        """Return the language of a look's page."""
        return pick_language(self.language, look.brand.language if look.brand else None, self.otherwise)


class Sight:
    """A look of somebody's: what its page is made of besides what stands in it."""

    def __init__(self, comer: Comer, look: Look, spoken: str, called: Named) -> None:
        self.look = look
        self.comer = comer
        self.spoken = spoken
        self.called = called
        self.seen = digest(comer.sees, spoken, look.path(look.span), look.today, look.zone, called)
        """Of all that persons with the same roles see alike of it."""
        self.shell = digest(self.seen, comer.around)
        self.wardrobe: Wardrobe | None = None
        """How its contents are shown, made when there are any to show."""


class Shell(NamedTuple):
    """A page without its month: what comes before and after it."""

    before: bytes
    after: bytes

    def filled(self, month: Iterable[bytes]) -> bytes:
        """Return the page with its month."""
        return b"".join((self.before, *month, self.after))


class Desk(NamedTuple):
    """A brand that the actor writes for, and where they begin."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in a sight at a moment."""

    shelf: Shelf
    read: Read
    to_come: int
    contents: str
    """Of all that the part of the page shows which navigation swaps."""
    whole: str
    """Of the page."""

    def holding(self, look: Look) -> Callable[[], bool]:
        """Return what tells whether the clock has changed nothing of it since."""
        return partial(_still_holds, look, self.read.beside, self.to_come)


def _still_holds(look: Look, beside: Marks, to_come: int) -> bool:
    return is_today(look.today, look.zone) and (not beside.beats or slots_to_come(look, beside) == to_come)


class Months:
    """The months of one process."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._shelves = Fragments[Shelf]("shelf", 12)
        self._sights = Fragments[Sight]("sight", 96)
        self.frames = Fragments[list[bytes]]("frame", 48)
        """Months without contents, cut where these go: a notice, each day's entries, the tray."""
        self.shells = Fragments[Shell]("shell", 48)

    def shelf(self, sight: Sight) -> Shelf:
        """Return what is kept of a sight. The agency is acted for."""
        return self._shelves.get_or_make(sight.seen, lambda: Shelf(partial(written, wardrobe=self._wardrobe(sight))))

    def _wardrobe(self, sight: Sight) -> Wardrobe:
        if sight.wardrobe is None:
            by_brand = clocks(sight.look, sight.comer.by.actor, sight.spoken)
            sight.wardrobe = Wardrobe(by_brand, words_of(self._app, sight.spoken))
        return sight.wardrobe

    def sight(self, comer: Comer, asked: tuple[tuple[str, str], ...]) -> Sight | None:
        """Return what somebody looks at by an address; None where it does not say so alone. The agency is acted for."""
        key = (*comer[1:], asked)
        known = self._sights.get(key)
        if known is None or not is_today(known.look.today, known.look.zone):
            known = _sight(comer, MultiDict(asked))
            if known:
                self._sights.keep(key, known)
        return known

    def standing(self, asks: Asks, sight: Sight, moment: Moment) -> Standing:
        """Return what stands in a sight now. `moment` is from before, of the same request. The agency is acted for."""
        shelf = self.shelf(sight)
        read = shelf.read(asks, sight.look.scope, moment)
        to_come = slots_to_come(sight.look, read.beside)
        contents = digest(read.stamp, to_come)
        return Standing(shelf, read, to_come, contents, digest(sight.shell, contents))

    def part(self, sight: Sight, stands: Standing, frame: Callable[[], list[bytes]]) -> Sequence[bytes]:
        """Return, in pieces, the part of the page that navigation swaps: its frame, with what stands in it."""
        return stands.shelf.part(stands.contents, lambda: self._written(sight, stands, frame()))

    def _written(self, sight: Sight, stands: Standing, frame: Sequence[bytes]) -> Sequence[bytes]:
        look, read, shelf = sight.look, stands.read, stands.shelf
        said = words_of(self._app, sight.spoken)
        found = read.placed
        pieces = iter(frame)
        out = [next(pieces), self._notice(sight, found), next(pieces)]
        by_day = shelf.marked(read.beside, stands.to_come, partial(marked, look, read.beside, said))
        for marks, placed_here in zip(by_day, found.days, strict=True):
            out += (marks, placed_here, next(pieces))
        return (*out, self._tray(sight, found), next(pieces))

    def _notice(self, sight: Sight, found: Placed) -> bytes:
        return self._rendered("_empty.html", sight) if found.is_empty else b""

    def _tray(self, sight: Sight, found: Placed) -> bytes:
        return self._rendered("_tray.html", sight, tray=found.tray, tray_limit=TRAY_LIMIT) if found.tray else b""

    def _rendered(self, template: str, sight: Sight, **around: object) -> bytes:
        with speaking_in(self._app, sight.spoken):
            page = self._app.jinja_env.get_template(f"calendars/{template}")
            return page.render(**seen_of(sight), **around).encode()


def _sight(comer: Comer, asked: "MultiDict[str, str]") -> Sight | None:
    if not any(asked.get(kind) for kind in _DAYS) or "lang" in asked:
        return None
    try:
        look = look_of(comer.by, asked)
    except (NotFoundError, ForbiddenError, RefusedError):
        return None
    if look.filters.topic_id or look.filters.author_id:
        return None  # whose names are to be asked for
    return Sight(comer, look, comer.hears(look), Named())


def seen_of(sight: Sight) -> dict[str, object]:
    """Return what the templates of a month are given of a sight."""
    look, actor = sight.look, sight.comer.by.actor
    return {
        "look": look,
        "writable": [
            Desk(card.name, f"brands/{card.slug}/contents/new")
            for card in look.brands
            if card.id in look.scope.writable
        ],
        "may_open_brand": actor.may(Permission.BRAND_CREATE),
    }


def months_of(app: Flask) -> Months:
    """Return the months of an application."""
    return cast("Months", app.extensions[_EXTENSION])


class Renewal:
    """A month's page about to be made anew, of a shell and a frame that were made before."""

    def __init__(self, months: Months, sight: Sight, shell: Shell, frame: list[bytes]) -> None:
        self._months = months
        self._sight = sight
        self._shell = shell
        self._frame = frame

    @property
    def foreseen(self) -> Sequence[Asked]:
        """Return what will be asked: what changed since the month was read, or all of it."""
        scope, known = self._sight.look.scope, self._months.shelf(self._sight).moment
        if known:
            return (since_question(known, scope.brands),)
        return (whole_of(scope),)

    def made(self, asks: Asks, moment: Moment) -> Made:
        """Return the page."""
        sight, months = self._sight, self._months
        stands = months.standing(asks, sight, moment)
        return Made(
            tag=stands.whole,
            body=lambda: self._shell.filled(months.part(sight, stands, lambda: self._frame)),
            still=nothing_since(stands.read.moment, sight.look.scope.brands),
            still_holds=stands.holding(sight.look),
        )


def renewal(app: Flask, comer: Comer, visit: Visit) -> Renewal | None:
    """Return how the page of an address is made anew; None where the application is to see the request."""
    months = months_of(app)
    sight = months.sight(comer, tuple(visit.asked))
    if sight is None:
        return None
    shell, frame = months.shells.get(sight.shell), months.frames.get(sight.seen)
    return Renewal(months, sight, shell, frame) if shell and frame else None


def init_app(app: Flask) -> None:
    """Keep the months of this process."""
    app.extensions[_EXTENSION] = Months(app)
