"""The bell of publishing."""

from unisson.publishing.assembly import publisher
from workers.held import runtime

BUDGET_SECONDS = 40.0


def publish_due() -> int:
    """Publish what is due; return how many things were looked at."""
    held = runtime()
    held.bell.answered("publishing")
    return publisher(held).drain(BUDGET_SECONDS)
