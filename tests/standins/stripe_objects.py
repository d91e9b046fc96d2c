"""Stripe's objects as its library types them, with every field that the types require; and the names of parameters."""

from functools import cache
from typing import Any

Thing = dict[str, Any]

KEY = "sk_test_" + "standin"
WEBHOOK_SECRET = "whsec_" + "standin"


def listed(things: list[Thing], url: str) -> Thing:
    """A list, of one page."""
    return {"object": "list", "data": things, "has_more": False, "url": url}


def customer(number: str, told: Thing, at: int) -> Thing:
    """Somebody who pays."""
    return {
        "id": number, "object": "customer", "created": at, "livemode": False, "name": told.get("name"),
        "email": told.get("email"), "metadata": told.get("metadata", {}), "preferred_locales": told.get("preferred_locales"),
        "address": None, "balance": 0, "currency": None, "delinquent": False, "description": None, "phone": None,
        "shipping": None, "tax_exempt": "none", "default_source": None, "business_name": None, "individual_name": None,
        "customer_account": None, "discount": None, "next_invoice_sequence": 1, "invoice_prefix": "UNI",
    }  # fmt: skip


def price(number: str, amount: int, interval: str, at: int) -> Thing:
    """What one of something costs for an interval, before tax."""
    return {
        "id": number, "object": "price", "active": True, "billing_scheme": "per_unit", "created": at, "currency": "eur",
        "custom_unit_amount": None, "livemode": False, "lookup_key": None, "metadata": {}, "nickname": None,
        "product": "prod_unisson", "tax_behavior": "exclusive", "tiers_mode": None, "transform_quantity": None,
        "type": "recurring", "unit_amount": amount, "unit_amount_decimal": str(amount),
        "recurring": {"interval": interval, "interval_count": 1, "meter": None, "usage_type": "licensed",
                      "trial_period_days": None},
    }  # fmt: skip


def subscription(number: str, customer_id: str, asked: Thing, quantity: int, start: int, end: int) -> Thing:
    """So many of a price, paid for from now on."""
    item = {
        "id": number.replace("sub_", "si_"), "object": "subscription_item", "billing_thresholds": None, "created": start,
        "current_period_end": end, "current_period_start": start, "discounts": [], "metadata": {}, "price": asked,
        "plan": _plan(asked, start), "quantity": quantity, "subscription": number, "tax_rates": [], "billed_until": None,
    }  # fmt: skip
    return {
        "id": number, "object": "subscription", "customer": customer_id, "status": "active", "created": start,
        "start_date": start, "currency": "eur", "items": listed([item], f"/v1/subscription_items?subscription={number}"),
        "application": None, "application_fee_percent": None,
        "automatic_tax": {"enabled": True, "disabled_reason": None, "liability": None}, "billing_cycle_anchor": start,
        "billing_cycle_anchor_config": None,
        "billing_mode": {"type": "flexible", "flexible": None, "updated_at": start}, "billing_schedules": [],
        "billing_thresholds": None, "cancel_at": None, "cancel_at_period_end": False, "canceled_at": None,
        "cancellation_details": None, "collection_method": "charge_automatically", "customer_account": None,
        "days_until_due": None, "default_payment_method": None, "default_source": None, "default_tax_rates": [],
        "description": None, "discounts": [], "ended_at": None,
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}, "custom_fields": None,
                             "description": None, "footer": None},
        "latest_invoice": None, "livemode": False, "managed_payments": None, "metadata": {},
        "next_pending_invoice_item_invoice": None, "on_behalf_of": None, "pause_collection": None,
        "payment_settings": None, "pending_invoice_item_interval": None, "pending_setup_intent": None,
        "pending_update": None, "schedule": None, "status_details": None, "test_clock": None, "transfer_data": None,
        "trial_end": None, "trial_settings": None, "trial_start": None, "presentment_details": None,
    }  # fmt: skip


def _plan(asked: Thing, at: int) -> Thing:
    return {
        "id": asked["id"], "object": "plan", "active": True, "amount": asked["unit_amount"],
        "amount_decimal": str(asked["unit_amount"]), "billing_scheme": "per_unit", "created": at, "currency": "eur",
        "interval": asked["recurring"]["interval"], "interval_count": 1, "livemode": False, "metadata": {},
        "meter": None, "nickname": None, "product": asked["product"], "tiers_mode": None, "transform_usage": None,
        "trial_period_days": None, "usage_type": "licensed",
    }  # fmt: skip


def invoice_line(number: str, text: str, amount: int, is_proration: bool, subscription_id: str, at: int) -> Thing:
    """One line of an invoice."""
    details = {
        "invoice_item": None, "proration": is_proration, "proration_details": None, "subscription": subscription_id,
        "subscription_item": subscription_id.replace("sub_", "si_"),
    }  # fmt: skip
    return {
        "id": number, "object": "line_item", "amount": amount, "currency": "eur", "description": text,
        "discount_amounts": [], "discountable": True, "discounts": [], "invoice": None, "livemode": False, "metadata": {},
        "parent": {"type": "subscription_item_details", "subscription_item_details": details, "invoice_item_details": None},
        "period": {"start": at, "end": at}, "pretax_credit_amounts": [], "pricing": None, "quantity": 1,
        "quantity_decimal": "1", "subscription": subscription_id, "subtotal": amount, "taxes": [],
    }  # fmt: skip


def invoice(
    number: str, of: Thing, lines: list[Thing], net: int, tax: int, status: str, at: int, url: str, *, is_preview: bool
) -> Thing:
    """An invoice of a subscription, or a preview of one."""
    total = net + tax
    due = max(total, 0)
    shown = None if is_preview else f"{url}/{number}"
    return {
        "id": number.replace("in_", "upcoming_in_") if is_preview else number, "object": "invoice", "created": at,
        "customer": of["customer"], "status": status, "currency": "eur", "number": None if is_preview else f"UNI-{number[-4:]}",
        "total": total, "subtotal": net, "subtotal_excluding_tax": net, "total_excluding_tax": net, "amount_due": due,
        "amount_paid": 0, "amount_remaining": due, "amount_overpaid": 0, "amount_shipping": 0, "starting_balance": 0,
        "ending_balance": min(total, 0) or None, "lines": listed(lines, f"/v1/invoices/{number}/lines"),
        "hosted_invoice_url": shown, "invoice_pdf": f"{shown}/pdf" if shown else None,
        "period_start": at, "period_end": at, "next_payment_attempt": at if is_preview else None,
        "parent": {"type": "subscription_details", "quote_details": None,
                   "subscription_details": {"subscription": of["id"], "metadata": {}, "subscription_proration_date": None}},
        "status_transitions": {"finalized_at": None if is_preview else at, "marked_uncollectible_at": None,
                               "paid_at": None, "voided_at": None},
        "total_taxes": [{"amount": tax, "tax_behavior": "exclusive", "tax_rate_details": None, "taxable_amount": net,
                         "taxability_reason": "standard_rated", "type": "tax_rate_details"}],
        "account_country": "FR", "account_name": "Unisson", "account_tax_ids": None, "amount_paid_off_stripe": 0,
        "application": None, "attempt_count": 0, "attempted": False, "auto_advance": False,
        "automatic_tax": {"enabled": True, "disabled_reason": None, "liability": None, "provider": None, "status": "complete"},
        "automatically_finalizes_at": None, "billing_reason": "subscription_update",
        "collection_method": "charge_automatically", "confirmation_secret": None, "custom_fields": None,
        "customer_account": None, "customer_address": None, "customer_email": None, "customer_name": None,
        "customer_phone": None, "customer_shipping": None, "customer_tax_exempt": "none", "customer_tax_ids": [],
        "default_payment_method": None, "default_source": None, "default_tax_rates": [], "description": None,
        "discounts": [], "due_date": None, "effective_at": at, "footer": None, "from_invoice": None,
        "issuer": {"type": "self"}, "last_finalization_error": None, "latest_revision": None, "livemode": False,
        "metadata": {}, "on_behalf_of": None, "payment_settings": {"default_mandate": None, "payment_method_options": None,
                                                                   "payment_method_types": None},
        "post_payment_credit_notes_amount": 0, "pre_payment_credit_notes_amount": 0, "receipt_number": None,
        "rendering": None, "shipping_cost": None, "shipping_details": None, "statement_descriptor": None,
        "test_clock": None, "total_discount_amounts": [], "total_pretax_credit_amounts": [],
        "webhooks_delivered_at": None, "status_details": None,
    }  # fmt: skip


def session(number: str, told: Thing, at: int, url: str) -> Thing:
    """A hosted page of payment."""
    return {
        "id": number, "object": "checkout.session", "created": at, "expires_at": at + 86_400, "customer": told["customer"],
        "mode": told["mode"], "status": "open", "payment_status": "unpaid", "url": f"{url}/pay/{number}",
        "success_url": told["success_url"], "cancel_url": told.get("cancel_url"), "livemode": False,
        "allow_promotion_codes": True, "locale": told.get("locale"), "currency": "eur", "amount_subtotal": None,
        "amount_total": None, "adaptive_pricing": None, "after_expiration": None,
        "automatic_tax": {"enabled": True, "liability": None, "provider": None, "status": None},
        "billing_address_collection": "required", "client_reference_id": None, "client_secret": None, "consent": None,
        "collected_information": None, "consent_collection": None, "currency_conversion": None, "custom_fields": [],
        "custom_text": {"after_submit": None, "shipping_address": None, "submit": None, "terms_of_service_acceptance": None},
        "customer_account": None, "customer_creation": None, "customer_details": None, "customer_email": None,
        "discounts": [], "invoice": None, "invoice_creation": None, "metadata": {}, "origin_context": None,
        "payment_intent": None, "payment_link": None, "payment_method_collection": "always",
        "payment_method_configuration_details": None, "payment_method_options": {}, "payment_method_types": ["card"],
        "permissions": None, "recovered_from": None, "saved_payment_method_options": None, "setup_intent": None,
        "shipping_address_collection": None, "shipping_cost": None, "shipping_options": [], "submit_type": None,
        "subscription": None, "total_details": None, "ui_mode": "hosted", "wallet_options": None,
        "branding_settings": None, "managed_payments": None,
    }  # fmt: skip


def portal(number: str, told: Thing, at: int, url: str) -> Thing:
    """A hosted page of card and addresses."""
    return {
        "id": number, "object": "billing_portal.session", "created": at, "customer": told["customer"], "livemode": False,
        "configuration": "bpc_standin", "customer_account": None, "flow": None, "locale": told.get("locale"),
        "on_behalf_of": None, "return_url": told["return_url"], "url": f"{url}/portal/{number}",
    }  # fmt: skip


def event(number: str, kind: str, thing: Thing, at: int) -> Thing:
    """That something happened."""
    return {
        "id": number, "object": "event", "type": kind, "created": at, "api_version": "2026-10-28.endive",
        "data": {"object": thing}, "livemode": False, "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None}, "context": None,
    }  # fmt: skip


@cache
def parameters(method: str, pattern: str) -> frozenset[str]:
    """Return the names that the library types as parameters of a call."""
    import stripe.params
    import stripe.params.billing_portal
    import stripe.params.checkout

    typed = {
        ("POST", r"customers"): stripe.params.CustomerCreateParams,
        ("GET", r"subscriptions"): stripe.params.SubscriptionListParams,
        ("POST", r"subscriptions/(\w+)"): stripe.params.SubscriptionUpdateParams,
        ("GET", r"invoices"): stripe.params.InvoiceListParams,
        ("POST", r"invoices/create_preview"): stripe.params.InvoiceCreatePreviewParams,
        ("POST", r"checkout/sessions"): stripe.params.checkout.SessionCreateParams,
        ("POST", r"billing_portal/sessions"): stripe.params.billing_portal.SessionCreateParams,
    }.get((method, pattern))
    return frozenset(typed.__annotations__) if typed else frozenset()
