"""What a client's mail says of its sender: the agency's name, its address, its brand's logo, its own web address."""

import re
import uuid
from pathlib import Path

import pytest
from sqlalchemy import text
from support.desk import Desk
from support.letters import forget_what_others_wrote

from tenants.agencies import Agency
from unisson.devmail.box import KeptMail, Mailbox
from unisson.notifications.letters import write
from unisson.notifications.post import send_due
from unisson.runtime import Runtime


@pytest.fixture(autouse=True)
def empty_queue(worker: Runtime) -> None:
    forget_what_others_wrote(worker)


@pytest.fixture
def box(tmp_path: Path) -> Mailbox:
    return Mailbox(tmp_path)


def label(desk: Desk, **values: object) -> None:
    with desk.session() as session:
        agency = session.get_one(Agency, desk.world.agency_id)
        for name, value in values.items():
            setattr(agency, name, value)


def mail_to(desk: Desk, worker: Runtime, box: Mailbox, role: str) -> KeptMail:
    """The mail that asks the client (or tells the author) about a content."""
    content_id = desk.in_state("client_turn")
    with desk.session() as session:
        session.execute(text("update app.letters set state = 'dropped' where state = 'waiting'"))
        stage = session.execute(
            text("select stage_id from app.waits where content_id = :c limit 1"), {"c": content_id}
        ).scalar_one()
        kind = "approval_reminder" if role == "client_approver" else "missed"
        about = {"content_id": str(content_id), "stage_id": str(stage), "brand_id": str(desk.world.brand_id)}
        write(session, desk.world.people[role].membership_id, kind, about)
    send_due(worker, 20, box)
    return next(mail for mail in box.newest() if mail.header("Delivered-To") == desk.world.people[role].email)


def sender(mail: KeptMail) -> tuple[str, str]:
    (address,) = mail.message["From"].addresses
    return address.display_name, address.addr_spec


def test_a_client_gets_mail_from_the_agency_alone(desk: Desk, worker: Runtime, box: Mailbox) -> None:
    label(desk, sender_name="Atelier Nord", contact_email="bonjour@atelier-nord.example")
    mail = mail_to(desk, worker, box, "client_approver")
    assert sender(mail) == ("Atelier Nord", "unisson@localhost")
    assert mail.header("Reply-To") == "bonjour@atelier-nord.example"
    for kind in ("plain", "html"):
        assert "Atelier Nord" in mail.text(kind)
        assert "Unisson" not in mail.text(kind)


def test_without_a_sender_s_name_it_is_the_agency_s(desk: Desk, worker: Runtime, box: Mailbox) -> None:
    label(desk, name="Maison Sud")
    mail = mail_to(desk, worker, box, "client_approver")
    assert sender(mail)[0] == "Maison Sud"
    assert mail.message["Reply-To"] is None


def test_an_agency_may_let_the_product_be_named(desk: Desk, worker: Runtime, box: Mailbox) -> None:
    label(desk, name="Maison Sud", white_label=False)
    mail = mail_to(desk, worker, box, "client_approver")
    assert sender(mail)[0] == "Maison Sud (via Unisson)"
    assert "Unisson" in mail.text("plain")


def test_the_agency_s_own_people_read_the_product_s_name(desk: Desk, worker: Runtime, box: Mailbox) -> None:
    label(desk, name="Maison Sud", sender_name="Atelier Nord", contact_email="bonjour@atelier-nord.example")
    mail = mail_to(desk, worker, box, "cm")
    assert sender(mail)[0] == "Maison Sud"
    assert mail.message["Reply-To"] is None
    assert "Unisson" in mail.text("plain")


HOSTILE = [
    "Eve\r\nBcc: all@example.org",
    "Eve\nReply-To: x@evil.example",
    'Eve" <eve@evil.example>',
    "E\u202eve",
    "é" * 120,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_sender_s_name_writes_a_header(desk: Desk, worker: Runtime, box: Mailbox, name: str) -> None:
    label(desk, sender_name=name)
    mail = mail_to(desk, worker, box, "client_approver")
    assert sender(mail)[1] == "unisson@localhost"
    assert mail.message["Bcc"] is None
    assert mail.message["Reply-To"] is None
    assert "\u202e" not in mail.header("From")


@pytest.mark.parametrize("address", ["x@y.example\r\nBcc: all@example.org", "nobody", "a@b.example, c@d.example"])
def test_an_address_that_is_none_keeps_no_mail_back(desk: Desk, worker: Runtime, box: Mailbox, address: str) -> None:
    label(desk, contact_email=address)
    mail = mail_to(desk, worker, box, "client_approver")
    assert mail.message["Reply-To"] is None
    assert mail.message["Bcc"] is None


FORM = {"name": "Atelier", "language": "fr", "timezone": "Europe/Paris"}


def test_the_settings_keep_the_sender(desk: Desk) -> None:
    kept = FORM | {"sender_name": "Atelier Nord", "contact_email": "Bonjour@Atelier-Nord.example", "white_label": "y"}
    assert desk.post("owner", "/settings", kept).status_code == 303
    page = desk.get("owner", "/settings").text
    assert 'value="Atelier Nord"' in page
    assert re.search(r'value="[Bb]onjour@atelier-nord\.example"', page)


@pytest.mark.parametrize(
    ("field", "typed"),
    [("sender_name", "paypal@example.org"), ("sender_name", "x" * 121), ("contact_email", "nobody")],
)
def test_what_can_t_be_a_sender_is_refused_and_kept(desk: Desk, field: str, typed: str) -> None:
    answer = desk.post("owner", "/settings", FORM | {field: typed})
    assert answer.status_code == 422
    assert f'value="{typed}"' in answer.text


def test_a_client_s_page_names_the_agency(desk: Desk) -> None:
    label(desk, sender_name=f"Atelier {uuid.uuid4().hex[:6]}")
    _link, token = desk.link(desk.in_state("client_turn"))
    with desk.session() as session:
        name = session.get_one(Agency, desk.world.agency_id).signs_as
    page = desk.get(None, f"/approve/{token}").text
    assert name in page
    assert "Unisson" not in page.split("<footer")[1]
