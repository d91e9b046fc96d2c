"""The bell of the mails, and of the approvals that write them: what is due there comes first, and is mailed at once.

Before any mail leaves, the names that its links may begin with are looked at again, each once a day.
"""

from unisson.agency.domain_watch import watch_domains
from unisson.approvals.tending import tend_due
from unisson.notifications import post
from workers.held import runtime

BUDGET_SECONDS = 40.0


def send_due() -> int:
    """Send what is due; return how many mails were tried."""
    held = runtime()
    held.bell.answered("mail")
    tend_due(held, BUDGET_SECONDS / 4)
    watch_domains(held)
    return post.send_due(held, BUDGET_SECONDS)
