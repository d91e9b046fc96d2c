"""The mails about what still waits: a reminder to whom it waits on, word to the account manager when it is late."""

from sqlalchemy import select

from tenants.members import Membership
from unisson.approvals import links
from unisson.approvals.models import RunStage, Wait
from unisson.approvals.roster import is_outside
from unisson.notifications.about_contents import Subject
from unisson.notifications.words import Words, moment
from unisson.web.i18n import _


def approval_reminder(about: Subject) -> Words | None:
    """Remind somebody of what waits on them. None when it does not any more."""
    wait = _wait_of(about)
    if wait is None:
        return None
    return Words(
        subject=_("Still to approve: %(title)s (%(brand)s)", title=about.title, brand=about.brand.name),
        heading=_("A content still waits for your decision"),
        paragraphs=(_("If nobody decides, it does not go out."),),
        facts=(*about.facts, *_deadline(about, wait)),
        action_label=_("Read and decide"),
        action_url=decision_url(about),
        after=(_("Away? Tell the agency who stands in for you."),),
        brand_name=about.brand.name,
    )


def approval_nudge(about: Subject) -> Words | None:
    """Tell somebody that a person of the agency asks for their decision now. None when it waits on them no more."""
    wait = _wait_of(about)
    if wait is None:
        return None
    return Words(
        subject=_("Your decision is awaited: %(title)s (%(brand)s)", title=about.title, brand=about.brand.name),
        heading=_("%(who)s asks for your decision", who=about.letter.about.get("by") or about.agency.name),
        paragraphs=(_if_nobody_decides(about, wait),),
        facts=(*about.facts, *_deadline(about, wait)),
        action_label=_("Read and decide"),
        action_url=decision_url(about),
        after=(_("Away? Tell the agency who stands in for you."),),
        brand_name=about.brand.name,
    )


def approval_escalated(about: Subject) -> Words | None:
    """Tell an account manager that a stage is past its deadline. None when it is not waiting any more."""
    wait = about.session.scalars(select(Wait).where(Wait.stage_id == about.row("stage_id")).limit(1)).first()
    if wait is None:
        return None
    return Words(
        subject=_("Late approval: %(title)s (%(brand)s)", title=about.title, brand=about.brand.name),
        heading=_("An approval is past its deadline"),
        paragraphs=(
            _("Remind whom it waits on, hand the stage over, or choose another date: it does not go out before."),
        ),
        facts=(*about.facts, *_deadline(about, wait)),
        action_label=_("Open the content"),
        action_url=about.content_url,
        brand_name=about.brand.name,
    )


def decision_url(about: Subject) -> str:
    """Return where the letter's reader decides: by a personal link, newly minted, or on the content in the agency."""
    person = about.session.get_one(Membership, (about.session.agency_id, about.letter.membership_id))
    if not is_outside(about.session, person, about.brand.id):
        return about.content_url
    _link, token = links.mint(about.session, person.id, about.brand.id)
    return f"{about.base_url}/{about.agency.slug}/approve/{token}/contents/{about.content.id}"


def _wait_of(about: Subject) -> Wait | None:
    return about.session.scalars(
        select(Wait)
        .where(Wait.stage_id == about.row("stage_id"), Wait.membership_id == about.letter.membership_id)
        .limit(1)
    ).first()


def _if_nobody_decides(about: Subject, wait: Wait) -> str:
    clause = about.session.get_one(RunStage, (about.session.agency_id, wait.stage_id)).tacit_clause
    if clause:
        return _("If nobody decides in time, the contract counts silence as a yes: %(clause)s", clause=clause)
    return _("If nobody decides, it does not go out.")


def _deadline(about: Subject, wait: Wait) -> tuple[tuple[str, str], ...]:
    if wait.deadline_at is None:
        return ()
    return ((_("Answer expected by"), moment(wait.deadline_at, about.content.zone)),)
