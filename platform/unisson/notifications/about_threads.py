"""The mail about something that was said in a thread."""

from sqlalchemy import select

from tenants.members import Membership
from unisson.notifications.about_contents import Subject
from unisson.notifications.about_waiting import decision_url
from unisson.notifications.words import Words
from unisson.threads.models import Audience, Thread, ThreadMention, ThreadMessage
from unisson.web.db import runtime
from unisson.web.i18n import _


def thread_message(about: Subject) -> Words | None:
    """Tell somebody what was said where they spoke or are named. None when it was taken back."""
    session = about.session
    message = session.get(ThreadMessage, (session.agency_id, about.row("message_id")))
    if message is None or message.deleted_at is not None:
        return None
    thread = session.get_one(Thread, (session.agency_id, message.thread_id))
    author = session.get_one(Membership, (session.agency_id, message.author_id))
    named = session.scalar(
        select(ThreadMention.id).where(
            ThreadMention.message_id == message.id, ThreadMention.membership_id == about.letter.membership_id
        )
    )
    heading = _("%(who)s names you", who=author.name) if named else _("%(who)s wrote", who=author.name)
    internal = thread.audience == Audience.INTERNAL
    return Words(
        subject=_("%(who)s: %(title)s (%(brand)s)", who=author.name, title=about.title, brand=about.brand.name),
        heading=heading,
        paragraphs=(_("Within the agency: the client does not read it.") if internal else _("With the client."),),
        facts=about.facts,
        quote=message.body,
        quoted=author.name,
        action_label=_("Read and answer"),
        action_url=f"{decision_url(about)}#thread-{thread.id}",
        after=(_("Answer this mail, and your answer stands in the thread."),) if _is_answered_by_mail() else (),
        brand_name=about.brand.name,
    )


def _is_answered_by_mail() -> bool:
    return bool(runtime().settings.inbound_mail_url)
