"""A release as its readers see it: one shape in the newsroom, the feed, the letter and the previews, and nothing alive."""

import re
import uuid
from dataclasses import replace
from functools import partial

import feedparser
import pytest
from flask.testing import FlaskClient
from support.desk import HTTPS, Desk
from support.world import World
from support.xss import CORPUS, live_markup

from tenants.permissions import StageRole
from tests.standins.accounts import account
from tests.standins.letters import FROM, Drawer
from tests.standins.letters import release as sending
from unisson.approvals.chain import Chain, Condition, of_roles
from unisson.editorial.models import ContentKind
from unisson.editorial.press import Contact, Press, Quote
from unisson.media.reading import sum_of
from unisson.newsroom.models import NewsroomEntry
from unisson.newsroom.prose import to_html
from unisson.newsroom.release import Voice, lead, release_html, release_text
from unisson.publishing.channels.email import EmailAdapter
from unisson.publishing.channels.letter import rich_text
from unisson.publishing.channels.newsroom import NewsroomAdapter
from unisson.publishing.channels.port import Account, Outgoing, Published
from unisson.resources import resource
from unisson.runtime import Runtime
from unisson.storage import storage_of

NOBODY: Account = account({})
FRENCH, ENGLISH = Voice("Biscuiterie Tréhoret", "fr"), Voice("Biscuiterie Tréhoret", "en")
RELEASE = Press(
    standfirst="La boutique de Quimper ouvre samedi.",
    quotes=(
        Quote("« Nous cuisons au beurre. »", "Gwenaëlle Tréhoret", "dirigeante"),
        Quote("Oui.\n\nVraiment.", "Yann"),
    ),
    boilerplate="Fondée en **1926**.\n\n- Quimper\n- Brest",
    contact=Contact("Salomé Vidal", "presse@example.org", "02 98 00 00 00"),
)
TEXT = "# Ce qui change\n\nDes [galettes](https://example.org) au beurre."


def outgoing(world: World, press: Press) -> Outgoing:
    publication_id = uuid.uuid4()
    return replace(
        sending(title="La boutique ouvre", text=TEXT),
        agency_id=world.agency_id, brand_id=world.brand_id, publication_id=publication_id,
        client_ref=f"newsroom:{publication_id}", press=press.as_json(),
    )  # fmt: skip


def page_of(worker: Runtime, world: World, client: FlaskClient, press: Press) -> str:
    """What anybody reads at the address of a release that was just published."""
    outcome = NewsroomAdapter(worker.database, HTTPS, partial(sum_of, storage_of(worker.settings))).publish(
        outgoing(world, press), NOBODY
    )
    assert isinstance(outcome, Published)
    answer = client.get(str(outcome.url).removeprefix(HTTPS), base_url=HTTPS)
    assert answer.status_code == 200
    return answer.text


def letter(press: Press) -> tuple[str, str]:
    """The plain text and the page that a journalist gets."""
    drawer, leaving = Drawer(), replace(sending(text=TEXT), press=press.as_json())
    assert isinstance(EmailAdapter(drawer, FROM).publish(leaving, NOBODY), Published)
    plain, page = (drawer.kept[0].get_body((kind,)) for kind in ("plain", "html"))
    return plain.get_content(), page.get_content()


def test_the_parts_stand_in_order() -> None:
    html = str(release_html(RELEASE, TEXT, FRENCH, to_html))
    parts = (
        '<p class="release-standfirst">La boutique', "<h2>Ce qui change</h2>", '<a href="https://example.org"',
        "<blockquote><p>«\xa0Nous cuisons au beurre.\xa0»</p></blockquote>",
        "<figcaption>Gwenaëlle Tréhoret, dirigeante</figcaption>", "<p>«\xa0Oui.</p><p>Vraiment.\xa0»</p>",
        "<figcaption>Yann</figcaption>", "<h2>À propos\u00a0: Biscuiterie Tréhoret</h2>", "<strong>1926</strong>",
        "<li>Quimper</li>", "<h2>Contact presse</h2>", "Salomé Vidal",
        '<a href="mailto:presse@example.org">presse@example.org</a>', '<a href="tel:0298000000">02 98 00 00 00</a>',
    )  # fmt: skip
    places = [html.find(each) for each in parts]
    assert -1 not in places
    assert places == sorted(places)


def test_it_speaks_the_brand_s_language() -> None:
    html = release_html(RELEASE, TEXT, ENGLISH, to_html)
    assert "“Nous cuisons au beurre.”" in html
    assert "About Biscuiterie Tréhoret" in html
    assert "Press contact" in html


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Oui.", "«\xa0Oui.\xa0»"),
        ("  « Oui. » ", "«\xa0Oui.\xa0»"),
        ("“Oui.”", "«\xa0Oui.\xa0»"),
        ('"Oui."', "«\xa0Oui.\xa0»"),
        ("« Oui » et « non »", "«\xa0« Oui » et « non »\xa0»"),
        ("Il a dit « oui »", "«\xa0Il a dit « oui »\xa0»"),
    ],
)
def test_quotation_marks_are_the_page_s(typed: str, shown: str) -> None:
    assert FRENCH.quoted(typed) == shown


def test_without_a_release_the_text_is_all() -> None:
    assert release_html(None, TEXT, FRENCH, to_html) == to_html(TEXT)
    assert release_text(None, TEXT, FRENCH) == TEXT
    empty = str(release_html(Press(), TEXT, FRENCH, to_html))
    assert "release-" not in empty
    assert release_text(Press(), TEXT, FRENCH) == TEXT


def test_its_standfirst_stands_for_it_in_lists() -> None:
    assert lead(TEXT, RELEASE.as_json()) == RELEASE.standfirst
    assert lead(TEXT, {}) == lead(TEXT, Press(standfirst=" \n").as_json()) == "Ce qui change Des galettes au beurre."
    assert len(lead("", Press(standfirst="mot " * 200).as_json())) <= 200


def test_the_newsroom_shows_it(worker: Runtime, world: World, client: FlaskClient) -> None:
    page = page_of(worker, world, client, RELEASE)
    assert "<figcaption>Gwenaëlle Tréhoret, dirigeante</figcaption>" in page
    assert '<meta name="description" content="La boutique de Quimper ouvre samedi.">' in page
    assert "À propos\u00a0: Marque" in page
    home = client.get(f"/newsroom/{world.slug}/marque/", base_url=HTTPS).text
    assert "La boutique de Quimper ouvre samedi." in home


def test_the_feed_carries_the_whole(worker: Runtime, world: World, client: FlaskClient) -> None:
    page_of(worker, world, client, RELEASE)
    answer = client.get(f"/newsroom/{world.slug}/marque/feed.atom", base_url=HTTPS)
    feed = feedparser.parse(answer.data, sanitize_html=False)
    assert not feed.bozo
    assert feed.entries[0].summary == RELEASE.standfirst
    assert "Gwenaëlle Tréhoret, dirigeante" in feed.entries[0].content[0].value
    assert "tel:0298000000" in feed.entries[0].content[0].value


def test_the_letter_says_it_twice() -> None:
    plain, page = letter(RELEASE)
    for words in ("La boutique de Quimper", "Gwenaëlle Tréhoret, dirigeante", "Contact presse", "02 98 00 00 00"):
        assert words in plain
        assert words in page
    assert plain.index("La boutique") < plain.index("galettes") < plain.index("— Gwenaëlle") < plain.index("À propos")
    assert "«\xa0Nous cuisons au beurre.\xa0»" in plain
    assert "<blockquote" in page
    assert "<h2" in page


def test_the_newsroom_names_whom_the_newest_release_does(worker: Runtime, world: World, client: FlaskClient) -> None:
    room = f"/newsroom/{world.slug}/marque/"
    page_of(worker, world, client, replace(RELEASE, contact=Contact("Avant Elle", "avant@example.org", "")))
    page_of(worker, world, client, RELEASE)
    page_of(worker, world, client, Press())
    shown = client.get(room, base_url=HTTPS).text
    assert RELEASE.contact.email in shown
    assert "À propos\u00a0: Marque" in shown
    assert "avant@example.org" not in shown
    assert RELEASE.contact.email not in client.get(f"/newsroom/{world.slug}/autre/", base_url=HTTPS).text


@pytest.mark.parametrize("attack", CORPUS)
def test_nothing_of_it_comes_alive(attack: str) -> None:
    evil = Press(attack, (Quote(attack, attack, attack),), attack, Contact(attack, attack, attack))
    for voice in (Voice(attack, "fr"), Voice(attack, "en")):
        assert not live_markup(release_html(evil, attack, voice, to_html))
        assert not live_markup(release_html(evil, attack, voice, rich_text))
    assert not [each for each in live_markup(letter(evil)[1]) if not each.endswith(" style") and each != "style"]


def test_nothing_of_it_comes_alive_in_public(worker: Runtime, world: World, client: FlaskClient) -> None:
    evil = "\n".join(CORPUS)
    press = Press(evil, (Quote(evil, CORPUS[0], CORPUS[2]),), evil, Contact(CORPUS[0], CORPUS[1], CORPUS[2]))
    assert not live_markup(page_of(worker, world, client, press))
    feed = client.get(f"/newsroom/{world.slug}/marque/feed.atom", base_url=HTTPS)
    parsed = feedparser.parse(feed.data, sanitize_html=False)
    assert not parsed.bozo
    assert not live_markup(parsed.entries[0].content[0].value)


def release(desk: Desk, state: str = "in_review", **more: object) -> uuid.UUID:
    return desk.in_state(state, **{"kind": ContentKind.PRESS_RELEASE, "press": RELEASE, "body": TEXT, **more})


def test_the_client_reads_the_same_in_the_portal_and_by_their_link(desk: Desk) -> None:
    content_id = release(desk, "client_turn")
    token = desk.known(desk.link(content_id)[1])
    by_link = desk.get(None, f"/approve/{token}/contents/{content_id}")
    for page in (by_link.text, desk.get("rp", f"/contents/{content_id}").text):
        assert "<figcaption>Gwenaëlle Tréhoret, dirigeante</figcaption>" in page
        assert "À propos\u00a0: Marque" in page
        assert '<p class="release-standfirst">' in page
        assert "02 98 00 00 00" in page
    loaded = {each.split("?")[0].split("#")[0] for each in re.findall(r'(?:href|src)="(/static/[^"]+)"', by_link.text)}
    sizes = ((resource("static") / each.removeprefix("/static/")).stat().st_size for each in loaded)
    assert len(by_link.data) + sum(sizes) < 60_000


def test_a_client_points_at_a_quote_of_it(desk: Desk) -> None:
    content_id = release(desk, "client_turn")
    token = desk.known(desk.link(content_id)[1])
    digest, stage = desk.asked(content_id)
    form = {
        "digest": digest, "stage": stage, "typed_name": "Camille Durand", "comment": "Pas ainsi.",
        "about": "passage", "quote": "cuisons au beurre",
    }  # fmt: skip
    answer = desk.post(None, f"/approve/{token}/contents/{content_id}/change-request", form)
    assert answer.status_code == 303
    assert "cuisons au beurre" in desk.get("cm", f"/contents/{content_id}").text
    assert desk.content(content_id).state == "changes_requested"


def test_the_proof_holds_every_part(desk: Desk) -> None:
    desk.speak_english()
    content_id = release(desk, "scheduled")
    page = desk.get("owner", f"/contents/{content_id}/proof").text
    for words in ("Standfirst", "La boutique de Quimper", "— Gwenaëlle Tréhoret, dirigeante", "Salomé Vidal · presse@"):
        assert words in page


@pytest.mark.parametrize(("quotes", "state"), [(RELEASE.quotes, "in_review"), ((), "scheduled")])
def test_whoever_speaks_is_asked_by_a_chain_that_says_so(desk: Desk, quotes: tuple[Quote, ...], state: str) -> None:
    press, spokesperson = of_roles(StageRole.RP, StageRole.SPOKESPERSON).stages
    desk.give_chain(Chain(stages=(press, replace(spokesperson, only_if=Condition(risks=("quote",))))))
    content_id = release(desk, press=replace(RELEASE, quotes=quotes))
    desk.approve(content_id, "rp")
    assert desk.content(content_id).state == state
    if quotes:
        desk.approve(content_id, "spokesperson")
        assert desk.content(content_id).state == "scheduled"


def test_a_page_published_before_has_no_release(desk: Desk, worker: Runtime) -> None:
    with worker.database.agency(desk.world.agency_id) as session:
        entry = NewsroomEntry(
            brand_id=desk.world.brand_id, ref="newsroom:older", slug="avant", title="Avant", text="Déjà.",
            language="fr", pictures=[], published_at=session.now(),
        )  # fmt: skip
        session.add(entry)
    page = desk.app.test_client().get(f"/newsroom/{desk.world.slug}/{desk.world.brand_slug}/avant", base_url=HTTPS)
    assert page.status_code == 200
    assert "release-" not in page.text
