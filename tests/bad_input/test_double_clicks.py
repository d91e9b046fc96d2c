"""Every button, clicked twice in the same instant: one effect, and both clicks end where the first one led."""

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest
from flask import Flask
from sqlalchemy import func, select
from support.desk import Desk, days_ahead

from tenants.identities import DirectoryEntry, Identity, IdentityLetter
from tenants.members import BrandAssignment, Invitation
from unisson.activity.models import Event
from unisson.agency import team
from unisson.publishing import connecting
from unisson.publishing.models import Subscriber
from unisson.publishing.subscribers import Entry
from unisson.runtime import Runtime


def twice(click: Callable[[], object]) -> list:
    """What both clicks were answered; they start together."""
    line, answers = threading.Barrier(2), []

    def run() -> None:
        line.wait(timeout=120)
        answers.append(click())

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return answers


@dataclass(frozen=True)
class Button:
    """One form: who clicks, where, with what; `verb` is what the trail says once."""

    verb: str
    role: str
    path: Callable[[Desk], str]
    fields: Callable[[Desk], Mapping[str, str]] = field(default=lambda _desk: {})


def _typed(desk: Desk) -> dict[str, str]:
    return {"kind": "post", "title": "Samedi", "body": "Le marché ouvre.", "date": f"{days_ahead(12):%Y-%m-%d}",
            "time": "10:00", "channel_ids": str(desk.world.newsroom_id)}  # fmt: skip


def _content(state: str, tail: str) -> Callable[[Desk], str]:
    return lambda desk: f"/contents/{desk.in_state(state)}/{tail}"


def _shown(desk: Desk) -> dict[str, str]:
    with desk.session() as session:
        content_id = session.scalars(select(Event.subject_id).where(Event.subject_kind == "content").order_by(
            Event.id.desc())).first()  # fmt: skip
    assert content_id
    digest, stage = desk.asked(content_id)
    version = str(desk.content(content_id).version)
    return {"digest": digest, "stage": stage, "comment": "Samedi, pas vendredi.", "version": version}


def _new_list(desk: Desk) -> uuid.UUID:
    with desk.session() as session:
        return connecting.connect_list(
            session, desk.actor("owner"), desk.world.brand_id, name="Presse", sender_name="Marque", reply_to="",
            people=[Entry("a@example.org")],
        ).id  # fmt: skip


def _person_on_list(desk: Desk, *, gone: bool = False) -> str:
    channel_id = _new_list(desk)
    with desk.session() as session:
        person = session.scalars(select(Subscriber).where(Subscriber.channel_id == channel_id)).one()
        if gone:
            person.unsubscribed_at = func.now()
        return f"/channels/{channel_id}/people/{person.id}"


def _invited(desk: Desk) -> str:
    with desk.session() as session:
        who = team.invite(
            session, desk.actor("owner"), email=f"{uuid.uuid4().hex}@example.org", name="Neuf",
            agency_role=team.AgencyRole.ADMIN,
        )  # fmt: skip
        return f"/team/{who.id}"


def _assignment(desk: Desk) -> str:
    expert = desk.world.people["expert"].membership_id
    with desk.session() as session:
        held = session.scalars(select(BrandAssignment.id).where(BrandAssignment.membership_id == expert)).one()
    return f"/team/{expert}/brand-roles/{held}/withdrawal"


def _link(desk: Desk, act: str) -> str:
    return f"/approval-links/{desk.link(desk.in_state('client_turn'))[0].id}/{act}"


BRAND = {"name": "Halle", "sector": "food", "timezone": "Europe/Paris", "language": "fr", "accent": "ocean"}
BUTTONS = [
    Button("content.written", "cm", lambda desk: f"/brands/{desk.world.brand_slug}/contents/new", _typed),
    Button("content.edited", "cm", _content("draft", "edit"), lambda desk: _shown(desk) | _typed(desk)),
    Button("content.moved", "cm", _content("draft", "move"), lambda desk: _shown(desk) | _typed(desk)),
    Button("content.submitted", "cm", _content("draft", "submission"), _shown),
    Button("content.withdrawn", "cm", _content("in_review", "withdrawal")),
    Button("content.cancelled", "cm", _content("scheduled", "cancellation")),
    Button("content.restored", "cm", _content("cancelled", "restoration")),
    Button("content.approved", "rp", _content("in_review", "approval"), _shown),
    Button("content.changes_requested", "rp", _content("in_review", "change-request"), _shown),
    Button("link.renewed", "cm", lambda desk: _link(desk, "renewal")),
    Button("link.revoked", "cm", lambda desk: _link(desk, "revocation")),
    Button("channel.connected", "owner", lambda desk: f"/brands/{desk.world.brand_slug}/channels/new?kind=email",
           lambda _desk: {"name": "Presse", "sender_name": "Marque", "recipients": "a@example.org"}),
    Button("list.people_added", "owner", lambda desk: f"/channels/{_new_list(desk)}/people",
           lambda _desk: {"recipients": "b@example.org\nc@example.org"}),
    Button("list.person_removed", "owner", lambda desk: f"{_person_on_list(desk)}/removal"),
    Button("list.person_returned", "owner", lambda desk: f"{_person_on_list(desk, gone=True)}/return"),
    Button("channel.disconnected", "owner", lambda desk: f"/channels/{_new_list(desk)}/disconnection"),
    Button("brand.opened", "owner", lambda _desk: "/brands/new", lambda _desk: BRAND),
    Button("brand.edited", "owner", lambda desk: f"/brands/{desk.world.brand_slug}/edit", lambda _desk: BRAND),
    Button("agency.edited", "owner", lambda _desk: "/settings",
           lambda _desk: {"name": "Nord", "language": "fr", "timezone": "Europe/Paris"}),
    Button("person.invited", "owner", lambda _desk: "/team/invitations",
           lambda desk: {"email": f"{uuid.uuid4().hex}@example.org", "name": "Neuf", "agency_role": "member",
                         "brand": str(desk.world.brand_id), "brand_role": "cm"}),
    Button("person.invited", "owner", lambda desk: f"{_invited(desk)}/invitation"),
    Button("invitation.revoked", "owner", lambda desk: f"{_invited(desk)}/invitation/revocation"),
    Button("person.removed", "owner", lambda desk: f"{_invited(desk)}/removal"),
    Button("person.role_changed", "owner", lambda desk: f"/team/{desk.world.people['member'].membership_id}/role",
           lambda _desk: {"agency_role": "admin"}),
    Button("person.role_given", "owner", lambda desk: f"/team/{desk.world.people['member'].membership_id}/brand-roles",
           lambda desk: {"brand": str(desk.world.brand_id), "brand_role": "expert"}),
    Button("person.role_withdrawn", "owner", _assignment),
]  # fmt: skip


def _events(desk: Desk, verb: str) -> int:
    with desk.session() as session:
        return session.scalar(select(func.count()).select_from(Event).where(Event.verb == verb)) or 0


@pytest.mark.parametrize("button", BUTTONS, ids=lambda button: button.verb)
def test_two_clicks_are_one(desk: Desk, app: Flask, button: Button) -> None:
    path = button.path(desk)
    data = {**button.fields(desk), "operation_id": str(uuid.uuid4())}
    before = _events(desk, button.verb)

    def click() -> object:
        browser = desk.world.sign_in(app.test_client(), button.role)
        return browser.post(desk.path(path), data=data, base_url="https://localhost")

    answers = twice(click)
    assert [answer.status_code for answer in answers] == [303, 303]
    assert len({answer.location for answer in answers}) == 1
    assert _events(desk, button.verb) == before + 1
    browser = desk.world.sign_in(app.test_client(), button.role)
    assert browser.get(answers[0].location, base_url="https://localhost").status_code == 200


def test_two_clicks_invite_once(desk: Desk, app: Flask) -> None:
    """The same person invited by two people in the same instant is one member with one open invitation."""
    email = f"{uuid.uuid4().hex}@example.org"
    who = iter(("owner", "admin"))

    def click() -> object:
        browser = desk.world.sign_in(app.test_client(), next(who))
        data = {"email": email, "name": "Neuf", "agency_role": "member", "brand": str(desk.world.brand_id),
                "brand_role": "cm", "operation_id": str(uuid.uuid4())}  # fmt: skip
        return browser.post(desk.path("/team/invitations"), data=data, base_url="https://localhost")

    answers = twice(click)
    assert [answer.status_code for answer in answers] == [303, 303]
    with desk.session() as session:
        open_ones = select(func.count()).select_from(Invitation).where(Invitation.revoked_at.is_(None))
        assert session.scalar(open_ones) == 1
        assert len({answer.location for answer in answers}) == 1


PASSWORD = "gadoue-Lapin-74-orage"


def _letters(runtime: Runtime, email: str) -> list[str]:
    with runtime.database.everywhere() as session:
        wanted = select(IdentityLetter.purpose).join(Identity, Identity.id == IdentityLetter.identity_id)
        return list(session.scalars(wanted.where(Identity.email == email)))


@pytest.mark.parametrize("slug", ["", "given"])
@pytest.mark.parametrize("way", ["at once", "one after the other"])
def test_two_clicks_sign_up_once(new_browser, runtime: Runtime, slug: str, way: str) -> None:
    """Both clicks end on the same page; there is one agency, one person, one letter."""
    mark = uuid.uuid4().hex[:10]
    typed = {"agency": f"Double {mark}", "slug": slug and f"double-{mark}", "name": "Alix Rennes", "language": "fr",
             "email": f"double-{mark}@example.org", "password": PASSWORD, "operation_id": str(uuid.uuid4())}  # fmt: skip
    browsers = iter([new_browser(), new_browser()])

    def click() -> object:
        return next(browsers).post("/sign-up", data=typed)

    answers = twice(click) if way == "at once" else [click(), click()]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert {answer.location for answer in answers} == {"/sign-up/sent"}
    with runtime.database.everywhere() as session:
        named = select(func.count()).select_from(DirectoryEntry).where(DirectoryEntry.slug.like(f"double-{mark}%"))
        assert session.scalar(named) == 1
    assert _letters(runtime, typed["email"]) == ["verification"]


@pytest.mark.parametrize("way", ["at once", "one after the other"])
def test_two_clicks_ask_for_one_reset(new_browser, world, runtime: Runtime, way: str) -> None:
    typed = {"email": world.people["cm"].email, "operation_id": str(uuid.uuid4())}

    def click() -> object:
        return new_browser().post("/password-reset", data=typed)

    answers = twice(click) if way == "at once" else [click(), click()]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert _letters(runtime, typed["email"]) == ["password_reset"]


def test_two_agencies_race_for_one_address(new_browser, runtime: Runtime) -> None:
    mark = uuid.uuid4().hex[:10]
    who = iter(("a", "b"))

    def click() -> object:
        person = next(who)
        typed = {"agency": f"Course {mark}", "slug": f"course-{mark}", "name": "Alix", "language": "fr",
                 "email": f"{person}-{mark}@example.org", "password": PASSWORD}  # fmt: skip
        return new_browser().post("/sign-up", data=typed)

    answers = sorted(twice(click), key=lambda answer: answer.status_code)
    assert [answer.status_code for answer in answers] == [303, 422]
    assert f"Course {mark}" in answers[1].text
    with runtime.database.everywhere() as session:
        people = select(func.count()).select_from(Identity).where(Identity.email.like(f"%-{mark}@example.org"))
        assert session.scalar(people) == 1, "who was refused is not half signed up"


def test_two_clicks_confirm_and_join_once(desk: Desk, new_browser, worker: Runtime) -> None:
    """An accepted invitation, clicked twice: in, and the second click is told so, not shown a fault."""
    from unisson.agency import invitations

    path = _invited(desk)
    with worker.database.agency(desk.world.agency_id) as session:
        invitation = session.scalars(
            select(Invitation).where(Invitation.membership_id == uuid.UUID(path.rpartition("/")[2]))
        ).one()
        token = invitations.mint(session, invitation)
    browsers = iter([new_browser(), new_browser()])

    def click() -> object:
        return next(browsers).post(desk.path(f"/invitations/{token}"), data={"name": "Neuf", "password": PASSWORD})

    assert sorted(answer.status_code for answer in twice(click)) in ([303, 303], [303, 410], [303, 422])


def test_a_number_of_another_form_leads_to_a_page_that_is_there(desk: Desk) -> None:
    number = str(uuid.uuid4())
    form = f"/brands/{desk.world.brand_slug}/contents/new"
    hours = {"timezone": "Europe/Paris", "days": ["0"], "starts": "09:00", "ends": "18:00"}
    assert desk.post("cm", "/notices/hours", {**hours, "operation_id": number}).status_code == 303
    first = desk.post("cm", form, {**_typed(desk), "operation_id": number})
    again = desk.post("cm", form, {**_typed(desk), "operation_id": number})
    for answer in (first, again):
        assert answer.status_code == 303
        page = desk.get("cm", answer.headers["Location"].partition(f"/{desk.world.slug}")[2])
        assert page.status_code == 200, answer.headers["Location"]
