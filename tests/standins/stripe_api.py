"""A stand-in for Stripe's API, of our own: what a customer, a subscription by price, an invoice and a hosted page are.

    python -m tests.standins.stripe_api --port 22110 --hook http://localhost:8270/stripe/events

No public stand-in has subscriptions by price, previews or the portal, so that this one is checked against the typed
models of Stripe's library (`tests/billing/test_the_contract.py`), never against Stripe itself. It speaks the calls that
`unisson.billing.gateway` makes: form-encoded in, JSON out, keys of idempotency kept, unknown parameters refused. Time is
its own: `clock` in seconds. Faults come one by one from `faults`: "away" (503), "lost" (done, then cut), "declined".
"""

import argparse
import hashlib
import hmac
import json
import re
import signal
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.standins.stripe_objects import (
    KEY,
    WEBHOOK_SECRET,
    Thing,
    customer,
    event,
    invoice,
    invoice_line,
    listed,
    parameters,
    portal,
    price,
    session,
    subscription,
)
from tests.standins.wire import Call, HttpServer, Reply

DAY = 86_400
PRICES = {
    "price_atelier_month": (4900, "month"), "price_atelier_year": (49000, "year"),
    "price_studio_month": (3900, "month"), "price_studio_year": (39000, "year"),
    "price_maison_month": (2900, "month"),
}  # fmt: skip
TAX = 20
"""Percent, on top of each price."""

Handler = Callable[[Thing, str], Thing]


class StandInStripe:
    """The server, with everything it knows. `hook` is where events are sent, signed, at once."""

    def __init__(self, port: int = 0, *, hook: str | None = None) -> None:
        self.hook = hook
        self.clock = lambda: int(time.time())
        self.faults: list[str] = []
        self.calls: list[tuple[str, str]] = []
        self.charges: list[tuple[str, int]] = []
        """Every payment that was taken: customer and amount."""
        self.things: dict[str, Thing] = {}
        self.events: list[Thing] = []
        self._lock = threading.RLock()
        self._answered: dict[str, tuple[str, Reply]] = {}
        self._number = 0
        for price_id, (amount, interval) in PRICES.items():
            self.things[price_id] = price(price_id, amount, interval, self.clock())
        self._routes: tuple[tuple[str, str, Handler], ...] = (
            ("POST", r"customers", self._open_customer),
            ("GET", r"subscriptions", self._list("subscription")),
            ("POST", r"subscriptions/(\w+)", self._change),
            ("GET", r"invoices", self._list("invoice")),
            ("POST", r"invoices/create_preview", self._preview),
            ("GET", r"prices/(\w+)", self._read),
            ("POST", r"checkout/sessions", self._open_checkout),
            ("POST", r"checkout/sessions/(\w+)/expire", self._expire),
            ("POST", r"billing_portal/sessions", self._open_portal),
        )
        self.http = HttpServer(self._answer, port)

    @property
    def url(self) -> str:
        """Return the address of the server."""
        return self.http.url

    def close(self) -> None:
        """Stop."""
        self.http.close()

    # --- the wire -----------------------------------------------------------------------------------------------

    def _answer(self, call: Call) -> Reply:
        parts = urlsplit(call.target)
        if parts.path.startswith("/pay/") or parts.path.startswith("/portal/"):
            return self._hosted(call, parts.path)
        path = parts.path.removeprefix("/v1/")
        self.calls.append((call.method, path))
        if call.headers.get("authorization") != f"Bearer {KEY}":
            return _refusal(401, "invalid_request_error", "Invalid API Key provided")
        key = call.headers.get("idempotency-key", "")
        said = call.body.decode() if call.method == "POST" else parts.query
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "away":
            return _refusal(503, "api_error", "busy")
        with self._lock:
            if key and key in self._answered:
                known, reply = self._answered[key]
                if known != said:
                    return _refusal(400, "idempotency_error", "Keys for idempotent requests can only be used once")
            else:
                reply = self._route(call.method, path, unflattened(said), fault)
                if key and reply.status < 500:
                    self._answered[key] = (said, reply)
        return Reply(cut=True) if fault == "lost" else reply

    def _route(self, method: str, path: str, told: Thing, fault: str) -> Reply:
        if fault == "declined":
            return DECLINED
        for known, pattern, handler in self._routes:
            found = re.fullmatch(pattern, path)
            if method != known or found is None:
                continue
            try:
                refuse_unknown(pattern, method, told)
                return _json(handler(told, found[1] if found.groups() else ""))
            except MissingError as error:
                return _refusal(404, "invalid_request_error", f"No such thing: {error}", code="resource_missing")
            except DeclinedError:
                return DECLINED
            except BadRequestError as error:
                return _refusal(400, "invalid_request_error", str(error), code="parameter_unknown")
        return _refusal(404, "invalid_request_error", f"Unrecognized request URL ({method}: /v1/{path})")

    # --- what is asked -------------------------------------------------------------------------------------------

    def _open_customer(self, told: Thing, _id: str) -> Thing:
        return self._keep(customer(self._id("cus"), told, self.clock()))

    def _list(self, kind: str) -> Handler:
        def read(told: Thing, _id: str) -> Thing:
            self._thing(told["customer"])
            found = [
                thing
                for thing in self.things.values()
                if thing["object"] == kind and thing["customer"] == told["customer"]
            ]
            newest = sorted(found, key=lambda each: (-each["created"], each["id"]))
            return listed(newest[: int(told.get("limit", 10))], f"/v1/{kind}s")

        return read

    def _read(self, _told: Thing, thing_id: str) -> Thing:
        return self._thing(thing_id)

    def _open_checkout(self, told: Thing, _id: str) -> Thing:
        self._thing(told["customer"])
        line = told["line_items"][0]
        self._thing(line["price"])
        made = session(self._id("cs"), told, self.clock(), self.url)
        made["line_items"] = None
        self.things[made["id"] + ":wish"] = {
            "object": "wish",
            "price": line["price"],
            "quantity": int(line["quantity"]),
        }
        return self._keep(made)

    def _expire(self, _told: Thing, session_id: str) -> Thing:
        found = self._thing(session_id)
        if found["status"] != "open":
            raise BadRequestError("Only Checkout Sessions with a status in [open] can be expired.")
        found["status"], found["url"] = "expired", None
        return found

    def _open_portal(self, told: Thing, _id: str) -> Thing:
        self._thing(told["customer"])
        return self._keep(portal(self._id("bps"), told, self.clock(), self.url))

    def _preview(self, told: Thing, _id: str) -> Thing:
        found = self._thing(told["subscription"])
        wish = told.get("subscription_details")
        if wish is None:
            item = found["items"]["data"][0]
            lines = [("Next", item["price"]["unit_amount"] * item["quantity"], False)]
            return self._invoice(found, lines, "draft", at=item["current_period_end"], is_preview=True)
        return self._invoice(found, self._difference(found, wish), "draft", is_preview=True)

    def _change(self, told: Thing, subscription_id: str) -> Thing:
        found = self._thing(subscription_id)
        lines = self._difference(found, told)
        made = self._invoice(found, lines, "open")
        if made["amount_due"] > 0 and "declined" in found["metadata"]:
            raise DeclinedError
        self._put_item(found, told["items"][0])
        self._settle(self._keep(made))
        self.tell("customer.subscription.updated", found)
        return found

    def _difference(self, found: Thing, wish: Thing) -> list[tuple[str, int, bool]]:
        """What is given back of the old and paid of the new, by the seconds that are left of the period."""
        item, asked = found["items"]["data"][0], wish["items"][0]
        start, end = item["current_period_start"], item["current_period_end"]
        at = int(wish["proration_date"])
        if not start <= at <= end:
            raise BadRequestError("Cannot specify proration date outside of current subscription period.")
        new = self._thing(asked["price"])
        quantity = int(asked["quantity"])
        left = (end - at) / (end - start)
        is_same_interval = new["recurring"]["interval"] == item["price"]["recurring"]["interval"]
        given = round(item["price"]["unit_amount"] * item["quantity"] * left)
        taken = new["unit_amount"] * quantity * (left if is_same_interval else 1)
        return [(f"Unused time on {item['quantity']} × {item['price']['id']}", -given, True),
                (f"Remaining time on {quantity} × {new['id']}", round(taken), True)]  # fmt: skip

    def _put_item(self, found: Thing, asked: Thing) -> None:
        item, new = found["items"]["data"][0], self._thing(asked["price"])
        if new["recurring"]["interval"] != item["price"]["recurring"]["interval"]:
            item["current_period_start"] = self.clock()
            item["current_period_end"] = self.clock() + _length(new)
        item["price"], item["quantity"] = new, int(asked["quantity"])

    # --- what happens over there ---------------------------------------------------------------------------------

    def subscribe(self, customer_id: str, price_id: str, quantity: int, *, at: int | None = None) -> Thing:
        """A customer pays for so many of a price; return the subscription."""
        at = self.clock() if at is None else at
        with self._lock:
            asked = self._thing(price_id)
            made = self._keep(subscription(self._id("sub"), customer_id, asked, quantity, at, at + _length(asked)))
            lines = [(f"{quantity} × {price_id}", asked["unit_amount"] * quantity, False)]
            paid = self._keep(self._invoice(made, lines, "open", at=at))
            made["latest_invoice"] = paid["id"]
            self._settle(paid)
        self.tell("customer.subscription.created", made)
        self.tell("invoice.paid", paid)
        return made

    def fail_payment(self, subscription_id: str, *, at: int | None = None) -> Thing:
        """A renewal is not paid; return its invoice."""
        at = self.clock() if at is None else at
        with self._lock:
            found = self._thing(subscription_id)
            item = found["items"]["data"][0]
            lines = [("Renewal", item["price"]["unit_amount"] * item["quantity"], False)]
            owed = self._keep(self._invoice(found, lines, "open", at=at))
            owed["attempted"], owed["attempt_count"] = True, 1
            found["status"], found["latest_invoice"] = "past_due", owed["id"]
            item["current_period_start"], item["current_period_end"] = at, at + _length(item["price"])
        self.tell("invoice.payment_failed", owed)
        self.tell("customer.subscription.updated", found)
        return owed

    def pay(self, invoice_id: str) -> None:
        """An open invoice is paid after all."""
        with self._lock:
            owed = self._thing(invoice_id)
            self._settle(owed)
            found = self._thing(owed["parent"]["subscription_details"]["subscription"])
            found["status"] = "active"
        self.tell("invoice.paid", owed)
        self.tell("customer.subscription.updated", found)

    def cancel(self, subscription_id: str, *, at: int | None = None, now: bool = False) -> None:
        """A subscription is ended, at the end of its period or now."""
        with self._lock:
            found = self._thing(subscription_id)
            if now:
                found["status"], found["ended_at"] = "canceled", self.clock() if at is None else at
            else:
                found["cancel_at_period_end"] = True
                found["cancel_at"] = found["items"]["data"][0]["current_period_end"]
        self.tell("customer.subscription.deleted" if now else "customer.subscription.updated", found)

    def complete(self, session_id: str) -> Thing:
        """Somebody pays on the hosted page; return the subscription."""
        with self._lock:
            found = self._thing(session_id)
            assert found["status"] == "open", found["status"]
            wish = self.things[session_id + ":wish"]
            found["status"], found["payment_status"], found["url"] = "complete", "paid", None
        made = self.subscribe(found["customer"], wish["price"], wish["quantity"])
        found["subscription"], found["invoice"] = made["id"], made["latest_invoice"]
        self.tell("checkout.session.completed", found)
        return made

    def remove(self, customer_id: str) -> None:
        """A customer is deleted: nothing of theirs is listed any more."""
        with self._lock:
            gone = self.things.pop(customer_id)
        self.tell("customer.deleted", gone)

    def tell(self, kind: str, thing: Thing) -> Thing:
        """Keep an event of something as it stands, and send it where somebody listens; return it."""
        with self._lock:
            made = event(self._id("evt"), kind, json.loads(json.dumps(thing)), self.clock())
            self.events.append(made)
        if self.hook:
            send(self.hook, made)
        return made

    # --- within ------------------------------------------------------------------------------------------------------

    def _invoice(
        self,
        found: Thing,
        lines: list[tuple[str, int, bool]],
        status: str,
        *,
        at: int | None = None,
        is_preview: bool = False,
    ) -> Thing:
        number = self._id("in")
        told = [
            invoice_line(f"il_{number}_{place}", *line, found["id"], self.clock()) for place, line in enumerate(lines)
        ]
        net = sum(line[1] for line in lines)
        at = self.clock() if at is None else at
        return invoice(number, found, told, net, round(net * TAX / 100), status, at, self.url, is_preview=is_preview)

    def _settle(self, owed: Thing) -> None:
        owed["status"], owed["amount_paid"], owed["amount_remaining"] = "paid", owed["amount_due"], 0
        if owed["amount_due"] > 0:
            self.charges.append((owed["customer"], owed["amount_due"]))

    def _id(self, kind: str) -> str:
        with self._lock:
            self._number += 1
            return f"{kind}_{self.http.port if hasattr(self, 'http') else 0}x{self._number:05}"

    def _keep(self, thing: Thing) -> Thing:
        self.things[thing["id"]] = thing
        return thing

    def _thing(self, thing_id: str) -> Thing:
        if thing_id not in self.things:
            raise MissingError(thing_id)
        return self.things[thing_id]

    def _hosted(self, call: Call, path: str) -> Reply:
        """The hosted pages, as plain as can be: a button that does it, and the way back."""
        thing_id = path.rpartition("/")[2]
        found = self.things.get(thing_id)
        if found is None:
            return Reply(404, b"gone", "text/plain")
        back = found.get("return_url") or found.get("success_url")
        if call.method == "POST":
            if found["object"] == "checkout.session":
                self.complete(thing_id)
            return Reply(303, headers={"Location": str(back)})
        html = (
            f"<!doctype html><title>Stripe</title><h1>{found['object']}</h1>"
            f'<form method="post"><button>Payer</button></form><a href="{back}">Retour</a>'
        )
        return Reply(200, html.encode(), "text/html; charset=utf-8")


class MissingError(Exception):
    """There is no such thing."""


class DeclinedError(Exception):
    """The card says no."""


class BadRequestError(Exception):
    """A parameter that there is not, or a value that does not fit."""


def _length(asked: Thing) -> int:
    return 365 * DAY if asked["recurring"]["interval"] == "year" else 30 * DAY


def send(hook: str, made: Thing) -> int:
    """Send an event to `hook`, signed; return the status of the answer."""
    body, signature = signed(made)
    request = urllib.request.Request(
        hook, body, {"Content-Type": "application/json", "Stripe-Signature": signature}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return int(answer.status)


def signed(made: Thing, *, secret: str = WEBHOOK_SECRET, at: int | None = None) -> tuple[bytes, str]:
    """Return the bytes of an event and their signature (Stripe's scheme v1: HMAC-SHA256 over `time.bytes`)."""
    body = json.dumps(made, indent=2).encode()
    moment = int(time.time()) if at is None else at
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return body, f"t={moment},v1={digest}"


def unflattened(said: str) -> Thing:
    """Return what a form of Stripe's says: `items[0][price]=x` is a list of one mapping."""
    told: Thing = {}
    for name, value in parse_qsl(said, keep_blank_values=True):
        keys = re.findall(r"[^\[\]]+", name)
        place = told
        for key in keys[:-1]:
            place = place.setdefault(key, {})
        place[keys[-1]] = value
    return _with_lists(told)


def _with_lists(told: Any) -> Any:
    if not isinstance(told, dict):
        return told
    if told and all(key.isdigit() for key in told):
        return [_with_lists(told[key]) for key in sorted(told, key=int)]
    return {key: _with_lists(value) for key, value in told.items()}


def refuse_unknown(pattern: str, method: str, told: Mapping[str, Any]) -> None:
    """Refuse a parameter that the library's typed parameters of the call do not name, as Stripe does."""
    unknown = parameters(method, pattern) and told.keys() - parameters(method, pattern)
    if unknown:
        raise BadRequestError(f"Received unknown parameters: {', '.join(sorted(unknown))}")


def _json(said: Thing) -> Reply:
    return Reply(200, json.dumps(said).encode(), headers={"Request-Id": "req_standin"})


def _refusal(status: int, kind: str, message: str, *, code: str | None = None) -> Reply:
    error = {"type": kind, "message": message, **({"code": code} if code else {})}
    return Reply(status, json.dumps({"error": error}).encode(), headers={"Request-Id": "req_standin"})


DECLINED = _refusal(402, "card_error", "Your card was declined.", code="card_declined")


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description="A stand-in for Stripe.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--hook")
    asked = parser.parse_args()
    server = StandInStripe(asked.port, hook=asked.hook)
    print("READY", server.http.port, flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    server.close()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main()
