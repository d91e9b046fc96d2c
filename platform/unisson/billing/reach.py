"""The way to Stripe, for those who need it: its library is loaded on first use, for it takes 30 MB."""

from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, cast

from unisson.config import Settings

if TYPE_CHECKING:
    from unisson.billing.gateway import Gateway


@lru_cache(maxsize=4)
def gateway_of(settings: Settings) -> "Gateway":
    """Return the process's gateway to the Stripe of `settings`; it connects on first use."""
    return cast("Gateway", import_module("unisson.billing.gateway").Gateway(settings))
