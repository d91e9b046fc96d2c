"""A client's personal link: on a browser of theirs it shows exactly what goes out; a typed name signs what is decided."""

import uuid

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from support.addresses import digests_in, paths_in
from support.desk import HTTPS, Desk
from support.pictures import picture
from support.xss import CORPUS, live_markup

from tenants.base import utcnow
from tenants.brands import Brand
from tenants.members import BrandAssignment, Membership
from unisson.agency import team
from unisson.approvals import links
from unisson.approvals.models import ApprovalLink, Decision
from unisson.editorial.models import Content
from unisson.notifications.models import Letter

SCANNERS = ("Mozilla/5.0 (compatible; SafeLinks)", "Barracuda Sentinel", "")


@pytest.fixture
def asked(desk: Desk) -> tuple[uuid.UUID, str]:
    """A content that waits for the client, and the token of their link, on a browser of theirs."""
    content_id = desk.in_state("client_turn")
    return content_id, desk.known(desk.link(content_id)[1])


def decisions(desk: Desk) -> int:
    with desk.session() as session:
        return session.scalar(select(func.count()).select_from(Decision)) or 0


def signed(desk: Desk, content_id: uuid.UUID, **more: object) -> dict[str, object]:
    digest, stage = desk.asked(content_id)
    return {"digest": digest, "stage": stage, "typed_name": "Camille Durand", **more}


def at(token: str, content_id: uuid.UUID, verb: str = "") -> str:
    return f"/approve/{token}/contents/{content_id}{'/' if verb else ''}{verb}"


def test_it(desk: Desk, asked) -> None:
    content_id, token = asked
    page = desk.get(None, at(token, content_id))
    assert page.status_code == 200
    assert "La saison ouvre" in page.text
    assert "Client Approver" in page.text
    assert "UTC+0" in page.text
    assert len(page.data) < 60_000
    answer = desk.post(None, at(token, content_id, "approval"), signed(desk, content_id))
    assert answer.status_code == 303
    assert desk.content(content_id).state == "scheduled"
    after = desk.get(None, at(token, content_id))
    assert "Camille Durand" in after.text
    assert "/approval" not in after.text
    assert "/hold" in after.text


def test_asking_for_changes_sends_it_back_and_keeps_the_words(desk: Desk, asked) -> None:
    content_id, token = asked
    form = signed(desk, content_id, comment="Samedi, pas vendredi.")
    assert desk.post(None, at(token, content_id, "change-request"), form).status_code == 303
    assert desk.content(content_id).state == "changes_requested"
    assert "Samedi, pas vendredi." in desk.get(None, at(token, content_id)).text


@pytest.mark.parametrize("agent", SCANNERS)
def test_reading_decides_nothing(desk: Desk, asked, agent: str) -> None:
    content_id, token = asked
    before = decisions(desk)
    for path in (
        f"/approve/{token}",
        at(token, content_id),
        at(token, content_id, "approval"),
        f"/approve/{token}/approvals",
    ):
        for method in ("GET", "HEAD", "OPTIONS"):
            desk.browser(None).open(desk.path(path), method=method, base_url=HTTPS, headers={"User-Agent": agent})
    assert decisions(desk) == before
    assert desk.content(content_id).state == "in_review"


def test_the_page_is_private(desk: Desk, asked) -> None:
    content_id, token = asked
    for answer in (
        desk.get(None, f"/approve/{token}"),
        desk.get(None, at(token, content_id)),
        desk.get(None, "/approve/unknown"),
        desk.post(None, at(token, content_id, "approval"), {}),
        desk.app.test_client().get(desk.path(f"/approve/{token}"), base_url=HTTPS),
    ):
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]
    outside = [part for part in desk.get(None, at(token, content_id)).text.split('"') if part.startswith("http")]
    assert outside == []


@pytest.mark.parametrize("name", ["", "   ", "\u200b\r\n", "x" * 201])
def test_a_name_must_be_typed(desk: Desk, asked, name: str) -> None:
    content_id, token = asked
    form = signed(desk, content_id, typed_name=name, comment="À revoir")
    for verb in ("approval", "change-request"):
        answer = desk.post(None, at(token, content_id, verb), form)
        assert answer.status_code == 422
    assert "À revoir" in answer.text
    assert desk.content(content_id).state == "in_review"


def test_changes_want_words(desk: Desk, asked) -> None:
    content_id, token = asked
    answer = desk.post(None, at(token, content_id, "change-request"), signed(desk, content_id, comment=" \n"))
    assert answer.status_code == 422
    assert "Camille Durand" in answer.text


def test_other_bytes_are_not_approved(desk: Desk, asked) -> None:
    content_id, token = asked
    answer = desk.post(None, at(token, content_id, "approval"), signed(desk, content_id, digest="0" * 64))
    assert answer.status_code == 409
    assert desk.content(content_id).state == "in_review"


def test_a_second_click_finds_the_first_decision(desk: Desk, asked) -> None:
    content_id, token = asked
    form = signed(desk, content_id)
    before = decisions(desk)
    answers = [desk.post(None, at(token, content_id, "approval"), form) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {303}
    assert decisions(desk) == before + 1


def submit_again(desk: Desk, content_id: uuid.UUID) -> None:
    desk.edit(content_id)
    desk.submit(content_id)


def revoke(desk: Desk, content_id: uuid.UUID) -> None:
    actor = desk.actor("cm")
    with desk.session() as session:
        links.revoke(session, actor, desk.link(content_id)[0].id)


def expire(desk: Desk, _content_id: uuid.UUID) -> None:
    with desk.session() as session:
        session.execute(update(ApprovalLink).values(expires_at=utcnow()))


def remove_person(desk: Desk, _content_id: uuid.UUID) -> None:
    with desk.session() as session:
        person = desk.world.people["client_approver"].membership_id
        session.execute(update(Membership).where(Membership.id == person).values(removed_at=utcnow()))


def take_role_away(desk: Desk, _content_id: uuid.UUID) -> None:
    owner = desk.actor("owner")
    with desk.session() as session:
        row = session.scalars(select(BrandAssignment).where(BrandAssignment.role == "client_approver")).one()
        team.withdraw(session, owner, row.membership_id, row.id)


def archive_brand(desk: Desk, _content_id: uuid.UUID) -> None:
    with desk.session() as session:
        session.execute(update(Brand).where(Brand.id == desk.world.brand_id).values(archived_at=utcnow()))


@pytest.mark.parametrize(
    ("ends", "status"),
    [
        (Desk.edit, 404), (submit_again, 409), (Desk.cancel, 404), (revoke, 410), (expire, 410), (remove_person, 410),
        (take_role_away, 410), (archive_brand, 410),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)  # fmt: skip
def test_what_is_over_is_decided_no_more(desk: Desk, asked, ends, status: int) -> None:
    content_id, token = asked
    form = signed(desk, content_id)
    ends(desk, content_id)
    before = decisions(desk), desk.content(content_id).state
    assert desk.get(None, f"/approve/{token}").status_code == (410 if status == 410 else 200)
    assert desk.post(None, at(token, content_id, "approval"), form).status_code == status
    assert desk.post(None, at(token, content_id, "change-request"), {**form, "comment": "x"}).status_code == status
    many = {"item": f"{content_id}.{form['digest']}.{form['stage']}", "typed_name": "Camille Durand"}
    assert desk.post(None, f"/approve/{token}/approvals", many).status_code in {303, 410}
    assert (decisions(desk), desk.content(content_id).state) == before


def test_a_content_that_was_taken_back_says_so_and_shows_what_was_typed(desk: Desk, asked) -> None:
    content_id, token = asked
    form = signed(desk, content_id, comment="Une autre <b>photo</b>")
    desk.edit(content_id)
    late = desk.post(None, at(token, content_id, "change-request"), form)
    assert late.status_code == 404
    assert "L’agence l’a repris pour y travailler" in late.text
    assert "Une autre &lt;b&gt;photo&lt;/b&gt;</blockquote>" in late.text
    later = desk.get(None, at(token, content_id))
    assert later.status_code == 404
    assert "L’agence l’a repris" in later.text
    assert "blockquote" not in later.text
    assert later.text == desk.get(None, at(token, uuid.uuid4())).text  # as of any that never was


def test_what_was_decided_by_account_stands(desk: Desk, asked) -> None:
    content_id, token = asked
    form = signed(desk, content_id)
    desk.approve(content_id, "client_approver")
    before = decisions(desk)
    assert desk.post(None, at(token, content_id, "approval"), form).status_code == 303
    late = desk.post(None, at(token, content_id, "change-request"), {**form, "comment": "Samedi, pas <b>vendredi</b>"})
    assert late.status_code == 409
    assert "Samedi, pas &lt;b&gt;vendredi&lt;/b&gt;</blockquote>" in late.text  # its form is not there any more
    assert decisions(desk) == before
    assert desk.content(content_id).state == "scheduled"


def test_every_mail_s_link_opens(desk: Desk, asked) -> None:
    content_id, first = asked
    second = desk.link(content_id)[1]
    assert first != second
    for token in (first, second):
        assert desk.get(None, f"/approve/{token}").status_code == 200


def test_a_renewed_link_replaces_the_old_ones(desk: Desk, asked) -> None:
    content_id, old = asked
    link, other = desk.link(content_id)
    answer = desk.post("rp", f"/approval-links/{link.id}/renewal", {"content": str(content_id)})
    assert answer.status_code == 303
    assert answer.location.endswith(f"/contents/{content_id}")
    for token in (old, other):
        assert desk.get(None, f"/approve/{token}").status_code == 410
    with desk.session() as session:
        assert session.scalars(select(Letter.kind).where(Letter.kind == "portal_link")).all() == ["portal_link"]


def test_revoking_forgets_the_browsers_too(desk: Desk, asked) -> None:
    content_id, _token = asked
    link, _other = desk.link(content_id)
    assert desk.post("rp", f"/approval-links/{link.id}/revocation").status_code == 303
    token = desk.link(content_id)[1]
    page = desk.get(None, f"/approve/{token}")
    assert "La saison ouvre" not in page.text
    assert desk.post(None, at(token, content_id, "approval"), signed(desk, content_id)).status_code == 403


@pytest.mark.parametrize(
    ("role", "status"),
    [("cm", 303), ("rp", 303), ("account_manager", 303), ("client_approver", 403), ("expert", 403), ("member", 404)],
)
@pytest.mark.parametrize("verb", ["revocation", "renewal"])
def test_links_are_managed_by_those_who_may(desk: Desk, asked, role: str, status: int, verb: str) -> None:
    link, _token = desk.link(asked[0])
    assert desk.post(role, f"/approval-links/{link.id}/{verb}").status_code == status


def test_another_agencys_link_does_not_exist(desk: Desk, asked, new_world) -> None:
    there = Desk(desk.app, desk.runtime, new_world())
    content_id = there.in_state("client_turn")
    link, token = there.link(content_id)
    assert desk.get(None, at(token, content_id)).status_code == 404
    assert desk.post(None, at(token, content_id, "approval"), signed(there, content_id)).status_code == 404
    assert desk.post("owner", f"/approval-links/{link.id}/revocation").status_code == 404
    assert there.get(None, f"/approve/{token}").status_code == 200


def test_a_link_of_one_brand_opens_nothing_of_another(desk: Desk, asked) -> None:
    """The same person approves for both brands; each link is one brand's."""
    client, other = desk.world.people["client_approver"].membership_id, desk.write(title="Autre marque")
    desk.submit(other)
    with desk.session() as session:
        session.add(BrandAssignment(brand_id=desk.world.sibling_id, membership_id=client, role="client_approver"))
        session.execute(update(Content).where(Content.id == other).values(brand_id=desk.world.sibling_id))
    assert desk.get(None, at(asked[1], other)).status_code == 404
    assert "Autre marque" not in desk.get(None, f"/approve/{asked[1]}").text
    assert desk.post(None, at(asked[1], other, "hold"), {"typed_name": "Camille"}).status_code == 404


def test_its_page_opens_its_pictures_and_no_others(desk: Desk) -> None:
    media_id, digest = desk.picture(picture())
    desk.picture(picture(size=(70, 50)))
    content_id = desk.write(pictures=((media_id, "Une place au matin"),))
    desk.submit(content_id)
    desk.approve(content_id, "rp")
    token = desk.known(desk.link(content_id)[1])
    page = desk.get(None, at(token, content_id))
    assert "Une place au matin" in page.text
    for shown in (page.text, desk.get(None, f"/approve/{token}").text):
        assert digests_in(desk.runtime.settings, shown) == {digest}
        (path, *_more) = paths_in(shown)
        picture_there = desk.app.test_client().get(path, base_url=HTTPS)
        assert (picture_there.status_code, picture_there.mimetype) == (200, "image/jpeg")


def test_strange_words_stay_words(desk: Desk) -> None:
    content_id = desk.write(title="".join(CORPUS)[:300], body="\n".join(CORPUS))
    desk.submit(content_id)
    desk.approve(content_id, "rp")
    token = desk.known(desk.link(content_id)[1])
    form = signed(desk, content_id, typed_name=CORPUS[0], comment="\n".join(CORPUS))
    for answer in (
        desk.get(None, at(token, content_id)),
        desk.post(None, at(token, content_id, "change-request"), {**form, "typed_name": ""}),
    ):
        assert [found for found in live_markup(answer.text) if found != "form"] == []
    assert desk.post(None, at(token, content_id, "change-request"), form).status_code == 303
    for answer in (
        desk.get(None, at(token, content_id)),
        desk.get(None, f"/approve/{token}"),
        desk.get("cm", f"/contents/{content_id}"),
    ):
        assert [found for found in live_markup(answer.text) if found != "form"] == []


def test_the_link_speaks_its_addressees_language(desk: Desk, asked) -> None:
    content_id, token = asked
    for language in ("en", "fr"):
        with desk.session() as session:
            person = desk.world.people["client_approver"].membership_id
            session.execute(update(Membership).where(Membership.id == person).values(language=language))
        assert f'<html lang="{language}"' in desk.get(None, at(token, content_id)).text


def test_a_forged_post_is_refused(desk: Desk, asked, csrf_on: Flask) -> None:
    content_id, token = asked
    client = desk.browser(None)
    assert client.application is csrf_on
    answer = client.post(desk.path(at(token, content_id, "approval")), data=signed(desk, content_id), base_url=HTTPS)
    assert answer.status_code == 400
    page = client.get(desk.path(f"/approve/{token}"), base_url=HTTPS)
    proof = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    form = signed(desk, content_id, csrf_token=proof)
    assert client.post(desk.path(at(token, content_id, "approval")), data=form, base_url=HTTPS).status_code == 303


@pytest.mark.parametrize("field", ["comment", "typed_name", "digest"])
def test_ten_megabytes_decide_nothing(desk: Desk, asked, field: str) -> None:
    content_id, token = asked
    form = {**signed(desk, content_id, comment="Samedi"), field: "a" * 10_000_000}
    answer = desk.post(None, at(token, content_id, "change-request"), form)
    assert answer.status_code in {409, 413, 422}
    form["stage"] = desk.asked(content_id)[1]
    if field != "typed_name":
        answer = desk.post("client_approver", f"/contents/{content_id}/change-request", form)
        assert answer.status_code in {409, 413, 422}
    assert desk.content(content_id).state == "in_review"


@pytest.mark.parametrize("words", ["a\r\nBcc: x@example.org", "\u202eegnahc\u202c", "\x00\x07", "<b>gras</b>"])
def test_strange_words_are_kept_as_words(desk: Desk, words: str) -> None:
    content_id = desk.in_state("client_turn")
    token = desk.known(desk.link(content_id)[1])
    form = signed(desk, content_id, comment=f"Samedi {words}", typed_name=f"Camille {words}")
    assert desk.post(None, at(token, content_id, "change-request"), form).status_code == 303
    with desk.session() as session:
        kept = session.scalars(select(Decision).where(Decision.link_id.is_not(None))).one()
    assert "\n" not in kept.typed_name
    assert "\r" not in kept.comment
    assert "\x00" not in kept.typed_name + kept.comment
    assert desk.get(None, at(token, content_id)).status_code == 200
