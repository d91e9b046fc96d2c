"""A person is erased: their name and traces go everywhere, what they decided stays provable, and the seals still hold."""

import io
import json
import uuid
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, func, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError
from support.desk import HTTPS, Desk
from support.statements import recorded
from werkzeug.test import TestResponse

from tenants.access import Actor
from tenants.base import utcnow
from tenants.errors import ForbiddenError, NotFoundError, RefusedError, StaleError
from tenants.identities import AccountErasure, Identity, SignIn
from tenants.members import Membership
from unisson.activity import seals
from unisson.activity.models import Event
from unisson.approvals.models import Decision
from unisson.approvals.proof import proof_of
from unisson.config import Settings
from unisson.editorial.models import Content
from unisson.notifications import notices
from unisson.runtime import Runtime
from unisson.trust import accounts, erasing
from unisson.trust.models import Erasure

NAME = "Zénobie Quatrepoint"
NAMES = {"gone": NAME, "own": "Hildegarde Sansregret", "data": "Aurore Pleinchamp"}
"""One a test: it is looked for in every table, and the tests share a database."""


@pytest.fixture
def english(desk: Desk) -> Desk:
    desk.speak_english()
    return desk


def named(desk: Desk, role: str, name: str = NAME) -> uuid.UUID:
    """Give the person of this role a name that stands nowhere else."""
    person = desk.world.people[role]
    with desk.session() as session:
        session.execute(update(Membership).where(Membership.id == person.membership_id).values(name=name))
    with desk.runtime.database.everywhere() as session:
        session.execute(update(Identity).where(Identity.id == person.identity_id).values(name=name))
    return person.membership_id


def decided(desk: Desk, name: str = "Client", ip: str = "203.0.113.9", agent: str = "A browser") -> uuid.UUID:
    """A content that the client approved by a link, signing with their name."""
    content_id = desk.write()
    desk.submit(content_id)
    desk.approve(content_id, "rp")
    digest, stage = desk.asked(content_id)
    _link, token = desk.link(content_id)
    desk.known(token)
    answer = desk.post(
        None,
        f"/approve/{token}/contents/{content_id}/approval",
        {"digest": digest, "stage": stage, "typed_name": f"{name}, directrice", "comment": ""},
        environ_overrides={"REMOTE_ADDR": ip},
        headers={"User-Agent": agent},
    )
    assert answer.status_code == 303, answer.text
    return content_id


def unpacked(answer: TestResponse) -> dict[str, list[dict[str, object]]]:
    """What a file of data holds."""
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        told = {name: json.loads(archive.read(name)) for name in archive.namelist()}
    answer.close()
    return told


def due(desk: Desk, membership_id: uuid.UUID) -> None:
    with desk.session() as session:
        session.execute(
            update(Erasure).where(Erasure.membership_id == membership_id).values(due_at=utcnow() - timedelta(minutes=1))
        )


def everything_kept(settings: Settings, word: str) -> list[str]:
    """The tables of the product in which a word stands anywhere."""
    engine = create_engine(make_url(settings.database_url).set(drivername="postgresql+psycopg"))
    found = []
    with engine.connect() as connection:
        tables = connection.execute(text("select tablename from pg_tables where schemaname = 'app'")).scalars().all()
        for table in tables:
            rows = connection.execute(
                text(f"select count(*) from app.{table} t where t::text ilike :word"), {"word": f"%{word}%"}
            )
            if rows.scalar():
                found.append(table)
    engine.dispose()
    return found


def test_their_name_goes_everywhere_and_the_decision_stays_provable(
    english: Desk, worker: Runtime, settings: Settings
) -> None:
    desk = english
    person_id = named(desk, "client_approver")
    content_id = decided(desk, NAME, "203.0.113.77", "Mozilla/5.0 QuatrepointBrowser")
    with desk.session() as session:  # others are told by letter and in the app who asks them
        for role in ("cm", "rp"):
            about = {"content_id": str(content_id), "by": NAME}
            notices.tell(session, desk.world.people[role].membership_id, "held", about)
    with worker.database.agency(desk.world.agency_id) as session:
        seals.seal_some(session)
    for trace in (NAME, "QuatrepointBrowser", "203.0.113.77"):
        assert everything_kept(settings, trace)
    with desk.session() as session:
        before = proof_of(session, session.get_one(Content, (session.agency_id, content_id)))
    asked = desk.post("owner", f"/team/{person_id}/erasure", {"sure": "y"})
    assert asked.status_code == 303
    due(desk, person_id)
    with worker.database.agency(desk.world.agency_id) as session:
        erasing.erase_due(session)
    email = desk.world.people["client_approver"].email
    with desk.runtime.database.everywhere() as session:  # the account is the person's own, and stays
        session.execute(update(Identity).where(Identity.email == email).values(name="Somebody"))
    for trace in (NAME, "QuatrepointBrowser", "203.0.113.77"):
        assert everything_kept(settings, trace) == []
    assert everything_kept(settings, email) == ["identities"]
    with desk.session() as session:
        after = proof_of(session, session.get_one(Content, (session.agency_id, content_id)))
        assert seals.check(session).faults == []
        assert session.scalars(select(Event.verb).where(Event.verb == "person.erased")).all()
    assert [version.digest for version in after.versions] == [version.digest for version in before.versions]
    assert all(version.intact for version in after.versions)
    old, new = before.versions[-1].decisions[-1], after.versions[-1].decisions[-1]
    assert (new.verdict, new.digest, new.at) == (old.verdict, old.digest, old.at)
    assert str(new.who) == "Personne effacée 1"
    assert (new.ip, new.user_agent) == ("", "")
    assert "Personne effacée 1" in desk.get("owner", f"/contents/{content_id}/proof").text
    assert desk.get("owner", f"/team/{person_id}/data").status_code == 200
    with worker.database.agency(desk.world.agency_id) as session:
        seals.seal_some(session)
        assert seals.check(session).faults == []


def test_the_grants_let_no_name_be_changed_without_an_erasure(desk: Desk, worker: Runtime) -> None:
    content_id = decided(desk)
    hashed = "name_digest = sha256(name_salt || convert_to(actor_name, 'UTF8')), name_salt = null"
    for deed in (
        "update app.events set actor_name = 'Nobody'",
        f"update app.events set actor_name = 'Nobody', {hashed}",
        "update app.events set name_digest = sha256('x'), name_salt = null",
        "update app.decisions set typed_name = 'Nobody', ip = '', user_agent = ''",
        "update app.decisions set ip = ''",
        "delete from app.decisions",
    ):
        with pytest.raises(DatabaseError), worker.database.agency(desk.world.agency_id) as session:
            session.execute(text(deed))
    # An erasure that has begun lets its own person's name go, and nobody else's.
    with worker.database.agency(desk.world.agency_id) as session:
        person = desk.world.people["client_approver"].membership_id
        session.add(Erasure(membership_id=person, due_at=utcnow(), begun_at=utcnow(), pseudonym="Personne effacée 1"))
        session.flush()
    for deed in (
        f"update app.events set actor_name = 'Personne effacée 1', {hashed} where actor_id <> '{person}'",
        f"update app.events set actor_name = 'Personne effacée 1', verb = 'x', {hashed} where actor_id = '{person}'",
        f"update app.events set actor_name = 'Another', {hashed} where actor_id = '{person}'",
        f"update app.decisions set typed_name = 'Personne effacée 1' where membership_id <> '{person}'",
        f"update app.decisions set comment = 'Non' where membership_id = '{person}'",
    ):
        with pytest.raises(DatabaseError), worker.database.agency(desk.world.agency_id) as session:
            session.execute(text(deed))
    with desk.session() as session:
        assert session.scalar(select(func.count()).select_from(Decision)) == 2
    assert content_id


def test_it_can_be_taken_back_for_a_week(english: Desk, worker: Runtime) -> None:
    desk, person = english, english.world.people["cm"].membership_id
    assert "Tick the box" in desk.post("owner", f"/team/{person}/erasure", {}).text
    assert desk.post("owner", f"/team/{person}/erasure", {}).status_code == 422
    assert desk.post("owner", f"/team/{person}/erasure", {"sure": "y"}).status_code == 303
    again = desk.post("owner", f"/team/{person}/erasure", {"sure": "y"})
    assert (again.status_code, "erased already" in again.text) == (422, True)
    assert "To be erased in the night after" in desk.get("owner", f"/team/{person}/data").text
    assert desk.post("owner", f"/team/{person}/erasure/withdrawal", {}).status_code == 303
    assert desk.post("owner", f"/team/{person}/erasure/withdrawal", {}).status_code == 409
    due(desk, person)
    with worker.database.agency(desk.world.agency_id) as session:
        erasing.erase_due(session)
    with desk.session() as session:
        assert not erasing.is_erased(session.get_one(Membership, (session.agency_id, person)))


def test_the_last_owner_stays(english: Desk, worker: Runtime) -> None:
    desk, owner = english, english.world.people["owner"].membership_id
    refused = desk.post("owner", f"/team/{owner}/erasure", {"sure": "y"})
    assert (refused.status_code, "needs an owner" in refused.text) == (422, True)
    with pytest.raises(ForbiddenError), desk.session() as session:
        erasing.ask(session, desk.actor("admin"), owner, is_sure=True)
    # Asked while there was a second owner, who left since.
    with desk.session() as session:
        session.add(Erasure(membership_id=owner, due_at=utcnow() - timedelta(minutes=1)))
    with worker.database.agency(desk.world.agency_id) as session:
        erasing.erase_due(session)
    assert "only owner of the agency" in desk.get("owner", f"/team/{owner}/data").text
    mine = desk.browser("owner").post("/me/erasure", data={"sure": "y"}, base_url=HTTPS)
    assert (mine.status_code, "the only owner of" in mine.text) == (422, True)
    with desk.runtime.database.everywhere() as session:
        asked = AccountErasure(identity_id=desk.world.people["owner"].identity_id, due_at=utcnow())
        session.add(asked)
    accounts.erase_due(worker)
    assert "only owner of an agency" in desk.browser("owner").get("/me/data", base_url=HTTPS).text


def test_a_person_erases_their_account(english: Desk, worker: Runtime, settings: Settings, new_world) -> None:
    desk = english
    named(desk, "cm", NAMES["own"])
    desk.write()
    there = new_world()
    me = desk.world.people["cm"]
    with desk.runtime.database.agency(there.agency_id) as session:  # they left that agency, which knows them still
        session.add(Membership(identity_id=me.identity_id, email=me.email, name=NAMES["own"], removed_at=utcnow()))
    browser = desk.browser("cm")
    assert browser.post("/me/erasure", data={}, base_url=HTTPS).status_code == 422
    assert browser.post("/me/erasure", data={"sure": "y"}, base_url=HTTPS).status_code == 303
    assert "Keep my account" in browser.get("/me/data", base_url=HTTPS).text
    assert browser.post("/me/erasure/withdrawal", base_url=HTTPS).status_code == 303
    assert accounts.erase_due(worker) == 0
    assert browser.post("/me/erasure", data={"sure": "y"}, base_url=HTTPS).status_code == 303
    with worker.database.everywhere() as session:
        session.execute(update(AccountErasure).values(due_at=utcnow() - timedelta(minutes=1)))
    assert accounts.erase_due(worker) >= 1
    assert everything_kept(settings, NAMES["own"]) == []
    assert everything_kept(settings, me.email) == []
    with desk.runtime.database.everywhere() as session:
        assert session.get(Identity, me.identity_id) is None
        assert session.scalars(select(SignIn).where(SignIn.identity_id == me.identity_id)).all() == []
    assert browser.get("/me/data", base_url=HTTPS).status_code in {302, 303}
    with desk.session() as session:
        assert session.get_one(Membership, (session.agency_id, me.membership_id)).name == "Personne effacée 1"


def test_a_person_s_data_are_taken_out(english: Desk) -> None:
    desk = english
    named(desk, "client_approver", NAMES["data"])
    content_id = decided(desk)
    person = desk.world.people["client_approver"].membership_id
    answer = desk.get("owner", f"/team/{person}/data.zip")
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    told = unpacked(answer)
    assert told["person.json"][0]["name"] == NAMES["data"]
    assert [one["content_id"] for one in told["decisions.json"]] == [str(content_id)]
    assert told["decisions.json"][0]["ip"] == "203.0.113.9"
    assert told["roles.json"][0]["role"] == "client_approver"
    assert "took a person" in desk.get("owner", "/activity?about=person").text
    mine = desk.browser("client_approver").get("/me/data.zip", base_url=HTTPS)
    all_of_it = unpacked(mine)
    assert all_of_it["account.json"][0]["email"] == desk.world.people["client_approver"].email
    assert {f"{desk.world.slug}/decisions.json", "browsers.json"} <= all_of_it.keys()
    for role in ("cm", "account_manager", "client_approver"):
        assert desk.get(role, f"/team/{person}/data.zip").status_code == 403


def test_nobody_is_erased_from_elsewhere(english: Desk, new_world) -> None:
    there = new_world()
    stranger: Actor = english.actor("owner")
    with pytest.raises(NotFoundError), english.session() as session:
        erasing.ask(session, stranger, there.people["cm"].membership_id, is_sure=True)
    with pytest.raises(StaleError), english.session() as session:
        erasing.withdraw(session, stranger, english.world.people["rp"].membership_id)
    with pytest.raises(RefusedError), english.session() as session:
        erasing.ask(session, stranger, english.world.people["rp"].membership_id, is_sure=False)


def test_the_page_shows_the_register_at_a_flat_cost(english: Desk) -> None:
    desk = english
    desk.get("owner", "/settings/personal-data")
    with recorded(desk.runtime) as few:
        html = desk.get("owner", "/settings/personal-data").text
    assert "6 months after they end" in html
    with desk.session() as session:
        for number in range(30):
            session.add(Membership(email=f"gone{number}@example.org", name=f"Gone {number}", removed_at=utcnow()))
    with recorded(desk.runtime) as many:
        assert "Gone 29" in desk.get("owner", "/settings/personal-data").text
    assert len(few) == len(many)
