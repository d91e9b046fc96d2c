"""What can go wrong between us and Stripe, as the pages tell it."""

from tenants.errors import RefusedError
from unisson.web.i18n import lazy

AWAY = lazy("Stripe, which takes the payments, does not answer now. Nothing was changed. Try again in a few minutes.")
CANT_TELL = lazy(
    "Stripe did not answer in time, so that nobody can tell yet whether it was carried out. Wait a minute and load the"
    " billing page anew before you try again: it shows what stands."
)
CARD_REFUSED = lazy(
    "The card was refused, so that nothing was changed: your plan stays as it was. Change the card under “Card and"
    " billing details”, then try again."
)
NOT_TAKEN = lazy("Stripe did not accept this, and nothing was changed. Write to us if it happens again.")


class StripeAwayError(RefusedError):
    """Stripe does not answer, or not to us. `may_have_acted`: the request left, and its answer was lost."""

    status = 503

    def __init__(self, *, may_have_acted: bool = False) -> None:
        super().__init__(CANT_TELL if may_have_acted else AWAY)
        self.may_have_acted = may_have_acted


class CardRefusedError(RefusedError):
    """The payment did not go through, and nothing was changed."""

    status = 402


class NotTakenError(RefusedError):
    """Stripe says no to what we asked: `is_missing` when the thing is not there."""

    def __init__(self, *, is_missing: bool = False) -> None:
        super().__init__(NOT_TAKEN)
        self.is_missing = is_missing


class ForgedError(Exception):
    """What arrived as an event was not signed by Stripe, or long ago."""
