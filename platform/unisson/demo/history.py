"""What lies behind: contents that were approved, as the verbs would have left them at the time."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from tenants.access import Actor
from tenants.base import new_id
from tenants.brands import Brand
from tenants.session import TenantSession
from unisson.activity.models import Event
from unisson.approvals.models import ApprovalRun, Decision, RunSeat, RunStage, RunState, Verdict
from unisson.approvals.policies import chains_of
from unisson.demo.releases import risks_of
from unisson.demo.script import Piece, fr
from unisson.editorial.models import Content, ContentState, Illustration, Revision, Variant
from unisson.editorial.press import Press
from unisson.editorial.revisions import digest_of, payload_of
from unisson.editorial.timing import wall_time_of
from unisson.publishing.models import Channel, kinds_of

Chain = Sequence[tuple[str, Actor]]
WRITTEN, SENT_BACK, SUBMITTED = timedelta(days=6), timedelta(days=5), timedelta(days=4)
"""Before the date of the content."""

PACE = timedelta(hours=23)
"""Between one decision and the next: on the day after, at an hour of work, as the date of the content is."""


def remember(
    session: TenantSession,
    chain: Chain,
    author: Actor,
    *,
    brand: Brand,
    piece: Piece,
    due_at: datetime,
    channel_ids: Sequence[uuid.UUID],
    media: uuid.UUID | None,
    press: Press | None,
) -> Content:
    """Return the content, approved by its chain and not yet sent: `outcomes` says what became of it."""
    content = _content(session, author, brand=brand, piece=piece, due_at=due_at, channel_ids=channel_ids, media=media)
    content.press, content.risks = press.as_json() if press else None, risks_of(piece, press)
    session.flush()
    _say(session, author.name, author, verb="content.written", content=content, at=due_at - WRITTEN)
    payload = payload_of(session, content)
    if piece.earlier:
        texts = [{**channel, "text": fr(piece.earlier)} for channel in payload["channels"]]
        first = _revision(
            session, content, author, payload={**payload, "channels": texts}, number=1, at=due_at - WRITTEN
        )
        _passage(
            session,
            content,
            first,
            author,
            deciding=chain[:1],
            chain=chain,
            at=due_at - SENT_BACK,
            refusal=fr(piece.comment),
        )
    number = 2 if piece.earlier else 1
    revision = _revision(session, content, author, payload=payload, number=number, at=due_at - SUBMITTED)
    _passage(session, content, revision, author, deciding=chain, chain=chain, at=due_at - SUBMITTED)
    content.revision_id = revision.id
    content.state = ContentState.SCHEDULED
    content.stages_done = content.stages_all = len(chain)
    session.flush()
    return content


def _content(
    session: TenantSession,
    author: Actor,
    *,
    brand: Brand,
    piece: Piece,
    due_at: datetime,
    channel_ids: Sequence[uuid.UUID],
    media: uuid.UUID | None,
) -> Content:
    channels = session.scalars(select(Channel).where(Channel.id.in_(channel_ids))).all()
    content = Content(
        id=new_id(),
        brand_id=brand.id,
        author_id=author.membership_id,
        kind=piece.kind,
        title=fr(piece.title),
        body=fr(piece.body),
        scheduled_at=due_at,
        wall_time=wall_time_of(due_at, brand.timezone),
        zone=brand.timezone,
        channel_kinds=kinds_of(channels),
        created_at=due_at - WRITTEN,
    )
    session.add(content)
    session.flush()
    session.add_all(Variant(content_id=content.id, channel_id=each) for each in channel_ids)
    if media is not None:
        session.add(Illustration(content_id=content.id, media_id=media, position=0, alt=fr(piece.alt)))
    session.flush()
    return content


def _revision(
    session: TenantSession, content: Content, author: Actor, *, payload: dict[str, Any], number: int, at: datetime
) -> Revision:
    revision = Revision(
        content_id=content.id,
        number=number,
        digest=digest_of(payload),
        payload=payload,
        created_by=author.membership_id,
        created_at=at,
    )
    session.add(revision)
    session.flush()
    return revision


def _passage(
    session: TenantSession,
    content: Content,
    revision: Revision,
    author: Actor,
    *,
    deciding: Chain,
    chain: Chain,
    at: datetime,
    refusal: str = "",
) -> None:
    """Write one run over `revision`, in which `deciding` decided: yes, or the last of them no with `refusal`."""
    ended = at + PACE * len(deciding)
    run = ApprovalRun(
        content_id=content.id,
        revision_id=revision.id,
        digest=revision.digest,
        state=RunState.CHANGES_REQUESTED if refusal else RunState.APPROVED,
        policy_version_id=chains_of(session, content.brand_id)[-1].version.id,
        submitted_by=author.membership_id,
        created_at=at,
        ended_at=ended,
    )
    session.add(run)
    session.flush()
    _say(session, author.name, author, verb="content.submitted", content=content, at=at, digest=revision.digest)
    seats = [_seat(session, run, number, role) for number, (role, _who) in enumerate(chain, start=1)]
    for number, (_role, person) in enumerate(deciding):
        stage = session.get_one(RunStage, (session.agency_id, seats[number].stage_id))
        stage.opened_at, decided_at = at + PACE * number, at + PACE * (number + 1)
        stage.done_at = None if refusal else decided_at
        _decide(session, content, seats[number], person, at=decided_at, refusal=refusal, run=run)
    session.flush()


def _seat(session: TenantSession, run: ApprovalRun, position: int, role: str) -> RunSeat:
    """Return the one seat of a new stage that anybody with the role fills."""
    settings = {"approvers": [{"role": role}]}
    stage = RunStage(run_id=run.id, position=position, covers_digest=run.digest, settings=settings)
    session.add(stage)
    session.flush()
    seat = RunSeat(run_id=run.id, stage_id=stage.id, position=1, role=role)
    session.add(seat)
    session.flush()
    return seat


def _decide(
    session: TenantSession,
    content: Content,
    seat: RunSeat,
    person: Actor,
    *,
    at: datetime,
    refusal: str,
    run: ApprovalRun,
) -> None:
    verdict = Verdict.CHANGES_REQUESTED if refusal else Verdict.APPROVED
    session.add(
        Decision(
            run_id=run.id,
            stage_id=seat.stage_id,
            seat_id=seat.id,
            digest=run.digest,
            covers_digest=run.digest,
            authenticated="session",
            verdict=verdict,
            membership_id=person.membership_id,
            comment=refusal,
            decided_at=at,
        )
    )
    details = {"stage": seat.role, "digest": run.digest}
    _say(session, person.name, None, verb=f"content.{verdict}", content=content, at=at, **details)


def _say(
    session: TenantSession,
    name: str,
    actor: Actor | None,
    *,
    verb: str,
    content: Content,
    at: datetime,
    **details: object,
) -> None:
    session.add(
        Event(
            at=at,
            actor_id=actor.membership_id if actor else None,
            actor_name=name,
            verb=verb,
            subject_kind="content",
            subject_id=content.id,
            brand_id=content.brand_id,
            details=details,
        )
    )
