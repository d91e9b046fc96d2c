"""A draft from a web page: what it says, its image with its credit, its address at the end; or a sentence, and nothing."""

import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select
from support.desk import Desk
from support.links import PAGE, Site, bluesky_of, site_and_desk
from support.pictures import picture
from support.xss import CORPUS

from tests.standins.wire import Reply
from unisson.editorial.contents import pictures_of
from unisson.editorial.models import Content, Illustration
from unisson.editorial.writing import draft_of
from unisson.media.models import Media
from unisson.web.operations import new_operation_id


@pytest.fixture
def out(desk: Desk) -> Iterator[tuple[Site, Desk]]:
    with site_and_desk(desk) as (site, free):
        yield site, free


def path(desk: Desk) -> str:
    return f"/brands/{desk.world.brand_slug}/contents/from-link"


def count(desk: Desk, model: type) -> int:
    with desk.session() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def made(answer: object) -> uuid.UUID:
    assert answer.status_code == 303, answer.text
    return uuid.UUID(answer.location.split("/contents/")[1][:36])


def test_it(out) -> None:
    site, desk = out
    bluesky_of(desk)
    assert desk.get("cm", path(desk)).status_code == 200
    content_id = made(desk.post("cm", path(desk), {"url": site.page}))
    with desk.session() as session:
        content = desk.content(content_id, session)
        draft = draft_of(session, content)
        (placed,) = pictures_of(session, content)
    assert (draft.title, draft.body) == ("La marée & nous", f"Une page d’été.\n\n{site.page}")
    assert len(draft.channel_ids) == 2
    assert content.state == "draft"
    assert placed.media.credit == "Le Phare"
    assert placed.media.archived_at is None
    assert draft.beside.card is not None
    page = desk.get("cm", f"/contents/{content_id}/edit").text
    assert "Imported, with its image" in page
    assert f"/contents/{content_id}/cancellation" in page


def test_a_page_that_says_nothing_of_its_site_is_credited_to_its_name(out) -> None:
    site, desk = out
    site.pages["/page"] = Reply(200, b"<title>Bonjour</title><meta name=image><body>", "text/html")
    content_id = made(desk.post("cm", path(desk), {"url": f"  {site.page} "}))
    assert desk.content(content_id).title == "Bonjour"
    assert desk.content(content_id).body == site.page
    assert count(desk, Illustration) == 0


@pytest.mark.parametrize(
    "said",
    [
        Reply(404), Reply(500), Reply(cut=True), Reply(200, b"", "text/html"), Reply(200, b"<p>rien", "text/html"),
        Reply(200, b"\x89PNG", "image/png"), Reply(200, b"a" * 2_100_000, "text/html"),
        Reply(302, headers={"Location": "http://169.254.169.254/latest"}),
        Reply(302, headers={"Location": "/page"}), Reply(200, b"x", "text/html", {"Content-Encoding": "br"}),
    ],
)  # fmt: skip
def test_what_can_t_be_read_imports_nothing_and_is_a_sentence(said: Reply, out) -> None:
    site, desk = out
    site.pages["/page"] = said
    answer = desk.post("cm", path(desk), {"url": site.page})
    assert answer.status_code == 422
    assert "Nothing was imported" in answer.text
    assert site.page in answer.text
    assert (count(desk, Content), count(desk, Media)) == (0, 0)


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "bonjour tout le monde",
        "ftp://a.example",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
        "https://a.example/" + "x" * 2000,
        "https://a.example/ b",
        "\x00",
        "https://user:secret@a.example/",
    ],
)
def test_what_is_no_address_is_refused_and_kept(url: str, out) -> None:
    _site, desk = out
    answer = desk.post("cm", path(desk), {"url": url})
    assert answer.status_code in {400, 422}
    assert count(desk, Content) == 0


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://10.0.0.1", "http://[::1]/", "http://0x7f.1/", "localhost"]
)
def test_no_address_inside_is_called(url: str, out) -> None:
    site, desk = out
    answer = desk.post("cm", path(desk), {"url": url})
    assert answer.status_code == 422
    assert site.asked == []
    assert count(desk, Content) == 0


@pytest.mark.parametrize(
    "image", [Reply(404), Reply(200, b"<svg/>", "image/svg+xml"), Reply(200, b"GIF89a", "image/gif")]
)
def test_a_draft_does_without_an_image_that_is_none(image: Reply, out) -> None:
    site, desk = out
    site.pages["/image.jpg"] = image
    content_id = made(desk.post("cm", path(desk), {"url": site.page}))
    assert desk.content(content_id).title == "La marée & nous"
    assert count(desk, Illustration) == 0


def test_an_image_that_a_card_left_out_of_the_library_comes_into_it(out) -> None:
    site, desk = out
    form = {"body": site.page, "channel_ids": [str(bluesky_of(desk))]}
    desk.post("cm", f"/brands/{desk.world.brand_slug}/contents/card", form)
    with desk.session() as session:
        assert session.scalars(select(Media)).one().archived_at is not None
    made(desk.post("cm", path(desk), {"url": site.page}))
    with desk.session() as session:
        media = session.scalars(select(Media)).one()
        assert (media.archived_at, media.credit) == (None, "Le Phare")


def test_what_was_said_of_an_image_stays(out) -> None:
    site, desk = out
    mine, _digest = desk.picture(picture("JPEG", (120, 63)))
    made(desk.post("cm", path(desk), {"url": site.page}))
    with desk.session() as session:
        assert session.get_one(Media, (desk.world.agency_id, mine)).credit == ""


def test_two_clicks_make_one_draft(out) -> None:
    site, desk = out
    form = {"url": site.page, "operation_id": new_operation_id()}
    first = made(desk.post("cm", path(desk), form))
    assert made(desk.post("cm", path(desk), form)) == first
    assert count(desk, Content) == 1


def test_what_a_page_says_is_never_markup(out) -> None:
    site, desk = out
    text = next(each for each in CORPUS if "<" in each)
    said = text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    page = PAGE.replace("La marée &amp; nous", said).replace("Une page d’été.", said).replace("Le Phare", said)
    site.pages["/page"] = Reply(200, page.encode(), "text/html; charset=utf-8")
    content_id = made(desk.post("cm", path(desk), {"url": site.page}))
    assert text not in desk.get("cm", f"/contents/{content_id}/edit").text


@pytest.mark.parametrize("role", ["client_approver", "client_contact"])
def test_clients_import_nothing(role: str, out) -> None:
    _site, desk = out
    assert desk.post(role, path(desk), {"url": "https://a.example"}).status_code == 403
