"""The mails about what became of an approval: voided, held, let go, missed, or with nobody left to give it."""

from sqlalchemy import select

from unisson.approvals.changes import changes_between
from unisson.approvals.models import ApprovalRun, Wait
from unisson.editorial.models import ContentState, Revision
from unisson.editorial.revisions import payload_of
from unisson.notifications.about_contents import Subject
from unisson.notifications.words import Words
from unisson.web.i18n import _


def approval_voided(about: Subject) -> Words | None:
    """Tell somebody who had said yes that it counts no more, and what changed."""
    changed = _changed(about)
    return Words(
        subject=_("Changed since you approved: %(title)s (%(brand)s)", title=about.title, brand=about.brand.name),
        heading=_("Your approval does not count any more"),
        paragraphs=(
            _("What changed since: %(what)s.", what=changed)
            if changed
            else _("The content was changed or withdrawn after you approved it."),
            _("You have nothing to do: if it needs your yes again, you will be asked."),
        ),
        facts=about.facts,
        brand_name=about.brand.name,
    )


def _changed(about: Subject) -> str:
    """Return in a few words what is not as it was approved, as the letter leaves; "" where all is the same."""
    run_id = about.row("run_id")
    run = about.session.get(ApprovalRun, (about.session.agency_id, run_id)) if run_id else None
    if run is None:
        return ""
    approved = about.session.get_one(Revision, (about.session.agency_id, run.revision_id))
    return changes_between(approved.payload, payload_of(about.session, about.content)).in_words()


def held(about: Subject) -> Words | None:
    """Tell the authors that somebody stopped it. None when it was let go meanwhile."""
    if about.content.state != ContentState.ON_HOLD:
        return None
    return _said(
        about,
        subject=_("On hold: %(title)s (%(brand)s)", title=about.title, brand=about.brand.name),
        heading=_("%(who)s put this on hold", who=about.letter.about.get("by", "")),
        what=_("It stays approved, and does not go out until it is let go."),
    )


def released(about: Subject) -> Words | None:
    """Tell the authors that it goes out again. None when it is stopped again."""
    if about.content.state == ContentState.ON_HOLD:
        return None
    return _said(
        about,
        subject=_("Let go: %(title)s (%(brand)s)", title=about.title, brand=about.brand.name),
        heading=_("%(who)s let this go", who=about.letter.about.get("by", "")),
        what=_("It goes out at its time; where that has passed, somebody of the agency is asked."),
    )


def missed(about: Subject) -> Words | None:
    """Tell the authors that the last yes came after the date, and that it did not go out."""
    return Words(
        subject=_("Missed: %(title)s (%(brand)s)", title=about.title, brand=about.brand.name),
        heading=_("It was approved after its date"),
        paragraphs=(
            _("Its chain says that what is late does not go out. Nothing is lost: restore it, and give it a new date."),
        ),
        facts=about.facts,
        action_label=_("Open the content"),
        action_url=about.content_url,
        brand_name=about.brand.name,
    )


def approval_steer(about: Subject) -> Words | None:
    """Tell an account manager that nobody is left who could answer. None when somebody is again."""
    lost = about.session.scalars(
        select(Wait.id)
        .where(Wait.content_id == about.content.id, Wait.membership_id == about.letter.membership_id)
        .limit(1)
    ).first()
    if lost is None:
        return None
    return Words(
        subject=_("Nobody can approve: %(title)s (%(brand)s)", title=about.title, brand=about.brand.name),
        heading=_("Nobody is left to answer in this stage"),
        paragraphs=(_("Whoever was asked has left or lost the role. Invite somebody to it: they are asked at once."),),
        facts=about.facts,
        action_label=_("Open the content"),
        action_url=about.content_url,
        brand_name=about.brand.name,
    )


def _said(about: Subject, *, subject: str, heading: str, what: str) -> Words:
    return Words(
        subject=subject,
        heading=heading,
        paragraphs=(what,),
        facts=about.facts,
        quote=about.letter.about.get("said", ""),
        quoted=about.letter.about.get("by", ""),
        action_label=_("Open the content"),
        action_url=about.content_url,
        brand_name=about.brand.name,
    )
