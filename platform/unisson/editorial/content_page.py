"""The page of one content: what goes out, when, where it stands, who decided what, and what may be done now."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import flash, redirect, render_template, url_for
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from tenants.access import Actor
from tenants.brands import Brand
from tenants.errors import RefusedError
from tenants.permissions import Permission
from unisson.approvals.anchors import sentences_of
from unisson.approvals.asking import chain_of
from unisson.approvals.board import Handing, to_hand_over
from unisson.approvals.changes import Changes, since_decided
from unisson.approvals.circuit import Passage, current_passage
from unisson.approvals.deciding import may_decide
from unisson.approvals.lateness import if_late, was_missed
from unisson.approvals.links import addressees_of
from unisson.approvals.models import ApprovalLink
from unisson.approvals.progress import DecisionRow, StageRow, decisions_of, stages_of
from unisson.approvals.roster import roster
from unisson.approvals.standing import ChainRow, HoldRow, chain_row, hold_row
from unisson.editorial.contents import channels_of, load, still_sees
from unisson.editorial.models import EDITABLE, Content, ContentState, Revision
from unisson.editorial.moments import When, own_zone, when
from unisson.editorial.order import NOWHERE, Place, place_of
from unisson.editorial.previews import ChannelPreview, frozen_previews
from unisson.editorial.revisions import payload_of
from unisson.media.addresses import addresses_of
from unisson.publishing.models import Channel, Publication, PublicationState
from unisson.publishing.reasons import short
from unisson.threads.reading import ThreadView, threads_of
from unisson.threads.writing import audiences, readers
from unisson.topics.embargo import Embargo, embargo_on
from unisson.topics.planning import titles
from unisson.web.db import session
from unisson.web.guards import BrandCard, actor, brand_card_of
from unisson.web.operations import new_operation_id

Answer = Response | tuple[str, int]

WITHDRAWABLE = frozenset({ContentState.IN_REVIEW, ContentState.SCHEDULED, ContentState.ON_HOLD})


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One of the client's people: their newest link, None before it is mailed, and whether it opens anything."""

    link: ApprovalLink | None
    name: str
    email: str
    sent_at: When | None
    expires_at: When | None
    open: bool


@dataclass(frozen=True, slots=True)
class PublicationRow:
    """Where the content stands on one channel; a list's addressees in the same state are one row."""

    kind: str
    name: str
    state: str
    count: int
    url: str | None
    reason: str | None
    at: When | None
    is_mockup: bool = False


@dataclass(frozen=True, slots=True)
class Talk:
    """The threads that the reader takes part in, the names of each audience, and what a new one may be about."""

    audiences: Sequence[tuple[str, str]]
    threads: Sequence[ThreadView]
    sentences: Sequence[str]
    pictures: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class ContentView:
    """Everything that the page shows. `inside` is False for a client, who sees no internal notes."""

    content: Content
    brand: BrandCard
    inside: bool
    when: When | None
    late: bool
    missed: bool
    revision: Revision | None
    previews: Sequence[ChannelPreview]
    stages: Sequence[StageRow]
    decisions: Sequence[DecisionRow]
    publications: Sequence[PublicationRow]
    links: Sequence[LinkRow]
    passage: Passage | None
    chain: ChainRow | None
    hold: HoldRow | None
    if_late: object
    decides: bool
    handing: Handing | None
    """The person's own part in the stage, where somebody else may decide instead."""

    since: Changes | None
    sentences: Sequence[str]
    talk: Talk
    actions: frozenset[str]
    topic: tuple[uuid.UUID, str] | None = None
    """Its topic, for those inside."""
    embargo: Embargo | None = None
    place: Place = NOWHERE
    """Where it stands in the order of its topic, for those inside."""

    refusal: RefusedError | None = None
    typed: Mapping[str, str] = field(default_factory=dict)


def page(content_id: uuid.UUID) -> Answer:
    """Return the page. Raises NotFoundError, ForbiddenError."""
    return render(content_id), 200


def carried_out(
    content_id: uuid.UUID,
    act: Callable[[], object],
    said: object,
    *,
    typed: Mapping[str, str] | None = None,
) -> Answer:
    """Do `act`, say so, and go back to the page; a refusal is said on the page, with what was `typed`."""
    try:
        act()
    except RefusedError as refusal:
        session().rollback()
        return render(content_id, refusal=refusal, typed=typed or {}), refusal.status
    flash(said, "success")  # type: ignore[arg-type]  # a mapping carries the way to undo
    return redirect(_way_on(content_id), 303)


def render(
    content_id: uuid.UUID, *, refusal: RefusedError | None = None, typed: Mapping[str, str] | None = None
) -> str:
    """Return the page's HTML."""
    view = _view(load(session(), actor(), content_id, Permission.CONTENT_SEE), refusal, typed or {})
    return render_template(
        "editorial/content.html",
        view=view,
        picture_url=addresses_of(_shown(view)),
        new_operation_id=new_operation_id,
    )


def _shown(view: ContentView) -> list[Mapping[str, Any]]:
    """Return the images of the page."""
    frozen = view.revision.payload.get("pictures", ()) if view.revision else ()
    return [*view.talk.pictures, *frozen, *(view.since.shown if view.since else ())]


def actions_on(person: Actor, content: Content) -> frozenset[str]:
    """Return what `person` may do with the content now, decisions apart."""
    state, brand_id = ContentState(content.state), content.brand_id
    rules = {
        "edit": (Permission.CONTENT_WRITE, state in EDITABLE),
        "submit": (Permission.CONTENT_SUBMIT, state in {ContentState.DRAFT, ContentState.CHANGES_REQUESTED}),
        "withdraw": (Permission.CONTENT_SUBMIT, state in WITHDRAWABLE),
        "hold": (Permission.CONTENT_HOLD, state == ContentState.SCHEDULED),
        "release": (Permission.CONTENT_HOLD, state == ContentState.ON_HOLD),
        "move": (Permission.CONTENT_SCHEDULE, state in EDITABLE),
        "cancel": (Permission.CONTENT_WRITE, state in EDITABLE),
        "restore": (Permission.CONTENT_WRITE, state == ContentState.CANCELLED),
        "resolve": (Permission.PUBLICATION_RESOLVE, state in {ContentState.HELD, ContentState.FAILED}),
        "links": (Permission.LINK_MANAGE, True),
        "prove": (Permission.APPROVAL_STEER, True),
    }
    return frozenset(name for name, (wanted, now) in rules.items() if now and person.may(wanted, brand_id))


def _way_on(content_id: uuid.UUID) -> str:
    """A client who asked for changes no longer sees the content: what else waits on them comes next."""
    content = session().get(Content, (session().agency_id, content_id))
    if content is None or not still_sees(actor(), content):
        return url_for("approvals.waiting")
    return url_for("editorial.content", content_id=content_id)


def _view(content: Content, refusal: RefusedError | None, typed: Mapping[str, str]) -> ContentView:
    person, brand = actor(), brand_card_of(content.brand_id)
    inside = person.may(Permission.CONTENT_WRITE, content.brand_id)
    passage = current_passage(session(), content)
    revision = session().get(Revision, (session().agency_id, content.revision_id)) if content.revision_id else None
    actions = actions_on(person, content)
    decides = passage is not None and may_decide(session(), person, content, passage)
    return ContentView(
        content=content,
        brand=brand,
        inside=inside,
        when=when(content.scheduled_at, content.zone, own_zone()) if content.scheduled_at else None,
        late=_is_late(content),
        missed=was_missed(session(), content),
        revision=revision,
        previews=_previews(content, revision),
        stages=stages_of(session(), content),
        decisions=decisions_of(session(), content, everything=inside),
        publications=_publications(content),
        links=_links(content) if "links" in actions else (),
        passage=passage,
        chain=chain_row(session(), content),
        hold=hold_row(session(), content),
        if_late=if_late(content.kind, chain_of(session(), passage.run)) if passage else None,
        decides=decides,
        handing=to_hand_over(session(), content, person.membership_id) if decides else None,
        since=since_decided(session(), content, person.membership_id) if decides else None,
        sentences=sentences_of(revision.payload) if decides and revision else (),
        talk=_talk(content, revision),
        actions=actions,
        topic=_topic(content) if inside else None,
        embargo=embargo_on(session(), content.topic_id),
        place=place_of(session(), content) if inside else NOWHERE,
        refusal=refusal,
        typed=typed,
    )


def _topic(content: Content) -> tuple[uuid.UUID, str] | None:
    if content.topic_id is None:
        return None
    return content.topic_id, titles(session(), among={content.topic_id})[content.topic_id]


def _talk(content: Content, revision: Revision | None) -> Talk:
    theirs = audiences(actor(), content.brand_id)
    if not theirs:
        return Talk((), (), (), ())
    there = roster(session(), session().get_one(Brand, (session().agency_id, content.brand_id)))
    payload = revision.payload if revision else payload_of(session(), content)
    names = [
        (each.value, "\n".join(sorted(person.name for person in readers(there, each).values()))) for each in theirs
    ]
    threads = threads_of(session(), content.id, theirs, actor().membership_id)
    return Talk(names, threads, sentences_of(payload), payload["pictures"])


def _is_late(content: Content) -> bool:
    if content.scheduled_at is None or ContentState(content.state) not in EDITABLE:
        return False
    return bool(content.scheduled_at <= session().now())


def _previews(content: Content, revision: Revision | None) -> list[ChannelPreview]:
    payload = revision.payload if revision else payload_of(session(), content)
    channels = {channel.id: channel for channel in channels_of(session(), content)}
    return frozen_previews(payload, channels, is_out=content.state == ContentState.PUBLISHED)


def _publications(content: Content) -> list[PublicationRow]:
    rows = session().execute(
        select(
            Channel.kind, Channel.name, Publication.state, func.count(), func.min(Publication.remote_url),
            func.min(Publication.reason), func.max(Publication.published_at), Channel.mockup,
        )
        .join(Channel, (Channel.agency_id == Publication.agency_id) & (Channel.id == Publication.channel_id))
        .where(Publication.content_id == content.id)
        .group_by(Channel.kind, Channel.name, Channel.agency_id, Channel.id, Publication.state)
        .order_by(Channel.kind.desc(), Channel.name, Publication.state)
    )  # fmt: skip
    own = own_zone()
    return [
        PublicationRow(kind, name, state, count, url, short(reason, state) or None,
                       when(at, content.zone, own) if at else None,
                       is_mockup and state != PublicationState.PUBLISHED)
        for kind, name, state, count, url, reason, at, is_mockup in rows
    ]  # fmt: skip


def _links(content: Content) -> list[LinkRow]:
    now = session().now()
    return [
        LinkRow(
            link=link,
            name=each.person.name,
            email=each.person.email,
            sent_at=when(link.created_at, content.zone) if link else None,
            expires_at=when(link.expires_at, content.zone) if link else None,
            open=link is not None and link.revoked_at is None and link.expires_at > now,
        )
        for each in addressees_of(session(), content)
        for link in (each.link,)
    ]
