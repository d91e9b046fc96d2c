"""The card of a link: read beside the typing, changed or left out, and frozen with what is approved."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update
from support.addresses import digests_in, paths_in
from support.desk import HTTPS, Desk, today
from support.links import PAGE, Site, bluesky_of, field_of, site_and_desk
from support.pictures import picture
from support.statements import recorded
from support.xss import CORPUS, live_markup

from tests.standins.wire import Reply
from unisson.activity.models import Operation
from unisson.approvals.chain import EVERYTHING, Aspect
from unisson.approvals.changes import What, changes_between
from unisson.approvals.covering import covers_digest
from unisson.editorial.beside import Beside, Card
from unisson.editorial.models import Revision
from unisson.editorial.revisions import payload_of
from unisson.editorial.writing import draft_of, edit
from unisson.media.models import Media
from unisson.web.operations import new_operation_id

LINK = "https://a.example/p"


@pytest.fixture
def out(desk: Desk) -> Iterator[tuple[Site, Desk, uuid.UUID]]:
    with site_and_desk(desk) as (site, free):
        yield site, free, bluesky_of(free)


def path(desk: Desk, rest: str) -> str:
    return f"/brands/{desk.world.brand_slug}/contents/{rest}"


def typed(site: Site, channel_id: uuid.UUID, **more: object) -> dict[str, object]:
    return {"kind": "post", "body": f"À lire : {site.page}", "channel_ids": [str(channel_id)], **more}


def digest_of_image(desk: Desk, image: str) -> str:
    with desk.session() as session:
        return session.get_one(Media, (desk.world.agency_id, uuid.UUID(image))).digest


def saved(desk: Desk, answer: object) -> uuid.UUID:
    assert answer.status_code == 303, answer.text
    return uuid.UUID(answer.location.rsplit("/", 1)[1])


def payload(desk: Desk, content_id: uuid.UUID) -> dict:
    with desk.session() as session:
        return payload_of(session, desk.content(content_id, session))


def test_it(out) -> None:
    site, desk, channel_id = out
    form = typed(site, channel_id)
    shown = desk.post("cm", path(desk, "card"), form).text
    assert field_of(shown, "card_title") == "La marée &amp; nous"
    assert "Une page d’été." in shown
    image = field_of(shown, "card_image")
    more = {"card_url": site.page, "card_title": "Notre titre", "card_description": "À nous.", "card_image": image}
    preview = desk.post("cm", path(desk, "preview"), form | more).text
    assert "Notre titre" in preview
    assert digests_in(desk.runtime.settings, preview) == {digest_of_image(desk, image)}
    content_id = saved(desk, desk.post("cm", path(desk, "new"), form | more))
    frozen = payload(desk, content_id)
    assert frozen["channels"][0]["card"] == site.page
    assert (frozen["card"]["title"], frozen["card"]["description"]) == ("Notre titre", "À nous.")
    assert frozen["card"]["image"]["id"] == image
    page = desk.get("cm", f"/contents/{content_id}/edit").text
    assert field_of(page, "card_title") == "Notre titre"
    assert "Notre titre" in desk.get("cm", f"/contents/{content_id}").text


def test_the_image_is_credited_and_stays_out_of_the_library(out) -> None:
    site, desk, channel_id = out
    image = field_of(desk.post("cm", path(desk, "card"), typed(site, channel_id)).text, "card_image")
    with desk.session() as session:
        media = session.get_one(Media, (desk.world.agency_id, uuid.UUID(image)))
        assert media.credit == "Le Phare"
        assert media.archived_at is not None
    assert desk.get("cm", f"/media/{image}").status_code == 302


def test_an_image_of_the_library_is_left_there(out) -> None:
    site, desk, channel_id = out
    mine, _digest = desk.picture(picture("JPEG", (120, 63)))
    assert field_of(desk.post("cm", path(desk, "card"), typed(site, channel_id)).text, "card_image") == str(mine)
    with desk.session() as session:
        media = session.get_one(Media, (desk.world.agency_id, mine))
        assert (media.archived_at, media.credit) == (None, "")


def test_what_stands_there_is_not_read_again_unless_it_is_asked_for(out) -> None:
    site, desk, channel_id = out
    form = typed(site, channel_id, card_url=site.page, card_title="Le mien")
    assert desk.post("cm", path(desk, "card"), form).status_code == 204
    assert site.asked == []
    again = desk.post("cm", path(desk, "card"), form | {"action": "card"})
    assert field_of(again.text, "card_title") == "La marée &amp; nous"


def test_without_scripts_the_page_reads_it_and_keeps_what_is_typed(out) -> None:
    site, desk, channel_id = out
    number = new_operation_id()
    form = typed(site, channel_id, action="card", title="Un titre rare", operation_id=number)
    page = desk.post("cm", path(desk, "new"), form)
    assert page.status_code == 200
    assert "Un titre rare" in page.text
    assert field_of(page.text, "card_title") == "La marée &amp; nous"
    with desk.session() as session:
        assert session.scalar(select(func.count()).select_from(Operation)) == 0


@pytest.mark.parametrize(
    "said",
    [
        Reply(500), Reply(cut=True), Reply(200, b"", "text/html"), Reply(200, b"<p>no title", "text/html"),
        Reply(200, b"%PDF", "application/pdf"), Reply(200, b"a" * 2_100_000, "text/html"),
        Reply(302, headers={"Location": "http://169.254.169.254/"}), Reply(200, b"\x00\xff<title>", "text/html; charset=idna"),
    ],
)  # fmt: skip
def test_a_page_that_can_t_be_read_is_a_sentence_and_leaves_without_a_card(said: Reply, out) -> None:
    site, desk, channel_id = out
    site.pages["/page"] = said
    form = typed(site, channel_id)
    shown = desk.post("cm", path(desk, "card"), form)
    assert shown.status_code == 200
    assert "No preview" in shown.text
    content_id = saved(desk, desk.post("cm", path(desk, "new"), form | {"card_url": site.page, "card_title": ""}))
    frozen = payload(desk, content_id)
    assert frozen["channels"][0]["card"] == ""
    assert "card" not in frozen


@pytest.mark.parametrize(
    "body", ["http://127.0.0.1:1/x", "http://10.0.0.1/", "http://[::1]/", "http://a..b/", "http://[/"]
)
def test_no_address_inside_is_called(body: str, out) -> None:
    site, desk, channel_id = out
    shown = desk.post("cm", path(desk, "card"), typed(site, channel_id, body=f"Ici {body}"))
    assert shown.status_code == 200
    assert "No preview" in shown.text


@pytest.mark.parametrize(
    "image", [Reply(404), Reply(200, b"<svg/>", "image/svg+xml"), Reply(200, b"GIF89a", "image/png")]
)
def test_a_card_does_without_an_image_that_is_none(image: Reply, out) -> None:
    site, desk, channel_id = out
    site.pages["/image.jpg"] = image
    shown = desk.post("cm", path(desk, "card"), typed(site, channel_id)).text
    assert field_of(shown, "card_title")
    assert field_of(shown, "card_image") == ""


def test_what_a_page_says_is_never_markup(out) -> None:
    site, desk, channel_id = out
    for words in CORPUS:
        said = words.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
        page = PAGE.replace("La marée &amp; nous", said).replace("Une page d’été.", said)
        site.pages["/page"] = Reply(200, page.encode(), "text/html; charset=utf-8")
        assert not live_markup(desk.post("cm", path(desk, "card"), typed(site, channel_id)).text)
        more = {"card_url": site.page, "card_title": words, "card_description": words}
        assert not live_markup(desk.post("cm", path(desk, "preview"), typed(site, channel_id, **more)).text)


def test_it_may_be_left_out_or_go_without_its_image(out) -> None:
    site, desk, channel_id = out
    image = field_of(desk.post("cm", path(desk, "card"), typed(site, channel_id)).text, "card_image")
    kept = {"card_url": site.page, "card_title": "Titre", "card_image": image}
    bare = saved(desk, desk.post("cm", path(desk, "new"), typed(site, channel_id, **kept, card_no_image="y")))
    assert payload(desk, bare)["card"]["image"] is None
    off = saved(desk, desk.post("cm", path(desk, "new"), typed(site, channel_id, **kept, card_off="y")))
    assert payload(desk, off)["channels"][0]["card"] == ""
    assert "link-card" not in desk.post("cm", path(desk, "preview"), typed(site, channel_id, **kept, card_off="y")).text
    assert "checked" in desk.get("cm", f"/contents/{off}/edit").text.partition('name="card_off"')[2][:40]


def test_images_of_the_post_take_its_place(out) -> None:
    _site, desk, channel_id = out
    media_id, _digest = desk.picture(picture("JPEG", (40, 30)))
    card = Beside(card=Card(LINK, "Titre"))
    content_id = desk.write(
        body=LINK, channel_ids=(channel_id,), pictures=((media_id, "Une place."),), beside=card,
    )  # fmt: skip
    frozen = payload(desk, content_id)
    assert "card" not in frozen
    assert "card" not in frozen["channels"][0]


def test_a_card_of_another_link_is_let_go(out) -> None:
    _site, desk, channel_id = out
    content_id = desk.write(body=f"Ici {LINK}", channel_ids=(channel_id,), beside=Beside(card=Card(LINK, "Titre")))
    with desk.session() as session:
        draft = draft_of(session, desk.content(content_id, session))
        assert draft.beside.card is not None
        edit(session, desk.actor("cm"), content_id, replace(draft, body="Ici https://b.example/"), None)
    frozen = payload(desk, content_id)
    assert "card" not in frozen
    assert "card" not in frozen["channels"][0]


def test_a_channel_that_shows_none_and_one_with_another_link_have_none(out) -> None:
    _site, desk, channel_id = out
    content_id = desk.write(
        body=f"Ici {LINK}", channel_ids=(desk.world.newsroom_id, channel_id),
        texts=((channel_id, "Là https://b.example/"),), beside=Beside(card=Card(LINK, "Titre")),
    )  # fmt: skip
    assert all("card" not in channel for channel in payload(desk, content_id)["channels"])


def test_another_card_asks_for_the_approval_again(out) -> None:
    _site, desk, channel_id = out
    content_id = desk.write(body=LINK, channel_ids=(channel_id,), beside=Beside(card=Card(LINK, "Titre")))
    desk.submit(content_id)
    before = desk.content(content_id)
    with desk.session() as session:
        draft = draft_of(session, desk.content(content_id, session))
        edit(session, desk.actor("cm"), content_id, draft, before.version)
    assert desk.content(content_id).state == "in_review"
    with desk.session() as session:
        edit(session, desk.actor("cm"), content_id, replace(draft, beside=Beside(card=Card(LINK, "Autre"))), None)
    assert desk.content(content_id).state == "draft"
    assert desk.content(content_id).version > before.version


def test_what_is_approved_says_the_card_and_so_do_changes(out) -> None:
    _site, desk, channel_id = out
    content_id = desk.write(body=LINK, channel_ids=(channel_id,), beside=Beside(card=Card(LINK, "Titre")))
    first = payload(desk, content_id)
    with desk.session() as session:
        draft = draft_of(session, desk.content(content_id, session))
        edit(session, desk.actor("cm"), content_id, replace(draft, beside=Beside(card=Card(LINK, "Autre"))), None)
    second = payload(desk, content_id)
    for aspects in ({Aspect.TEXT}, EVERYTHING):
        assert covers_digest(first, aspects) != covers_digest(second, aspects)
    assert covers_digest(first, {Aspect.DATE}) == covers_digest(second, {Aspect.DATE})
    assert [each.what for each in changes_between(first, second).texts] == [What.CARD]
    assert changes_between(first, second).in_words()


def test_clients_see_the_image_of_what_they_are_asked_about(out) -> None:
    site, desk, channel_id = out
    image = field_of(desk.post("cm", path(desk, "card"), typed(site, channel_id)).text, "card_image")
    assert desk.get("client_approver", f"/media/{image}").status_code == 404
    beside = Beside(card=Card(site.page, "Titre", image=uuid.UUID(image)))
    content_id = desk.in_state("client_turn", body=site.page, channel_ids=(channel_id,), beside=beside)
    assert desk.get("client_approver", f"/media/{image}").status_code == 302
    _link, token = desk.link(content_id)
    desk.known(token)
    page = desk.get(None, f"/approve/{token}/contents/{content_id}")
    assert page.status_code == 200, page.status_code
    assert "Titre" in page.text
    with desk.session() as session:
        revision = session.get_one(Revision, (desk.world.agency_id, desk.content(content_id, session).revision_id))
        digest = revision.payload["card"]["image"]["digest"]
    assert digests_in(desk.runtime.settings, page.text) == {digest}
    fetched = desk.app.test_client().get(paths_in(page.text)[0], base_url=HTTPS)
    assert (fetched.status_code, fetched.mimetype.partition("/")[0]) == (200, "image")
    proof = desk.get("cm", f"/contents/{content_id}/proof").text
    assert "Titre" in proof
    assert digest in proof


def test_an_image_of_elsewhere_is_nobody_s(out, new_world) -> None:
    site, desk, channel_id = out
    other = Desk(desk.app, desk.runtime, new_world())
    foreign, _digest = other.picture(picture("JPEG", (40, 30)))
    form = typed(site, channel_id, card_url=site.page, card_title="T", card_image=str(foreign))
    assert desk.post("cm", path(desk, "new"), form).status_code == 404
    for bad in ("x", "", "0" * 40):
        assert desk.post("cm", path(desk, "new"), form | {"card_image": bad}).status_code == 303


@pytest.mark.parametrize("more", [{"card_title": "x" * 301}, {"card_title": "x", "card_description": "é" * 1001}])
def test_a_card_that_says_too_much_is_refused_and_kept(more: dict[str, str], out) -> None:
    site, desk, channel_id = out
    answer = desk.post("cm", path(desk, "new"), typed(site, channel_id, card_url=site.page, **more))
    assert answer.status_code == 422
    assert "300 characters at most" in answer.text
    assert more["card_title"] in answer.text


def test_no_card_leaves_past_the_rights_of_its_image(out) -> None:
    site, desk, channel_id = out
    mine, _digest = desk.picture(picture("JPEG", (120, 63)))
    beside = Beside(card=Card(site.page, "Titre", image=mine))
    content_id = desk.in_state("scheduled", body=site.page, channel_ids=(channel_id,), beside=beside)
    waiting = desk.write(body=site.page, channel_ids=(channel_id,), beside=beside)
    without = desk.write(body=site.page, channel_ids=(channel_id,), beside=Beside(card=replace(beside.card, off=True)))

    def ended() -> bool:
        with desk.session() as session:
            values = {"a": desk.world.agency_id, "r": desk.content(content_id, session).revision_id}
            return bool(session.scalar(text("select app.rights_have_ended(:a, :r)"), values))

    assert not ended()
    with desk.session() as session:
        session.execute(update(Media).where(Media.id == mine).values(rights_until=today() - timedelta(days=2)))
    assert ended()
    for each, status in ((waiting, 422), (without, 303)):
        shown = {"version": str(desk.content(each).version)}
        answer = desk.post("cm", f"/contents/{each}/submission", shown)
        assert answer.status_code == status, answer.text


def test_the_page_asks_no_more_for_a_card(out) -> None:
    site, desk, channel_id = out
    plain = desk.write(body="Sans lien.", channel_ids=(channel_id,))
    mine, _digest = desk.picture(picture("JPEG", (120, 63)))
    card = Beside(card=Card(site.page, "Titre", image=mine))
    full = desk.write(body=site.page, channel_ids=(channel_id,), beside=card)
    counts = []
    for content_id in (plain, full):
        desk.get("cm", f"/contents/{content_id}/edit")
        with recorded(desk.runtime) as seen:
            desk.get("cm", f"/contents/{content_id}/edit")
        counts.append(len(seen))
    assert counts[1] <= counts[0] + 1
