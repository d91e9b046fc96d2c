"""A thread: posts that answer each other, each under a key known in advance; broken anywhere, it goes on there."""

from dataclasses import replace
from itertools import pairwise

import pytest

from tests.standins.accounts import account, outgoing, picture
from tests.standins.pds import PASSWORD, StandInPds, cid_of, did_of
from unisson.outbound import Outbound
from unisson.publishing.channels.bluesky import BlueskyAdapter
from unisson.publishing.channels.bluesky.tid import later
from unisson.publishing.channels.port import (
    Absent,
    AccessLost,
    Account,
    Found,
    NotSent,
    Outgoing,
    Published,
    Stranded,
    Unknown,
    Unreadable,
)

REF = "3mbq5xyzabc2d"
TEXTS = ("Un", "Deux avec https://a.example", "Trois #été")
KEYS = [later(REF, place) for place in range(3)]


@pytest.fixture
def sending() -> Outgoing:
    return replace(outgoing(REF, TEXTS[0]), thread=TEXTS[1:])


def keys(pds: StandInPds) -> list[object]:
    return [effect["rkey"] for effect in pds.effects.all()]


def until_it_stands(bluesky: BlueskyAdapter, lea: Account, sending: Outgoing) -> list[type]:
    """Do what the ledger does with each outcome, until it stands; return the outcomes."""
    told: list[type] = []
    for _ in range(12):
        outcome = bluesky.publish(sending, lea)
        told.append(type(outcome))
        if isinstance(outcome, Published):
            return told
        assert isinstance(outcome, NotSent | Unknown), outcome
        if isinstance(outcome, Unknown):
            answer = bluesky.read_back(sending, lea)
            if isinstance(answer, Found):
                return told
            assert answer == Absent(resend_is_safe=True)
    raise AssertionError(told)


def test_it(bluesky: BlueskyAdapter, lea: Account, pds: StandInPds, sending: Outgoing) -> None:
    outcome = bluesky.publish(sending, lea)
    assert isinstance(outcome, Published)
    assert outcome.remote_id.endswith(REF)
    assert outcome.url == f"https://bsky.app/profile/lea.test/post/{REF}"
    records = [effect["record"] for effect in pds.effects.all()]
    assert [record["text"] for record in records] == list(TEXTS)  # type: ignore[index]  # read back from JSON
    did = did_of("lea.test")
    references = [{"uri": f"at://{did}/app.bsky.feed.post/{key}", "cid": cid_of(key)} for key in KEYS]
    assert "reply" not in records[0]
    assert records[1]["reply"] == {"root": references[0], "parent": references[0]}  # type: ignore[index]
    assert records[2]["reply"] == {"root": references[0], "parent": references[1]}  # type: ignore[index]
    times = [record["createdAt"] for record in records]  # type: ignore[index]
    assert times == sorted(set(times))
    assert records[1]["facets"]  # type: ignore[index]
    assert isinstance(bluesky.read_back(sending, lea), Found)


def test_keys_are_fixed_in_their_order_and_never_meet() -> None:
    long = [later(REF, place) for place in range(10)]
    assert long[0] == REF
    assert long == sorted(set(long))
    assert all(len(key) == 13 for key in long)
    assert all(one < other for one, other in pairwise(long))


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("fault", ["503", "429", "drop", "lost", "500-before", "500-after", "expired"])
def test_a_thread_that_breaks_goes_on_at_the_first_missing_post_and_never_twice(
    fault: str, place: int, bluesky: BlueskyAdapter, lea: Account, pds: StandInPds, sending: Outgoing
) -> None:
    pds.plan.then(*["ok"] * place, fault)
    until_it_stands(bluesky, lea, sending)
    assert keys(pds) == KEYS
    assert pds.counts["createRecord"] <= len(KEYS) + 1


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("fault", ["503", "drop", "lost", "500-before", "500-after"])
def test_a_look_that_fails_sends_nothing(
    fault: str, place: int, bluesky: BlueskyAdapter, lea: Account, pds: StandInPds, sending: Outgoing
) -> None:
    pds.plan.then(*["ok"] * place, fault, call="getRecord")
    assert isinstance(bluesky.publish(sending, lea), NotSent)
    assert keys(pds) == KEYS[:place]
    assert until_it_stands(bluesky, lea, sending) == [Published]
    assert keys(pds) == KEYS


class Impatient(BlueskyAdapter):
    """As the real one, but gives up before the stand-in's late answers."""

    deadline = 5.6


@pytest.mark.parametrize("place", [0, 1])
def test_an_answer_that_comes_too_late_doubles_nothing(
    place: int, outbound: Outbound, lea: Account, pds: StandInPds, sending: Outgoing
) -> None:
    pds.late_seconds = 6.0
    pds.plan.then(*["ok"] * place, "late")
    adapter = Impatient(outbound)
    assert isinstance(adapter.publish(sending, lea), Unknown)
    pds.late_seconds = 0.0
    patient = BlueskyAdapter(outbound)
    until_it_stands(patient, lea, sending)
    assert sorted(map(str, keys(pds))) == KEYS


def test_all_of_it_lost_again_and_again(
    bluesky: BlueskyAdapter, lea: Account, pds: StandInPds, sending: Outgoing
) -> None:
    pds.plan.then("lost", "drop", "lost", "500-before", "lost")
    until_it_stands(bluesky, lea, sending)
    assert keys(pds) == KEYS


@pytest.mark.parametrize("place", [1, 2])
def test_a_post_refused_after_others_are_out_waits_for_a_person(
    place: int, bluesky: BlueskyAdapter, lea: Account, pds: StandInPds, sending: Outgoing
) -> None:
    pds.plan.then(*["ok"] * place, "400")
    assert isinstance(bluesky.publish(sending, lea), Stranded)
    assert keys(pds) == KEYS[:place]
    assert bluesky.read_back(sending, lea) == Absent(resend_is_safe=True)
    assert isinstance(bluesky.publish(sending, lea), Published)
    assert keys(pds) == KEYS


def test_access_that_is_lost_midway_keeps_what_is_out(
    bluesky: BlueskyAdapter, lea: Account, pds: StandInPds, sending: Outgoing
) -> None:
    pds.plan.then("ok", "takedown")
    assert isinstance(bluesky.publish(sending, lea), AccessLost)
    assert until_it_stands(bluesky, lea, sending) == [Published]
    assert keys(pds) == KEYS


@pytest.mark.parametrize("place", [0, 1, 2])
def test_something_else_under_a_key_stops_it(
    place: int, bluesky: BlueskyAdapter, lea: Account, pds: StandInPds, sending: Outgoing
) -> None:
    assert isinstance(bluesky.publish(outgoing(KEYS[place], "Pas à nous"), lea), Published)
    assert isinstance(bluesky.publish(sending, lea), Stranded)
    if not place:
        assert isinstance(bluesky.read_back(sending, lea), Unreadable)
    assert len(keys(pds)) == place + 1


def test_images_stand_on_the_first_post_alone_and_are_not_sent_again(
    bluesky: BlueskyAdapter, lea: Account, pds: StandInPds, sending: Outgoing
) -> None:
    pds.plan.then("ok", "503")
    with_image = replace(sending, pictures=(picture(b"one"),))
    assert isinstance(bluesky.publish(with_image, lea), NotSent)
    assert isinstance(bluesky.publish(with_image, lea), Published)
    assert pds.counts["uploadBlob"] == 1
    assert ["embed" in effect["record"] for effect in pds.effects.all()] == [True, False, False]  # type: ignore[operator]


def test_two_at_once_make_one_thread(bluesky: BlueskyAdapter, lea: Account, pds: StandInPds, sending: Outgoing) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: bluesky.publish(sending, lea), range(4)))
    until_it_stands(bluesky, lea, sending)
    assert keys(pds) == KEYS


def test_a_thread_elsewhere_is_not_this_account_s(pds: StandInPds, bluesky: BlueskyAdapter, sending: Outgoing) -> None:
    for handle in ("un.test", "deux.test"):
        who = account({"service": pds.url, "handle": handle}, {"app_password": PASSWORD})
        assert isinstance(bluesky.publish(sending, who), Published)
    assert len(keys(pds)) == 2 * len(KEYS)
