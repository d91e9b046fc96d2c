"""A mail back to whoever answered by mail what could not stand in its thread: nothing is lost in silence.

It goes to the person that the answer's address was made for, at the address that we know: never to whoever wrote.
"""

from datetime import timedelta

from sqlalchemy import func, select

from tenants.base import utcnow
from tenants.session import TenantSession
from unisson.notifications.letters import write
from unisson.notifications.models import Letter
from unisson.threads.models import Lost

KIND = "answer_lost"
_ABOUT: tuple[str, ...] = ("content_id", "thread_id", "brand_id")
MOST_A_DAY = 5
"""Mails back to one person in a day: two programs that answer each other end here, though they hide what they are."""


def tell_back(session: TenantSession, answered: Letter, why: Lost, mail_id: str, files: str = "") -> None:
    """Have a mail say what became of the answer `mail_id` to the letter `answered`; once for each answer."""
    told = session.execute(
        select(
            func.count().filter(Letter.created_at > utcnow() - timedelta(days=1)),
            func.count().filter(Letter.about["mail_id"].as_string() == mail_id),
        ).where(Letter.membership_id == answered.membership_id, Letter.kind == KIND)
    ).one()
    if told[0] >= MOST_A_DAY or told[1]:
        return
    about = {name: answered.about[name] for name in _ABOUT if name in answered.about}
    write(session, answered.membership_id, KIND, {**about, "why": why.value, "mail_id": mail_id, "files": files[:300]})
