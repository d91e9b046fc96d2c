"""The mail about something that was said in a thread."""

from sqlalchemy import select

from tenants.members import Membership
from unisson.notifications.about_contents import Subject
from unisson.notifications.about_waiting import decision_url
from unisson.notifications.words import Words
from unisson.threads.models import Audience, Lost, Thread, ThreadMention, ThreadMessage
from unisson.web.db import runtime
from unisson.web.i18n import _, lazy


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


_LOST = {
    Lost.OVER: lazy("Your answer came when it could not be taken any more: the content was taken back or put away."),
    Lost.OLD: lazy("Your answer came more than 60 days after the message: mails this old are not answered by mail."),
    Lost.ELSEWHERE: lazy("An answer came from another address than yours. Only yours can answer in your name."),
    Lost.EMPTY: lazy("Your answer came without any words of yours above the message that it quotes."),
    Lost.HEAVY: lazy("Your answer came with more than 5 MB, which is more than a mail may bring here."),
}


def answer_lost(about: Subject) -> Words | None:
    """Tell somebody that what they answered by mail, or its files, does not stand in the thread, and what to do."""
    why = Lost(about.letter.about["why"])
    told = {"title": about.title, "brand": about.brand.name}
    if why is Lost.FILES:
        subject = _("Without all of its files: your answer about %(title)s (%(brand)s)", **told)
        heading = _("Your answer is there, without all of its files")
        files = about.letter.about["files"]
        said = _("A mail brings four images or usual documents. What did not come: %(files)s.", files=files)
        copy = _("Open the conversation to add them, or send them to the agency another way.")
    else:
        subject = _("Not taken: your answer about %(title)s (%(brand)s)", **told)
        heading, said = _("Your answer does not stand in the conversation"), str(_LOST[why])
        copy = _("Nobody read it there. Your own copy is among the mails that you sent.")
    return Words(
        subject=subject,
        heading=heading,
        paragraphs=(said, copy),
        facts=about.facts,
        action_label=_("Open the conversation"),
        action_url=f"{decision_url(about)}#thread-{about.letter.about['thread_id']}",
        brand_name=about.brand.name,
    )


def _is_answered_by_mail() -> bool:
    return bool(runtime().settings.inbound_mail_url)
