"""The portal: a code before anything shows, all that waits, many approvals at once, a hold, what was said before."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, text, update
from support.desk import HTTPS, Desk, days_ahead
from support.letters import forget_what_others_wrote
from support.pictures import picture
from support.statements import recorded

from tenants.base import utcnow
from tenants.members import Membership
from unisson.approvals.models import ApprovalLink, Decision, RunStage, Wait
from unisson.devmail.box import Mailbox
from unisson.editorial import writing
from unisson.editorial.models import Content
from unisson.notifications.letters import BATCH, LONGEST
from unisson.notifications.models import Letter
from unisson.notifications.post import send_due
from unisson.portal import codes
from unisson.portal.models import DeviceCode, LinkDevice
from unisson.resources import resource
from unisson.runtime import Runtime

CODE = re.compile(r"\b\d{6}\b")


@pytest.fixture(autouse=True)
def empty_queue(worker: Runtime) -> None:
    forget_what_others_wrote(worker)


@pytest.fixture
def mails(worker: Runtime, tmp_path) -> Callable[[], list]:
    """Sends what is due, and returns every mail so far, newest first."""
    box = Mailbox(tmp_path)

    def read() -> list:
        send_due(worker, 20, box)
        return list(box.newest())

    return read


CHANGED_SINCE = "Modifié depuis votre dernière décision"


def client_turn(desk: Desk, title: str, **more: object) -> uuid.UUID:
    content_id = desk.write(title=title, **more)
    desk.submit(content_id)
    desk.approve(content_id, "rp")
    return content_id


def minutes_pass(worker: Runtime, minutes: float) -> None:
    with worker.database.everywhere() as session:
        session.execute(
            text("update app.dispatch set due_at = due_at - make_interval(secs => :m) where kind = 'mail'"),
            {"m": minutes * 60},
        )


def token_in(mail) -> str:
    found = re.search(r"/approve/([\w-]+)", mail.text("plain"))
    assert found is not None, mail.text("plain")
    return found[1]


def ticket(desk: Desk, content_id: uuid.UUID) -> str:
    digest, stage = desk.asked(content_id)
    return f"{content_id}.{digest}.{stage}"


def decisions(desk: Desk) -> int:
    with desk.session() as session:
        return session.scalar(select(func.count()).select_from(Decision)) or 0


def post(browser: FlaskClient, desk: Desk, rest: str, data: dict[str, object] | None = None):
    return browser.post(desk.path(rest), data=data or {}, base_url=HTTPS)


# ── One mail for what was submitted together ──────────────────────────────────────────────────────────────────────


def test_one_mail_tells_of_all_that_came_together(desk: Desk, worker: Runtime, mails) -> None:
    client = "Client Approver"
    first = client_turn(desk, "Le sarrasin")
    minutes_pass(worker, 3)
    for title in ("Les huîtres", "La marée"):
        client_turn(desk, title)
    minutes_pass(worker, 4)
    assert [mail for mail in mails() if client in mail.header("To")] == []
    minutes_pass(worker, 1.1)
    (mail,) = [mail for mail in mails() if client in mail.header("To")]
    said = mail.text("plain")
    assert mail.header("Subject").startswith("3 ")
    assert all(title in said for title in ("Le sarrasin", "Les huîtres", "La marée"))
    assert desk.get(None, f"/approve/{desk.known(token_in(mail))}").text.count("desk-item") == 3
    assert "Demande de validation, avec le reste" in desk.get("account_manager", f"/contents/{first}/proof").text
    minutes_pass(worker, 60)
    assert len([mail for mail in mails() if client in mail.header("To")]) == 1
    desk.approve(first, "client_approver")
    client_turn(desk, "La criée")
    minutes_pass(worker, 6)
    last = next(mail for mail in mails() if client in mail.header("To"))
    assert "La criée" in last.text("plain").split("La marée")[0]
    assert "Le sarrasin" not in last.text("plain")


def test_a_stream_of_submissions_delays_the_first_for_half_an_hour_at_most(desk: Desk, worker: Runtime, mails) -> None:
    client_turn(desk, "Le premier")
    with desk.session() as session:
        session.execute(
            update(Letter)
            .where(
                Letter.kind == "to_decide", Letter.membership_id == desk.world.people["client_approver"].membership_id
            )
            .values(created_at=utcnow() - LONGEST + BATCH / 2)
        )
    client_turn(desk, "Le dernier")
    minutes_pass(worker, 3)
    (mail,) = [mail for mail in mails() if "Client Approver" in mail.header("To")]
    assert "Le premier" in mail.text("plain")


def test_what_is_due_within_hours_is_told_of_at_once(desk: Desk, mails) -> None:
    content_id = desk.write(wall_time=days_ahead(), title="Plus tard")
    soon = desk.write(title="Ce soir")
    with desk.session() as session:
        session.execute(update(Content).where(Content.id == soon).values(scheduled_at=utcnow() + timedelta(hours=1)))
    for each in (content_id, soon):
        desk.submit(each)
    (mail,) = [mail for mail in mails() if "rp" in mail.header("To").lower()]
    assert "Ce soir" in mail.text("plain")
    assert "Plus tard" in mail.text("plain")


def test_two_letters_asked_for_at_once_tell_once(desk: Desk, worker: Runtime, mails) -> None:
    """As two submissions in the same second may make them: neither sees the other's."""
    client_turn(desk, "Le sarrasin")
    with desk.session() as session:
        (letter,) = session.scalars(
            select(Letter).where(Letter.membership_id == desk.world.people["client_approver"].membership_id)
        )
        twin = Letter(membership_id=letter.membership_id, kind=letter.kind, about=letter.about)
        session.add(twin)
        session.flush()
        from unisson.dispatching import put

        put(session, "mail", session.agency_id, twin.id)
    minutes_pass(worker, 6)
    assert len([mail for mail in mails() if "Client Approver" in mail.header("To")]) == 1


def test_what_waits_no_more_is_not_written_of(desk: Desk, worker: Runtime, mails) -> None:
    content_id = client_turn(desk, "Le sarrasin")
    desk.approve(content_id, "client_approver")
    minutes_pass(worker, 6)
    assert not [mail for mail in mails() if "Client Approver" in mail.header("To")]


def test_the_mail_says_what_silence_means(desk: Desk, worker: Runtime, mails) -> None:
    client_turn(desk, "Le sarrasin")
    minutes_pass(worker, 6)
    with desk.session() as session:
        session.execute(update(RunStage).values(tacit_clause="Article 7 : deux jours"))
    (mail,) = [mail for mail in mails() if "Client Approver" in mail.header("To")]
    assert "Article 7 : deux jours" in mail.text("plain")


# ── A code on a new browser ───────────────────────────────────────────────────────────────────────────────────────


def test_a_new_browser_shows_nothing_before_the_mailed_code(desk: Desk, mails) -> None:
    content_id = client_turn(desk, "Le sarrasin")
    token = desk.link(content_id)[1]
    browser = desk.app.test_client()
    for rest in (f"/approve/{token}", f"/approve/{token}/contents/{content_id}", f"/approve/{token}/history"):
        page = browser.get(desk.path(rest), base_url=HTTPS)
        assert page.status_code == 200
        assert "sarrasin" not in page.text
        assert "@example" in page.text
        assert desk.world.people["client_approver"].email not in page.text
    answer = post(browser, desk, f"/approve/{token}/code", {"content": str(content_id)})
    assert answer.location.endswith(f"/contents/{content_id}")
    (mail,) = [mail for mail in mails() if CODE.search(mail.header("Subject"))]
    assert "/approve/" not in mail.text("plain") + mail.text("html")
    code = CODE.search(mail.header("Subject"))[0]
    typed = {"code": f"{code[:3]} {code[3:]}", "content": str(content_id)}
    answer = post(browser, desk, f"/approve/{token}/device", typed)
    assert answer.status_code == 303
    cookie = answer.headers["Set-Cookie"]
    assert all(word in cookie for word in ("__Host-", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
    assert "sarrasin" in browser.get(answer.location, base_url=HTTPS).text
    with desk.session() as session:
        device, row = session.scalars(select(LinkDevice)).one(), session.scalars(select(DeviceCode)).one()
        assert code.encode() not in bytes(row.code_hash)
        assert row.used_at is not None
    form = {"digest": desk.asked(content_id)[0], "stage": desk.asked(content_id)[1], "typed_name": "Camille"}
    assert post(browser, desk, f"/approve/{token}/contents/{content_id}/approval", form).status_code == 303
    with desk.session() as session:
        said = session.scalars(select(Decision).where(Decision.link_id.is_not(None))).one()
        assert (said.device_id, said.authenticated) == (device.id, "link")
    again = desk.app.test_client()
    assert post(again, desk, f"/approve/{token}/device", typed).status_code == 422


def test_a_scanner_that_loads_runs_and_submits_everything_approves_nothing(desk: Desk, mails) -> None:
    content_id = client_turn(desk, "Le sarrasin")
    token = desk.link(content_id)[1]
    before = decisions(desk)
    scanner, seen, ahead = desk.app.test_client(), set(), [desk.path(f"/approve/{token}")]
    while ahead and len(seen) < 60:
        address = ahead.pop()
        if address in seen:
            continue
        seen.add(address)
        page = scanner.get(address, base_url=HTTPS).text
        ahead += re.findall(r'(?:href|src)="(/[^"]*approve[^"]*)"', page)
        for action, body in re.findall(r'<form[^>]*action="([^"]+)"(.*?)</form>', page, re.DOTALL):
            filled = dict.fromkeys(re.findall(r'name="(\w+)"', body), "123456")
            hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', body))
            scanner.post(action, data={**filled, **hidden}, base_url=HTTPS)
    for verb in ("approval", "change-request", "hold", "release"):
        form = {
            "digest": desk.asked(content_id)[0],
            "stage": desk.asked(content_id)[1],
            "typed_name": "Bot",
            "comment": "x",
        }
        assert post(scanner, desk, f"/approve/{token}/contents/{content_id}/{verb}", form).status_code == 403
    many = {"item": ticket(desk, content_id), "typed_name": "Bot"}
    assert post(scanner, desk, f"/approve/{token}/approvals", many).status_code == 403
    assert decisions(desk) == before
    assert desk.content(content_id).state == "in_review"
    assert len([mail for mail in mails() if CODE.search(mail.header("Subject"))]) <= 10


def test_a_code_takes_five_tries(desk: Desk, mails) -> None:
    token = desk.link(client_turn(desk, "Le sarrasin"))[1]
    browser = desk.app.test_client()
    post(browser, desk, f"/approve/{token}/code")
    code = CODE.search(mails()[0].header("Subject"))[0]
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(codes.TRIES):
        answer = post(browser, desk, f"/approve/{token}/device", {"code": wrong})
        assert answer.status_code == 422
    assert post(browser, desk, f"/approve/{token}/device", {"code": code}).status_code == 422
    with desk.session() as session:
        assert session.scalar(select(func.count()).select_from(LinkDevice)) == 0


@pytest.mark.parametrize("spoil", ["another", "late", "garbage", "empty"])
def test_a_code_that_is_over_lets_nobody_in(desk: Desk, mails, spoil: str) -> None:
    token = desk.link(client_turn(desk, "Le sarrasin"))[1]
    browser = desk.app.test_client()
    post(browser, desk, f"/approve/{token}/code")
    code = CODE.search(mails()[0].header("Subject"))[0]
    if spoil == "another":
        while CODE.search(mails()[0].header("Subject"))[0] == code:  # once, but for one time in a million
            assert post(browser, desk, f"/approve/{token}/code").status_code == 303
    elif spoil == "late":
        with desk.session() as session:
            session.execute(update(DeviceCode).values(expires_at=utcnow()))
    typed = {"garbage": "abc\x00٣٤", "empty": ""}.get(spoil, code)
    answer = post(browser, desk, f"/approve/{token}/device", {"code": typed})
    assert answer.status_code == 422
    assert 'name="code"' in answer.text


def test_a_code_is_good_in_the_browser_that_asked_for_it(desk: Desk, mails) -> None:
    token = desk.link(client_turn(desk, "Le sarrasin"))[1]
    asking, other = desk.app.test_client(), desk.app.test_client()
    answer = post(asking, desk, f"/approve/{token}/code")
    cookie = next(each for each in answer.headers.getlist("Set-Cookie") if each.startswith("__Host-unisson-asking-"))
    assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
    code = CODE.search(mails()[0].header("Subject"))[0]
    assert 'name="code"' not in other.get(desk.path(f"/approve/{token}"), base_url=HTTPS).text
    for browser in (other, other):
        refused = post(browser, desk, f"/approve/{token}/device", {"code": code})
        assert refused.status_code == 422
        assert "demandé depuis un autre navigateur" in refused.text
    assert 'name="code"' in asking.get(desk.path(f"/approve/{token}"), base_url=HTTPS).text
    assert post(asking, desk, f"/approve/{token}/device", {"code": code}).status_code == 303
    assert "sarrasin" in asking.get(desk.path(f"/approve/{token}"), base_url=HTTPS).text


def test_one_person_s_browser_is_not_another_s(desk: Desk) -> None:
    content_id = client_turn(desk, "Le sarrasin")
    mine = desk.known(desk.link(content_id)[1])
    with desk.session() as session:
        from unisson.approvals import links

        contact = desk.world.people["client_contact"].membership_id
        _link, theirs = links.mint(session, contact, desk.world.brand_id)
    assert "sarrasin" in desk.get(None, f"/approve/{mine}").text
    assert "sarrasin" not in desk.get(None, f"/approve/{theirs}").text


def test_whoever_is_signed_in_needs_no_code(desk: Desk) -> None:
    content_id = client_turn(desk, "Le sarrasin")
    token = desk.link(content_id)[1]
    assert "sarrasin" in desk.get("client_approver", f"/approve/{token}").text
    assert "sarrasin" not in desk.get("cm", f"/approve/{token}").text
    form = {"digest": desk.asked(content_id)[0], "stage": desk.asked(content_id)[1], "typed_name": "Camille"}
    answer = desk.post("client_approver", f"/approve/{token}/contents/{content_id}/approval", form)
    assert answer.status_code == 303
    with desk.session() as session:
        assert session.scalars(select(Decision.authenticated).where(Decision.link_id.is_not(None))).all() == ["session"]


def test_an_expired_link_is_renewed_to_the_same_address(desk: Desk, mails) -> None:
    token = desk.link(client_turn(desk, "Le sarrasin"))[1]
    with desk.session() as session:
        session.execute(update(ApprovalLink).values(expires_at=utcnow()))
    page = desk.get(None, f"/approve/{token}")
    assert page.status_code == 410
    assert "/renewal" in page.text
    assert desk.post(None, f"/approve/{token}/renewal").status_code == 200
    (mail,) = [mail for mail in mails() if "Client Approver" in mail.header("To")]
    assert desk.world.people["client_approver"].email in mail.header("To")
    assert desk.get(None, f"/approve/{token_in(mail)}").status_code == 200
    assert re.search(r"^Ouvrir\W:", mail.text("plain"), re.MULTILINE)  # not how the link is, but what one does
    with desk.session() as session:
        session.execute(update(ApprovalLink).values(revoked_at=utcnow()))
    page = desk.get(None, f"/approve/{token}")
    assert "/renewal" not in page.text
    assert desk.post(None, f"/approve/{token}/renewal").status_code == 410
    assert len([mail for mail in mails() if "Client Approver" in mail.header("To")]) == 1


# ── Deciding on one and on many ───────────────────────────────────────────────────────────────────────────────────


def test_many_are_approved_at_once_each_for_itself(desk: Desk) -> None:
    ids = [client_turn(desk, f"Publication {number}") for number in range(4)]
    token = desk.known(desk.link(ids[0])[1])
    tickets = [ticket(desk, each) for each in ids]
    changed = desk.actor("cm")
    with desk.session() as session:
        writing.edit(session, changed, ids[1], desk.draft(title="Publication 1", body="Autre chose."), None)
    data = {"item": tickets[:3], "typed_name": "Camille Durand"}
    answer = desk.post(None, f"/approve/{token}/approvals", data, headers={"Accept-Language": "fr"})
    assert answer.status_code == 303
    assert [desk.content(each).state for each in ids] == ["scheduled", "draft", "scheduled", "in_review"]
    page = desk.get(None, f"/approve/{token}").text
    assert "Publication 1" in page.split('id="toasts"')[1]
    assert desk.post(None, f"/approve/{token}/approvals", data).status_code == 303
    with desk.session() as session:
        said = session.scalars(select(Decision).where(Decision.link_id.is_not(None))).all()
        assert len(said) == 2
        assert {each.typed_name for each in said} == {"Camille Durand"}
        assert session.scalars(select(LinkDevice.typed_name)).one() == "Camille Durand"


@pytest.mark.parametrize(
    "data",
    [
        {"typed_name": "Camille"},
        {"item": "nothing.of.it", "typed_name": "Camille"},
        {"item": ["x" * 5000] * 50, "typed_name": "Camille"},
        {"item": [f"{uuid.uuid4()}.{'0' * 64}.{uuid.uuid4()}"] * 101, "typed_name": "Camille"},
    ],
    ids=["nothing", "garbage", "long", "too many"],
)
def test_bad_choices_are_said_and_decide_nothing(desk: Desk, data: dict[str, object]) -> None:
    token = desk.known(desk.link(client_turn(desk, "Le sarrasin"))[1])
    before = decisions(desk)
    assert desk.post(None, f"/approve/{token}/approvals", data).status_code == 422
    assert decisions(desk) == before


def test_without_a_name_nothing_is_approved_and_the_choice_is_kept(desk: Desk) -> None:
    content_id = client_turn(desk, "Le sarrasin")
    token = desk.known(desk.link(content_id)[1])
    answer = desk.post(None, f"/approve/{token}/approvals", {"item": ticket(desk, content_id), "typed_name": " "})
    assert answer.status_code == 422
    assert "checked" in answer.text
    assert desk.content(content_id).state == "in_review"


def test_a_reservation_goes_on_with_its_words(desk: Desk) -> None:
    content_id = client_turn(desk, "Le sarrasin")
    token = desk.known(desk.link(content_id)[1])
    digest, stage = desk.asked(content_id)
    form = {"digest": digest, "stage": stage, "typed_name": "Camille", "reserved": "y"}
    path = f"/approve/{token}/contents/{content_id}/approval"
    assert desk.post(None, path, form).status_code == 422
    unsigned = desk.post(None, path, {"digest": digest, "stage": stage, "comment": "Plutôt dimanche."})
    assert unsigned.status_code == 422
    assert "Plutôt dimanche." in unsigned.text
    words = {**form, "comment": "Plutôt dimanche."}
    del words["reserved"]  # whoever writes a reservation and overlooks the tick has one all the same
    assert desk.post(None, path, words).status_code == 303
    with desk.session() as session:
        assert session.scalars(select(Decision.verdict).where(Decision.comment == "Plutôt dimanche.")).all() == [
            "reserved"
        ]
    assert desk.content(content_id).state == "scheduled"
    assert "Plutôt dimanche." in desk.get(None, f"/approve/{token}/history").text


def test_the_client_holds_and_lets_go_by_the_link(desk: Desk) -> None:
    content_id = desk.in_state("scheduled")
    token = desk.known(desk.link(content_id)[1])
    path = f"/approve/{token}/contents/{content_id}"
    assert "/hold" in desk.get(None, path).text
    assert desk.post(None, f"{path}/hold", {"typed_name": "", "comment": "Attendez"}).status_code == 422
    assert desk.post(None, f"{path}/hold", {"typed_name": "Camille", "comment": "Attendez"}).status_code == 303
    assert desk.content(content_id).state == "on_hold"
    assert desk.post(None, f"{path}/hold", {"typed_name": "Camille"}).status_code == 409
    assert desk.post(None, f"{path}/release", {"typed_name": "Camille"}).status_code == 303
    assert desk.content(content_id).state == "scheduled"
    with desk.session() as session:
        links_used = session.scalars(select(Decision.link_id).where(Decision.verdict.in_(("held", "released")))).all()
    assert len(links_used) == 2
    assert None not in links_used


def test_who_may_not_hold_is_refused(desk: Desk) -> None:
    content_id = desk.in_state("scheduled")
    with desk.session() as session:
        from unisson.approvals import links

        _link, token = links.mint(session, desk.world.people["client_contact"].membership_id, desk.world.brand_id)
    desk.known(token)
    answer = desk.post(None, f"/approve/{token}/contents/{content_id}/hold", {"typed_name": "Contact"})
    assert answer.status_code == 403
    assert desk.content(content_id).state == "scheduled"


# ── The same, signed in ───────────────────────────────────────────────────────────────────────────────────────────


def test_with_an_account_it_is_the_same_portal(desk: Desk) -> None:
    content_id = client_turn(desk, "Le sarrasin")
    home = f"/portal/{desk.world.brand_slug}"
    assert "Le sarrasin" in desk.get("client_approver", home).text
    page = desk.get("client_approver", f"{home}/contents/{content_id}").text
    assert 'name="typed_name"' not in page
    answer = desk.post("client_approver", f"{home}/approvals", {"item": ticket(desk, content_id)})
    assert answer.status_code == 303
    assert desk.content(content_id).state == "scheduled"
    assert "Le sarrasin" in desk.get("client_approver", f"{home}/history").text
    assert desk.get("expert", home).status_code == 403
    assert desk.get("member", home).status_code == 404


def test_the_list_shows_a_text_as_its_readers_see_it(desk: Desk) -> None:
    client_turn(
        desk, "Le tarif", body="# Un tarif\n\nLe **tarif unique** & [le reste](https://a.test) : " + "mot " * 90
    )
    page = desk.get("client_approver", f"/portal/{desk.world.brand_slug}").text
    assert "<p>Un tarif Le tarif unique &amp; le reste : mot" in page
    assert "mot…</p>" in page


def test_the_agency_s_own_words_never_show(desk: Desk) -> None:
    content_id = desk.write(title="Le sarrasin")
    desk.submit(content_id)
    rp = desk.actor("rp")
    from unisson.approvals import deciding

    with desk.session() as session:
        digest = desk.asked(content_id)[0]
        deciding.approve(session, rp, content_id, digest, "Entre nous : le client va râler.", reserved=True)
    desk.write(title="Un brouillon secret")
    token = desk.known(desk.link(content_id)[1])
    for rest in ("", f"/contents/{content_id}", "/history"):
        page = desk.get(None, f"/approve/{token}{rest}").text
        assert "râler" not in page
        assert "secret" not in page


def test_what_was_decided_is_called_as_it_was_then(desk: Desk) -> None:
    titled, untitled = client_turn(desk, "Le sarrasin"), client_turn(desk, "", body="Samedi à 10 h.")
    for content_id in (titled, untitled):
        desk.approve(content_id, "client_approver")
    desk.edit(titled, title="Un brouillon secret")
    desk.edit(untitled, title="", body="Un texte secret")
    for place in ("/history", ""):
        page = desk.get("client_approver", f"/portal/{desk.world.brand_slug}{place}").text
        assert "Le sarrasin" in page
        assert "Samedi à 10 h." in page
        assert "secret" not in page


# ── Light and steady ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_page_with_all_it_loads_is_under_60_kb_without_media(desk: Desk) -> None:
    media_id, _digest = desk.picture(picture())
    ids = [
        client_turn(desk, f"Publication {number}", body="Samedi à 10 h. " * 40, pictures=((media_id, "La place"),))
        for number in range(12)
    ]
    token = desk.known(desk.link(ids[0])[1])
    for rest in ("", f"/contents/{ids[0]}"):
        page = desk.get(None, f"/approve/{token}{rest}")
        loaded = {address.split("#")[0] for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)}
        weight = len(page.data) + sum(
            (resource("static") / each.split("?")[0].removeprefix("/static/")).stat().st_size for each in loaded
        )
        assert weight < 60_000, (rest, weight)
        assert len(loaded) <= 6


def test_no_statement_is_added_by_what_waits(desk: Desk) -> None:
    first = client_turn(desk, "Publication 0")
    token = desk.known(desk.link(first)[1])

    def statements(rest: str) -> int:
        with recorded(desk.runtime) as seen:
            # An address that nobody asked for before: what is kept of a page says nothing of how it is made.
            assert desk.get(None, f"/approve/{token}{rest}?n={uuid.uuid4().hex}").status_code == 200
        return len(seen)

    paths = ("", f"/contents/{first}", "/history")
    for rest in paths:
        statements(rest)
    few = [statements(rest) for rest in paths]
    for number in range(1, 8):
        client_turn(desk, f"Publication {number}")
    desk.approve(client_turn(desk, "Déjà dit"), "client_approver")
    statements("")  # of another shape: its frame is made once
    assert [statements(rest) for rest in paths] == few


def test_a_person_who_is_asked_from_outside_sees_that_and_nothing_else(desk: Desk) -> None:
    content_id = client_turn(desk, "Le sarrasin")
    desk.in_state("scheduled")
    with desk.session() as session:
        outside = Membership(email=f"{uuid.uuid4().hex}@example.org", name="Maître Le Goff")
        session.add(outside)
        session.flush()
        session.execute(update(Wait).where(Wait.content_id == content_id).values(membership_id=outside.id))
        from unisson.approvals import links

        _link, token = links.mint(session, outside.id, desk.world.brand_id)
    desk.known(token)
    page = desk.get(None, f"/approve/{token}").text
    assert "Le sarrasin" in page
    assert "La saison ouvre" not in page
    with desk.session() as session:
        session.execute(update(Wait).where(Wait.content_id == content_id).values(
            membership_id=desk.world.people["client_approver"].membership_id))  # fmt: skip
    over = desk.get(None, f"/approve/{token}")
    assert over.status_code == 410
    assert "longer valid" not in over.text
    assert "plus valable" not in over.text  # the link is as good as before: there is nothing left to ask


def test_who_is_asked_again_sees_what_changed_and_says_where(desk: Desk) -> None:
    media_id, digest = desk.picture(picture())
    content_id = client_turn(desk, "Le sarrasin", body="Samedi à dix heures.", pictures=((media_id, "La place"),))
    token = desk.known(desk.link(content_id)[1])
    path = f"/approve/{token}/contents/{content_id}"
    assert CHANGED_SINCE not in desk.get(None, f"/approve/{token}").text
    shown, stage = desk.asked(content_id)
    form = {"digest": shown, "stage": stage, "typed_name": "Camille", "comment": "Dimanche plutôt."}
    wrong = {"about": "passage", "quote": "Des mots qui n’y sont pas"}
    answer = desk.post(None, f"{path}/change-request", form | wrong)
    assert answer.status_code == 422
    assert "Dimanche plutôt." in answer.text
    point = {"about": "picture", "picture": digest, "pin_x": "25", "pin_y": "75"}
    assert desk.post(None, f"{path}/change-request", form | point).status_code == 303
    with desk.session() as session:
        said = session.scalars(select(Decision).where(Decision.verdict == "changes_requested")).one()
        assert said.anchor == {"picture": {"digest": digest, "x": 0.25, "y": 0.75}}
    cm = desk.actor("cm")
    with desk.session() as session:
        draft = desk.draft(title="Le sarrasin", body="Dimanche à dix heures.", pictures=((media_id, "La place"),))
        writing.edit(session, cm, content_id, draft, None)
    desk.submit(content_id)
    desk.approve(content_id, "rp")
    assert CHANGED_SINCE in desk.get(None, f"/approve/{token}").text
    page = desk.get(None, path).text
    since = page.split('id="since"')[1].split("</section>")[0]
    assert "<del>" in since
    assert "Samedi" in since
    assert "Dimanche" in since


def test_a_client_hands_their_decision_to_a_colleague_by_the_link(desk: Desk) -> None:
    content_id = client_turn(desk, "Le sarrasin")
    token = desk.known(desk.link(content_id)[1])
    path = f"/approve/{token}/contents/{content_id}"
    contact = desk.world.people["client_contact"].membership_id
    assert str(contact) in desk.get(None, path).text
    for person, status in ((desk.world.people["cm"].membership_id, 422), ("x", 404), (uuid.uuid4(), 404)):
        answer = desk.post(None, f"{path}/handover", {"person": str(person), "typed_name": "Camille"})
        assert answer.status_code == status
    form = {"person": str(contact), "typed_name": "Camille"}
    assert desk.post(None, f"{path}/handover", form).status_code == 303
    with desk.session() as session:
        assert session.scalars(select(Wait.membership_id).where(Wait.content_id == content_id)).all() == [contact]
        said = session.scalars(select(Decision).where(Decision.verdict == "delegated")).one()
        assert (said.typed_name, said.authenticated) == ("Camille", "link")
        assert said.link_id is not None
    assert desk.post(None, f"{path}/handover", form).status_code == 409
