"""Events of Stripe's: taken in once, as they were signed; forged ones do nothing at all."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.billing import Till
from support.desk import HTTPS

from tenants.base import utcnow
from tests.standins.stripe_api import signed
from tests.standins.stripe_objects import event
from unisson.billing.models import BillingEvent

PATH = "/stripe/events"


def send(till: Till, body: bytes, signature: str, **more):
    client = till.desk.app.test_client()
    headers = {"Stripe-Signature": signature, **more.pop("headers", {})}
    return client.post(PATH, data=body, headers=headers, base_url=HTTPS, **{"content_type": "application/json", **more})


def kept(till: Till, event_id: str) -> BillingEvent | None:
    with till.worker.database.everywhere() as session:
        return session.get(BillingEvent, event_id)


def new_event(till: Till, kind: str = "invoice.paid", **thing) -> dict:
    customer = thing.pop("customer", None) or till.account().customer_id
    made = {"id": "in_1", "object": "invoice", "customer": customer, **thing}
    return event(f"evt_{time.time_ns()}", kind, made, int(time.time()))


def test_an_event_is_kept_and_its_account_looked_at(till: Till):
    till.pay_for(3)
    assert till.due_at() > utcnow()
    made = new_event(till)
    answer = send(till, *signed(made))
    assert (answer.status_code, answer.json) == (200, {"received": True})
    assert kept(till, made["id"]).is_heeded
    assert till.due_at() <= utcnow()


def test_a_second_one_of_the_same_id_does_nothing(till: Till):
    till.pay_for(3)
    made = new_event(till)
    assert send(till, *signed(made)).status_code == 200
    till.look()
    assert send(till, *signed(made)).status_code == 200
    assert till.due_at() > utcnow()


def test_the_same_event_many_times_at_once_is_kept_once(till: Till):
    till.pay_for(3)
    body, signature = signed(new_event(till))
    with ThreadPoolExecutor(6) as crowd:
        codes = list(crowd.map(lambda _n: send(till, body, signature).status_code, range(6)))
    assert codes == [200] * 6


@pytest.mark.parametrize("kind", ["charge.updated", "customer.source.expiring", "price.updated", "something.new"])
def test_events_that_change_nothing_are_kept_and_ignored(till: Till, kind: str):
    till.pay_for(3)
    made = new_event(till, kind)
    assert send(till, *signed(made)).status_code == 200
    assert not kept(till, made["id"]).is_heeded
    assert till.due_at() > utcnow()


def test_an_event_of_nobody_we_know_is_kept_and_ignored(till: Till):
    made = new_event(till, customer="cus_of_somebody_else")
    assert send(till, *signed(made)).status_code == 200
    assert not kept(till, made["id"]).is_heeded


def test_whose_an_event_is_is_the_customer_s_word_alone(till: Till, new_till):
    """An event with another agency's metadata and our customer is ours."""
    other = new_till()
    till.pay_for(3)
    other.pay_for(2)
    made = new_event(till, metadata={"agency": str(other.desk.world.agency_id)})
    assert send(till, *signed(made)).status_code == 200
    assert till.due_at() <= utcnow()
    assert other.due_at() > utcnow()


def forgeries() -> dict:
    good = {"id": "evt_forged", "object": "event", "type": "invoice.paid", "created": 1, "data": {"object": {}}}
    body, signature = signed(good)
    moment, _, digest = signature.partition(",v1=")
    old = signed(good, at=int(time.time()) - 301)
    return {
        "an altered body": (body.replace(b"paid", b"void"), signature),
        "a body written anew": (json.dumps(good).encode(), signature),
        "another secret": signed(good, secret="whsec_other"),
        "too old": old,
        "an old signature with a new time": (body, f"t={int(time.time())},v1={old[1].partition('v1=')[2]}"),
        "an old scheme": (body, f"{moment},v0={digest}"),
        "no signature": (body, ""),
        "no time": (body, f"v1={digest}"),
        "no figures": (body, f"t=now,v1={digest}"),
        "letters of elsewhere": (body, f"{moment},v1=é{digest}"),
        "a lone comma": (body, ","),
        "no text": (b"\xff\xfe" + body, signature),
        "a signed list": signed([good]),  # type: ignore[arg-type]  # what it must not choke on
        "a signed word": signed("paid"),  # type: ignore[arg-type]  # the same
        "a signed event without a kind": signed({"object": "event", "id": "evt_forged"}),
        "a signed event of nothing": signed({**good, "data": None}),
        "a notification of the second kind": signed({**good, "object": "v2.core.event"}),
        "nothing": (b"", signature),
    }


@pytest.mark.parametrize("what", list(forgeries()))
def test_forged_and_replayed_ones_are_refused_and_leave_nothing(till: Till, what: str):
    till.pay_for(3)
    body, signature = forgeries()[what]
    answer = send(till, body, signature)
    assert (answer.status_code, answer.json) == (400, {"received": False})
    assert kept(till, "evt_forged") is None
    assert till.due_at() > utcnow()


def test_what_is_too_large_is_not_read(till: Till):
    made = new_event(till, customer="cus_x", padding="x" * 600_000)
    assert send(till, *signed(made)).status_code == 413


def test_a_form_is_no_event(till: Till):
    made = new_event(till, customer="cus_x")
    body, signature = signed(made)
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        assert send(till, body, signature, content_type=kind).status_code in {200, 400}


def test_it_answers_without_asking_stripe_anything(till: Till):
    till.pay_for(3)
    before = len(till.stripe.calls)
    till.stripe.faults += ["away"] * 3
    assert send(till, *signed(new_event(till))).status_code == 200
    assert len(till.stripe.calls) == before


def test_without_keys_there_is_no_such_address(app):
    assert app.test_client().post(PATH, base_url=HTTPS).status_code == 404
