"""Who listens in this process, and what each of them has yet to hear."""

import asyncio
import json
import uuid
from collections import defaultdict
from dataclasses import dataclass, field

from unisson.live.tickets import Ticket

PER_PERSON = 20
"""Streams that one person may hold open: more are tabs forgotten, or somebody's program."""

GATHER_SECONDS = 0.2
"""What changes within this long of a first change is said with it: five hundred posts leaving are a few messages."""

MOST = 100


class FullError(Exception):
    """Somebody listens too often already."""


@dataclass(slots=True, eq=False)
class Listener:
    """One open stream."""

    ticket: Ticket
    news: asyncio.Event = field(default_factory=asyncio.Event)
    brands: set[str] = field(default_factory=set)
    contents: set[str] = field(default_factory=set)
    has_notices: bool = False
    is_over: bool = False

    async def next(self, seconds: float) -> str | None:
        """Return what is new, as JSON, once there is something; None when `seconds` passed or it is over."""
        try:
            async with asyncio.timeout(seconds):
                await self.news.wait()
        except TimeoutError:
            return None
        if self.is_over:
            return None
        await asyncio.sleep(GATHER_SECONDS)
        self.news.clear()
        told: dict[str, object] = {"brands": sorted(self.brands), "contents": sorted(self.contents)}
        if self.has_notices:
            told["notices"] = True
        self.brands.clear()
        self.contents.clear()
        self.has_notices = False
        return json.dumps(told)

    def hear(self, brands: frozenset[str] | None, contents: list[str]) -> None:
        """Keep a change for the next message; brands that the ticket does not name are not heard of."""
        mine = {str(brand) for brand in self.ticket.brands}
        heard = mine if brands is None else mine & brands
        if heard:
            self.brands |= heard
            # Contents of several brands are told apart by nobody here; a brand of one's own is needed to hear any.
            if brands is not None and brands <= mine and len(self.contents) + len(contents) <= MOST:
                self.contents.update(contents)
            self.news.set()

    def ring(self) -> None:
        """Say with the next message that there is something new for this very person."""
        self.has_notices = True
        self.news.set()

    def end(self) -> None:
        """Have the stream end, so that its page asks for a new ticket."""
        self.is_over = True
        self.news.set()


class Rooms:
    """The listeners of this process, by agency."""

    def __init__(self) -> None:
        self._rooms: defaultdict[uuid.UUID, set[Listener]] = defaultdict(set)

    def __len__(self) -> int:
        return sum(map(len, self._rooms.values()))

    def enter(self, ticket: Ticket) -> Listener:
        """Return a new listener. Raises FullError for a person who has PER_PERSON already."""
        room = self._rooms[ticket.agency_id]
        if sum(each.ticket.membership_id == ticket.membership_id for each in room) >= PER_PERSON:
            raise FullError
        listener = Listener(ticket)
        room.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """Forget a listener."""
        room = self._rooms[listener.ticket.agency_id]
        room.discard(listener)
        if not room:
            del self._rooms[listener.ticket.agency_id]

    def tell(self, agency_id: uuid.UUID, announced: str) -> None:
        """Pass an announcement on to the agency's listeners; those whose roles changed are sent for a new ticket."""
        told = json.loads(announced)
        brands = None if told["brands"] is None else frozenset(told["brands"])
        members = {uuid.UUID(each) for each in told["members"]}
        readers = {uuid.UUID(each) for each in told.get("readers", ())}
        for listener in self._rooms.get(agency_id, ()):
            if listener.ticket.membership_id in members:
                listener.end()
                continue
            listener.hear(brands, told["contents"])
            if listener.ticket.membership_id in readers:
                listener.ring()

    def tell_all(self) -> None:
        """Have everybody look again: announcements may have been missed."""
        for room in self._rooms.values():
            for listener in room:
                listener.hear(None, [])
                listener.ring()
