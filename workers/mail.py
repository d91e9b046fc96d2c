"""The bell of the mails."""

from unisson.notifications import post
from workers.held import runtime

BUDGET_SECONDS = 40.0


def send_due() -> int:
    """Send what is due; return how many mails were tried."""
    held = runtime()
    held.bell.answered("mail")
    return post.send_due(held, BUDGET_SECONDS)
