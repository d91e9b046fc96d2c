"""Every way a call can end, and what the ledger is told."""

import threading
import uuid
from dataclasses import replace

import pytest

from tests.standins.accounts import DUE, MemoryVault, account, outgoing, picture
from tests.standins.pds import PASSWORD, StandInPds, cid_of, did_of
from tests.standins.wire import HttpServer, Reply
from unisson.outbound import Outbound
from unisson.publishing.channels.bluesky import BlueskyAdapter
from unisson.publishing.channels.port import (
    Absent,
    AccessLost,
    Account,
    Found,
    NotConnected,
    NotSent,
    Published,
    Refused,
    Unknown,
    Unreadable,
)

REF = "3mbq5xyzabc2d"


def test_it_publishes(bluesky: BlueskyAdapter, lea: Account, pds: StandInPds) -> None:
    outcome = bluesky.publish(outgoing(REF, "Bonjour à tous"), lea)
    did = did_of("lea.test")
    page = f"https://bsky.app/profile/lea.test/post/{REF}"
    assert outcome == Published(f"at://{did}/app.bsky.feed.post/{REF}", page, cid_of(REF))
    (effect,) = pds.effects.all()
    assert effect["record"] == {
        "$type": "app.bsky.feed.post",
        "text": "Bonjour à tous",
        "createdAt": "2026-12-01T09:30:00.000Z",
        "langs": ["fr"],
    }


# fault of createRecord, what the ledger is told, effects there, what the read-back then says
ENDINGS = [
    ("503", NotSent, 0, Absent),
    ("429", NotSent, 0, Absent),
    ("drop", Unknown, 0, Absent),
    ("lost", Unknown, 1, Found),
    ("late", Unknown, 1, Found),
    ("500-before", Unknown, 0, Absent),
    ("500-after", Unknown, 1, Found),
    ("400", Refused, 0, Absent),
    ("takedown", AccessLost, 0, Absent),
    ("expired", Published, 1, Found),
]


class Impatient(BlueskyAdapter):
    """As the real one, but gives up before the stand-in's late answers."""

    deadline = 5.6


@pytest.mark.parametrize(("fault", "told", "effects", "seen"), ENDINGS)
def test_each_fault_has_one_meaning(
    *, fault: str, told: type, effects: int, seen: type, lea: Account, pds: StandInPds, outbound: Outbound
) -> None:
    pds.late_seconds = 6.0
    adapter = Impatient(outbound)
    sending = outgoing(REF, "Une fois, pas deux")
    lea.tokens.renew(None, lambda _old: _tokens())
    pds.plan.then(fault)
    outcome = adapter.publish(sending, lea)
    assert isinstance(outcome, told)
    if fault == "late":
        wait_for_effect(pds)
    assert len(pds.effects.all()) == effects
    assert isinstance(adapter.read_back(sending, lea), seen)


def _tokens() -> dict[str, str]:
    return {
        "accessJwt": "access:lea.test:1",
        "refreshJwt": "refresh:lea.test",
        "did": did_of("lea.test"),
        "handle": "lea.test",
    }


def wait_for_effect(pds: StandInPds) -> None:
    for _ in range(100):
        if pds.effects.all():
            return
        threading.Event().wait(0.1)


def test_a_slow_answer_within_the_deadline_is_an_answer(bluesky: BlueskyAdapter, lea: Account, pds: StandInPds) -> None:
    pds.late_seconds = 0.3
    pds.plan.then("slow")
    assert isinstance(bluesky.publish(outgoing(REF, "x"), lea), Published)


@pytest.mark.parametrize("fault", ["503", "429"])
def test_the_wait_that_is_asked_for_is_passed_on(
    fault: str, bluesky: BlueskyAdapter, lea: Account, pds: StandInPds
) -> None:
    pds.plan.then(fault)
    outcome = bluesky.publish(outgoing(REF, "x"), lea)
    assert isinstance(outcome, NotSent)
    assert outcome.retry_after == 2.0
    assert outcome.channel_down == (fault == "503")


@pytest.mark.parametrize("call", ["createSession", "uploadBlob", "resolveHandle"])
@pytest.mark.parametrize("fault", ["503", "429", "drop", "lost", "500-before", "500-after"])
def test_a_failed_preparation_has_sent_nothing(
    call: str, fault: str, bluesky: BlueskyAdapter, lea: Account, pds: StandInPds
) -> None:
    pds.plan.then(fault, call=call)
    sending = outgoing(REF, "Merci @ami.test", pictures=(picture(b"not really one"),))
    assert isinstance(bluesky.publish(sending, lea), NotSent)
    assert pds.effects.all() == []
    assert "createRecord" not in pds.counts
    assert isinstance(bluesky.publish(sending, lea), Published)


def test_a_second_one_under_the_same_key_is_unknown_and_then_found(
    bluesky: BlueskyAdapter, lea: Account, pds: StandInPds
) -> None:
    sending = outgoing(REF, "Une seule fois")
    assert isinstance(bluesky.publish(sending, lea), Published)
    assert isinstance(bluesky.publish(sending, lea), Unknown)
    assert isinstance(bluesky.read_back(sending, lea), Found)
    assert len(pds.effects.all()) == 1


def test_another_content_under_our_key_is_not_taken_for_ours(bluesky: BlueskyAdapter, lea: Account) -> None:
    sending = outgoing(REF, "Le nôtre")
    bluesky.publish(replace(sending, text="Un autre"), lea)
    assert isinstance(bluesky.read_back(sending, lea), Unreadable)


def test_tokens_are_fetched_once_and_renewed_once_by_many(
    bluesky: BlueskyAdapter, lea: Account, pds: StandInPds
) -> None:
    assert isinstance(bluesky.publish(outgoing(REF, "première"), lea), Published)
    pds.expire_tokens()
    outcomes: list[object] = []

    def work(number: int) -> None:
        key = bluesky.client_ref(uuid.UUID(int=number), DUE)
        outcomes.append(bluesky.publish(outgoing(key, "ensemble"), lea))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(outcome) for outcome in outcomes] == [Published] * 20
    assert (pds.counts["createSession"], pds.counts["refreshSession"]) == (1, 1)
    assert len(pds.effects.all()) == 21


def test_a_token_that_stays_stale_is_lost_access(bluesky: BlueskyAdapter, lea: Account, pds: StandInPds) -> None:
    pds.plan.then("expired", "expired")
    assert isinstance(bluesky.publish(outgoing(REF, "x"), lea), AccessLost)


def test_a_session_that_is_over_is_opened_anew(bluesky: BlueskyAdapter, lea: Account, pds: StandInPds) -> None:
    vault = lea.tokens
    assert isinstance(vault, MemoryVault)
    vault.tokens = {**_tokens(), "refreshJwt": "over"}
    pds.plan.then("expired")
    assert isinstance(bluesky.publish(outgoing(REF, "x"), lea), Published)
    assert pds.counts["createSession"] == 1


def test_a_wrong_password_is_lost_access(bluesky: BlueskyAdapter, pds: StandInPds) -> None:
    wrong = account({"service": pds.url, "handle": "lea.test"}, {"app_password": "wrong"})
    assert isinstance(bluesky.publish(outgoing(REF, "x"), wrong), AccessLost)


def test_a_server_that_is_not_there_is_down(bluesky: BlueskyAdapter, lea: Account, pds: StandInPds) -> None:
    pds.http.close()
    outcome = bluesky.publish(outgoing(REF, "x"), lea)
    assert isinstance(outcome, NotSent)
    assert outcome.channel_down


@pytest.mark.parametrize("service", ["http://10.0.0.1", "https://169.254.169.254", "http://bsky.example", "nonsense"])
def test_an_address_inside_or_without_https_is_refused(service: str, bluesky: BlueskyAdapter) -> None:
    bad = account({"service": service, "handle": "lea.test"}, {"app_password": PASSWORD})
    assert isinstance(bluesky.publish(outgoing(REF, "x"), bad), Refused)


def test_the_password_is_in_no_reason_and_no_repr(bluesky: BlueskyAdapter, lea: Account, pds: StandInPds) -> None:
    pds.plan.then("500-before", call="createSession")
    assert PASSWORD not in repr(bluesky.publish(outgoing(REF, "x"), lea)) + repr(lea)


def test_an_answer_that_is_not_json_is_unknown() -> None:
    with HttpServer(lambda _call: Reply(200, b"<html>welcome to the hotel wifi")) as portal:
        lea = account({"service": portal.url, "handle": "lea.test"})
        lea.tokens.renew(None, lambda _old: _tokens())
        outcome = BlueskyAdapter(Outbound(allow=[portal.place])).publish(outgoing(REF, "x"), lea)
        assert isinstance(outcome, Unknown)


def test_a_read_back_that_gets_no_answer_asks_again(bluesky: BlueskyAdapter, lea: Account, pds: StandInPds) -> None:
    pds.plan.then("503", call="getRecord")
    looked = bluesky.read_back(outgoing(REF, "x"), lea)
    assert isinstance(looked, Unreadable)
    assert looked.ask_again


def test_a_connection_is_verified(bluesky: BlueskyAdapter, lea: Account) -> None:
    assert bluesky.verify(lea) == "Connected as @lea.test."


def test_a_wrong_password_is_told_so(bluesky: BlueskyAdapter, pds: StandInPds) -> None:
    wrong = account({"service": pds.url, "handle": "lea.test"}, {"app_password": "wrong"})
    with pytest.raises(NotConnected, match="app password"):
        bluesky.verify(wrong)
