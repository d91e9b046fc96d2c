"""A chain as a form holds it: everything just as it was typed, whatever it is, until it is read as a chain.

A stage's fields begin with its key; the order of the keys is the order of the stages.
"""

import enum
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from tenants.errors import RefusedError
from tenants.permissions import StageRole
from unisson.approvals.chain import (
    BAD_CLOCK,
    BAD_HOURS,
    BAD_MINUTES,
    BAD_QUORUM,
    EVERYTHING,
    MANY_STAGES,
    MOST_STAGES,
    UNREADABLE,
    Approver,
    Aspect,
    Chain,
    Condition,
    Late,
    Need,
    Reopening,
    Stage,
)
from unisson.editorial.models import ContentKind, Risk
from unisson.publishing.channels.port import ChannelKind
from unisson.web.forms import one_line

KEY = re.compile(r"[a-z0-9]{1,8}")
MOST_TAGS = 20


class Unit(enum.StrEnum):
    """What a stage's deadline is counted in: working hours before the date, or minutes after people are asked."""

    WORK = "work"
    MINUTES = "minutes"


@dataclass(frozen=True, slots=True)
class TypedStage:
    """One stage, as typed. `outside` is the address of somebody who has no part in the agency yet."""

    key: str
    name: str = ""
    roles: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    outside: str = ""
    outside_name: str = ""
    everyone: bool = False
    need: str = Need.ANY.value
    quorum: str = "2"
    unit: str = Unit.WORK.value
    hours: str = ""
    remind: str = ""
    tacit: str = ""
    risks: tuple[str, ...] = ()
    tags: str = ""
    covers: tuple[str, ...] = tuple(sorted(EVERYTHING))

    def stage(self) -> Stage:
        """Return the stage. Raises RefusedError at the field that can't be read."""
        roles = tuple(Approver(role=_role(self, each), everyone=self.everyone) for each in self.roles)
        return Stage(
            approvers=(*roles, *(Approver(person=_person(self, each)) for each in self.people)),
            name=self.name,
            need=_one_of(Need, self.need, f"{self.key}-need"),
            quorum=_number(self.quorum, f"{self.key}-quorum", BAD_QUORUM) or 0 if self.need == Need.QUORUM else 1,
            only_if=Condition(risks=_known(Risk, self.risks), tags=_tags(self.tags)),
            **self._clock(),
            tacit_clause=self.tacit,
            covers=frozenset(Aspect(each) for each in self.covers if each in list(Aspect)) or EVERYTHING,
        )

    def _clock(self) -> dict[str, int | None]:
        """Return the deadline and the rhythm of reminders, in the unit that was chosen."""
        in_minutes = _one_of(Unit, self.unit, f"{self.key}-hours") is Unit.MINUTES
        sentence = BAD_CLOCK if in_minutes else BAD_HOURS
        until = _number(self.hours, f"{self.key}-hours", sentence)
        every = _number(self.remind, f"{self.key}-remind", sentence)
        if in_minutes and until is None:
            raise RefusedError(BAD_CLOCK, field=f"{self.key}-hours")
        return {"minutes": until, "remind_minutes": every} if in_minutes else {"hours": until, "remind_hours": every}


@dataclass(frozen=True, slots=True)
class TypedChain:
    """A whole chain, as typed. `version` is the one that the page was made from; empty for a new chain."""

    name: str = ""
    version: str = ""
    kinds: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    tags: str = ""
    risks: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    own_work: bool = False
    ask_once: bool = False
    date_approved: bool = True
    reopening: str = Reopening.FIRST.value
    late: str = Late.ASK.value
    late_minutes: str = "15"
    stages: tuple[TypedStage, ...] = field(default=())

    @property
    def version_shown(self) -> int | None:
        """Return the version that the page showed; None where it says none."""
        return int(self.version) if self.version.isdecimal() and len(self.version) < 10 else None

    def chain(self) -> Chain:
        """Return the chain, checked. Raises RefusedError, whose `field` says where."""
        stages = []
        for each in self.stages:
            stage = each.stage()
            try:
                stage.check()
            except RefusedError as refusal:
                raise RefusedError(refusal.sentence, field=_field_of(refusal, each)) from refusal
            stages.append(stage)
        return Chain(
            stages=tuple(stages),
            applies_to=Condition(
                kinds=_known(ContentKind, self.kinds),
                channels=_known(ChannelKind, self.channels),
                tags=_tags(self.tags),
                risks=_known(Risk, self.risks),
                topics=tuple(dict.fromkeys(_topic(each) for each in self.topics)),
            ),
            own_work=self.own_work,
            ask_once=self.ask_once,
            date_approved=self.date_approved,
            reopening=_one_of(Reopening, self.reopening, "reopening"),
            late=_one_of(Late, self.late, "late"),
            late_minutes=_number(self.late_minutes or "15", "late_minutes", BAD_MINUTES) or 0,
        ).check()

    def readable(self) -> dict[str, Stage]:
        """Return the stages that can be read already, by their keys."""
        found = {}
        for each in self.stages:
            try:
                stage = each.stage()
                stage.check()
            except RefusedError:
                continue
            found[each.key] = stage
        return found

    def rearranged(self, act: str) -> "TypedChain":
        """Return it with a stage added, removed or moved: `add`, `remove:<key>`, `up:<key>`, `down:<key>`."""
        verb, _colon, key = act.partition(":")
        stages = list(self.stages)
        place = next((number for number, each in enumerate(stages) if each.key == key), None)
        if verb == "add" and len(stages) < MOST_STAGES:
            stages.append(TypedStage(_fresh(stages)))
        elif place is not None and verb == "remove":
            del stages[place]
        elif place is not None and verb in {"up", "down"}:
            other = place + (1 if verb == "down" else -1)
            if 0 <= other < len(stages):
                stages[place], stages[other] = stages[other], stages[place]
        return replace(self, stages=tuple(stages))

    def with_person(self, key: str, person_id: uuid.UUID) -> "TypedChain":
        """Return it with the outside address of a stage replaced by the person whom it turned out to be."""
        return replace(
            self,
            stages=tuple(
                replace(each, outside="", outside_name="", people=(*each.people, str(person_id)))
                if each.key == key
                else each
                for each in self.stages
            ),
        )


def typed_in(form: "MultiDict[str, str]") -> TypedChain:
    """Return what a form holds. Raises RefusedError for one that no page of ours makes."""
    keys = form.getlist("stage")
    if any(not KEY.fullmatch(key) for key in keys) or len(set(keys)) != len(keys):
        raise RefusedError(UNREADABLE)
    if len(keys) > MOST_STAGES:
        raise RefusedError(MANY_STAGES)
    return TypedChain(
        name=one_line(form.get("name")),
        version=form.get("version", ""),
        kinds=tuple(form.getlist("kinds")),
        channels=tuple(form.getlist("channels")),
        tags=one_line(form.get("tags")),
        risks=tuple(form.getlist("risks")),
        topics=tuple(form.getlist("topics")),
        own_work="own_work" in form,
        ask_once="ask_once" in form,
        date_approved="date_approved" in form,
        reopening=form.get("reopening", Reopening.FIRST.value),
        late=form.get("late", Late.ASK.value),
        late_minutes=one_line(form.get("late_minutes")),
        stages=tuple(_stage_in(form, key) for key in keys),
    )


def typed_from(name: str, chain: Chain, version: int | None = None) -> TypedChain:
    """Return a kept chain as the form shows it."""
    return TypedChain(
        name=name,
        version=str(version or ""),
        kinds=chain.applies_to.kinds,
        channels=chain.applies_to.channels,
        tags=", ".join(chain.applies_to.tags),
        risks=chain.applies_to.risks,
        topics=chain.applies_to.topics,
        own_work=chain.own_work,
        ask_once=chain.ask_once,
        date_approved=chain.date_approved,
        reopening=chain.reopening.value,
        late=chain.late.value,
        late_minutes=str(chain.late_minutes),
        stages=tuple(_typed_stage(f"s{number}", stage) for number, stage in enumerate(chain.stages, 1)),
    )


def _stage_in(form: "MultiDict[str, str]", key: str) -> TypedStage:
    def word(name: str) -> str:
        return one_line(form.get(f"{key}-{name}"))

    return TypedStage(
        key=key,
        name=word("name"),
        roles=tuple(form.getlist(f"{key}-roles")),
        people=tuple(dict.fromkeys(form.getlist(f"{key}-people"))),
        outside=word("outside"),
        outside_name=word("outside_name"),
        everyone=f"{key}-everyone" in form,
        need=form.get(f"{key}-need", Need.ANY.value),
        quorum=word("quorum"),
        unit=word("unit") or Unit.WORK.value,
        hours=word("hours"),
        remind=word("remind"),
        tacit=word("tacit"),
        risks=tuple(form.getlist(f"{key}-risks")),
        tags=word("tags"),
        covers=tuple(form.getlist(f"{key}-covers")),
    )


def _typed_stage(key: str, stage: Stage) -> TypedStage:
    return TypedStage(
        key=key,
        name=stage.name,
        roles=tuple(str(each.role) for each in stage.approvers if each.role),
        people=tuple(str(each.person) for each in stage.approvers if each.person),
        everyone=any(each.everyone for each in stage.approvers),
        need=stage.need.value,
        quorum=str(stage.quorum),
        unit=(Unit.MINUTES if stage.minutes else Unit.WORK).value,
        hours=str(stage.minutes or stage.hours or ""),
        remind=str((stage.remind_minutes if stage.minutes else stage.remind_hours) or ""),
        tacit=stage.tacit_clause,
        risks=stage.only_if.risks,
        tags=", ".join(stage.only_if.tags),
        covers=tuple(sorted(stage.covers)),
    )


def _fresh(stages: Sequence[TypedStage]) -> str:
    taken = {each.key for each in stages}
    return next(key for key in (f"s{number}" for number in range(1, MOST_STAGES + 2)) if key not in taken)


def _field_of(refusal: RefusedError, stage: TypedStage) -> str:
    """Return where a stage's own refusal is said: at the clause where it is about silence, else at its people."""
    words = {str(BAD_QUORUM): "quorum", str(BAD_HOURS): "hours", str(BAD_CLOCK): "hours"}
    said = str(refusal.sentence)
    return f"{stage.key}-{words.get(said, 'tacit' if stage.tacit else 'people')}"


def _role(stage: TypedStage, typed: str) -> StageRole:
    role: StageRole = _one_of(StageRole, typed, f"{stage.key}-people")
    return role


def _person(stage: TypedStage, typed: str) -> uuid.UUID:
    try:
        return uuid.UUID(typed)
    except ValueError:
        raise RefusedError(UNREADABLE, field=f"{stage.key}-people") from None


def _topic(typed: str) -> str:
    try:
        return str(uuid.UUID(typed))
    except ValueError:
        raise RefusedError(UNREADABLE, field="topics") from None


def _one_of(vocabulary: Any, typed: str, where: str) -> Any:
    try:
        return vocabulary(typed)
    except ValueError:
        raise RefusedError(UNREADABLE, field=where) from None


def _number(typed: str, where: str, sentence: object) -> int | None:
    if not typed:
        return None
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= 6):
        raise RefusedError(sentence, field=where)
    return int(typed)


def _known(vocabulary: Any, typed: Sequence[str]) -> tuple[str, ...]:
    known = [member.value for member in vocabulary]
    return tuple(each for each in dict.fromkeys(typed) if each in known)


def _tags(typed: str) -> tuple[str, ...]:
    tags = dict.fromkeys(each.strip().casefold() for each in typed.split(","))
    return tuple(each[:60] for each in tags if each)[:MOST_TAGS]
