"""What each mail about a content says, and to whom."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from support.letters import forget_what_others_wrote
from support.world import World
from support.xss import CORPUS, live_markup

from tenants.base import utcnow
from tenants.brands import Brand
from unisson.approvals import links
from unisson.approvals.models import ApprovalRun, Decision, RunSeat, RunStage, Wait
from unisson.approvals.policies import chains_of
from unisson.devmail.box import KeptMail, Mailbox
from unisson.editorial.models import Content, Revision
from unisson.notifications.letters import write, write_of_what_waits
from unisson.notifications.post import send_due
from unisson.publishing.models import Publication
from unisson.runtime import Runtime

AT = datetime(2027, 3, 1, 8, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def empty_queue(worker: Runtime) -> None:
    forget_what_others_wrote(worker)


class Desk:
    """A content under approval, and its mails."""

    def __init__(self, runtime: Runtime, worker: Runtime, world: World, folder: Path) -> None:
        self.runtime, self.worker, self.world, self.box = runtime, worker, world, Mailbox(folder)
        with runtime.database.agency(world.agency_id) as session:
            author = world.people["cm"].membership_id
            content = Content(
                brand_id=world.brand_id, author_id=author, title="Été & <b>neige</b>", body="Texte", zone="Europe/Paris"
            )
            session.add(content)
            session.flush()
            revision = Revision(content_id=content.id, number=1, digest="ab" * 32, payload={}, created_by=author)
            session.add(revision)
            session.flush()
            content.revision_id, content.state = revision.id, "in_review"
            content.scheduled_at, content.wall_time = AT, datetime(2027, 3, 1, 9, 30)  # noqa: DTZ001 - a wall clock
            run = ApprovalRun(
                content_id=content.id,
                revision_id=revision.id,
                digest=revision.digest,
                submitted_by=author,
                policy_version_id=chains_of(session, world.brand_id)[0].version.id,
            )
            session.add(run)
            session.flush()
            stage = RunStage(run_id=run.id, position=1, covers_digest=revision.digest, opened_at=utcnow())
            session.add(stage)
            session.flush()
            seat = RunSeat(run_id=run.id, stage_id=stage.id, position=1, role="client_approver")
            session.add(seat)
            session.flush()
        self.content, self.run, self.stage, self.seat = content, run, stage, seat

    def ask(self, role: str) -> None:
        with self.runtime.database.agency(self.world.agency_id) as session:
            person_id = self.world.people[role].membership_id
            session.add(
                Wait(
                    content_id=self.content.id, brand_id=self.world.brand_id, stage_id=self.stage.id,
                    seat_id=self.seat.id, membership_id=person_id, side="client",
                )
            )  # fmt: skip
            session.flush()
            write_of_what_waits(session, [person_id], self.world.brand_id, at_once=True)

    def tell(self, kind: str, role: str = "cm") -> None:
        with self.runtime.database.agency(self.world.agency_id) as session:
            about = {"content_id": str(self.content.id), "stage_id": str(self.stage.id)}
            write(session, self.world.people[role].membership_id, kind, about)

    def decide(self, verdict: str, comment: str) -> None:
        with self.runtime.database.agency(self.world.agency_id) as session:
            session.add(
                Decision(
                    run_id=self.run.id, stage_id=self.stage.id, seat_id=self.seat.id, digest=self.run.digest, verdict=verdict,
                    comment=comment, membership_id=self.world.people["client_approver"].membership_id,
                    typed_name="Camille Client",
                )
            )  # fmt: skip

    def set(self, **values: object) -> None:
        with self.runtime.database.agency(self.world.agency_id) as session:
            content = session.get_one(Content, (self.world.agency_id, self.content.id))
            for name, value in values.items():
                setattr(content, name, value)

    def mails(self) -> list[KeptMail]:
        send_due(self.worker, 20, self.box)
        return list(self.box.newest())


@pytest.fixture
def desk(runtime: Runtime, worker: Runtime, world: World, tmp_path: Path) -> Iterator[Desk]:
    return Desk(runtime, worker, world, tmp_path)


def test_a_client_is_asked_by_a_link_of_their_own(desk: Desk) -> None:
    desk.ask("client_approver")
    (mail,) = desk.mails()
    said = mail.text("plain")
    address = f"http://localhost/{desk.world.slug}/approve/"
    assert address in said
    assert address in mail.text("html")
    assert "Été & <b>neige</b>" in said
    assert "Été &amp; &lt;b&gt;neige&lt;/b&gt;" in mail.text("html")
    assert "Marque" in said
    assert "Paris" in said
    token, _slash, content = said.split(address)[1].split()[0].partition("/contents/")
    assert content == str(desk.content.id)
    with desk.runtime.database.agency(desk.world.agency_id) as session:
        assert links.find(session, token).membership_id == desk.world.people["client_approver"].membership_id


def test_a_member_is_asked_where_they_work(desk: Desk) -> None:
    desk.ask("rp")
    (mail,) = desk.mails()
    assert f"http://localhost/{desk.world.slug}/contents/{desk.content.id}" in mail.text("plain")
    assert "/approve/" not in mail.text("plain")


def test_nobody_is_asked_for_what_no_longer_waits(desk: Desk) -> None:
    desk.ask("rp")
    with desk.runtime.database.agency(desk.world.agency_id) as session:
        session.execute(text("delete from app.waits"))
    assert not desk.mails()


@pytest.mark.parametrize("kind", ["approval_request", "approval_asked_in_app"])
def test_letters_that_were_written_before_one_told_of_all_still_leave(desk: Desk, kind: str) -> None:
    desk.ask("client_approver")
    desk.mails()
    desk.tell(kind, "client_approver")
    assert len(desk.mails()) == 2


@pytest.mark.parametrize("kind", ["changes_requested", "approved"])
def test_authors_read_who_said_what(desk: Desk, kind: str) -> None:
    desk.decide(kind, "Merci de revoir\nle titre.")
    desk.tell(kind)
    (mail,) = desk.mails()
    assert "Camille Client" in mail.text("plain")
    assert "> Merci de revoir\n> le titre." in mail.text("plain")
    assert "Merci de revoir<br>le titre." in mail.text("html")


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("The channel could not be reached.\n503 ServiceUnavailable", "Le canal est resté injoignable"),
        ("late", "L’heure prévue était passée"),
    ],
)
def test_trouble_says_where_and_why(desk: Desk, reason: str, told: str) -> None:
    with desk.runtime.database.agency(desk.world.agency_id) as session:
        session.execute(text("select 1"))
    with desk.worker.database.agency(desk.world.agency_id) as session:
        session.add(
            Publication(
                content_id=desk.content.id, revision_id=desk.content.revision_id, channel_id=desk.world.newsroom_id,
                state="held", due_at=AT, client_ref=str(uuid.uuid4()), reason=reason,
            )
        )  # fmt: skip
    desk.set(state="held")
    desk.tell("trouble")
    (mail,) = desk.mails()
    assert "Salle de presse" in mail.text("plain")
    assert told in " ".join(mail.text("plain").split())
    assert "ServiceUnavailable" not in mail.text("plain")


def test_trouble_that_is_over_is_not_told(desk: Desk) -> None:
    desk.tell("trouble")
    assert not desk.mails()


@pytest.mark.parametrize("attack", CORPUS)
def test_nothing_typed_comes_alive_in_a_mail(desk: Desk, attack: str) -> None:
    desk.set(title=attack)
    desk.decide("changes_requested", attack)
    with desk.runtime.database.agency(desk.world.agency_id) as session:
        session.get_one(Brand, (desk.world.agency_id, desk.world.brand_id)).name = attack
    desk.tell("changes_requested")
    (mail,) = desk.mails()
    # The sheet of styles and the inlined styles are ours.
    assert not [each for each in live_markup(mail.text("html")) if each.split()[-1] != "style"]


def test_a_date_is_said_in_the_brand_s_zone(desk: Desk) -> None:
    desk.set(scheduled_at=AT + timedelta(hours=1), wall_time=datetime(2027, 3, 1, 4, 30), zone="America/New_York")  # noqa: DTZ001 - a wall clock
    desk.ask("client_approver")
    (mail,) = desk.mails()
    assert "New York" in mail.text("plain")
    assert "4\u00a0h\u00a030" in mail.text("plain")
