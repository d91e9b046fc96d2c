"""Where Stripe says that something happened."""

from flask import request

from tenants.errors import NotFoundError
from unisson.billing.reach import gateway_of
from unisson.billing.receiving import receive
from unisson.billing.refusals import ForgedError
from unisson.billing.routes import outside
from unisson.web.db import runtime
from unisson.web.guards import public

MOST_BYTES = 512 * 1024
"""Of one event: many times what an invoice of two hundred brands takes."""

Answer = tuple[dict[str, bool], int]


@outside.post("/events")
@public
def events() -> Answer:
    """Take in one event, as it was signed, byte by byte; nothing is asked of anybody meanwhile."""
    held = runtime()
    if not held.settings.is_billed:
        raise NotFoundError
    request.max_content_length = MOST_BYTES
    body = request.get_data(cache=False)
    try:
        event = gateway_of(held.settings).event(body, request.headers.get("Stripe-Signature", ""))
    except ForgedError:
        return {"received": False}, 400
    receive(held, event)
    return {"received": True}, 200
