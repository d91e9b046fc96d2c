"""Any sequence of writing, editing, moving, submitting and deciding: what may leave is what everybody approved."""

from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select
from support.desk import Desk, days_ahead
from support.gate import would_leave

from tenants.access import Actor
from tenants.errors import ForbiddenError, NotFoundError, RefusedError
from unisson.approvals import circuit, deciding
from unisson.approvals.models import ApprovalRun, Decision, RunStage
from unisson.editorial import writing
from unisson.editorial.models import Content, Revision
from unisson.editorial.revisions import digest_of
from unisson.runtime import Runtime

ROLES = ("cm", "rp", "second_rp", "client_approver", "account_manager")
NO = (RefusedError, ForbiddenError, NotFoundError)


class Circuit(RuleBasedStateMachine):
    """One content, many hands. Every refusal is an answer; only the invariant can fail."""

    desk: ClassVar[Desk]
    worker: ClassVar[Runtime]
    actors: ClassVar[dict[str, Actor]]
    seen = Bundle("seen")

    def __init__(self) -> None:
        super().__init__()
        self.content_id = self.desk.write()
        self.turn = 0

    def act(self, role: str, verb, *args: object, **more: object) -> bool:
        try:
            with self.desk.session() as session:
                verb(session, self.actors[role], self.content_id, *args, **more)
        except NO:
            return False
        return True

    @rule(target=seen)
    def look(self):
        """Remember what a page shows now: decisions come later, on what was shown."""
        digest, _stage = self.desk.asked(self.content_id)
        return digest

    @rule(role=st.sampled_from(ROLES), same=st.booleans())
    def edit(self, role: str, same: bool) -> None:
        self.turn += 1
        body = "Le même texte" if same else f"Texte {self.turn}"
        self.act(role, writing.edit, self.desk.draft(body=body), None)

    @rule(role=st.sampled_from(ROLES), days=st.integers(2, 4))
    def move(self, role: str, days: int) -> None:
        self.act(role, writing.move, days_ahead(days), fold=None)

    @rule(role=st.sampled_from(ROLES))
    def submit(self, role: str) -> None:
        self.act(role, circuit.submit, None, lambda *_about: None)

    @rule(role=st.sampled_from(ROLES), digest=seen)
    def approve(self, role: str, digest: str) -> None:
        current = self.desk.asked(self.content_id)[0]
        assert not self.act(role, deciding.approve, digest) or digest == current

    @rule(role=st.sampled_from(("rp", "second_rp", "client_approver")))
    def approve_what_is_shown_now(self, role: str) -> None:
        self.act(role, deciding.approve, self.desk.asked(self.content_id)[0])

    @rule(role=st.sampled_from(ROLES), digest=seen)
    def request_changes(self, role: str, digest: str) -> None:
        current = self.desk.asked(self.content_id)[0]
        assert not self.act(role, deciding.request_changes, digest, "Autrement") or digest == current

    @rule(role=st.sampled_from(ROLES))
    def withdraw(self, role: str) -> None:
        self.act(role, circuit.withdraw)

    @rule(role=st.sampled_from(ROLES))
    def cancel(self, role: str) -> None:
        self.act(role, writing.cancel)

    @rule(role=st.sampled_from(ROLES))
    def restore(self, role: str) -> None:
        self.act(role, writing.restore)

    @rule()
    def everybody_says_yes(self) -> None:
        """The straight way, so that many sequences reach an approval and go on from there."""
        self.act("cm", circuit.submit, None, lambda *_about: None)
        for role in ("rp", "second_rp", "client_approver"):
            self.act(role, deciding.approve, self.desk.asked(self.content_id)[0])

    @invariant()
    def it_may_leave_only_when_everybody_approved_these_bytes(self) -> None:
        assert self.may_leave() == self.is_approved()

    def is_approved(self) -> bool:
        """The rule in its own words, read from the rows."""
        with self.desk.session() as session:
            content = session.get_one(Content, (session.agency_id, self.content_id))
            if content.revision_id is None:
                return False
            revision = session.get_one(Revision, (session.agency_id, content.revision_id))
            assert revision.digest == digest_of(revision.payload)
            stages = session.scalars(
                select(RunStage.id)
                .join(ApprovalRun, ApprovalRun.id == RunStage.run_id)
                .where(ApprovalRun.revision_id == revision.id)
            ).all()
            given = session.execute(
                select(Decision.stage_id, Decision.membership_id).where(
                    Decision.stage_id.in_(stages), Decision.verdict == "approved", Decision.digest == revision.digest
                )
            ).all()
            assert content.author_id not in {row.membership_id for row in given}
            complete = bool(stages) and {row.stage_id for row in given} == set(stages)
            assert complete == (content.state == "scheduled")
            return complete

    def may_leave(self) -> bool:
        """The gate's answer, for a publication of the current revision that is due. Nothing stays."""
        if self.desk.content(self.content_id).revision_id is None:
            return False
        refused = would_leave(self.desk, self.worker, self.content_id)
        assert refused in {None, "UN014"}
        return refused is None


def test_a_hundred_sequences(desk: Desk, worker: Runtime) -> None:
    actors = {role: desk.actor(role) for role in ROLES if role != "second_rp"} | {"second_rp": desk.another("rp")}
    machine = type("Machine", (Circuit,), {"desk": desk, "worker": worker, "actors": actors})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=100,
            stateful_step_count=12,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
