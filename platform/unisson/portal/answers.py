"""What a brand's person does here: approve, one content or many, ask for changes, hold, let go. By any door the same.

Each takes the content's row for update, then the circuit's own verbs decide: on the bytes that were shown, in the
stage that was asked.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from tenants.errors import ForbiddenError, NotFoundError, RefusedError, StaleError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.approvals import steering
from unisson.approvals.circuit import NOT_WAITING, Word
from unisson.approvals.deciding import check_signature, decide
from unisson.approvals.holding import let_it_go, put_on_hold
from unisson.approvals.models import OUTCOMES, Decision, Purpose, Verdict, Wait
from unisson.editorial.models import Content, Revision
from unisson.editorial.visibility import visible_states
from unisson.portal.guests import Guest
from unisson.portal.reading import opens
from unisson.web.i18n import lazy

MOST_AT_ONCE = 100
NOTHING_CHOSEN = lazy("Choose at least one content to approve.")
MANY_CHOSEN = lazy("At most 100 contents are approved at once.")


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody typed, and where from. `typed_name` signs a decision that is made by a link."""

    typed_name: str = ""
    comment: str = ""
    ip: str = ""
    user_agent: str = ""
    anchor: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page asked about: a content, its bytes and its stage."""

    content_id: uuid.UUID
    digest: str
    stage_id: uuid.UUID | None

    @classmethod
    def read(cls, typed: str) -> "Shown | None":
        """Return what a checkbox of the list holds; None for what it never holds."""
        content, _dot, rest = typed.partition(".")
        digest, _dot, stage = rest.partition(".")
        try:
            return cls(uuid.UUID(content), digest, uuid.UUID(stage))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Refused:
    """One of several contents that was not approved, and why."""

    title: str
    sentence: object


def answer(session: TenantSession, guest: Guest, shown: Shown, verdict: Verdict, said: Said) -> Content:
    """Record what the guest decided. A second click finds its decision made.

    Raises NotFoundError, StaleError for other bytes or another stage, ForbiddenError, RefusedError.
    """
    content = _locked(session, guest, shown.content_id)
    if _has_said(session, guest, shown, verdict):
        return content
    decide(session, content, verdict, _word(guest, said), digest_shown=shown.digest, stage_shown=shown.stage_id)
    _remember_name(guest, said)
    return content


def approve_many(
    session: TenantSession, guest: Guest, chosen: Sequence[Shown], said: Said
) -> tuple[list[str], list[Refused]]:
    """Approve each of `chosen` on its own; return the titles of those approved, and what was not with the reason.

    Raises RefusedError where nothing or too much is chosen, or no name was typed: then nothing is approved.
    """
    if not chosen:
        raise RefusedError(NOTHING_CHOSEN)
    if len(chosen) > MOST_AT_ONCE:
        raise RefusedError(MANY_CHOSEN)
    _word(guest, said)
    approved, refused = [], []
    for shown in sorted(chosen, key=lambda each: each.content_id):
        try:
            with session.begin_nested():
                approved.append(_title(answer(session, guest, shown, Verdict.APPROVED, said)))
        except (NotFoundError, ForbiddenError):
            refused.append(Refused(_title_shown(session, guest, shown), NOT_WAITING))
        except RefusedError as refusal:
            refused.append(Refused(_title_shown(session, guest, shown), refusal.sentence))
    return approved, refused


def hold(session: TenantSession, guest: Guest, content_id: uuid.UUID, said: Said) -> Content:
    """Stop an approved content from leaving. Raises NotFoundError, ForbiddenError, StaleError, RefusedError."""
    return _steer(session, guest, content_id, said, put_on_hold)


def release(session: TenantSession, guest: Guest, content_id: uuid.UUID, said: Said) -> Content:
    """Let go what was on hold. Raises as `hold` does."""
    return _steer(session, guest, content_id, said, let_it_go)


def hand_over(
    session: TenantSession, guest: Guest, content_id: uuid.UUID, person_id: uuid.UUID | None, said: Said
) -> None:
    """Let a colleague decide instead, who is asked from now on. Raises NotFoundError, StaleError, RefusedError."""
    word = _word(guest, said)
    asked = select(Wait.id).where(
        Wait.content_id == content_id,
        Wait.membership_id == guest.person.id,
        Wait.brand_id == guest.brand.id,
        Wait.purpose == Purpose.DECIDE.value,
    )
    wait_id = session.scalar(asked.limit(1))
    if wait_id is None:
        raise StaleError(NOT_WAITING)
    steering.hand_over(session, guest.actor, wait_id, person_id, content_id, word=word)
    _remember_name(guest, said)


def _steer(
    session: TenantSession,
    guest: Guest,
    content_id: uuid.UUID,
    said: Said,
    act: Callable[[TenantSession, Content, Word], None],
) -> Content:
    content = _locked(session, guest, content_id)
    guest.actor.require(Permission.CONTENT_HOLD, guest.brand.id)
    if content.state not in visible_states(guest.actor, guest.brand.id):
        raise NotFoundError
    act(session, content, _word(guest, said))
    _remember_name(guest, said)
    return content


def _word(guest: Guest, said: Said) -> Word:
    """Return the guest's word; by a link, under a name that they typed. Raises RefusedError."""
    if guest.link is None:
        return Word(
            guest.person.id, guest.person.name, said.comment, ip=said.ip, user_agent=said.user_agent,
            anchor=said.anchor,
        )  # fmt: skip
    check_signature(said.typed_name)
    return Word(
        membership_id=guest.person.id,
        name=said.typed_name,
        comment=said.comment,
        link_id=guest.link.id,
        device_id=guest.device.id if guest.device else None,
        authenticated="link" if guest.device else "session",
        typed_name=said.typed_name,
        ip=said.ip,
        user_agent=said.user_agent,
        anchor=said.anchor,
    )


def _locked(session: TenantSession, guest: Guest, content_id: uuid.UUID) -> Content:
    content = session.scalars(
        select(Content)
        .where(Content.id == content_id, Content.brand_id == guest.brand.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if content is None or not opens(session, guest, content):
        raise NotFoundError
    return content


def _has_said(session: TenantSession, guest: Guest, shown: Shown, verdict: Verdict) -> bool:
    if shown.stage_id is None:
        return False
    said = select(Decision.id).where(
        Decision.stage_id == shown.stage_id,
        Decision.membership_id == guest.person.id,
        Decision.digest == shown.digest,
        Decision.verdict == verdict.value,
        Decision.verdict.in_(OUTCOMES),
        Decision.carried_from.is_(None),
    )
    return session.scalar(said.limit(1)) is not None


def _remember_name(guest: Guest, said: Said) -> None:
    if guest.device is not None and said.typed_name != guest.device.typed_name:
        guest.device.typed_name = said.typed_name


def _title(content: Content) -> str:
    return content.title or content.body[:80]


def _title_shown(session: TenantSession, guest: Guest, shown: Shown) -> str:
    """Return the title of the very version that was listed; nothing for one that never was."""
    title = session.scalar(
        select(Revision.payload["title"].as_string())
        .join(Content, (Content.agency_id == Revision.agency_id) & (Content.id == Revision.content_id))
        .where(Content.id == shown.content_id, Content.brand_id == guest.brand.id, Revision.digest == shown.digest)
        .limit(1)
    )
    return title or ""
