"""Who has a content open, and who writes: told to each other, and never in anybody's way when it can't be known."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from support.desk import Desk
from support.statements import recorded

from tenants.access import Actor
from unisson.editorial.presence import GONE_SECONDS, MOST_TABS, Pen, Room, Wish, beat, pen_of
from unisson.runtime import Runtime, connect_valkey

NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
WRITES = "Rp écrit ici depuis"
TOOK = "Rp a pris la plume à"


class At:
    """A content and a clock: `at(60).cm("write")` is a beat of the CM a minute past noon."""

    def __init__(self, desk: Desk, content_id: uuid.UUID | None = None) -> None:
        self.desk, self.content_id = desk, content_id or uuid.uuid4()
        self.tabs: dict[str, uuid.UUID] = {}
        self.seconds = 0.0

    def __call__(self, seconds: float) -> "At":
        self.seconds = seconds
        return self

    def said(self, role: str, wish: str = "look", tab: str = "") -> Room:
        number = self.tabs.setdefault(f"{role}{tab}", uuid.uuid4())
        return beat(self.desk.runtime.valkey, self.who(role), self.content_id, number, Wish(wish), now=self.moment)

    def who(self, role: str) -> Actor:
        return self.desk.actor(role)

    @property
    def moment(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)


@pytest.fixture
def at(desk: Desk) -> At:
    return At(desk)


def test_it(at: At) -> None:
    assert at(0).said("cm", "write").pen == Pen.MINE
    room = at(20).said("rp")
    assert room.pen == Pen.THEIRS
    assert room.writer is not None
    assert (room.writer.name, room.writer.since) == ("Cm", NOON)
    assert [each.name for each in at(30).said("cm").others] == ["Rp"]


def test_the_first_who_writes_has_the_pen_and_whoever_only_looks_has_not(at: At) -> None:
    assert at(0).said("cm").pen == Pen.FREE
    assert at(1).said("rp", "write").pen == Pen.MINE
    assert at(2).said("cm", "write").pen == Pen.THEIRS
    assert at(3).said("rp").pen == Pen.MINE


def test_it_is_taken_over_and_taken_back(at: At) -> None:
    at(0).said("cm", "write")
    assert at(25).said("rp", "take").pen == Pen.MINE
    lost = at(30).said("cm")
    assert lost.pen == Pen.THEIRS
    assert lost.writer is not None
    assert lost.writer.since == NOON + timedelta(seconds=25)
    assert at(31).said("cm", "write").pen == Pen.THEIRS
    assert at(32).said("cm", "take").pen == Pen.MINE
    assert at(33).said("rp").pen == Pen.THEIRS


@pytest.mark.parametrize(("after", "there"), [(GONE_SECONDS - 1, True), (GONE_SECONDS, False)])
def test_who_is_not_heard_of_is_gone_and_their_pen_is_free(at: At, after: int, there: bool) -> None:
    at(0).said("cm", "write")
    room = at(after).said("rp")
    assert bool(room.others) == there
    assert room.pen == (Pen.THEIRS if there else Pen.FREE)


def test_leaving_is_at_once(at: At) -> None:
    at(0).said("cm", "write")
    at(1).said("cm", "leave")
    room = at(2).said("rp")
    assert (room.pen, room.writer, list(room.others)) == (Pen.FREE, None, [])


def test_two_tabs_of_one_person_are_told_and_lock_nobody(at: At) -> None:
    at(0).said("cm", "write", tab="one")
    second = at(5).said("cm", "write", tab="two")
    assert second.pen == Pen.MINE
    assert second.other_tab == NOON
    assert list(second.others) == []
    at(6).said("cm", "leave", tab="one")
    assert at(7).said("cm", tab="two").pen == Pen.MINE
    assert at(8).said("cm", tab="two").other_tab is None


def test_nobody_makes_another_one_s_tab_leave(at: At) -> None:
    at(0).said("cm", "write")
    at.tabs["rp"] = at.tabs["cm"]
    at(1).said("rp", "leave")
    assert at(2).said("cm").pen == Pen.MINE


def test_another_content_and_another_agency_know_nothing_of_it(at: At, desk: Desk, new_world) -> None:
    at(0).said("cm", "write")
    assert At(desk).said("rp").pen == Pen.FREE
    elsewhere = Desk(desk.app, desk.runtime, new_world())
    assert At(elsewhere, at.content_id).said("rp").others == []


def test_what_is_remembered_is_bounded(at: At, desk: Desk) -> None:
    for number in range(MOST_TABS + 5):
        at(0).said("cm", tab=str(number))
    key = next(key for key in desk.runtime.valkey.keys(f"*{at.content_id}*"))
    assert desk.runtime.valkey.hlen(key) == MOST_TABS
    assert 0 < desk.runtime.valkey.ttl(key) <= GONE_SECONDS
    assert at(1).said("rp", "write").pen == Pen.FREE


def test_whose_it_is_can_be_asked_without_being_there(at: At, desk: Desk) -> None:
    valkey = desk.runtime.valkey
    at(0).said("cm", "write")
    assert pen_of(valkey, at.who("cm"), at.content_id, at.moment) == Pen.MINE
    assert pen_of(valkey, at.who("rp"), at.content_id, at.moment) == Pen.THEIRS
    assert pen_of(valkey, at.who("rp"), at.content_id, at(GONE_SECONDS).moment) == Pen.FREE


def test_without_valkey_everybody_writes(at: At) -> None:
    nowhere = connect_valkey("redis://127.0.0.1:1/0")
    assert beat(nowhere, at.who("cm"), at.content_id, uuid.uuid4(), Wish.WRITE, now=NOON) == Room()
    assert pen_of(nowhere, at.who("cm"), at.content_id, NOON) == Pen.FREE


def says(desk: Desk, role: str, content_id: uuid.UUID, wish: str = "look", **more: object):
    shown = str(desk.content(content_id).version)
    form = {"tab": str(uuid.uuid5(content_id, role)), "wish": wish, "shown": shown, **more}
    return desk.post(role, f"/contents/{content_id}/presence", form)


def test_the_page_tells_who_writes_since_when_and_in_whose_time(desk: Desk) -> None:
    content_id = desk.write()
    assert 'data-pen="mine"' in says(desk, "rp", content_id, "write").text
    told = says(desk, "cm", content_id)
    assert told.status_code == 200
    assert 'data-pen="theirs"' in told.text
    assert WRITES in told.text
    assert "(Paris)" in told.text
    assert "Prendre la plume" in told.text
    assert "Cm l’a ouvert aussi" in says(desk, "rp", content_id).text


def test_who_lost_it_is_told_so(desk: Desk) -> None:
    content_id = desk.write()
    says(desk, "cm", content_id, "write")
    says(desk, "rp", content_id, "take")
    told = says(desk, "cm", content_id, had="1")
    assert TOOK in told.text
    assert "Reprendre la plume" in told.text
    assert WRITES not in told.text


def test_who_reads_an_older_text_may_see_the_newer(desk: Desk) -> None:
    content_id = desk.write()
    says(desk, "rp", content_id, "write")
    assert "Montrer ce qui est enregistré" not in says(desk, "cm", content_id).text
    assert "Montrer ce qui est enregistré" in says(desk, "cm", content_id, shown="0").text


def test_leaving_is_answered_with_nothing(desk: Desk) -> None:
    content_id = desk.write()
    says(desk, "rp", content_id, "write")
    assert says(desk, "rp", content_id, "leave").status_code == 204
    assert 'data-pen="free"' in says(desk, "cm", content_id).text


@pytest.mark.parametrize("typed", ["", "x", "\0", "é" * 5000])
def test_what_is_no_tab_is_refused(desk: Desk, typed: str) -> None:
    assert says(desk, "cm", desk.write(), tab=typed).status_code == 422


def test_what_is_no_wish_is_looking(desk: Desk) -> None:
    content_id = desk.write()
    assert 'data-pen="free"' in says(desk, "cm", content_id, "<script>").text


@pytest.mark.parametrize(("role", "status"), [("rp", 200), ("client_approver", 404), ("member", 404)])
def test_only_those_who_write_are_heard(desk: Desk, role: str, status: int) -> None:
    content_id = desk.write()
    assert says(desk, role, content_id, "take").status_code == status
    assert ('data-pen="free"' in says(desk, "cm", content_id).text) == (status != 200)


def test_a_beat_asks_the_same_however_many_are_there(desk: Desk, runtime: Runtime) -> None:
    content_id = desk.write()
    says(desk, "cm", content_id)
    with recorded(runtime) as alone:
        says(desk, "cm", content_id)
    for role in ("rp", "owner", "admin"):
        says(desk, role, content_id)
    with recorded(runtime) as together:
        says(desk, "cm", content_id)
    assert len(together) == len(alone)


def test_names_are_text(desk: Desk) -> None:
    from tenants.members import Membership

    content_id = desk.write()
    with desk.session() as session:
        person = session.get_one(Membership, (session.agency_id, desk.world.people["rp"].membership_id))
        person.name = "<img src=x onerror=alert(1)>"
    says(desk, "rp", content_id, "write")
    assert "<img" not in says(desk, "cm", content_id).text
