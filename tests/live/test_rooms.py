import asyncio
import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from unisson.live.rooms import MOST, PER_PERSON, FullError, Listener, Rooms
from unisson.live.tickets import Ticket

AGENCY, ONE, OTHER = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()


def _ticket(*brands: uuid.UUID, agency: uuid.UUID = AGENCY, member: uuid.UUID | None = None) -> Ticket:
    return Ticket(agency, member or uuid.uuid4(), frozenset(brands), 600.0)


def _said(brands: list[uuid.UUID] | None, contents: list[str] = (), members: list[uuid.UUID] = ()) -> str:
    told = None if brands is None else [str(each) for each in brands]
    return json.dumps({"brands": told, "contents": list(contents), "members": [str(each) for each in members]})


def _next(listener: Listener) -> dict | None:
    # In a thread of its own: the browser's driver may have a loop running in this one.
    with ThreadPoolExecutor(1) as apart:
        told = apart.submit(asyncio.run, listener.next(0.05)).result()
    return None if told is None else json.loads(told)


def test_one_hears_of_ones_own_brands_only():
    rooms = Rooms()
    mine, theirs = rooms.enter(_ticket(ONE)), rooms.enter(_ticket(OTHER))
    rooms.tell(AGENCY, _said([ONE], ["a"]))
    assert _next(mine) == {"brands": [str(ONE)], "contents": ["a"]}
    assert _next(theirs) is None


def test_contents_of_a_brand_that_one_does_not_see_are_never_named():
    rooms = Rooms()
    mine = rooms.enter(_ticket(ONE))
    rooms.tell(AGENCY, _said([ONE, OTHER], ["mine", "theirs"]))
    assert _next(mine) == {"brands": [str(ONE)], "contents": []}


def test_another_agency_is_never_heard():
    rooms = Rooms()
    mine = rooms.enter(_ticket(ONE))
    rooms.tell(uuid.uuid4(), _said([ONE], ["a"]))
    rooms.tell(uuid.uuid4(), _said(None))
    assert _next(mine) is None


def test_what_concerns_all_brands_is_heard_as_ones_own():
    rooms = Rooms()
    mine, nobody = rooms.enter(_ticket(ONE)), rooms.enter(_ticket())
    rooms.tell(AGENCY, _said(None))
    assert _next(mine) == {"brands": [str(ONE)], "contents": []}
    assert _next(nobody) is None


def test_many_changes_are_one_message():
    rooms = Rooms()
    mine = rooms.enter(_ticket(ONE))
    for number in range(500):
        rooms.tell(AGENCY, _said([ONE], [str(number)]))
    told = _next(mine)
    assert told is not None
    assert len(told["contents"]) == MOST
    assert _next(mine) is None


def test_a_change_of_roles_ends_the_stream_of_that_person_alone():
    rooms, member = Rooms(), uuid.uuid4()
    theirs, mine = rooms.enter(_ticket(ONE, member=member)), rooms.enter(_ticket(ONE))
    rooms.tell(AGENCY, _said([ONE], ["a"], [member]))
    assert theirs.is_over
    assert _next(theirs) is None
    assert not mine.is_over


def test_who_listens_too_often_is_refused_and_let_in_again_after_leaving():
    rooms, ticket = Rooms(), _ticket(ONE)
    held = [rooms.enter(ticket) for _ in range(PER_PERSON)]
    with pytest.raises(FullError):
        rooms.enter(ticket)
    rooms.leave(held[0])
    rooms.enter(ticket)
    assert len(rooms) == PER_PERSON


def test_only_its_reader_hears_of_a_notice():
    rooms = Rooms()
    me = uuid.uuid4()
    mine, theirs = rooms.enter(_ticket(ONE, member=me)), rooms.enter(_ticket(ONE))
    rooms.tell(AGENCY, json.dumps({"brands": [], "contents": [], "members": [], "readers": [str(me)]}))
    assert _next(mine) == {"brands": [], "contents": [], "notices": True}
    assert _next(theirs) is None
    rooms.tell(AGENCY, _said([ONE], ["a"]))
    assert _next(mine) == {"brands": [str(ONE)], "contents": ["a"]}
