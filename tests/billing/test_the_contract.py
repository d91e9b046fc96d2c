"""The stand-in keeps to what Stripe's library types: each object has the fields of its model, and no other one.

So far as that goes it is checked; against Stripe itself nothing here ever ran.
"""

import typing
from collections.abc import Iterator

import pytest
import stripe.billing_portal
import stripe.checkout
from support.billing import Till

from tests.standins.stripe_api import StandInStripe, unflattened
from tests.standins.stripe_objects import Thing
from unisson.billing.gateway import Gateway
from unisson.billing.refusals import NotTakenError
from unisson.billing.said import Wish

MODELS: dict[str, type[stripe.StripeObject]] = {
    "customer": stripe.Customer,
    "price": stripe.Price,
    "plan": stripe.Plan,
    "subscription": stripe.Subscription,
    "subscription_item": stripe.SubscriptionItem,
    "invoice": stripe.Invoice,
    "line_item": stripe.InvoiceLineItem,
    "checkout.session": stripe.checkout.Session,
    "billing_portal.session": stripe.billing_portal.Session,
    "event": stripe.Event,
}


def things_in(said: object) -> Iterator[Thing]:
    """Every object of Stripe's within, lists apart."""
    if isinstance(said, dict):
        if isinstance(said.get("object"), str) and said["object"] in MODELS:
            yield said
        for inner in said.values():
            yield from things_in(inner)
    elif isinstance(said, list):
        for inner in said:
            yield from things_in(inner)


def required(model: type) -> set[str]:
    """The fields that an object of the model always has: those whose type knows no None."""
    hints = {name: hint for name, hint in model.__annotations__.items() if not name.startswith("_")}
    constant = {name for name, hint in hints.items() if typing.get_origin(hint) is typing.ClassVar}
    optional = {name for name, hint in hints.items() if type(None) in typing.get_args(hint)}
    return set(hints) - constant - optional


@pytest.fixture
def lived(till: Till) -> StandInStripe:
    """A Stripe of which everything was asked."""
    subscription = till.pay_for(3, days_ago=10)
    till.desk.post("admin", "/billing/portal")
    till.desk.get("owner", "/billing/plan?brands=5&interval=month")
    till.fail(subscription, days_ago=1)
    till.stripe.cancel(subscription, now=True)
    till.desk.post("owner", "/billing/checkout", {"brands": "3", "interval": "month"})
    return till.stripe


def test_each_object_has_the_fields_of_its_model_and_no_other(lived: StandInStripe):
    seen = set()
    kept = [thing for thing in lived.things.values() if thing["object"] != "wish"]
    for thing in things_in([*kept, *lived.events]):
        model = MODELS[thing["object"]]
        seen.add(thing["object"])
        assert not thing.keys() - model.__annotations__.keys(), thing["object"]
        assert not required(model) - thing.keys(), thing["object"]
    assert seen == set(MODELS)


def test_a_parameter_that_there_is_not_is_refused(till: Till):
    customer_id = till.become_customer()
    client = Gateway(till.worker.settings)._client
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameters: colour"):
        client.v1.subscriptions.list({"customer": customer_id, "colour": "blue"})  # type: ignore[typeddict-unknown-key]


def test_what_is_not_there_is_missing(till: Till):
    with pytest.raises(NotTakenError) as refused:
        Gateway(till.worker.settings).subscription("cus_nobody")
    assert refused.value.is_missing


def test_a_change_is_charged_what_the_preview_said(till: Till):
    """Over the wire, to the cent: the figures are counted from the same second."""
    till.pay_for(3, days_ago=12)
    gateway, account = Gateway(till.worker.settings), till.account()
    found, _lively = gateway.subscription(account.customer_id)
    assert found is not None
    wish = Wish("price_studio_month", 7, found.id, found.item_id, till.stripe.clock())
    shown = gateway.preview(account.customer_id, wish)
    gateway.change(wish, key="once")
    gateway.change(wish, key="once")
    charged = [amount for customer, amount in till.stripe.charges if customer == account.customer_id]
    assert charged[1:] == [shown.due]


def test_forms_are_read_as_stripe_writes_them():
    said = "items[0][price]=p&items[0][quantity]=3&metadata[agency]=x&empty="
    assert unflattened(said) == {
        "items": [{"price": "p", "quantity": "3"}], "metadata": {"agency": "x"}, "empty": "",
    }  # fmt: skip
