"""The proof of approval of a content: every version, who decided what about it, when, how we know, and every mail."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from tenants.members import Membership
from tenants.session import TenantSession
from unisson.approvals import proof_words as words
from unisson.approvals.chain import Chain
from unisson.approvals.changes import changes_between
from unisson.approvals.links import links_used
from unisson.approvals.models import (
    ApprovalLink,
    ApprovalPolicy,
    ApprovalRun,
    Decision,
    PolicyVersion,
    RunSeat,
    RunStage,
    RunState,
    Verdict,
)
from unisson.approvals.progress import ROLE_NAMES, SILENCE, pin_of
from unisson.approvals.telling import Names, sentence
from unisson.approvals.versions import BECAME
from unisson.editorial.leaving import texts_of
from unisson.editorial.models import Content, Revision
from unisson.editorial.press import Press
from unisson.editorial.revisions import digest_of
from unisson.notifications.models import Letter, LetterContent
from unisson.portal.models import ContentOpening

MOST_MAILS = 1_000


@dataclass(frozen=True, slots=True)
class StageProof:
    """One stage: what it takes, since when it waited, until when, and when it was done."""

    position: int
    label: str
    rule: str
    skipped: bool
    opened_at: datetime | None
    deadline_at: datetime | None
    done_at: datetime | None
    tacit_clause: str


@dataclass(frozen=True, slots=True)
class DecisionProof:
    """One decision and everything that is known of it. `carried_from` is the number of the version it was given on."""

    who: object
    role: object
    email: str
    verdict: object
    comment: str
    quote: str
    pin: Mapping[str, Any] | None
    at: datetime
    how: object
    link: ApprovalLink | None
    ip: str
    user_agent: str
    carried_from: int | None
    reminders: Sequence[datetime]
    digest: str


@dataclass(frozen=True, slots=True)
class VersionProof:
    """One version. `intact` says that its digest, computed anew from what is kept, is the one that was approved."""

    number: int
    digest: str
    intact: bool
    payload: Mapping[str, Any]
    by: str
    at: datetime
    changed: str
    state: object
    ended_at: datetime | None
    chain_name: str
    chain_number: int
    chain: str
    stages: Sequence[StageProof]
    decisions: Sequence[DecisionProof]

    @property
    def texts(self) -> Sequence[str]:
        """Return the texts of its channels, each once."""
        return list(dict.fromkeys("\n\n".join(texts_of(channel)) for channel in self.payload.get("channels", ())))

    @property
    def press(self) -> Press | None:
        """Return what its release has besides."""
        return Press.of(self.payload.get("press"))


@dataclass(frozen=True, slots=True)
class MailProof:
    """One mail about the content: to whom, and what became of it."""

    kind: object
    name: str
    email: str
    asked_at: datetime
    left_at: datetime | None
    state: object
    error: str


@dataclass(frozen=True, slots=True)
class OpeningProof:
    """One person of the client's who had the content before them: the first and the last time, in how many hours."""

    name: str
    email: str
    first_at: datetime
    last_at: datetime
    times: int


@dataclass(frozen=True, slots=True)
class Proof:
    """All of it, oldest first."""

    content: Content
    versions: Sequence[VersionProof]
    links: Sequence[tuple[ApprovalLink, Membership]]
    mails: Sequence[MailProof]
    openings: Sequence[OpeningProof] = ()

    @property
    def approved(self) -> VersionProof | None:
        """Return the newest version that everybody said yes to."""
        return next((each for each in reversed(self.versions) if each.state is BECAME[RunState.APPROVED]), None)


def proof_of(session: TenantSession, content: Content) -> Proof:
    """Return the proof of a content, by a number of queries that does not grow."""
    rows = session.execute(_VERSIONS.where(Revision.content_id == content.id).order_by(Revision.number)).all()
    stages, decisions = _stages(session, content.id), _decisions(session, content.id)
    names = _names(session, [row.chain for row in rows if row.chain])
    versions: list[VersionProof] = []
    for row in rows:
        versions.append(_version(row, versions[-1] if versions else None, stages, decisions, names))
    used, mails = links_used(session, content.id), _mails(session, content.id)
    return Proof(content, versions, used, mails, _openings(session, content.id))


_SUBMITTER = aliased(Membership)
_VERSIONS = (
    select(
        Revision.number,
        Revision.digest,
        Revision.payload,
        Revision.created_at,
        _SUBMITTER.name.label("by"),
        ApprovalRun.id.label("run_id"),
        ApprovalRun.state,
        ApprovalRun.ended_at,
        PolicyVersion.number.label("chain_number"),
        PolicyVersion.chain,
        ApprovalPolicy.name.label("chain_name"),
    )
    .join(_SUBMITTER, (_SUBMITTER.agency_id == Revision.agency_id) & (_SUBMITTER.id == Revision.created_by))
    .outerjoin(ApprovalRun, (ApprovalRun.agency_id == Revision.agency_id) & (ApprovalRun.revision_id == Revision.id))
    .outerjoin(
        PolicyVersion,
        (PolicyVersion.agency_id == ApprovalRun.agency_id) & (PolicyVersion.id == ApprovalRun.policy_version_id),
    )
    .outerjoin(
        ApprovalPolicy,
        (ApprovalPolicy.agency_id == PolicyVersion.agency_id) & (ApprovalPolicy.id == PolicyVersion.policy_id),
    )
)


def _version(
    row: Any,
    former: VersionProof | None,
    stages: Mapping[uuid.UUID, Sequence[StageProof]],
    decisions: Mapping[uuid.UUID, Sequence[DecisionProof]],
    names: Names,
) -> VersionProof:
    return VersionProof(
        number=row.number,
        digest=row.digest,
        intact=digest_of(row.payload) == row.digest,
        payload=row.payload,
        by=row.by,
        at=row.created_at,
        changed=changes_between(former.payload, row.payload).in_words() if former else "",
        state=BECAME[RunState(row.state)] if row.state else "",
        ended_at=row.ended_at,
        chain_name=row.chain_name or "",
        chain_number=row.chain_number or 0,
        chain=sentence(Chain.from_json(row.chain), names) if row.chain else "",
        stages=stages.get(row.run_id, ()),
        decisions=decisions.get(row.run_id, ()),
    )


def _stages(session: TenantSession, content_id: uuid.UUID) -> Mapping[uuid.UUID, Sequence[StageProof]]:
    rows = session.execute(
        select(RunStage, RunSeat.role, Membership.name)
        .join(ApprovalRun, (ApprovalRun.agency_id == RunStage.agency_id) & (ApprovalRun.id == RunStage.run_id))
        .outerjoin(RunSeat, (RunSeat.agency_id == RunStage.agency_id) & (RunSeat.stage_id == RunStage.id))
        .outerjoin(Membership, (Membership.agency_id == RunSeat.agency_id) & (Membership.id == RunSeat.membership_id))
        .where(ApprovalRun.content_id == content_id)
        .order_by(RunStage.position, RunSeat.position)
    )
    seats: dict[RunStage, list[str]] = defaultdict(list)
    for stage, role, name in rows:
        seats[stage] += [words.seat(role, name)] if role or name else []
    found: dict[uuid.UUID, list[StageProof]] = defaultdict(list)
    for stage, asked in seats.items():
        found[stage.run_id].append(
            StageProof(
                position=stage.position,
                label=stage.name or ", ".join(dict.fromkeys(asked)),
                rule=words.rule(stage.need, stage.needed, len(asked)),
                skipped=stage.skipped,
                opened_at=stage.opened_at,
                deadline_at=stage.deadline_at,
                done_at=stage.done_at,
                tacit_clause=stage.tacit_clause,
            )
        )
    return found


def _decisions(session: TenantSession, content_id: uuid.UUID) -> Mapping[uuid.UUID, Sequence[DecisionProof]]:
    rows = session.execute(
        select(
            Decision,
            Membership,
            RunSeat.role,
            ApprovalLink,
            Revision.number,
            Revision.payload["pictures"].label("pictures"),
        )
        .join(ApprovalRun, (ApprovalRun.agency_id == Decision.agency_id) & (ApprovalRun.id == Decision.run_id))
        .join(Revision, (Revision.agency_id == ApprovalRun.agency_id) & (Revision.id == ApprovalRun.revision_id))
        .outerjoin(Membership, (Membership.agency_id == Decision.agency_id) & (Membership.id == Decision.membership_id))
        .outerjoin(RunSeat, (RunSeat.agency_id == Decision.agency_id) & (RunSeat.id == Decision.seat_id))
        .outerjoin(ApprovalLink, (ApprovalLink.agency_id == Decision.agency_id) & (ApprovalLink.id == Decision.link_id))
        .where(ApprovalRun.content_id == content_id)
        .order_by(Decision.decided_at, Decision.id)
    ).all()
    numbers = {row[0].id: row.number for row in rows}
    found: dict[uuid.UUID, list[DecisionProof]] = defaultdict(list)
    for decision, person, role, link, _number, pictures in rows:
        anchor = decision.anchor
        found[decision.run_id].append(
            DecisionProof(
                who=decision.typed_name or (person.name if person else SILENCE),
                role=ROLE_NAMES.get(role, ""),
                email=person.email if person else "",
                verdict=words.verdict(decision.verdict, decision.comment),
                comment="" if decision.verdict == Verdict.DELEGATED else decision.comment,
                quote=anchor.get("passage", {}).get("quote", ""),
                pin=pin_of(anchor, pictures or ()),
                at=decision.decided_at,
                how=words.how(decision.authenticated, by_code=decision.device_id is not None),
                link=link,
                ip=decision.ip,
                user_agent=decision.user_agent,
                carried_from=numbers.get(decision.carried_from) if decision.carried_from else None,
                reminders=tuple(datetime.fromisoformat(each) for each in anchor.get("reminded_at", ())),
                digest=decision.digest,
            )
        )
    return found


def _mails(session: TenantSession, content_id: uuid.UUID) -> list[MailProof]:
    told = select(LetterContent.letter_id).where(LetterContent.content_id == content_id)
    rows = session.execute(
        select(Letter, Membership.name, Membership.email)
        .join(Membership, (Membership.agency_id == Letter.agency_id) & (Membership.id == Letter.membership_id))
        .where(or_(Letter.content_id == content_id, Letter.id.in_(told)))
        .order_by(Letter.created_at, Letter.id)
        .limit(MOST_MAILS)
    )
    return [
        MailProof(
            kind=words.mail(letter.kind, letter.about),
            name=name,
            email=email,
            asked_at=letter.created_at,
            left_at=letter.sent_at,
            state=words.MAIL_STATES.get(letter.state, letter.state),
            error=letter.last_error or "",
        )
        for letter, name, email in rows
    ]


def _openings(session: TenantSession, content_id: uuid.UUID) -> list[OpeningProof]:
    first, last = func.min(ContentOpening.opened_at), func.max(ContentOpening.opened_at)
    rows = session.execute(
        select(Membership.name, Membership.email, first, last, func.count())
        .join(
            ContentOpening,
            (ContentOpening.agency_id == Membership.agency_id) & (ContentOpening.membership_id == Membership.id),
        )
        .where(ContentOpening.content_id == content_id)
        .group_by(Membership.id, Membership.name, Membership.email)
        .order_by(first)
    )
    return [OpeningProof(*row) for row in rows]


def _names(session: TenantSession, chains: Sequence[dict[str, Any]]) -> Names:
    wanted = {person for chain in chains for person in Chain.from_json(chain).people()}
    rows = session.execute(select(Membership.id, Membership.name).where(Membership.id.in_(wanted)))
    return {row[0]: row[1] for row in rows}
