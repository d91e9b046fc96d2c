"""The mails about a content: asking for an approval, telling what was decided, telling what went wrong."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from tenants.agencies import Agency
from tenants.brands import Brand
from tenants.members import Membership
from tenants.session import TenantSession
from unisson.approvals.models import Decision, Verdict
from unisson.editorial.models import Content, ContentState
from unisson.notifications.models import Letter
from unisson.notifications.words import Words, content_facts
from unisson.publishing.models import Channel, Publication, PublicationState
from unisson.publishing.reasons import short
from unisson.web.i18n import _

_IN_TROUBLE = (PublicationState.HELD, PublicationState.FAILED, PublicationState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Subject:
    """What such a mail is about, and the address that its links begin with."""

    session: TenantSession
    letter: Letter
    content: Content
    brand: Brand
    agency: Agency
    base_url: str

    @property
    def title(self) -> str:
        """Return how the content is called in a sentence."""
        return self.content.title or _("Untitled")

    @property
    def content_url(self) -> str:
        """Return where a member opens the content."""
        return f"{self.base_url}/{self.agency.slug}/contents/{self.content.id}"

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """Return what, for which brand, for when."""
        return content_facts(self.content.title, self.brand.name, self.content.scheduled_at, self.content.zone)

    def row(self, name: str) -> uuid.UUID | None:
        """Return an id that the letter names."""
        value = self.letter.about.get(name)
        return uuid.UUID(value) if value else None


def subject_of(session: TenantSession, letter: Letter, base_url: str) -> Subject | None:
    """Return what the letter is about; None when it is not there any more."""
    content = session.get(Content, (session.agency_id, uuid.UUID(letter.about["content_id"])))
    if content is None:
        return None
    brand = session.get_one(Brand, (session.agency_id, content.brand_id))
    return Subject(session, letter, content, brand, session.scalars(select(Agency)).one(), base_url)


def changes_requested(about: Subject) -> Words | None:
    """Tell the authors what somebody wants changed."""
    said = _decision(about)
    return Words(
        subject=_("Changes requested: %(title)s (%(brand)s)", title=about.title, brand=about.brand.name),
        heading=_("Changes are requested"),
        paragraphs=(_("The content is yours again. Once changed, submit it anew: every stage reads it again."),),
        facts=(*about.facts, *_where(said)),
        quote=said[1] if said else "",
        quoted=said[0] if said else "",
        action_label=_("Open the content"),
        action_url=about.content_url,
        brand_name=about.brand.name,
    )


def _where(said: tuple[str, str, Mapping[str, Any]] | None) -> tuple[tuple[str, str], ...]:
    """Return what a request for changes is about, as a fact."""
    anchor = said[2] if said else {}
    if "passage" in anchor:
        return ((_("About"), anchor["passage"]["quote"]),)
    return ((_("About"), _("a point of an image: the page shows it")),) if "picture" in anchor else ()


def approved(about: Subject) -> Words | None:
    """Tell the authors that it will go out, or with which reservation somebody let it go on."""
    said = _decision(about)
    subject, heading, text = _reserved(about) if about.letter.about.get("reserved") else _approved(about)
    return Words(
        subject=subject,
        heading=heading,
        paragraphs=(text,),
        facts=about.facts,
        quote=said[1] if said else "",
        quoted=said[0] if said else "",
        action_label=_("Open the content"),
        action_url=about.content_url,
        brand_name=about.brand.name,
    )


def _approved(about: Subject) -> tuple[str, str, str]:
    return (
        _("Approved: %(title)s (%(brand)s)", title=about.title, brand=about.brand.name),
        _("Approved by everyone"),
        _what_follows(about),
    )


def _what_follows(about: Subject) -> str:
    """Return what becomes of it now that everybody said yes, as its chain says where that came after its date."""
    planned, limit = about.content.scheduled_at, about.content.late_limit
    seconds = (about.letter.created_at - planned).total_seconds() if planned else 0
    if seconds <= 0:
        return _("It goes out by itself at the time below. A change from now on asks for a new approval.")
    if limit and seconds < limit:
        return _("The last yes came after its date: as its chain says, it still goes out by itself, at once.")
    return _("The last yes came after its date, so that it does not go out by itself: decide what becomes of it.")


def _reserved(about: Subject) -> tuple[str, str, str]:
    """Return the words of a yes with a reservation while it isn't approved by all: it must not read as if it were."""
    return (
        _("With a reservation: %(title)s (%(brand)s)", title=about.title, brand=about.brand.name),
        _("Approved with a reservation"),
        _("The approval goes on, and these words are for you. A change asks for a new approval."),
    )


def trouble(about: Subject) -> Words | None:
    """Tell the author that it did not go out everywhere, where and why. None when all is well again."""
    rows = about.session.execute(
        select(Channel.name, Publication.reason, Publication.state)
        .join(Channel, (Channel.agency_id == Publication.agency_id) & (Channel.id == Publication.channel_id))
        .where(Publication.content_id == about.content.id, Publication.state.in_(_IN_TROUBLE))
        .group_by(Channel.id, Channel.name, Publication.reason, Publication.state)
        .order_by(Channel.name)
        .limit(10)
    ).all()
    if not rows:
        return None
    held = about.content.state == ContentState.HELD
    return Words(
        subject=_("Not published: %(title)s (%(brand)s)", title=about.title, brand=about.brand.name),
        heading=_("A publication waits for you") if held else _("A publication failed"),
        paragraphs=(
            _why_held({reason for _name, reason, _state in rows})
            if held
            else _("It was not published everywhere. What is published stays published; the rest can be tried again."),
        ),
        facts=(*about.facts, *((name, short(reason, state)) for name, reason, state in rows)),
        action_label=_("Look and decide"),
        action_url=about.content_url,
        brand_name=about.brand.name,
    )


def _why_held(reasons: set[str | None]) -> str:
    if reasons <= {"late"}:
        return _("Its date had passed before it could leave: it goes out now, later or not at all, as you decide.")
    return _("We are not sure enough to send it by ourselves: look, then decide.")


def _decision(about: Subject) -> tuple[str, str, Mapping[str, Any]] | None:
    """Return who decided in the letter's stage, what they said, and about what."""
    stage_id = about.row("stage_id")
    if stage_id is None:
        return None
    wanted = (
        select(Decision, Membership.name)
        .join(Membership, (Membership.agency_id == Decision.agency_id) & (Membership.id == Decision.membership_id))
        .where(Decision.stage_id == stage_id, Decision.carried_from.is_(None))
        .order_by(Decision.decided_at.desc())
        .limit(1)
    )
    if about.letter.about.get("reserved"):
        wanted = wanted.where(Decision.verdict == Verdict.RESERVED)
    row = about.session.execute(wanted).first()
    return (row[0].typed_name or row[1], row[0].comment, row[0].anchor) if row else None
