"""Whether who comes is who they were is answered as a second look would answer it, whatever changed meanwhile."""

import random
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from flask import Flask
from sqlalchemy import delete, select, update
from support.world import World, build_world

from tenants.agencies import Agency
from tenants.base import new_id, utcnow
from tenants.identities import DirectoryEntry, Identity, Passkey, Seat, SignIn
from tenants.members import Membership
from unisson.editorial.models import Content
from unisson.identity import arrivals
from unisson.notifications.models import Notice
from unisson.runtime import Runtime
from unisson.web.arrivals import Arrival, arrival

STEPS = 40


class Stage(NamedTuple):
    """A member, and another agency where they may belong as well."""

    app: Flask
    runtime: Runtime
    world: World
    other: World
    contents: list[uuid.UUID]

    @property
    def identity_id(self) -> uuid.UUID:
        return self.world.people["cm"].identity_id

    def come(self) -> Arrival:
        database, person = self.runtime.database, self.world.people["cm"]
        with self.app.test_request_context(), database.agency(self.world.agency_id) as session:
            arrivals.arrive(session, person.token, reads=True)
            came = arrival()
        assert came is not None
        return came

    def is_again(self, came: Arrival) -> bool:
        assert came.again is not None
        answers = self.runtime.database.ask_again(self.world.agency_id, [came.again])
        return came.again.is_answered_by(answers[0])

    def within(self, statement: Any) -> None:
        with self.runtime.database.agency(self.world.agency_id) as session:
            session.execute(statement)

    def outside(self, statement: Any) -> None:
        with self.runtime.database.everywhere() as session:
            session.execute(statement)

    def add(self, *rows: object) -> None:
        with self.runtime.database.agency(self.world.agency_id) as session:
            session.add_all(rows)


@pytest.fixture
def stage(app: Flask, runtime: Runtime, world: World) -> Stage:
    other, contents = build_world(runtime, "Ailleurs"), []
    with runtime.database.agency(world.agency_id) as session:
        for brand_id in (world.brand_id, world.sibling_id):
            author = world.people["cm"].membership_id
            content = Content(brand_id=brand_id, author_id=author, title="Un", zone="UTC", channel_kinds="newsroom")
            session.add(content)
            session.flush()
            contents.append(content.id)
    return Stage(app, runtime, world, other, contents)


def _notice(stage: Stage, dice: random.Random) -> None:
    content_id = dice.choice([None, *stage.contents])
    brand_id = stage.world.brand_id if content_id == stage.contents[0] else stage.world.sibling_id
    stage.add(
        Notice(
            membership_id=stage.world.people[dice.choice(["cm", "cm", "rp"])].membership_id,
            event="stopped", kind="missed", about=dice.choice([{}, {"audience": "internal"}, {"audience": "client"}]),
            brand_id=brand_id if content_id else dice.choice([None, brand_id]), content_id=content_id,
        )
    )  # fmt: skip


def _read(stage: Stage, dice: random.Random) -> None:
    one = select(Notice.id).order_by(Notice.id).limit(1).offset(dice.randrange(3)).scalar_subquery()
    stage.within(update(Notice).where(Notice.id == one).values(read_at=dice.choice([None, utcnow()])))


def _state(stage: Stage, dice: random.Random) -> None:
    where = Content.id == dice.choice(stage.contents)
    stage.within(update(Content).where(where).values(state=dice.choice(["draft", "cancelled"])))


def _seat(stage: Stage, dice: random.Random) -> None:
    stage.outside(delete(Seat).where(Seat.agency_id == stage.other.agency_id, Seat.identity_id == stage.identity_id))
    if dice.random() < 0.7:
        stage.add(Seat(identity_id=stage.identity_id, agency_id=stage.other.agency_id))


def _rename(stage: Stage, dice: random.Random) -> None:
    """The other agency. The name of their own changes with itself, which is marked."""
    where = DirectoryEntry.agency_id == stage.other.agency_id
    stage.outside(update(DirectoryEntry).where(where).values(name=dice.choice(("Ailleurs", "Là bas", "L’agence"))))


def _passkey(stage: Stage, dice: random.Random) -> None:
    stage.outside(delete(Passkey).where(Passkey.identity_id == stage.identity_id))
    if dice.random() < 0.7:
        copied = dice.choice([None, utcnow()])
        stage.add(
            Passkey(
                identity_id=stage.identity_id, credential_id=new_id().bytes, public_key=b"k", sign_count=0,
                transports=[], name="Clé", is_synced=False, copied_at=copied,
            )
        )  # fmt: skip


def _person(stage: Stage, dice: random.Random) -> None:
    """Written only where it differs: a row that is written again is another version, though it says the same."""
    column, value = dice.choice([(Identity.name, "Autre"), (Identity.name, "Nom"), (Identity.language, "en"),
                                 (Identity.language, None), (Identity.timezone, "Asia/Tokyo")])  # fmt: skip
    mine = (Identity.id == stage.identity_id, column.is_distinct_from(value))
    stage.outside(update(Identity).where(*mine).values({column: value}))


def _sign_in(stage: Stage, dice: random.Random) -> None:
    values = dice.choice([{"by_password": True}, {"by_password": False}, {"sso_agency_ids": []},
                          {"sso_agency_ids": [stage.other.agency_id]}])  # fmt: skip
    stage.outside(update(SignIn).where(SignIn.identity_id == stage.identity_id).values(**values))


MOVES: list[Callable[[Stage, random.Random], None]] = [
    _notice, _read, _state, _seat, _rename, _passkey, _person, _sign_in, lambda _stage, _dice: None,
]  # fmt: skip


def _shown(came: Arrival, *, asks_step: bool) -> tuple[object, ...]:
    """Return all that a page may show of what no mark tells of."""
    assert came.told is not None
    assert came.told.answer is not None
    assert came.around is not None
    assert came.member is not None
    holder = came.told.answer.split(b"]")[0]
    return holder, sorted(came.around.seats), came.around.unread, asks_step and came.member.lacks_second_step


@pytest.mark.parametrize("step_in_days", [None, 1, -1])
@pytest.mark.parametrize("seed", range(2))
def test_who_comes_again_is_who_came(stage: Stage, seed: int, step_in_days: int | None) -> None:
    dice, asks_step = random.Random(seed), step_in_days == -1
    since = None if step_in_days is None else utcnow() + timedelta(days=step_in_days)
    stage.within(update(Agency).values(second_step_from=since))
    answers = []
    for _number in range(STEPS):
        before = stage.come()
        assert stage.is_again(before)
        dice.choice(MOVES)(stage, dice)
        is_same = _shown(before, asks_step=asks_step) == _shown(stage.come(), asks_step=asks_step)
        assert stage.is_again(before) == is_same
        answers.append(is_same)
    assert {True, False} == set(answers)


def test_what_ends_by_the_clock_ends(stage: Stage) -> None:
    soon = utcnow() + timedelta(seconds=4)  # what is asked until then is asked in time, on a busy machine too
    stage.within(update(Agency).values(second_step_from=soon))
    came = stage.come()
    assert stage.is_again(came)
    guest = stage.world.people["cm"].membership_id
    stage.within(update(Membership).where(Membership.id == guest).values(ends_at=soon))
    stage.within(update(Agency).values(second_step_from=None))
    bound = stage.come()
    assert stage.is_again(bound)
    time.sleep(max(0.0, (soon - utcnow()).total_seconds()) + 0.1)
    assert not stage.is_again(came)
    assert not stage.is_again(bound)


def test_a_sign_in_that_is_to_be_noted_asks_for_the_application(stage: Stage) -> None:
    came = stage.come()
    mine = SignIn.identity_id == stage.identity_id
    stage.outside(update(SignIn).where(mine).values(last_seen_at=utcnow() - timedelta(minutes=5)))
    assert not stage.is_again(came)
    assert stage.come().again is None
    assert stage.is_again(came)
