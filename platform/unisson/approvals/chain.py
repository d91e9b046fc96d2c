"""A chain as data: which contents it is for, its stages in order, its rules. A policy's version keeps it whole.

Nothing here reads the database: what a chain says can be shown, tried and tested by itself.
"""

import enum
import uuid
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from tenants.errors import RefusedError
from tenants.permissions import StageRole
from unisson.editorial.models import ContentKind, Risk
from unisson.web.i18n import lazy

MOST_STAGES = 8
MOST_APPROVERS = 12
MOST_HOURS = 24 * 30
MOST_MINUTES = 24 * 60
LONG_NAME = 120
LONG_CLAUSE = 1_000


class Need(enum.StrEnum):
    """How many of a stage's approvers must say yes."""

    ANY = "any"
    ALL = "all"
    QUORUM = "quorum"


class Late(enum.StrEnum):
    """What becomes of a content whose last approval comes after its date."""

    ASK = "ask"
    MISS = "miss"
    PUBLISH = "publish"


class Reopening(enum.StrEnum):
    """Who is asked again after an edit: everybody, or from the first stage that covers what changed."""

    FIRST = "first"
    MATTERS = "matters"


class Aspect(enum.StrEnum):
    """What a stage may look at. A stage that covers everything is asked again after any change."""

    TEXT = "text"
    PICTURES = "pictures"
    CHANNELS = "channels"
    DATE = "date"


EVERYTHING = frozenset(Aspect)
NEVER_TACIT_ROLES = frozenset({StageRole.LEGAL, StageRole.SPOKESPERSON})
NEVER_TACIT_RISKS = frozenset({Risk.CRISIS, Risk.LEGAL, Risk.QUOTE})

NO_STAGE = lazy("A chain needs at least one stage.")
MANY_STAGES = lazy("A chain has %(most)s stages at most.", most=MOST_STAGES)
NO_APPROVER = lazy("Every stage needs somebody who decides.")
MANY_APPROVERS = lazy("A stage has %(most)s approvers at most.", most=MOST_APPROVERS)
BAD_QUORUM = lazy("A quorum is a number between one and the number of approvers.")
BAD_HOURS = lazy("A deadline is between one hour and thirty days of working hours.")
BAD_CLOCK = lazy("A deadline in minutes is between 1 and 1,440 of them; so is the time between two reminders.")
BAD_MINUTES = lazy("Give between 1 and 1,440 minutes for a late publication.")
NO_TACIT_HERE = lazy("A legal adviser or a spokesperson never approves by silence.")
TACIT_DEADLINE = lazy("Approval by silence needs a deadline in working hours: silence counts from there.")
LONG_WORDS = lazy("A name has 120 characters at most, a clause 1,000.")
UNREADABLE = lazy("This chain could not be read. Nothing was saved; load the page again.")


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules and conditions may ask of a content."""

    kind: str
    channels: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    risks: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Condition:
    """Every list that is not empty must share something with the content; an empty condition always holds."""

    kinds: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    """Ids of topics of the brand. Like every list here it is met by one of them."""

    @property
    def is_empty(self) -> bool:
        """Whether it holds for every content."""
        return not any(getattr(self, name) for name in _LISTS)

    def is_met_by(self, facts: Facts) -> bool:
        """Return whether it holds for the content."""
        had = _had(facts)
        return all(not getattr(self, name) or set(getattr(self, name)) & had[name] for name in _LISTS)

    def what_met(self, facts: Facts) -> dict[str, list[str]]:
        """Return which of its words the content has: why it holds. Empty for a condition that always does."""
        found = {name: [word for word in getattr(self, name) if word in had] for name, had in _had(facts).items()}
        return {name: words for name, words in found.items() if words}

    def to_json(self) -> dict[str, list[str]]:
        """Return it as JSON keeps it, empty lists left out."""
        lists = {name: list(getattr(self, name)) for name in _LISTS}
        return {name: words for name, words in lists.items() if words}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Condition":
        """Return what `to_json` gave; words that are not in the vocabulary any more are left out."""
        return cls(
            kinds=_known(kept.get("kinds"), ContentKind),
            channels=tuple(str(each) for each in kept.get("channels") or ()),
            tags=tuple(str(each) for each in kept.get("tags") or ()),
            risks=_known(kept.get("risks"), Risk),
            topics=tuple(str(uuid.UUID(str(each))) for each in kept.get("topics") or ()),
        )


_LISTS = ("kinds", "channels", "tags", "risks", "topics")


def _had(facts: Facts) -> dict[str, Set[str]]:
    return {
        "kinds": {facts.kind}, "channels": facts.channels, "tags": facts.tags, "risks": facts.risks,
        "topics": facts.topics,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Approver:
    """Somebody a stage asks: whoever holds a role on the brand, or one person.

    `everyone` asks each holder of the role for themselves, where `all` or a quorum counts them one by one.
    """

    role: StageRole | None = None
    person: uuid.UUID | None = None
    everyone: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON keeps it."""
        if self.person is not None:
            return {"person": str(self.person)}
        return {"role": str(self.role), "everyone": True} if self.everyone else {"role": str(self.role)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Approver":
        """Return what `to_json` gave. Raises ValueError, KeyError."""
        if kept.get("person"):
            return cls(person=uuid.UUID(str(kept["person"])))
        return cls(role=StageRole(kept["role"]), everyone=bool(kept.get("everyone")))


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. `hours` is its deadline in working hours before the date; `remind_hours` the rhythm of reminders.

    Where `minutes` is given, the deadline is so many minutes of the clock after the stage opens instead, at whatever
    hour, and people are reminded every `remind_minutes` until then: for replies and crises.

    `tacit_clause` is the clause of the contract by which silence is a yes after the deadline; empty: it never is.
    """

    approvers: tuple[Approver, ...]
    name: str = ""
    need: Need = Need.ANY
    quorum: int = 1
    only_if: Condition = Condition()
    hours: int | None = None
    remind_hours: int | None = None
    minutes: int | None = None
    remind_minutes: int | None = None
    tacit_clause: str = ""
    covers: frozenset[Aspect] = EVERYTHING

    def may_be_tacit(self, facts: Facts) -> bool:
        """Return whether silence may count: for planned posts only, never for press, crisis, legal or quotes."""
        roles = {each.role for each in self.approvers}
        return (
            bool(self.tacit_clause)
            and facts.kind == ContentKind.POST
            and not facts.risks & NEVER_TACIT_RISKS
            and not roles & NEVER_TACIT_ROLES
        )

    def check(self) -> None:
        """Pass, or raise RefusedError."""
        if not self.approvers:
            raise RefusedError(NO_APPROVER)
        if len(self.approvers) > MOST_APPROVERS:
            raise RefusedError(MANY_APPROVERS)
        if len(self.name) > LONG_NAME or len(self.tacit_clause) > LONG_CLAUSE:
            raise RefusedError(LONG_WORDS)
        # A role may have any number of holders; persons are as many as they are.
        most = MOST_APPROVERS if any(each.role for each in self.approvers) else len(self.approvers)
        if self.need is Need.QUORUM and not 1 <= self.quorum <= most:
            raise RefusedError(BAD_QUORUM)
        if any(hours is not None and not 1 <= hours <= MOST_HOURS for hours in (self.hours, self.remind_hours)):
            raise RefusedError(BAD_HOURS)
        if any(each is not None and not 1 <= each <= MOST_MINUTES for each in (self.minutes, self.remind_minutes)):
            raise RefusedError(BAD_CLOCK)
        if self.tacit_clause and {each.role for each in self.approvers} & NEVER_TACIT_ROLES:
            raise RefusedError(NO_TACIT_HERE)
        if self.tacit_clause and self.hours is None:
            raise RefusedError(TACIT_DEADLINE)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON keeps it."""
        return {
            "name": self.name,
            "approvers": [each.to_json() for each in self.approvers],
            "need": self.need.value,
            "quorum": self.quorum,
            "only_if": self.only_if.to_json(),
            "hours": self.hours,
            "remind_hours": self.remind_hours,
            "minutes": self.minutes,
            "remind_minutes": self.remind_minutes,
            "tacit_clause": self.tacit_clause,
            "covers": sorted(self.covers),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Stage":
        """Return what `to_json` gave. Raises ValueError, KeyError, TypeError."""
        return cls(
            approvers=tuple(Approver.from_json(each) for each in kept["approvers"]),
            name=str(kept.get("name") or ""),
            need=Need(kept.get("need") or Need.ANY),
            quorum=int(kept.get("quorum") or 1),
            only_if=Condition.from_json(kept.get("only_if") or {}),
            hours=_number(kept.get("hours")),
            remind_hours=_number(kept.get("remind_hours")),
            minutes=_number(kept.get("minutes")),
            remind_minutes=_number(kept.get("remind_minutes")),
            tacit_clause=str(kept.get("tacit_clause") or ""),
            covers=frozenset(Aspect(each) for each in kept.get("covers") or ()) or EVERYTHING,
        )


@dataclass(frozen=True, slots=True)
class Chain:
    """A whole chain. `late_minutes` counts only where a late approval publishes within so many minutes."""

    stages: tuple[Stage, ...]
    applies_to: Condition = field(default=Condition())
    own_work: bool = False
    ask_once: bool = False
    date_approved: bool = True
    reopening: Reopening = Reopening.FIRST
    late: Late = Late.ASK
    late_minutes: int = 15

    def check(self) -> "Chain":
        """Return the chain if it can be run. Raises RefusedError."""
        if not self.stages:
            raise RefusedError(NO_STAGE)
        if len(self.stages) > MOST_STAGES:
            raise RefusedError(MANY_STAGES)
        if self.late is Late.PUBLISH and not 1 <= self.late_minutes <= 24 * 60:
            raise RefusedError(BAD_MINUTES)
        for stage in self.stages:
            stage.check()
        return self

    def people(self) -> set[uuid.UUID]:
        """Return the persons that it names."""
        return {each.person for stage in self.stages for each in stage.approvers if each.person is not None}

    def topics(self) -> set[uuid.UUID]:
        """Return the topics that choose it."""
        return {uuid.UUID(each) for each in self.applies_to.topics}

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON keeps it."""
        return {
            "stages": [stage.to_json() for stage in self.stages],
            "applies_to": self.applies_to.to_json(),
            "own_work": self.own_work,
            "ask_once": self.ask_once,
            "date_approved": self.date_approved,
            "reopening": self.reopening.value,
            "late": self.late.value,
            "late_minutes": self.late_minutes,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Chain":
        """Return what `to_json` gave. Raises RefusedError for what is no chain."""
        try:
            return cls(
                stages=tuple(Stage.from_json(each) for each in kept["stages"]),
                applies_to=Condition.from_json(kept.get("applies_to") or {}),
                own_work=bool(kept.get("own_work", False)),
                ask_once=bool(kept.get("ask_once", False)),
                date_approved=bool(kept.get("date_approved", True)),
                reopening=Reopening(kept.get("reopening") or Reopening.FIRST),
                late=Late(kept.get("late") or Late.ASK),
                late_minutes=int(kept.get("late_minutes") or 15),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise RefusedError(UNREADABLE) from error


def of_roles(*roles: StageRole) -> Chain:
    """Return the plainest chain: one stage a role, in which anybody who holds it decides."""
    return Chain(stages=tuple(Stage(approvers=(Approver(role=role),)) for role in roles))


def _known(words: Iterable[Any] | None, vocabulary: type[enum.StrEnum]) -> tuple[str, ...]:
    known = {member.value for member in vocabulary}
    return tuple(str(word) for word in words or () if str(word) in known)


def _number(kept: object) -> int | None:
    return int(str(kept)) if kept not in (None, "") else None


def chosen_among(chains: Sequence[Chain], facts: Facts) -> int | None:
    """Return the place of the first chain that is for such a content; None when none is."""
    return next((place for place, chain in enumerate(chains) if chain.applies_to.is_met_by(facts)), None)
