"""A subscription's life at a server of Stripe's protocol that others wrote, which signs its events as Stripe does.

It knows plans and not prices, no payment page, no portal and no preview: those are the stand-in's (tests/billing).
"""

import dataclasses
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import stripe
from sqlalchemy import select, update
from support.desk import Desk
from support.ports import free_port
from support.world import World
from werkzeug.serving import make_server

from tenants.session import Database
from tests.peers.conftest import _tool
from unisson.app import create_app
from unisson.billing import looking
from unisson.billing.accounts import look_again, open_account
from unisson.billing.gateway import Gateway
from unisson.billing.models import BillingAccount, BillingEvent, BillingInvoice, BillingRoll
from unisson.config import Settings
from unisson.outbound import Deadline, Outbound, OutboundError
from unisson.runtime import Runtime

pytestmark = pytest.mark.peers

SERVE = Path(__file__).with_name("stripe") / "serve.py"
SECRET = "whsec_" + "of-the-peer"
PRICES = tuple((plan, "month", f"plan_{plan}") for plan in ("atelier", "studio", "maison"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    tool, port = _tool(), free_port()
    assert tool.python_is_installed("stripe"), "run tools/peers.py install first"
    log = tmp_path_factory.mktemp("stripe") / "log"
    with log.open("wb") as sink:
        running = subprocess.Popen([tool.python_of("stripe"), SERVE, str(port)], stdout=sink, stderr=sink)
        try:
            _await(port, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            running.send_signal(signal.SIGKILL)
            running.wait(60)


def _await(port: int, log: Path) -> None:
    outbound = Outbound([f"127.0.0.1:{port}"])
    for _ in range(600):
        try:
            outbound.request("GET", f"http://127.0.0.1:{port}/v1/plans", deadline=Deadline.after(2))
        except OutboundError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text(errors="replace")[-2000:])


@dataclass
class Shop:
    """An agency that is a customer there, and the product that hears of it."""

    desk: Desk
    worker: Runtime
    client: stripe.StripeClient
    customer_id: str

    def card(self, number: str) -> None:
        """It pays with this card from now on."""
        card = {"number": number, "exp_month": 12, "exp_year": 2032, "cvc": "123"}
        method = self.client.v1.payment_methods.create({"type": "card", "card": card})
        self.client.v1.payment_methods.attach(method.id, {"customer": self.customer_id})
        self.client.v1.customers.update(
            self.customer_id, {"invoice_settings": {"default_payment_method": method.id}}
        )  # fmt: skip

    def heard(self, kind: str) -> bool:
        """Return whether an event of the kind has arrived, believed, within a minute."""
        for _ in range(600):
            with self.worker.database.everywhere() as session:
                mine = BillingEvent.customer_id == self.customer_id
                if session.scalars(select(BillingEvent.type).where(mine, BillingEvent.type == kind)).first():
                    return True
            time.sleep(0.1)
        return False

    def look(self) -> BillingAccount:
        """A worker looks at what is due; return the account."""
        looking.look_due(self.worker, 20)
        with self.desk.session() as session:
            return session.scalars(select(BillingAccount)).one()

    def look_today(self) -> BillingAccount:
        """A worker looks because it is time; return the account."""
        with self.desk.session() as session:
            look_again(session)
        return self.look()


@pytest.fixture
def shop(server: str, settings: Settings, runtime: Runtime, worker: Runtime, world: World) -> Iterator[Shop]:
    billed = dataclasses.replace(
        settings, stripe_secret_key="sk_test_" + "peer", stripe_webhook_secret=SECRET, stripe_prices=PRICES,
        stripe_api_url=server,
    )  # fmt: skip
    database = Database(runtime.database.engine, {"bell": runtime.bell, "is_billed": True, "media_quota": 10**9})
    held = dataclasses.replace(runtime, settings=billed, database=database)
    product = create_app(runtime=held)
    listening = make_server("127.0.0.1", 0, product, threaded=True)
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    desk = Desk(product, held, world)
    client = stripe.StripeClient("sk_test_" + "peer", base_addresses={"api": server})
    _listen(server, f"http://127.0.0.1:{listening.server_port}/stripe/events")
    customer_id = Gateway(billed).open_customer(
        str(world.agency_id), name=world.slug, email="owner@example.org", language="fr"
    )
    with desk.session() as session:
        open_account(session, 30).customer_id = customer_id
        session.flush()
        mine = BillingRoll.agency_id == world.agency_id
        session.execute(update(BillingRoll).where(mine).values(customer_id=customer_id))
    yield Shop(desk, dataclasses.replace(worker, settings=billed), client, customer_id)
    listening.shutdown()
    thread.join(5)
    listening.server_close()


def _listen(server: str, hook: str) -> None:
    body = f"url={hook}&secret={SECRET}".encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": "Bearer sk_test_peer"}
    outbound = Outbound([server.removeprefix("http://")])
    answer = outbound.request(
        "POST", f"{server}/_config/webhooks/product", deadline=Deadline.after(60), headers=headers, content=body
    )
    assert answer.status == 200, answer.body


def test_a_subscription_is_begun_changed_and_ended(shop: Shop) -> None:
    product = shop.client.v1.products.create({"name": "Brand", "type": "service"})
    shop.client.v1.plans.create(
        {"id": "plan_atelier", "amount": 4900, "currency": "eur", "interval": "month", "product": product.id}
    )
    shop.card("4242424242424242")
    subscription = shop.client.v1.subscriptions.create(
        {"customer": shop.customer_id, "items": [{"plan": "plan_atelier", "quantity": 3}]}
    )
    assert shop.heard("customer.subscription.created")
    account = shop.look()
    assert (account.status, account.price_id, account.brands, account.interval) == (
        "active",
        "plan_atelier",
        3,
        "month",
    )
    assert account.period_ends_at is not None
    with shop.desk.session() as session:
        invoice = session.scalars(select(BillingInvoice)).one()
        assert (invoice.status, invoice.amount, invoice.currency) == ("paid", 14700, "eur")

    item = shop.client.v1.subscriptions.retrieve(subscription.id)["items"]["data"][0]["id"]
    shop.client.v1.subscriptions.update(
        subscription.id,
        {"items": [{"id": item, "plan": "plan_atelier", "quantity": 8}], "cancel_at_period_end": True},
    )
    account = shop.look_today()  # it tells of no change: the daily look finds it
    assert (account.status, account.brands) == ("active", 8)
    assert account.ends_at == account.period_ends_at

    shop.client.v1.subscriptions.cancel(subscription.id)
    assert shop.heard("customer.subscription.deleted")
    account = shop.look()
    assert (account.status, account.ends_at is not None) == ("canceled", True)
