"""The order between contents of a topic: dates follow, and what follows waits."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from support.desk import Desk
from support.gate import plan_publication, try_attempt
from support.statements import recorded
from support.topics import at, opened, put_under

from tenants.base import utcnow
from tenants.errors import NotFoundError, RefusedError
from unisson.editorial.models import Content
from unisson.editorial.order import LONGEST, place_after
from unisson.editorial.writing import cancel, edit, move
from unisson.publishing import ledger, verdicts
from unisson.publishing.models import Publication
from unisson.runtime import Runtime


def follow(
    desk: Desk, topic_id: uuid.UUID, content_id: uuid.UUID, first_id: uuid.UUID | None, minutes: int = 15
) -> None:
    with desk.session() as session:
        place_after(session, desk.actor("cm"), content_id, first_id, minutes, topic_id=topic_id)


def push(desk: Desk, content_id: uuid.UUID, wall_time: datetime) -> None:
    with desk.session() as session:
        move(session, desk.actor("cm"), content_id, wall_time, fold=0)


def walls(desk: Desk, *content_ids: uuid.UUID) -> list[datetime | None]:
    return [desk.content(content_id).wall_time for content_id in content_ids]


@pytest.fixture
def topic_id(desk: Desk) -> uuid.UUID:
    return opened(desk)


@pytest.fixture
def row(desk: Desk, topic_id: uuid.UUID) -> tuple[uuid.UUID, uuid.UUID, uuid.UUID]:
    """Return a release, the post that follows it after 15 minutes, and the one that follows that after two hours."""
    first, second, third = (desk.write(topic_id=topic_id, wall_time=at(10)) for _each in range(3))
    follow(desk, topic_id, second, first)
    follow(desk, topic_id, third, second, 120)
    return first, second, third


def test_dates_follow_when_the_first_moves(desk: Desk, row: tuple[uuid.UUID, ...]) -> None:
    minutes = timedelta(minutes=1)
    assert walls(desk, *row) == [at(10), at(10) + 15 * minutes, at(10) + 135 * minutes]
    push(desk, row[0], at(12, 9))
    assert walls(desk, *row) == [at(12, 9), at(12, 9) + 15 * minutes, at(12, 9) + 135 * minutes]
    with desk.session() as session:
        edit(
            session,
            desk.actor("cm"),
            row[0],
            desk.draft(topic_id=desk.content(row[0]).topic_id, wall_time=at(13)),
            None,
        )
    assert walls(desk, *row)[2] == at(13) + 135 * minutes


def test_its_page_leads_to_what_it_follows(desk: Desk, row: tuple[uuid.UUID, ...]) -> None:
    page = desk.get("cm", f"/contents/{row[1]}").text
    assert f'<a href="{desk.path(f"/contents/{row[0]}")}">' in page
    assert "&lt;a" not in page


def test_a_follower_moved_by_hand_keeps_its_new_distance_and_never_comes_first(
    desk: Desk, row: tuple[uuid.UUID, ...]
) -> None:
    push(desk, row[1], at(11))
    assert desk.content(row[1]).follows_after == 24 * 60
    assert walls(desk, row[2]) == [at(11, 12)]
    with pytest.raises(RefusedError) as refused:
        push(desk, row[1], at(9))
    assert refused.value.field == "wall_time"
    with pytest.raises(RefusedError):
        push(desk, row[1], at(41))
    assert walls(desk, row[1]) == [at(11)]


def test_a_move_whose_followers_can_t_come_along_moves_nothing(desk: Desk, topic_id: uuid.UUID) -> None:
    first = desk.write(topic_id=topic_id, wall_time=at(12), channel_ids=())
    second = desk.write(topic_id=topic_id, wall_time=at(12))
    follow(desk, topic_id, second, first, 0)
    put_under(desk, topic_id, at(11))
    with pytest.raises(RefusedError):
        push(desk, first, at(10))
    assert walls(desk, first, second) == [at(12), at(12)]


def test_circles_long_rows_and_other_topics_are_refused(desk: Desk, topic_id: uuid.UUID, row: Any) -> None:
    with pytest.raises(RefusedError):
        follow(desk, topic_id, row[0], row[2])
    with pytest.raises(RefusedError):
        follow(desk, topic_id, row[0], row[0])
    stranger = desk.write(topic_id=opened(desk), wall_time=at(10))
    with pytest.raises(NotFoundError):
        follow(desk, topic_id, row[0], stranger)
    with pytest.raises(NotFoundError):
        follow(desk, topic_id, stranger, row[0])
    for minutes in (-1, LONGEST + 1):
        with pytest.raises(RefusedError):
            follow(desk, topic_id, row[1], row[0], minutes)
    last = row[2]
    for _each in range(17):
        another = desk.write(topic_id=topic_id, wall_time=at(20))
        follow(desk, topic_id, another, last, 0)
        last = another
    too_many = desk.write(topic_id=topic_id, wall_time=at(20))
    with pytest.raises(RefusedError):
        follow(desk, topic_id, desk.write(topic_id=topic_id), too_many_after(desk, topic_id, last, too_many))


def too_many_after(desk: Desk, topic_id: uuid.UUID, last: uuid.UUID, another: uuid.UUID) -> uuid.UUID:
    follow(desk, topic_id, another, last, 0)
    return another


def test_the_database_lets_nothing_follow_a_content_of_another_topic(desk: Desk, row: Any) -> None:
    stranger = desk.write(topic_id=opened(desk), wall_time=at(10))
    with pytest.raises(IntegrityError), desk.session() as session:
        session.execute(
            text("update app.contents set follows_id = :s, follows_after = 1 where id = :c"),
            {"s": stranger, "c": row[0]},
        )


def test_who_leaves_the_topic_leaves_its_order(desk: Desk, topic_id: uuid.UUID, row: Any) -> None:
    with desk.session() as session:
        edit(session, desk.actor("cm"), row[1], desk.draft(wall_time=walls(desk, row[1])[0]), None)
    assert [desk.content(each).follows_id for each in row] == [None, None, None]


def test_an_approved_follower_is_asked_again_where_its_date_was_approved(desk: Desk, topic_id: uuid.UUID) -> None:
    first = desk.write(topic_id=topic_id, wall_time=at(10))
    second = desk.in_state("scheduled", topic_id=topic_id, wall_time=at(10) + timedelta(minutes=15))
    follow(desk, topic_id, second, first)
    assert desk.content(second).state == "scheduled"  # its date did not change by that
    page = desk.get("cm", f"/contents/{first}/move").text
    assert f"{desk.content(second).title}" in page
    push(desk, first, at(11))
    assert desk.content(second).state == "draft"


def seen(desk: Desk, worker: Runtime, publication_id: uuid.UUID) -> Any:
    with worker.database.agency_connection(desk.world.agency_id) as connection:
        return ledger.look(connection, publication_id)


def test_the_second_waits_if_the_first_is_late(desk: Desk, worker: Runtime, topic_id: uuid.UUID) -> None:
    first, second = (desk.in_state("scheduled", topic_id=topic_id, wall_time=at(10)) for _each in range(2))
    follow(desk, topic_id, second, first, 0)
    led, following = plan_publication(desk, worker, first), plan_publication(desk, worker, second)
    assert try_attempt(desk, worker, following) == "UN017"
    stop = verdicts.stop(seen(desk, worker, following), 600.0)
    assert stop is not None
    assert (stop.state, stop.reason) == ("scheduled", "first late")
    out(desk, worker, first, led)
    assert try_attempt(desk, worker, following) is None
    assert verdicts.stop(seen(desk, worker, following), 600.0) is None
    follow(desk, topic_id, second, None)


def out(desk: Desk, worker: Runtime, content_id: uuid.UUID, publication_id: uuid.UUID) -> None:
    with worker.database.agency(desk.world.agency_id) as session:
        session.execute(
            update(Publication)
            .where(Publication.id == publication_id)
            .values(state="published", remote_id="x", published_at=utcnow())
        )
        session.execute(update(Content).where(Content.id == content_id).values(state="published"))


def test_the_delay_counts_from_when_the_first_truly_went_out(desk: Desk, worker: Runtime, topic_id: uuid.UUID) -> None:
    first, second = (desk.in_state("scheduled", topic_id=topic_id, wall_time=at(10)) for _each in range(2))
    led, following = plan_publication(desk, worker, first), plan_publication(desk, worker, second)
    with worker.database.agency(desk.world.agency_id) as session:
        session.execute(update(Content).where(Content.id == second).values(follows_id=first, follows_after=15))
    out(desk, worker, first, led)
    stop = verdicts.stop(seen(desk, worker, following), 60.0)
    assert stop is not None
    assert stop.state == "scheduled"
    assert stop.delay is not None
    assert 14 * 60 < stop.delay <= 15 * 60


def test_what_follows_a_cancelled_content_is_left_to_a_person(desk: Desk, worker: Runtime, topic_id: uuid.UUID) -> None:
    first, second = (desk.in_state("scheduled", topic_id=topic_id, wall_time=at(10)) for _each in range(2))
    follow(desk, topic_id, second, first, 0)
    following = plan_publication(desk, worker, second)
    with desk.session() as session:
        cancel(session, desk.actor("cm"), first)
    stop = verdicts.stop(seen(desk, worker, following), 600.0)
    assert stop is not None
    assert (stop.state, stop.reason) == ("held", "first cancelled")
    follow(desk, topic_id, second, None)
    assert try_attempt(desk, worker, following) is None


def test_the_topic_s_page_puts_in_order_and_takes_out(desk: Desk, topic_id: uuid.UUID) -> None:
    desk.speak_english()
    first, second = (desk.write(topic_id=topic_id, wall_time=at(10), title=title) for title in ("Communiqué", "Post"))
    path = f"/topics/{topic_id}/order"
    given = {"content_id": str(second), "first_id": str(first), "amount": "2", "unit": "hours"}
    assert desk.post("cm", path, given).status_code == 303
    assert walls(desk, second) == [at(10, 12)]
    assert "2 hours after “Communiqué”" in desk.get("cm", f"/topics/{topic_id}").text
    refused = desk.post("cm", path, given | {"amount": "beaucoup"})
    assert refused.status_code == 422
    assert "beaucoup" in refused.text
    assert desk.post("cm", path, given | {"content_id": "x"}).status_code == 404
    assert desk.post("cm", path, {"content_id": str(second), "first_id": ""}).status_code == 303
    assert desk.content(second).follows_id is None
    assert desk.post("client_approver", path, given).status_code == 403


def test_a_key_date_is_noted_and_taken_away(desk: Desk, topic_id: uuid.UUID) -> None:
    desk.speak_english()
    path = f"/topics/{topic_id}/dates"
    assert desk.post("rp", path, {"on_date": "2027-03-01", "label": "Assemblée <générale>"}).status_code == 303
    page = desk.get("rp", f"/topics/{topic_id}").text
    assert "Assemblée &lt;générale&gt;" in page
    (taken,) = {piece.split('"')[0] for piece in page.split(f"/topics/{topic_id}/dates/")[1:]}
    for bad in ({"on_date": "jamais", "label": "x"}, {"on_date": "2027-03-01", "label": " "}, {"label": "y" * 300}):
        answer = desk.post("rp", path, bad)
        assert answer.status_code == 422
        assert bad["label"].strip() in answer.text
    assert desk.post("rp", f"{path}/{taken}").status_code == 303
    assert "Assemblée" not in desk.get("rp", f"/topics/{topic_id}").text
    assert desk.post("rp", f"{path}/{taken}").status_code == 404


def test_pages_ask_as_much_for_many_as_for_one(desk: Desk, topic_id: uuid.UUID) -> None:
    def asked() -> int:
        with recorded(desk.runtime) as statements:
            assert desk.get("cm", f"/topics/{topic_id}").status_code == 200
            assert desk.get("cm", f"/contents/{first}").status_code == 200
        return len(statements)

    first = desk.write(topic_id=topic_id, wall_time=at(10))
    follow(desk, topic_id, desk.write(topic_id=topic_id, wall_time=at(10)), first)
    asked()
    few = asked()
    for _each in range(6):
        follow(desk, topic_id, desk.write(topic_id=topic_id, wall_time=at(10)), first)
    assert asked() == few


MOVES = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3000), st.integers(2, 20), st.booleans()),
    min_size=1, max_size=6,
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES)
def test_whatever_is_moved_order_and_embargo_hold(desk: Desk, moves: list[tuple[int, int, int, int, bool]]) -> None:
    topic_id = opened(desk)
    put_under(desk, topic_id, at(4))
    contents = [desk.write(topic_id=topic_id, wall_time=at(10)) for _each in range(4)]
    for one, other, minutes, days, orders in moves:
        try:
            if orders:
                follow(desk, topic_id, contents[one], contents[other], minutes)
            else:
                push(desk, contents[one], at(days))
        except RefusedError:
            pass
    with desk.session() as session:
        rows = {row.id: row for row in session.scalars(select(Content).where(Content.topic_id == topic_id))}
        for row in rows.values():
            assert row.wall_time >= at(4)
            if row.follows_id is not None:
                first = rows[row.follows_id]
                assert row.scheduled_at - first.scheduled_at == timedelta(minutes=row.follows_after)
