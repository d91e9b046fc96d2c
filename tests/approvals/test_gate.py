"""The database's own gate: no attempt without a complete approval of exactly what goes out."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError
from support.desk import Desk
from support.gate import plan_publication, try_attempt

from tenants.base import utcnow
from unisson.approvals import circuit
from unisson.approvals.models import ApprovalRun, RunState
from unisson.editorial.models import Content
from unisson.publishing.models import Publication
from unisson.runtime import Runtime


def test_what_everybody_approved_passes(desk: Desk, worker: Runtime) -> None:
    publication_id = plan_publication(desk, worker, desk.in_state("scheduled"))
    assert try_attempt(desk, worker, publication_id) is None


def edited_and_submitted(desk: Desk, content_id: uuid.UUID) -> None:
    desk.edit(content_id)
    desk.submit(content_id)


def withdrawn(desk: Desk, content_id: uuid.UUID) -> None:
    actor = desk.actor("cm")
    with desk.session() as session:
        circuit.withdraw(session, actor, content_id)


def run_opened_again(desk: Desk, content_id: uuid.UUID) -> None:
    with desk.session() as session:
        session.execute(update(ApprovalRun).where(ApprovalRun.content_id == content_id).values(state=RunState.OPEN))


def run_for_other_bytes(desk: Desk, content_id: uuid.UUID) -> None:
    with desk.session() as session:
        session.execute(update(ApprovalRun).where(ApprovalRun.content_id == content_id).values(digest="f" * 64))


def a_stage_more(desk: Desk, content_id: uuid.UUID) -> None:
    with desk.session() as session:
        session.execute(
            text(
                "insert into app.run_stages (agency_id, id, run_id, position, covers_digest)"
                " select agency_id, gen_random_uuid(), id, 9, digest from app.approval_runs where content_id = :c"
            ),
            {"c": content_id},
        )


BROKEN: dict[str, tuple[Callable[[Desk, uuid.UUID], None], str]] = {
    "edited after the approval": (Desk.edit, "UN012"),
    "edited and submitted again": (edited_and_submitted, "UN012"),
    "cancelled": (Desk.cancel, "UN012"),
    "withdrawn": (withdrawn, "UN012"),
    "the run is open": (run_opened_again, "UN014"),
    "the run is about other bytes": (run_for_other_bytes, "UN014"),
    "a stage has no decision": (a_stage_more, "UN014"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_approval_is_refused(desk: Desk, worker: Runtime, case: str) -> None:
    content_id = desk.in_state("scheduled")
    publication_id = plan_publication(desk, worker, content_id)
    breaks, code = BROKEN[case]
    breaks(desk, content_id)
    assert try_attempt(desk, worker, publication_id) == code


def test_without_any_run_nothing_leaves(desk: Desk, worker: Runtime) -> None:
    content_id = desk.write()
    desk.submit(content_id)
    with desk.session() as session:
        content = desk.content(content_id, session)
        session.execute(update(ApprovalRun).values(state=RunState.VOID).where(ApprovalRun.content_id == content.id))
        session.execute(update(Content).values(state="scheduled").where(Content.id == content.id))
    assert try_attempt(desk, worker, plan_publication(desk, worker, content_id)) == "UN014"


def test_another_digest_is_refused(desk: Desk, worker: Runtime) -> None:
    publication_id = plan_publication(desk, worker, desk.in_state("scheduled"))
    assert try_attempt(desk, worker, publication_id, digest="a" * 64) == "UN012"


def test_too_early_is_refused(desk: Desk, worker: Runtime) -> None:
    content_id = desk.in_state("scheduled")
    publication_id = plan_publication(desk, worker, content_id, due_at=utcnow() + timedelta(minutes=1))
    assert try_attempt(desk, worker, publication_id) == "UN013"


def test_before_its_embargo_is_refused(desk: Desk, worker: Runtime) -> None:
    content_id = desk.in_state("scheduled")
    ahead = utcnow() + timedelta(hours=1)
    publication_id = plan_publication(desk, worker, content_id, due_at=ahead, embargo_until=ahead)
    assert try_attempt(desk, worker, publication_id) == "UN013"


@pytest.mark.parametrize("state", ["held", "cancelled", "failed"])
def test_a_publication_that_does_not_wait_is_refused(desk: Desk, worker: Runtime, state: str) -> None:
    publication_id = plan_publication(desk, worker, desk.in_state("scheduled"))
    with worker.database.agency(desk.world.agency_id) as session:
        session.execute(update(Publication).where(Publication.id == publication_id).values(state=state))
    assert try_attempt(desk, worker, publication_id) == "UN011"


@pytest.mark.parametrize("statement", ["update app.decisions set comment = 'oui'", "delete from app.decisions"])
@pytest.mark.parametrize("role", ["runtime", "worker"])
def test_a_decision_stands_for_ever(desk: Desk, statement: str, role: str, request) -> None:
    desk.in_state("scheduled")
    held: Runtime = request.getfixturevalue(role)
    with pytest.raises(DBAPIError, match="permission denied"), held.database.agency(desk.world.agency_id) as session:
        session.execute(text(statement))
