"""The bell of the mails, and of what writes them (approvals, rights that end): that comes first, and is mailed at once.

Before any mail leaves, the names that its links may begin with are looked at again, each once a day.
The mailbox of answers, where there is one, is read then, the trails of agencies are sealed, and accounts are looked at
where agencies are billed. Imports of plans come next, each of some seconds, then the pictures of libraries, one at a
time, and their videos: each takes seconds. Exports of brands come after, and the deletion of those whose time is over
last. Rooms in chats are told right after the mails, and people's browsers right after these.
"""

import time

from tenants import marks
from unisson.activity import upkeep
from unisson.agency.domain_watch import watch_domains
from unisson.approvals.tending import tend_due
from unisson.billing.looking import look_due
from unisson.closing import deleting, exporting
from unisson.hooks.posting import post_due
from unisson.imports import taking
from unisson.jobs import JOB_SECONDS
from unisson.media import endings, preparing, video_preparing
from unisson.notifications import post
from unisson.push.posting import tell_due
from unisson.tables import MODULES
from unisson.threads import arriving
from unisson.trust import accounts, erasing, support, sweeping
from workers.held import runtime

TABLES = MODULES
"""Every table is known here: what is a brand's, to be exported or deleted, is read from their foreign keys."""

BUDGET_SECONDS = 40.0
MAILBOX_EVERY = 25.0
SEAL_SECONDS = 5.0
HELD_BACK = 15.0
"""Seconds that rooms in chats and browsers, which may be slow, leave to what comes after them."""
PUSH_SECONDS = 12.0
"""Seconds that browsers' notifications may take of one job: a push service that answers none waits for the next one."""
_next_reading = [0.0]


def send_due() -> int:
    """Send what is due; return how many mails were tried."""
    held, ends = runtime(), time.monotonic() + JOB_SECONDS
    held.bell.answered("mail")
    tend_due(held, BUDGET_SECONDS / 4)
    endings.tell_due(held, BUDGET_SECONDS / 8)
    watch_domains(held)
    tried = post.send_due(held, BUDGET_SECONDS / 2)
    post_due(held, ends - time.monotonic() - HELD_BACK - PUSH_SECONDS)
    tell_due(held, min(ends - time.monotonic() - HELD_BACK, PUSH_SECONDS))
    if _is_time_to_read():
        arriving.fetch(held)
    upkeep.seal_due(held, SEAL_SECONDS)
    upkeep.night_due(held, (erasing.erase_due, support.show_out_due, sweeping.sweep, marks.prune))
    accounts.erase_due(held)
    sweeping.sweep_accounts(held)
    look_due(held, ends - time.monotonic())
    taking.take_due(held, ends - time.monotonic())
    preparing.prepare_due(held, ends - time.monotonic())
    video_preparing.prepare_due(held, ends - time.monotonic())
    exporting.pack_due(held, ends - time.monotonic())
    deleting.delete_due(held, ends - time.monotonic())
    return tried


def _is_time_to_read() -> bool:
    """Whether this process has not read the mailbox of answers for a while: the bell of the mails rings far oftener."""
    now = time.monotonic()
    if now < _next_reading[0]:
        return False
    _next_reading[0] = now + MAILBOX_EVERY
    return True
