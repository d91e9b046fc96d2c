"""Search: words without their accents and endings, of what one may see, by an index under row-level security."""

import re
import uuid
from io import BytesIO
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from support.desk import Desk
from support.pictures import picture
from support.statements import recorded
from support.topics import opened
from support.world import build_world

from unisson.editorial.beside import Beside
from unisson.editorial.writing import edit
from unisson.runtime import Runtime
from unisson.search.models import SearchWord
from unisson.search.reading import Term, excerpt, marked, search
from unisson.storage import storage_of
from unisson.threads.files import keep
from unisson.threads.models import Audience
from unisson.threads.writing import Said, start
from unisson.topics.files import add_file, remove_files
from unisson.web.guards import BrandCard


@pytest.fixture(autouse=True)
def in_english(desk: Desk) -> None:
    desk.speak_english()


def page(desk: Desk, words: str, role: str = "cm", **more: str) -> str:
    answer = desk.get(role, "/search", query_string={"q": words, **more})
    assert answer.status_code == 200
    return answer.text


def found(desk: Desk, words: str, role: str = "cm", **more: str) -> set[str]:
    """Return the titles (T-…) that are found."""
    html = re.sub(r"</?mark>", "", page(desk, words, role, **more))
    return set(re.findall(r">(T-\w+)[^<]*</a>", html))


FOUND = {
    "with accents": ("Été", {"T-ete"}),
    "without accents": ("ete", {"T-ete"}),
    "another case": ("BISCUIT", {"T-choc"}),
    "a plural for a singular": ("chocolats", {"T-choc"}),
    "an ending": ("publiée", {"T-verb"}),
    "the beginning of the last word": ("choco", {"T-choc"}),
    "two words": ("biscuit choco", {"T-choc"}),
    "two words of two contents": ("biscuit été", set()),
    "the middle of a word": ("ocolat", set()),
    "a beginning that is not the last word": ("choco biscuit", set()),
    "little words beside one that counts": ("le biscuit de la", {"T-choc"}),
    "only little words": ("de la", set()),
    "a ligature": ("coeur", {"T-verb"}),
    "a tag": ("printanier", {"T-ete"}),
    "an apostrophe": ("l’été", {"T-ete"}),
    "a number": ("1926", {"T-verb"}),
}


@pytest.mark.parametrize("case", FOUND)
def test_words_are_found_as_people_type_them(desk: Desk, case: str) -> None:
    desk.write(title="T-choc le biscuit", body="Au chocolat noir.")
    desk.write(title="T-ete", body="L’été arrive à Pont-Aven.", tags=("printanier",))
    desk.write(title="T-verb", body="Des pages publiées au cœur de l'hiver 1926.")
    words, titles = FOUND[case]
    assert found(desk, words) == titles


def test_a_title_comes_before_a_text(desk: Desk) -> None:
    desk.write(title="T-texte", body="Un mot sur le sarrasin.")
    desk.write(title="T-titre du sarrasin", body="Rien.")
    html = page(desk, "sarrasin")
    assert html.index("T-titre") < html.index("T-texte")


def test_words_follow_what_is_written(desk: Desk) -> None:
    content_id = desk.write(title="T-un", body="avant")
    assert found(desk, "avant") == {"T-un"}
    with desk.session() as session:
        edit(session, desk.actor("cm"), content_id, desk.draft(title="T-un", body="maintenant"), None)
    assert found(desk, "avant") == set()
    assert found(desk, "maintenant") == {"T-un"}
    with desk.session() as session:
        before = session.scalar(select(func.count()).select_from(SearchWord))
        session.execute(text("update app.contents set live_url = 'https://example.org'"))
        assert session.scalar(select(func.count()).select_from(SearchWord)) == before


def test_the_text_of_a_single_channel_finds_its_content(desk: Desk) -> None:
    newsroom = desk.world.newsroom_id
    content_id = desk.write(title="T-un", body="commun", texts=((newsroom, "particulier"),))
    assert found(desk, "particulier") == found(desk, "commun") == {"T-un"}
    for texts, gone, there in ((((newsroom, "singulier"),), "particulier", "singulier"), ((), "singulier", "commun")):
        with desk.session() as session:
            edit(session, desk.actor("cm"), content_id, desk.draft(title="T-un", body="commun", texts=texts), None)
        assert found(desk, gone) == set()
        assert found(desk, there) == {"T-un"}


def test_images_are_found_by_their_name_and_what_is_said_of_them(desk: Desk) -> None:
    media_id, _digest = desk.picture(picture(), "port-de-brest.jpg")
    assert "port-de-" in re.sub(r"</?mark>", "", page(desk, "brest"))
    details = {"alt_fr": "Un chalutier à quai", "credit": "Armelle", "version": "1"}
    desk.post("cm", f"/media/{media_id}/details", details)
    assert f"/media/{media_id}" in page(desk, "chalutiers")
    assert f"/media/{media_id}" not in page(desk, "chalutier", "client_approver")
    with desk.session() as session:
        session.execute(text("update app.media set archived_at = now() where id = :id"), {"id": media_id})
    assert f"/media/{media_id}" not in page(desk, "chalutier")


def said(desk: Desk, content_id: uuid.UUID, audience: Audience, words: str) -> None:
    with desk.session() as session:
        start(session, desk.actor("cm"), content_id, audience, Said(words))


def test_everybody_finds_what_they_may_see_and_no_more(desk: Desk) -> None:
    topic_id = opened(desk)
    desk.write(title="T-brouillon sarrasin")
    shown = desk.write(title="T-soumis sarrasin", topic_id=topic_id)
    desk.submit(shown)
    said(desk, shown, Audience.INTERNAL, "Le sarrasin, entre nous: secret")
    said(desk, shown, Audience.CLIENT, "Le sarrasin, pour le client: ouvert")
    inside, outside = page(desk, "sarrasin"), page(desk, "sarrasin", "client_approver")
    for words in ("T-brouillon", "T-soumis", "secret", "ouvert"):
        assert words in re.sub(r"</?mark>", "", inside)
    outside = re.sub(r"</?mark>", "", outside)
    assert "T-soumis" in outside
    assert "ouvert" in outside
    for words in ("T-brouillon", "secret"):
        assert words not in outside
    assert "Résultats" in re.sub(r"</?mark>", "", page(desk, "resultat"))
    assert "Résultats" not in re.sub(r"</?mark>", "", page(desk, "resultat", "client_approver"))
    assert found(desk, "sarrasin", "client_contact") == {"T-soumis"}


def test_people_are_found_by_the_beginnings_of_their_names(desk: Desk) -> None:
    name = desk.actor("rp").name
    assert name in page(desk, name.split()[0][:3])
    assert "/team/" in page(desk, name, kind="person")


def test_another_agency_s_words_are_not_found(desk: Desk, runtime: Runtime) -> None:
    desk.write(title="T-chez nous sarrasin")
    neighbour = Desk(desk.app, runtime, build_world(runtime))
    assert found(neighbour, "sarrasin") == set()
    assert found(neighbour, "chez nous") == set()


def test_a_brand_and_a_kind_narrow_and_more_goes_on(desk: Desk) -> None:
    for number in range(23):
        desk.write(title=f"T-{number} sarrasin")
    assert len(found(desk, "sarrasin")) == 20
    assert len(found(desk, "sarrasin", kind="content", page="2")) == 3
    assert found(desk, "sarrasin", kind="topic") == set()
    assert len(found(desk, "sarrasin", brand=desk.world.brand_slug)) == 20
    for strange in ("0", "-1", "99999", "x", "٣"):
        page(desk, "sarrasin", kind="content", page=strange)


@pytest.mark.parametrize(
    "words", ["", "   ", "'", "\"", "a & b | !c", "(((", "x" * 10_000, "%_\\", "مرحبا", "\u202eabc", "a\x00b", "🙂", "' or 1=1 --", "<mark>"]
)  # fmt: skip
def test_nothing_typed_is_a_fault(desk: Desk, words: str) -> None:
    desk.write(title="T-un <script>alert(1)</script>")
    html = page(desk, words)
    assert "<script>alert" not in html


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(max_size=60))
def test_whatever_is_typed_is_looked_for(desk: Desk, words: str) -> None:
    card = BrandCard(desk.world.brand_id, "x", "x", "ink", "Europe/Paris", "fr", "other")
    with desk.session() as session:
        search(session, desk.actor("cm"), [card], words)


def test_what_is_marked_is_escaped() -> None:
    terms = [Term("biscuit", "biscuit", is_beginning=False)]
    assert str(marked("<b>Biscuits</b> & thé", terms)) == "&lt;b&gt;<mark>Biscuits</mark>&lt;/b&gt; &amp; thé"
    assert "<mark>biscuit</mark>" in str(excerpt("mot " * 200 + "biscuit" + " mot" * 200, terms))
    assert str(excerpt("court", terms)) == "court"


def test_a_page_asks_as_much_for_many_as_for_few(desk: Desk) -> None:
    def asked() -> int:
        with recorded(desk.runtime) as statements:
            page(desk, "sarrasin")
        return len(statements)

    desk.write(title="T-0 sarrasin")
    asked()
    few = asked()
    for number in range(1, 15):
        desk.write(title=f"T-{number} sarrasin")
    assert asked() == few


def plan_of(session: Any, statement: str) -> str:
    return "\n".join(row[0] for row in session.execute(text(f"explain {statement}")))


def test_words_are_found_by_the_index_under_the_policy(desk: Desk) -> None:
    """Among a hundred thousand words, as the web's own role, held to its agency."""
    with desk.session() as session:
        session.execute(
            text(
                "insert into app.search_words (agency_id, word, kind, item_id, brand_id, weight)"
                " select :a, 'mot' || n, 'content', gen_random_uuid(), :b, 1 from generate_series(1, 100000) n"
            ),
            {"a": desk.world.agency_id, "b": desk.world.brand_id},
        )
        for condition in ("word in ('mot77', 'mot78')", "word >= 'mot777' and word < 'mot778'"):
            plan = plan_of(session, f"select item_id from app.search_words where kind = 'content' and {condition}")
            assert "pk_search_words" in plan, plan
            assert "Seq Scan" not in plan, plan


def test_the_posts_that_continue_a_content_find_it(desk: Desk) -> None:
    content_id = desk.write(title="T-fil", beside=Beside(thread=("La suite parle de sarrasin.",)))
    assert found(desk, "sarrasin") == {"T-fil"}
    with desk.session() as session:
        edit(session, desk.actor("cm"), content_id, desk.draft(title="T-fil", beside=Beside(thread=("Du lin.",))), None)
    assert found(desk, "sarrasin") == set()
    assert found(desk, "lin") == {"T-fil"}


def test_files_find_the_message_and_the_topic_that_they_hang_on(desk: Desk) -> None:
    topic_id, storage = opened(desk), storage_of(desk.runtime.settings)
    content_id = desk.write(title="T-un")
    desk.submit(content_id)
    for audience, name in ((Audience.INTERNAL, "marge_secrete.txt"), (Audience.CLIENT, "devis-signature.txt")):
        with desk.session() as session:
            kept = keep(session, name, BytesIO(b"texte"), storage)
            start(session, desk.actor("cm"), content_id, audience, Said("Voici.", files=(kept,)))
    for words, role, times in (
        ("secrete", "cm", 1), ("secrete", "client_approver", 0), ("signature", "cm", 1), ("signature", "client_approver", 1),
    ):  # fmt: skip
        assert page(desk, words, role).count("Voici.") == times, (words, role)
    with desk.session() as session:
        hung = add_file(session, desk.actor("cm"), topic_id, "barème 2027.csv", BytesIO(b"a;b"), storage=storage)
        file_id = hung.id
    assert "Résultats" in page(desk, "bareme")
    assert "Résultats" not in page(desk, "bareme", "client_approver")
    with desk.session() as session:
        remove_files(session, desk.actor("cm"), topic_id, [file_id])
    assert "Résultats" not in page(desk, "bareme")
