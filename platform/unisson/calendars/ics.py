"""The calendar as iCalendar (RFC 5545): when what goes out, and where it stands; never its text.

Times are in UTC, which every program shows on its reader's own clock, through every change of clocks; what the clock
of the brand shows stands in the description. A content that is cancelled is left out: programs then take it away.

Import it where a feed is written: no process that writes none carries the library.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta

from icalendar import Calendar, Event, Timezone, vDuration, vText
from icalendar.enums import CLASS, STATUS, TRANSP

from tenants.base import utcnow
from unisson.calendars.feed_reading import MOST_EVENTS, Planned
from unisson.calendars.feeds import OpenFeed
from unisson.calendars.wording import words
from unisson.editorial.forms import KINDS
from unisson.editorial.models import ContentState
from unisson.web.forms import one_line
from unisson.web.guards import BrandCard
from unisson.web.i18n import _, language, say_time, say_zone

READ_AGAIN = timedelta(hours=1)
LASTS = timedelta(minutes=15)
"""A content goes out in a moment; programs hardly show what takes no time."""

SETTLED = frozenset(
    {ContentState.SCHEDULED, ContentState.PUBLISHING, ContentState.PUBLISHED, ContentState.PARTLY_PUBLISHED}
)


@dataclass(frozen=True, slots=True)
class Writing:
    """What all events of a feed have in common. `home` is where the agency's pages begin."""

    home: str
    cards: dict[uuid.UUID, BrandCard]
    names_brands: bool


def written(opened: OpenFeed, contents: Sequence[Planned], home: str) -> bytes:
    """Return the feed as a file. The hour of its making is all of it that changes by itself."""
    calendar = Calendar.new(
        prodid=f"-//Unisson//Calendar//{language().upper()}",
        method="PUBLISH",
        uid=str(opened.feed.id),
        refresh_interval=READ_AGAIN,
    )
    calendar["REFRESH-INTERVAL"].params["VALUE"] = "DURATION"  # RFC 7986 §5.7 wants its type said
    calendar.add("X-PUBLISHED-TTL", vDuration(READ_AGAIN))
    _describe(calendar, opened.feed.name)
    common = Writing(home, {card.id: card for card in opened.brands}, names_brands=opened.feed.brand_id is None)
    for content in contents[:MOST_EVENTS]:
        calendar.add_component(_event(content, common))
    if len(contents) > MOST_EVENTS:
        calendar.add_component(_cut(opened, contents[MOST_EVENTS - 1]))
    if not contents:
        # A calendar of nothing at all is none (RFC 5545 §3.6).
        calendar.add_component(Timezone.from_tzid("UTC"))
    made: bytes = calendar.to_ical()
    return made


def _describe(calendar: Calendar, name: str) -> None:
    """Say what the calendar is, twice: for programs of before RFC 7986 too.

    As texts, which are escaped: the library takes values of these names as they come. On one line, as all that was
    typed: parsers differ on which characters end one, and RFC 5545 has no control characters (§3.3.11).
    """
    named, about = vText(one_line(name)), vText(_("What is planned in Unisson, as you see it there."))
    for title, text in (("NAME", named), ("X-WR-CALNAME", named), ("DESCRIPTION", about), ("X-WR-CALDESC", about)):
        calendar.add(title, text)


def _cut(opened: OpenFeed, last: Planned) -> Event:
    """Say on the day of the last content that there are more: a feed that ends in silence looks like an empty plan."""
    return Event.new(
        uid=f"{opened.feed.id}-cut",
        start=last.at.astimezone(UTC).date(),
        stamp=utcnow().replace(microsecond=0),
        summary=_("This feed ends here: it has room for %(num)s contents", num=MOST_EVENTS),
        description=_("More is planned after this day. Make a feed for each brand to see it all."),
        status=STATUS.CONFIRMED,
        transparency=TRANSP.TRANSPARENT,
    )


def _event(content: Planned, common: Writing) -> Event:
    card = common.cards[content.brand_id]
    starts = content.at.astimezone(UTC)
    return Event.new(
        uid=str(content.id),
        start=starts,
        end=starts + LASTS,
        sequence=content.version,
        stamp=utcnow().replace(microsecond=0),
        summary=_summary(content, card, names_brand=common.names_brands),
        description=_description(content, card),
        url=f"{common.home}/contents/{content.id}",
        status=STATUS.CONFIRMED if content.state in SETTLED else STATUS.TENTATIVE,
        transparency=TRANSP.TRANSPARENT,
        classification=CLASS.PRIVATE,
        categories=[card.name],
    )


def _summary(content: Planned, card: BrandCard, *, names_brand: bool) -> str:
    # Without a title, the kind: the text, which may be under embargo, stays here.
    shown = one_line(content.title) or str(KINDS.get(content.kind, content.kind))
    said = f"{shown} ({words().labels[content.state]})"
    return f"{card.name} · {said}" if names_brand else said


def _description(content: Planned, card: BrandCard) -> str:
    there = say_time(content.at, card.timezone, "moment_year")
    lines = [
        f"{card.name} · {KINDS.get(content.kind, content.kind)} · {words().labels[content.state]}",
        words().channels(content.channel_kinds),
        _("%(time)s, on the clock of %(city)s", time=there, city=say_zone(card.timezone)),
        one_line(content.live_url),
    ]
    return "\n".join(line for line in lines if line)
