"""Everything that is asked of Stripe, and how it is read. Nothing is stored here.

With `stripe_wire`, the only module that imports Stripe's library; what needs neither loads neither (`reach`).
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import stripe
import structlog

from unisson.billing import said
from unisson.billing.refusals import (
    CARD_REFUSED,
    CardRefusedError,
    ForgedError,
    NotTakenError,
    StripeAwayError,
)
from unisson.billing.said import Event, Page, Wish
from unisson.billing.stripe_wire import MayHaveActedError, Wire
from unisson.config import Settings
from unisson.outbound import Outbound

log = structlog.get_logger(__name__)
logging.getLogger("stripe").setLevel(logging.WARNING)  # below, it writes what is sent, names and addresses included
stripe.enable_telemetry = False  # else it writes an identifier of the machine into the operator's home

TOLERANCE = 300
"""Seconds that an event's signature may be old: Stripe's own default."""
SUBSCRIPTIONS, INVOICES = 20, 100
LANGUAGES = {"fr": "fr", "en": "en"}


class Gateway:
    """Stripe, as one account of it. Each call raises StripeAwayError, NotTakenError."""

    def __init__(self, settings: Settings) -> None:
        at = urlsplit(settings.stripe_api_url)
        stand_in = () if at.scheme == "https" else (f"{at.hostname}:{at.port or 80}",)
        self._secret = settings.stripe_webhook_secret
        self._client = stripe.StripeClient(
            settings.stripe_secret_key,
            base_addresses={"api": settings.stripe_api_url},
            http_client=Wire(Outbound([*settings.outbound_allow, *stand_in], max_connections=10)),
            max_network_retries=0,
        )

    # --- what is asked for ---------------------------------------------------------------------------------------

    def open_customer(self, agency_id: str, *, name: str, email: str, language: str) -> str:
        """Return the id of the agency's customer: the same one for a second call within a day."""
        with _asking():
            made = self._client.v1.customers.create(
                {
                    "name": name,
                    "email": email,
                    "preferred_locales": [LANGUAGES[language]],
                    "metadata": {"agency": agency_id},
                },
                {"idempotency_key": f"customer-{agency_id}-{language}-{email}-{name}"[:255]},
            )
            return made.id

    def open_checkout(self, customer_id: str, wish: Wish, *, back: str, language: str, key: str) -> Page:
        """Return the page where the first payment is made. `back` is where it leads after, by success or not."""
        with _asking():
            made = self._client.v1.checkout.sessions.create(
                {
                    "mode": "subscription",
                    "customer": customer_id,
                    "line_items": [{"price": wish.price_id, "quantity": wish.brands}],
                    "success_url": f"{back}?paid=1",
                    "cancel_url": back,
                    "allow_promotion_codes": True,
                    "automatic_tax": {"enabled": True},
                    "tax_id_collection": {"enabled": True},
                    "billing_address_collection": "required",
                    "customer_update": {"address": "auto", "name": "auto"},
                    "locale": "fr" if language == "fr" else "en",
                },
                {"idempotency_key": key},
            )
            return Page(made.id, made.url or "")

    def close_checkout(self, checkout_id: str) -> bool:
        """Have nobody pay there any more; False where it was paid, or is over already."""
        try:
            with _asking():
                self._client.v1.checkout.sessions.expire(checkout_id)
        except NotTakenError:
            return False
        return True

    def open_portal(self, customer_id: str, *, back: str, language: str) -> Page:
        """Return Stripe's page of card, addresses, tax number and cancellation."""
        with _asking():
            made = self._client.v1.billing_portal.sessions.create(
                {"customer": customer_id, "return_url": back, "locale": "fr" if language == "fr" else "en"}
            )
            return Page(made.id, made.url)

    def preview(self, customer_id: str, wish: Wish) -> said.Preview:
        """Return what a change of the subscription would cost at once."""
        with _asking():
            told = self._client.v1.invoices.create_preview(
                {
                    "customer": customer_id,
                    "subscription": wish.subscription_id,
                    "subscription_details": {
                        "items": [{"id": wish.item_id, "price": wish.price_id, "quantity": wish.brands}],
                        "proration_behavior": "always_invoice",
                        "proration_date": wish.at,
                    },
                }
            )
            return said.preview(told.to_dict())

    def change(self, wish: Wish, *, key: str) -> said.Subscription:
        """Return the subscription, changed and paid for. Raises CardRefusedError, and then nothing was changed."""
        with _asking():
            told = self._client.v1.subscriptions.update(
                wish.subscription_id,
                {
                    "items": [{"id": wish.item_id, "price": wish.price_id, "quantity": wish.brands}],
                    "proration_behavior": "always_invoice",
                    "proration_date": wish.at,
                    "payment_behavior": "error_if_incomplete",
                },
                {"idempotency_key": key},
            )
            return said.subscription(told.to_dict())

    # --- what stands ----------------------------------------------------------------------------------------------

    def subscription(self, customer_id: str) -> tuple[said.Subscription | None, int]:
        """Return the customer's subscription that counts, and how many may be paid."""
        with _asking():
            listed = self._client.v1.subscriptions.list(
                {"customer": customer_id, "status": "all", "limit": SUBSCRIPTIONS}
            )
            return said.the_one_that_counts(each.to_dict() for each in listed.data)

    def state(self, customer_id: str) -> said.State:
        """Return all that is known of a customer, who may be gone."""
        try:
            found, lively = self.subscription(customer_id)
            with _asking():
                listed = self._client.v1.invoices.list({"customer": customer_id, "limit": INVOICES})
                issued = said.invoices(each.to_dict() for each in listed.data)
        except NotTakenError as error:
            if not error.is_missing:
                raise
            return said.State(None, (), is_gone=True)
        return said.State(found, issued, self._next(customer_id, found), lively)

    def _next(self, customer_id: str, found: said.Subscription | None) -> said.Next | None:
        """Return the invoice to come: a courtesy, without which the rest is true all the same."""
        if found is None or not found.is_live or found.ends_at is not None:
            return None
        try:
            with _asking():
                told = self._client.v1.invoices.create_preview({"customer": customer_id, "subscription": found.id})
                return said.coming(told.to_dict())
        except NotTakenError:
            return None

    def price(self, price_id: str) -> said.Price | None:
        """Return what a price is; None for one that is not so much a brand."""
        with _asking():
            return said.price(self._client.v1.prices.retrieve(price_id).to_dict())

    # --- what is told -----------------------------------------------------------------------------------------------

    def event(self, body: bytes, signature: str) -> Event:
        """Return the event in these bytes. Raises ForgedError unless Stripe signed just them, a short while ago."""
        try:
            if not signature.isascii():
                raise ForgedError
            told = self._client.construct_event(body, signature, self._secret, TOLERANCE).to_dict()
            return Event(str(told["id"]), str(told["type"]), _customer_of(told), int(told["created"]))
        except (stripe.SignatureVerificationError, ValueError, TypeError, AttributeError, KeyError) as error:
            raise ForgedError from error


def _customer_of(told: Mapping[str, Any]) -> str | None:
    thing = told["data"]["object"]
    if thing.get("object") == "customer":
        return said.named(thing)
    return said.named(thing.get("customer"))


@contextmanager
def _asking() -> Iterator[None]:
    """Turn what Stripe's library raises into what the product tells of."""
    try:
        yield
    except stripe.CardError as error:
        raise CardRefusedError(CARD_REFUSED) from error
    except stripe.InvalidRequestError as error:
        log.warning("stripe.refused", code=error.code, param=error.param, request=error.request_id)
        raise NotTakenError(is_missing=error.code == "resource_missing") from error
    except stripe.StripeError as error:
        log.warning("stripe.away", why=type(error).__name__, status=error.http_status, request=error.request_id)
        acted = isinstance(error, MayHaveActedError) or (error.http_status or 0) >= 500
        raise StripeAwayError(may_have_acted=acted) from error
