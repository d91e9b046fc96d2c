"""What one statement told of a member's request that reads, so that nobody asks again within it."""

import uuid
from dataclasses import dataclass
from typing import NamedTuple

from flask import g, request

from tenants.marks import Moment, now
from tenants.session import TenantSession
from tenants.wire import Answered, Reminder

MOMENT = "unisson.moment"
"""Of a request's environment: when it began to read, where who comes was known from before."""


class MemberFacts(NamedTuple):
    """A member: id, name, e-mail address, agency role, its brands and roles; what the agency asks of their sign-in."""

    id: str
    name: str
    email: str
    role: str
    brand_roles: list[list[str]] | None
    must_sign_on: bool
    lacks_second_step: bool


class AgencyFacts(NamedTuple):
    """The agency as pages show it."""

    slug: str
    name: str
    language: str
    timezone: str
    white_label: bool
    signs_as: str
    standing: str
    standing_why: str | None
    standing_until: str | None
    """As PostgreSQL writes it, in whatever zone."""
    support_until: str | None
    """Until when support reads here, written alike; None where it does not."""


class Surroundings(NamedTuple):
    """What a page that reads shows around itself.

    `brands` are all of the agency's, as `BrandCard` has them: who sees which is for the guards to say. `seats` are the
    addresses and names of the agencies that the person belongs to. `unread` counts the member's newest unread notices,
    by brand, state of the content and audience of the conversation: which of them still show is for
    `notifications.showing` to say.
    """

    agency: AgencyFacts
    brands: list[list[str]]
    seats: list[list[str]]
    unread: list[tuple[str | None, str | None, str, int]] | None
    moment: Moment
    """When the request began to read: what is kept of what it read is kept with this."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody signed in who comes into an agency. `member` is None for a stranger to it."""

    identity_id: uuid.UUID
    member: MemberFacts | None
    around: Surroundings | None
    """None where the request writes: what it may change is asked for where it stands by then."""

    is_stale: bool = False
    """Whether this request noted that the sign-in is in use."""

    again: Reminder | None = None
    """Asks beside the marks whether a page that was made for them is theirs again; None where it is made anew."""

    told: Answered | None = None
    """What the database said of all this, where `again` is."""


def keep_arrival(arrival: Arrival) -> None:
    """Keep what was read, for this request."""
    g.arrival = arrival


def arrival() -> Arrival | None:
    """Return who arrived with this request; None for a visitor, and where it belongs to no agency."""
    found = g.get("arrival")
    return found if isinstance(found, Arrival) else None


def surroundings() -> Surroundings | None:
    """Return what was read around a page as its request arrived; None as for `arrival`, and where it writes."""
    arrived = arrival()
    return arrived.around if arrived else None


def moment_of(session: TenantSession) -> Moment:
    """Return a moment from before whatever is read from here on: when the request began to read."""
    told: Moment | None = request.environ.get(MOMENT)
    around = surroundings()
    return told or (around.moment if around else now(session))
