"""Whatever the channel answers, in whatever order, and whoever edits or dies meanwhile: at most one effect, none lost."""

import uuid
from pathlib import Path

from hypothesis import HealthCheck, given, settings, strategies
from sqlalchemy import select, text

from tests.standins.pds import PASSWORD, StandInPds
from tests.support.campaign import approve_many, connect_bluesky, forget_what_others_left
from tests.support.leaving import hasten, publisher_to
from tests.support.world import World, build_world
from unisson.publishing.models import Channel, Publication
from unisson.publishing.publisher import Publisher
from unisson.runtime import Runtime

FAULTS = strategies.sampled_from(["ok", "503", "429", "drop", "lost", "500-after", "500-before", "400"])
MOVES = strategies.lists(strategies.sampled_from(["drain", "lapse", "edit", "vanish"]), min_size=2, max_size=6)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(faults=strategies.lists(FAULTS, max_size=6), moves=MOVES)
def test_at_most_one_effect_and_nothing_lost(
    runtime: Runtime, worker: Runtime, tmp_path_factory, faults: list[str], moves: list[str]
) -> None:
    folder: Path = tmp_path_factory.mktemp("effects")
    pds = StandInPds(folder / "effects.jsonl")
    try:
        forget_what_others_left(worker)
        world = build_world(runtime)
        channel = connect_bluesky(runtime, world, pds.url, "marque.test", PASSWORD)
        (approved,) = approve_many(runtime, world, [channel], 1)
        pds.plan.then(*faults)
        publisher = publisher_to(pds, worker, threads=2)
        edited = False
        for move in [*moves, *["drain"] * 8]:
            edited |= _play(move, publisher, runtime, worker, world, approved.content_id)
        effects = pds.effects.all()
        row = _row(runtime, world, approved.content_id)
        assert len(effects) <= 1
        assert not (edited and effects)
        if row is None:
            assert edited
        elif row.state == "published":
            assert len(effects) == 1
        else:
            assert row.state in {"failed", "held", "cancelled"}
            assert (row.state == "cancelled") == edited
            assert row.state != "failed" or not effects
    finally:
        pds.close()


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(moves=strategies.lists(strategies.sampled_from(["drain", "lapse", "edit", "connect", "empty"]), max_size=8))
def test_nothing_that_came_due_on_a_mockup_leaves_by_itself(
    runtime: Runtime, worker: Runtime, tmp_path_factory, moves: list[str]
) -> None:
    pds = StandInPds(tmp_path_factory.mktemp("effects") / "effects.jsonl")
    try:
        forget_what_others_left(worker)
        world = build_world(runtime)
        channel = connect_bluesky(runtime, world, pds.url, "marque.test", PASSWORD)
        _turn(runtime, world, channel, "empty")
        (approved,) = approve_many(runtime, world, [channel], 1)
        publisher = publisher_to(pds, worker, threads=2)
        edited = False
        for move in [*moves, "connect", *["drain"] * 3]:
            if move in {"connect", "empty"}:
                _turn(runtime, world, channel, move)
            else:
                edited |= _play(move, publisher, runtime, worker, world, approved.content_id)
        assert pds.effects.all() == []
        row = _row(runtime, world, approved.content_id)
        assert edited if row is None else (row.state, row.attempts) == ("cancelled" if edited else "held", 0)
    finally:
        pds.close()


def _turn(runtime: Runtime, world: World, channel_id: uuid.UUID, move: str) -> None:
    """Connect a mock-up, or make the channel one."""
    with runtime.database.agency(world.agency_id) as session:
        channel = session.get_one(Channel, (world.agency_id, channel_id))
        if move == "empty":
            channel.mockup, channel.secret, channel.tokens, channel.connected_at = True, None, None, None
        elif channel.mockup:
            channel.mockup, channel.connected_at = False, session.now()
            channel.secret = runtime.vault.seal({"app_password": PASSWORD})


def _play(
    move: str, publisher: Publisher, runtime: Runtime, worker: Runtime, world: World, content_id: uuid.UUID
) -> bool:
    """Make one move; return whether an edit was accepted."""
    if move == "drain":
        hasten(worker, world)
        publisher.drain(5)
        return False
    if move == "edit":
        with runtime.database.agency(world.agency_id) as session:
            took = session.execute(
                text(
                    "update app.contents set state = 'draft', revision_id = null where id = :c and state = 'scheduled'"
                ),
                {"c": content_id},
            )
            return bool(took.rowcount)
    with worker.database.agency(world.agency_id) as session:
        if move == "lapse":
            session.execute(
                text("update app.dispatch set fence = fence + 1 where agency_id = :a"), {"a": world.agency_id}
            )
        else:
            _vanish(session, content_id)
    return False


def _vanish(session, content_id: uuid.UUID) -> None:
    """Leave the publication as a sender does that dies after its attempt was written and before any byte left."""
    row = session.execute(
        text("select id, state, attempts from app.publications where content_id = :c"), {"c": content_id}
    ).first()
    if row is None or row.state != "scheduled":
        return
    took = session.execute(
        text("update app.contents set state = 'publishing' where id = :c and state in ('scheduled', 'publishing')"),
        {"c": content_id},
    )
    if not took.rowcount:
        return
    session.execute(
        text(
            "insert into app.attempts (agency_id, id, publication_id, number, fence, digest, worker)"
            " select p.agency_id, gen_random_uuid(), p.id, p.attempts + 1, 0, r.digest, 'gone' from app.publications p"
            " join app.revisions r on r.agency_id = p.agency_id and r.id = p.revision_id where p.id = :p"
        ),
        {"p": row.id},
    )
    session.execute(
        text("update app.publications set state = 'sending', attempts = attempts + 1 where id = :p"), {"p": row.id}
    )


def _row(runtime: Runtime, world: World, content_id: uuid.UUID) -> Publication | None:
    with runtime.database.agency(world.agency_id) as session:
        return session.scalars(select(Publication).where(Publication.content_id == content_id)).one_or_none()
