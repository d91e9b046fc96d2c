"""A client connects its own channel by a link: once, on a known browser, seen by nobody, and taken back at will."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from support.statements import recorded

from tenants.base import utcnow
from tenants.members import Membership
from tests.standins.pds import PASSWORD
from tests.support.world import build_world
from unisson.activity.models import Event
from unisson.granting.asking import asks_of
from unisson.granting.models import AskState, ChannelAsk, ChannelAskLink
from unisson.notifications.models import Letter, Notice
from unisson.onboarding.reading import standings
from unisson.onboarding.steps import Ball, Step
from unisson.portal.models import DeviceCode
from unisson.publishing.models import Channel

NEW = "/brands/marque/channels/asks/new"
EVERYTHING = ("code", "device", "renewal", "account", "withdrawal")


def test_the_client_connects_a_mockup_and_the_agency_never_sees_the_password(table) -> None:
    channel_id = table.mockup()
    ask_id = table.ask(channel_id)
    token = table.token(ask_id)
    table.known(ask_id)
    page = table.desk.get("phone", f"/connect/{token}")
    assert page.status_code == 200
    assert "What you give" in page.text
    assert "Merci d’avance." in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert table.give(token).status_code == 303
    real = table.channel(channel_id)
    assert (real.mockup, real.name, real.settings["handle"]) == (False, "Le Bluesky", "marque.test")
    assert table.desk.runtime.vault.open(real.secret) == {"app_password": PASSWORD}
    assert table.row(ask_id).state_at(utcnow()) is AskState.GIVEN
    given = table.desk.get("phone", f"/connect/{token}")
    assert "Withdraw the access" in given.text
    seen = [table.desk.get("cm", f"/channels/{channel_id}").text, table.desk.get("cm", "/brands/marque/channels").text]
    with table.desk.session() as session:
        seen += [str(row) for name in ("events", "letters", "notices", "channel_asks")
                 for row in session.execute(text(f"select * from app.{name}"))]  # fmt: skip
        told = set(session.scalars(select(Notice.membership_id).where(Notice.kind == "channel_connected")))
        by = session.execute(select(Event.verb, Event.actor_name).where(Event.verb == "channel.given")).one()
        name = session.scalar(select(Membership.name).where(Membership.id == table.row(ask_id).membership_id))
    assert table.desk.world.people["cm"].membership_id in told
    assert by.actor_name == name
    assert not [each for each in [*seen, given.text, *table.letters("channel_given")] if PASSWORD in each]
    (confirmed,) = table.letters("channel_given")
    assert "@marque.test" in confirmed
    assert "/connect/" in confirmed


def test_a_request_without_a_mockup_makes_a_channel_and_withdrawn_it_is_a_mockup(table) -> None:
    ask_id = table.ask(None)
    token = table.token(ask_id)
    table.known(ask_id)
    assert table.desk.post("phone", f"/connect/{token}/withdrawal").status_code == 410
    assert table.give(token).status_code == 303
    channel_id = table.row(ask_id).channel_id
    assert table.channel(channel_id).mockup is False
    later = table.token(ask_id)
    answer = table.desk.post("phone", f"/connect/{later}/withdrawal")
    assert answer.status_code == 303
    emptied = table.channel(channel_id)
    assert (emptied.mockup, emptied.secret, emptied.tokens) == (True, None, None)
    again = table.desk.post("phone", f"/connect/{later}/withdrawal")
    assert again.status_code == 410
    assert "withdrawn already" in again.text
    assert table.give(later).status_code == 410
    assert table.channel(channel_id).mockup
    assert len(table.letters("channel_withdrawn")) >= 1
    with table.desk.session() as session:
        assert session.scalar(select(Notice.kind).where(Notice.kind == "channel_withdrawn").limit(1))


def test_a_planned_account_is_found_though_another_channel_was_meant(table) -> None:
    channel_id = table.mockup("marque.test")
    ask_id = table.ask(None)
    table.known(ask_id)
    assert table.give(table.token(ask_id)).status_code == 303
    assert table.channel(channel_id).mockup is False
    assert table.row(ask_id).channel_id == channel_id


def test_wrong_ones_say_so_keep_what_may_be_kept_and_connect_nothing(table) -> None:
    channel_id = table.mockup()
    ask_id = table.ask(channel_id)
    token = table.token(ask_id)
    table.known(ask_id)
    for typed in (
        {"app_password": "not-the-one"},
        {"app_password": ""},
        {"handle": ""},
        {"service": "ftp://x"},
        {"service": "https://169.254.169.254"},
        {"handle": "autre.test"},
    ):
        answer = table.give(token, **typed)
        assert answer.status_code == 422, typed
        assert "not-the-one" not in answer.text
        assert PASSWORD not in answer.text
        assert typed.get("handle", "@marque.test") in answer.text
    assert table.channel(channel_id).mockup
    assert table.row(ask_id).given_at is None
    assert table.give(token, handle="autre.test", instead="y").status_code == 303
    assert table.channel(channel_id).settings["handle"] == "autre.test"


def test_a_browser_that_nobody_knows_gets_a_code_and_nothing_else(table) -> None:
    channel_id = table.mockup()
    ask_id = table.ask(channel_id)
    token = table.token(ask_id)
    page = table.desk.get(None, f"/connect/{token}")
    assert page.status_code == 200
    assert "Le Bluesky" not in page.text
    assert "Merci d’avance." not in page.text
    assert table.give(token, None).status_code == 403
    assert table.desk.post(None, f"/connect/{token}/withdrawal").status_code == 403
    assert table.desk.post(None, f"/connect/{token}/device", {"code": "123456"}).status_code == 422
    assert table.channel(channel_id).mockup
    assert table.desk.post(None, f"/connect/{token}/code").status_code == 303
    with table.desk.session() as session:
        assert session.scalars(select(DeviceCode)).all()
    # Somebody else's browser, though known, is as unknown here; so is a member of the agency.
    other = table.ask(None, "client_approver")
    table.known(other, "theirs")
    assert table.give(token, "theirs").status_code == 403
    assert table.give(token, "cm").status_code == 403
    assert table.channel(channel_id).mockup


def test_reading_changes_nothing(table) -> None:
    ask_id = table.ask(table.mockup())
    token = table.token(ask_id)
    table.known(ask_id)
    with recorded(table.desk.runtime) as statements:
        for rest in ("", *(f"/{each}" for each in EVERYTHING)):
            assert table.desk.get("phone", f"/connect/{token}{rest}").status_code in {200, 303}
            assert table.desk.get(None, f"/connect/{token}{rest}").status_code in {200, 303}
    assert not [each for each in statements if each.lstrip().lower().startswith(("insert", "update", "delete"))]


@pytest.mark.parametrize("how", ["expired", "revoked", "left", "archived", "connected", "used"])
def test_a_link_that_is_over_says_why_in_one_sentence(table, how: str) -> None:
    said = {
        "expired": "has expired", "revoked": "taken back", "left": "taken back", "archived": "taken back",
        "connected": "by the agency meanwhile", "used": "is connected",
    }  # fmt: skip
    channel_id = table.mockup()
    ask_id = table.ask(channel_id)
    token = table.token(ask_id)
    table.known(ask_id)
    with table.desk.session() as session:
        if how == "expired":
            session.execute(update(ChannelAsk).values(expires_at=utcnow() - timedelta(seconds=1)))
            session.execute(update(ChannelAskLink).values(expires_at=utcnow() - timedelta(seconds=1)))
        elif how == "left":
            person = session.get_one(ChannelAsk, (session.agency_id, ask_id)).membership_id
            session.execute(update(Membership).where(Membership.id == person).values(removed_at=utcnow()))
        elif how == "archived":
            session.execute(text("update app.brands set archived_at = now() where id = :b"),
                            {"b": table.desk.world.brand_id})  # fmt: skip
        elif how == "connected":
            session.execute(update(Channel).where(Channel.id == channel_id).values(mockup=False))
    if how == "revoked":
        assert table.desk.post("cm", f"/channel-asks/{ask_id}/revocation").status_code == 303
    if how == "used":
        assert table.give(token).status_code == 303
    before = table.channel(channel_id)
    page = table.desk.get("phone", f"/connect/{token}")
    assert page.status_code == (200 if how == "used" else 410)
    assert said[how] in page.text
    assert table.give(token, app_password=PASSWORD).status_code == 410
    after = table.channel(channel_id)
    assert (after.mockup, after.secret) == (before.mockup, before.secret)


def test_an_expired_link_is_renewed_to_the_same_address_alone(table) -> None:
    ask_id = table.ask(table.mockup())
    token = table.token(ask_id)
    with table.desk.session() as session:
        session.execute(update(ChannelAsk).values(expires_at=utcnow() - timedelta(seconds=1)))
        session.execute(update(ChannelAskLink).values(expires_at=utcnow() - timedelta(seconds=1)))
    answer = table.desk.post(None, f"/connect/{token}/renewal", {"email": "thief@example.org"})
    assert answer.status_code == 200
    assert "•••@" in answer.text
    row = table.row(ask_id)
    assert row.state_at(utcnow()) is AskState.WAITING
    with table.desk.session() as session:
        asked = session.scalars(select(Letter.membership_id).where(Letter.kind == "channel_asked")).all()
    assert asked == [row.membership_id, row.membership_id]
    # The old link stays shut: the new one is in the mail alone.
    assert table.desk.get(None, f"/connect/{token}").status_code == 410


def test_no_other_token_opens_it(table, runtime) -> None:
    ask_id = table.ask(table.mockup())
    token = table.token(ask_id)
    other = build_world(runtime)
    client = table.desk.app.test_client()
    assert client.get(f"/{other.slug}/connect/{token}", base_url="https://localhost").status_code == 404
    assert table.desk.get(None, f"/approve/{token}").status_code == 404
    assert table.desk.get(None, f"/connect/{uuid.uuid4()}").status_code == 404


def test_two_that_give_at_once_connect_once(table) -> None:
    first = table.ask(table.mockup())
    table.known(first)
    tokens = [table.token(first), table.token(first)]
    assert [table.give(each).status_code for each in tokens] == [303, 410]
    with table.desk.session() as session:
        assert len(session.scalars(select(Event.id).where(Event.verb == "channel.given")).all()) == 1


def test_the_agency_asks_a_person_or_an_address_and_bad_input_is_kept(table) -> None:
    channel_id = table.mockup()
    elsewhere = table.mockup("autre.test", table.desk.world.sibling_id)
    person = str(table.desk.world.people["client_contact"].membership_id)
    assert table.desk.get("cm", NEW).status_code == 200
    for typed in (
        {"channel": str(channel_id), "person": "", "email": "", "note": "Bonjour."},
        {"channel": str(channel_id), "person": "", "email": "not an address", "note": "Bonjour."},
        {"channel": str(channel_id), "person": str(uuid.uuid4()), "note": "Bonjour."},
        {"channel": "nonsense", "person": person, "note": "Bonjour."},
        {"channel": str(elsewhere), "person": person, "note": "Bonjour."},
        {"channel": str(table.desk.world.newsroom_id), "person": person, "note": "Bonjour."},
        {"channel": str(channel_id), "person": person, "note": "x" * 1001},
    ):
        answer = table.desk.post("cm", NEW, typed)
        assert answer.status_code == 422, typed
        assert typed["note"] in answer.text
        assert typed.get("email", "") in answer.text
    with table.desk.session() as session:
        assert session.scalars(select(ChannelAsk)).all() == []
    typed = {"channel": str(channel_id), "person": "", "email": "Compta@Marque.Example", "note": ""}
    assert table.desk.post("cm", NEW, typed).status_code == 303
    assert table.desk.post("cm", NEW, typed).status_code == 422
    (mail,) = table.letters("channel_asked")
    assert "compta@marque.example" in mail.lower()
    assert f"/{table.desk.world.slug}/connect/" in mail
    assert "Ball: client" in table.desk.get("cm", "/brands/marque/channels").text


def test_the_checklist_says_who_has_the_ball(table) -> None:
    def standing():
        with table.desk.session() as session:
            return standings(session, [table.desk.world.brand_id])[table.desk.world.brand_id]

    channel_id = table.mockup()
    assert Step.CHANNEL in standing().standing.missing
    assert "Planned on a mock-up" in table.desk.get("owner", "/brands/marque").text
    ask_id = table.ask(channel_id)
    assert standing().standing.ball_of(Step.CHANNEL) is Ball.CLIENT
    assert "the client was asked to connect it on" in table.desk.get("owner", "/brands/marque").text
    table.known(ask_id)
    assert table.give(table.token(ask_id)).status_code == 303
    assert Step.CHANNEL in standing().standing.done


def test_many_requests_cost_no_more_statements(table) -> None:
    def count() -> int:
        with table.desk.session() as session, recorded(table.desk.runtime) as statements:
            asks_of(session, table.desk.world.brand_id)
        return len(statements)

    table.ask(None)
    one = count()
    for _ in range(5):
        table.ask(None)
    assert count() == one
