"""Any chain, any sequence of edits, answers, holds, absences and departures: what may leave, and on whom it waits."""

import os
import uuid
from collections import defaultdict
from typing import ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete, select
from support.desk import Desk, days_ahead, today
from support.gate import would_leave

from tenants.access import Actor
from tenants.errors import ForbiddenError, NotFoundError, RefusedError
from tenants.members import BrandAssignment
from tenants.permissions import StageRole
from unisson.approvals import asking, circuit, deciding, holding
from unisson.approvals.chain import Approver, Aspect, Chain, Condition, Late, Need, Reopening, Stage
from unisson.approvals.models import Absence, ApprovalRun, Decision, RunSeat, RunStage, Wait
from unisson.editorial import writing
from unisson.editorial.models import Content, Revision
from unisson.editorial.revisions import payload_of
from unisson.notifications.models import Letter
from unisson.runtime import Runtime

ROLES = ("cm", "rp", "second_rp", "client_approver", "second_client", "legal", "account_manager")
HELD = {
    "rp": "rp", "second_rp": "rp", "client_approver": "client_approver", "second_client": "client_approver",
    "legal": "legal",
}  # fmt: skip
"""Who may lose their role under way, and which one: so that sometimes nobody is left to answer."""

NO = (RefusedError, ForbiddenError, NotFoundError)
CLIENTS = (StageRole.CLIENT_APPROVER, StageRole.LEGAL)

approvers = st.builds(
    Approver,
    role=st.sampled_from([StageRole.RP, StageRole.CM, StageRole.ACCOUNT_MANAGER, *CLIENTS]),
    everyone=st.booleans(),
)
stages = st.builds(
    Stage,
    approvers=st.lists(approvers, min_size=1, max_size=3).map(tuple),
    need=st.sampled_from(Need),
    quorum=st.integers(1, 2),
    only_if=st.sampled_from([Condition(), Condition(), Condition(risks=("price",))]),
    covers=st.sampled_from([frozenset(Aspect), frozenset({Aspect.TEXT}), frozenset({Aspect.DATE, Aspect.TEXT})]),
)
chains = st.builds(
    Chain,
    stages=st.lists(stages, min_size=1, max_size=3).map(tuple),
    own_work=st.booleans(),
    ask_once=st.booleans(),
    date_approved=st.booleans(),
    reopening=st.sampled_from(Reopening),
    late=st.sampled_from(Late),
)


class AnyChain(RuleBasedStateMachine):
    """One content, many hands, a chain that may change under way. A refusal is an answer; only invariants fail."""

    desk: ClassVar[Desk]
    worker: ClassVar[Runtime]
    actors: ClassVar[dict[str, Actor]]
    seen = Bundle("seen")

    @initialize(chain=chains, risky=st.booleans())
    def begin(self, chain: Chain, risky: bool) -> None:
        self.turn = 0
        self.desk.give_chain(chain)
        with self.desk.session() as session:
            session.execute(delete(Absence))
            self.restore_roles(session)
        self.content_id = self.desk.write(risks=("price",) if risky else ())

    def teardown(self) -> None:
        """What waits on people is brought in line for a whole brand: nothing of one sequence is left to the next."""
        if hasattr(self, "content_id"):
            self.act("cm", writing.cancel)

    def restore_roles(self, session) -> None:
        held = {row.membership_id for row in session.scalars(select(BrandAssignment))}
        for name, role in HELD.items():
            person = self.actors[name].membership_id
            if person not in held:
                session.add(BrandAssignment(brand_id=self.desk.world.brand_id, membership_id=person, role=role))

    def act(self, role: str, verb, *args: object, **more: object) -> bool:
        try:
            with self.desk.session() as session:
                verb(session, self.actors[role], self.content_id, *args, **more)
        except NO:
            return False
        return True

    @rule(target=seen)
    def look(self):
        return self.desk.asked(self.content_id)

    @rule(chain=chains)
    def change_the_chain(self, chain: Chain) -> None:
        self.desk.give_chain(chain)

    @rule(role=st.sampled_from(ROLES))
    def edit_the_text(self, role: str) -> None:
        self.turn += 1
        self.act(role, writing.edit, self.desk.draft(body=f"Texte {self.turn}"), None)

    @rule(role=st.sampled_from(ROLES), days=st.integers(2, 4))
    def move(self, role: str, days: int) -> None:
        self.act(role, writing.move, days_ahead(days), fold=None)

    @rule(role=st.sampled_from(ROLES))
    def submit(self, role: str) -> None:
        self.act(role, circuit.submit, None, lambda *_about: None)

    @rule(role=st.sampled_from(ROLES), shown=seen, reserved=st.booleans())
    def approve_what_was_shown(self, role: str, shown, reserved: bool) -> None:
        now = self.desk.asked(self.content_id)
        digest, stage = shown
        done = self.act(role, deciding.approve, digest, "mais", reserved=reserved, stage_shown=uuid.UUID(stage))
        assert not done or shown == now

    @rule(role=st.sampled_from(ROLES))
    def one_says_yes(self, role: str) -> None:
        digest, stage = self.desk.asked(self.content_id)
        self.act(role, deciding.approve, digest, stage_shown=uuid.UUID(stage))

    @rule()
    def everybody_says_yes(self) -> None:
        """The straight way, so that many sequences come to an approval and go on from there."""
        self.act("cm", circuit.submit, None, lambda *_about: None)
        for _turn in range(3):
            for role in ROLES:
                self.act(role, deciding.approve, self.desk.asked(self.content_id)[0])

    @rule(which=st.integers(0, 5))
    def somebody_whom_it_waits_on_says_yes(self, which: int) -> None:
        """One of them, so that a quorum is often half full; and whoever is asked can answer."""
        self.act("cm", circuit.submit, None, lambda *_about: None)
        asked = self.asked_now()
        if asked:
            role = asked[which % len(asked)]
            assert self.act(role, deciding.approve, self.desk.asked(self.content_id)[0])

    @rule()
    def all_whom_it_waits_on_leave(self) -> None:
        """So that often nobody is left who can answer."""
        self.act("cm", circuit.submit, None, lambda *_about: None)
        for _turn in range(2):
            gone = [self.actors[role].membership_id for role in self.asked_now() if role in HELD]
            with self.desk.session() as session:
                session.execute(delete(BrandAssignment).where(BrandAssignment.membership_id.in_(gone)))
                asking.ask_again(session, {self.desk.world.brand_id})

    def asked_now(self) -> list[str]:
        """Who is asked to decide now, by the machine's names."""
        wanted = select(Wait.membership_id).where(Wait.content_id == self.content_id, Wait.purpose == "decide")
        with self.desk.session() as session:
            waiting = set(session.scalars(wanted))
        return [role for role in ROLES if self.actors[role].membership_id in waiting]

    @rule(role=st.sampled_from(ROLES))
    def request_changes(self, role: str) -> None:
        self.act(role, deciding.request_changes, self.desk.asked(self.content_id)[0], "Autrement")

    @rule(role=st.sampled_from(ROLES))
    def hold(self, role: str) -> None:
        self.act(role, holding.hold)

    @rule(role=st.sampled_from(ROLES), why=st.sampled_from(["", "Le client est d’accord."]))
    def release(self, role: str, why: str) -> None:
        self.act(role, holding.release, why)

    @rule(role=st.sampled_from(ROLES))
    def withdraw(self, role: str) -> None:
        self.act(role, circuit.withdraw)

    @rule(role=st.sampled_from(tuple(HELD)))
    def lose_a_role(self, role: str) -> None:
        with self.desk.session() as session:
            gone = BrandAssignment.membership_id == self.actors[role].membership_id
            session.execute(delete(BrandAssignment).where(gone))
            asking.ask_again(session, {self.desk.world.brand_id})

    @rule(role=st.sampled_from(ROLES), deputy=st.sampled_from(ROLES))
    def go_away(self, role: str, deputy: str) -> None:
        if role == deputy:
            return
        with self.desk.session() as session:
            away, there = self.actors[role].membership_id, self.actors[deputy].membership_id
            session.add(Absence(membership_id=away, starts_on=today(), ends_on=today(), stand_in_id=there))
            session.flush()
            asking.ask_again(session, {self.desk.world.brand_id})

    @invariant()
    def it_may_leave_only_when_everybody_approved_these_bytes(self) -> None:
        if not hasattr(self, "content_id"):
            return
        content = self.desk.content(self.content_id)
        refused = would_leave(self.desk, self.worker, self.content_id) if content.revision_id else "UN014"
        assert refused in {None, "UN014", "UN015"}
        assert (refused is None) == (content.state == "scheduled")
        assert (refused == "UN015") == (content.state == "on_hold")
        if refused is None:
            self.check_every_yes(content)

    def check_every_yes(self, content: Content) -> None:
        """The rule in its own words, read from the rows."""
        with self.desk.session() as session:
            revision = session.get_one(Revision, (session.agency_id, content.revision_id))
            run = session.scalars(select(ApprovalRun).where(ApprovalRun.revision_id == revision.id)).one()
            chain = asking.chain_of(session, run)
            said = session.scalars(select(Decision).where(Decision.run_id == run.id)).all()
            assert run.digest == revision.digest
            assert revision.payload == payload_of(session, content, date_approved=chain.date_approved)
            yes = defaultdict(set)
            for each in said:
                if each.verdict in {"approved", "reserved"}:
                    assert each.digest == revision.digest
                    yes[each.stage_id].add((each.seat_id, each.membership_id))
                    self.check_its_bytes(session, each, chain)
            if not chain.own_work:
                assert not {content.author_id, run.submitted_by} & {
                    who for given in yes.values() for _seat, who in given
                }
            counted = [
                row for row in session.scalars(select(RunStage).where(RunStage.run_id == run.id)) if not row.skipped
            ]
            assert counted
            for stage in counted:
                seats = set(session.scalars(select(RunSeat.id).where(RunSeat.stage_id == stage.id)))
                people = {who for _seat, who in yes[stage.id]}
                enough = {seat for seat, _who in yes[stage.id]} == seats if stage.need == "all" else True
                assert enough
                assert len(people) >= (1 if stage.need == "all" else stage.needed)

    def check_its_bytes(self, session, decision: Decision, chain: Chain) -> None:
        """A yes that stands from an earlier passage was given about the same bytes, by word of mouth."""
        if decision.carried_from is None:
            return
        origin = session.get_one(Decision, (session.agency_id, decision.carried_from))
        assert origin.membership_id == decision.membership_id
        if origin.run_id != decision.run_id:
            assert chain.reopening is Reopening.MATTERS
            assert origin.covers_digest == decision.covers_digest
        else:
            assert chain.ask_once
            assert origin.carried_from is None

    @invariant()
    def it_waits_on_somebody_exactly_while_it_is_in_review(self) -> None:
        if not hasattr(self, "content_id"):
            return
        with self.desk.session() as session:
            waits = session.scalars(select(Wait).where(Wait.content_id == self.content_id)).all()
            content = self.desk.content(self.content_id, session)
            assert bool(waits) == (content.state == "in_review")
            passage = circuit.current_passage(session, content)
            if passage is None:
                return
            open_ = asking.open_seats(session, content, passage.run, passage.stage)
            able = {(asked.seat.id, person.id) for asked in open_ for person in asked.candidates}
            answered = {each.membership_id for each in asking.outcomes_of(session, passage.stage.id)}
            managers = {person.id for person in asking.crew_of(session, content, passage.run).there.managers()}
            steered = {wait.membership_id for wait in waits if wait.purpose == "steer"}
            assert steered in (set(), managers)
            told = select(Letter.membership_id).where(
                Letter.kind == "approval_steer", Letter.about["stage_id"].as_string() == str(passage.stage.id)
            )
            assert steered <= set(session.scalars(told))
            for wait in waits:
                assert wait.purpose == "steer" or (wait.seat_id, wait.membership_id) in able
                assert passage.stage.need == "all" or wait.purpose == "steer" or wait.membership_id not in answered


def test_any_chain(desk: Desk, worker: Runtime) -> None:
    run(desk, worker, int(os.environ.get("SEQUENCES", "50")))


def run(desk: Desk, worker: Runtime, sequences: int) -> None:
    seconds = {"second_rp": desk.another("rp"), "second_client": desk.another("client_approver")}
    actors = {role: desk.actor(role) for role in ROLES if role not in seconds} | seconds
    machine = type("Machine", (AnyChain,), {"desk": desk, "worker": worker, "actors": actors})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=sequences,
            phases=(Phase.generate,) if "SEQUENCES" in os.environ else tuple(Phase),
            stateful_step_count=14,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
