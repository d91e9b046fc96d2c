"""Contents that everybody approved, in bulk: what publishing tests, chaos runs and benchmarks start from."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, insert, select, text

from tenants.base import new_id, utcnow
from tenants.session import TenantSession
from tests.support.world import World
from unisson import dispatching
from unisson.approvals.models import ApprovalRun, Decision, RunSeat, RunStage
from unisson.approvals.policies import chains_of
from unisson.editorial.models import Content, Revision, Variant
from unisson.editorial.revisions import digest_of
from unisson.publishing.models import Channel
from unisson.runtime import Runtime


@dataclass(frozen=True)
class Approved:
    """One content that may leave, with the digest that was approved."""

    content_id: uuid.UUID
    revision_id: uuid.UUID
    digest: str
    due_at: datetime


def connect_bluesky(runtime: Runtime, world: World, service: str, handle: str, password: str) -> uuid.UUID:
    """Return a Bluesky channel of the world's brand at `service`."""
    channel = Channel(
        brand_id=world.brand_id,
        kind="bluesky",
        name=handle,
        settings={"service": service, "handle": handle},
        secret=runtime.vault.seal({"app_password": password}),
    )
    with runtime.database.agency(world.agency_id) as session:
        session.add(channel)
        session.flush()
        return channel.id


def forget_what_others_left(worker: Runtime) -> None:
    """Empty the dispatch table of publishing: a publisher of one test must not meet what another one left due."""
    with worker.database.everywhere() as session:
        session.execute(text("delete from app.dispatch where queue = 'publishing'"))


def approve_many(
    runtime: Runtime,
    world: World,
    channel_ids: Sequence[uuid.UUID],
    count: int,
    *,
    due_in: float = -1.0,
    decided: tuple[str, ...] = ("rp", "client_approver"),
    spread: float = 0.0,
    on_channel: dict | None = None,
    beside: dict | None = None,
) -> list[Approved]:
    """Return `count` contents due `due_in` seconds from now (and up to `spread` later), decided by those roles.

    `on_channel` and `beside` are more of the frozen payload: of each of its channels, and of it as a whole.
    """
    with runtime.database.agency(world.agency_id) as session:
        now = session.scalars(select(func.clock_timestamp())).one()
        channels = session.scalars(select(Channel).where(Channel.id.in_(channel_ids))).all()
        version_id = chains_of(session, world.brand_id)[0].version.id
        made = [
            _rows(
                world,
                version_id,
                channels,
                number,
                now + timedelta(seconds=due_in + spread * number / max(count, 1)),
                (on_channel or {}, beside or {}),
            )
            for number in range(count)
        ]
        for model in (Content, Variant, Revision, ApprovalRun, RunStage, RunSeat, Decision):
            rows = [row for each in made for row in each[model.__name__]]
            rows = [row for row in rows if model is not Decision or row.pop("role") in decided]
            if rows:
                session.execute(insert(model), rows)
        for each in made:
            _point(session, each)
        return [each["approved"] for each in made]


def _point(session: TenantSession, made: dict) -> None:
    approved: Approved = made["approved"]
    content = session.get_one(Content, (session.agency_id, approved.content_id))
    content.revision_id, content.state = approved.revision_id, "scheduled"
    session.flush()
    dispatching.put(session, "content", session.agency_id, approved.content_id)


def _rows(
    world: World,
    version_id: uuid.UUID,
    channels: Sequence[Channel],
    number: int,
    due_at: datetime,
    more: tuple[dict, dict],
) -> dict:
    content_id, revision_id, run_id = new_id(), new_id(), new_id()
    cm, rp, client = (world.people[role].membership_id for role in ("cm", "rp", "client_approver"))
    text = f"Billet n° {number} {content_id}"
    payload = {
        "format": 2,
        "kind": "post",
        "title": f"Titre {number}",
        "language": "fr",
        "brand": {"id": str(world.brand_id), "name": "Marque"},
        "scheduled_at": due_at.isoformat(),
        "zone": "Europe/Paris",
        "channels": [
            {"id": str(channel.id), "kind": channel.kind, "name": channel.name, "text": text, **more[0]}
            for channel in channels
        ],
        "pictures": [],
        **more[1],
    }
    digest = digest_of(payload)
    base = {"agency_id": world.agency_id}
    stages = [
        {
            **base,
            "id": new_id(),
            "run_id": run_id,
            "position": n,
            "covers_digest": digest,
            "settings": {},
            "opened_at": utcnow(),
            "done_at": utcnow(),
        }
        for n in (1, 2)
    ]
    seats = [
        {**base, "id": new_id(), "run_id": run_id, "stage_id": stage["id"], "position": 1, "role": role}
        for stage, role in zip(stages, ("rp", "client_approver"), strict=True)
    ]
    return {
        "approved": Approved(content_id, revision_id, digest, due_at),
        "Content": [
            {
                **base, "id": content_id, "brand_id": world.brand_id, "author_id": cm, "kind": "post",
                "title": payload["title"], "body": text, "scheduled_at": due_at, "wall_time": due_at.replace(tzinfo=None),
                "zone": "Europe/Paris", "channel_kinds": " ".join(sorted({c.kind for c in channels})),
                "stages_done": 2, "stages_all": 2,
            }
        ],
        "Variant": [{**base, "id": new_id(), "content_id": content_id, "channel_id": c.id} for c in channels],
        "Revision": [
            {**base, "id": revision_id, "content_id": content_id, "number": 1, "digest": digest, "payload": payload, "created_by": cm}
        ],
        "ApprovalRun": [
            {
                **base, "id": run_id, "content_id": content_id, "revision_id": revision_id, "digest": digest,
                "state": "approved", "submitted_by": cm, "ended_at": utcnow(), "policy_version_id": version_id,
            }
        ],
        "RunStage": stages,
        "RunSeat": seats,
        "Decision": [
            {
                **base, "id": new_id(), "run_id": run_id, "stage_id": seat["stage_id"], "seat_id": seat["id"],
                "digest": digest, "covers_digest": digest, "verdict": "approved", "membership_id": person,
                "role": seat["role"],
            }
            for seat, person in zip(seats, (rp, client), strict=True)
        ],
    }  # fmt: skip
