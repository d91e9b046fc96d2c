"""Tagged links: what is missing is added, nothing else changes, and what was submitted leaves as it was frozen."""

import uuid
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.desk import Desk
from support.links import bluesky_of, field_of
from support.statements import recorded
from support.topics import opened

from unisson.editorial.beside import Beside, Card
from unisson.editorial.models import Revision
from unisson.editorial.revisions import payload_of
from unisson.editorial.tagging import Tagger, campaign_of, tagged, tagged_link, tagging_of
from unisson.editorial.tagging_page import set_tagging
from unisson.editorial.writing import draft_of, edit
from unisson.publishing.channels.bluesky.facets import graphemes

TAGS = {"utm_source": "bluesky", "utm_campaign": "la saison"}
SAID = "utm_source=bluesky&utm_campaign=la%20saison"


@pytest.mark.parametrize(
    ("url", "becomes"),
    [
        ("https://a.example", f"https://a.example?{SAID}"),
        ("https://a.example/é?", f"https://a.example/é?{SAID}"),
        ("https://a.example/?q=a%20b+c&q=", f"https://a.example/?q=a%20b+c&q=&{SAID}"),
        ("https://a.example/?a=1&", f"https://a.example/?a=1&{SAID}"),
        ("https://a.example/p#top", f"https://a.example/p?{SAID}#top"),
        ("https://a.example/p?x=1#/route?y=2", f"https://a.example/p?x=1&{SAID}#/route?y=2"),
        ("https://a.example/?UTM_Source=me", "https://a.example/?UTM_Source=me&utm_campaign=la%20saison"),
        ("https://a.example/?utm_source=", "https://a.example/?utm_source=&utm_campaign=la%20saison"),
        (f"https://a.example/?{SAID}", f"https://a.example/?{SAID}"),
        ("HTTP://a.example:8080/", f"HTTP://a.example:8080/?{SAID}"),
        ("ftp://a.example/", "ftp://a.example/"),
        ("mailto:a@example.org", "mailto:a@example.org"),
        ("https://[::1", "https://[::1"),
        ("https://", "https://"),
    ],
)
def test_a_link_says_where_it_comes_from(url: str, becomes: str) -> None:
    assert tagged_link(url, TAGS) == becomes


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("Voir https://a.example.", f"Voir https://a.example?{SAID}."),
        ("(https://a.example/b)", f"(https://a.example/b?{SAID})"),
        ("[ici](https://a.example/b), puis", f"[ici](https://a.example/b?{SAID}), puis"),
        ("![vue](https://a.example/i.png)", "![vue](https://a.example/i.png)"),
        ("« https://a.example » et https://b.example", f"« https://a.example?{SAID} » et https://b.example?{SAID}"),
        ("écrire à lea@a.example #https", "écrire à lea@a.example #https"),
        ("", ""),
    ],
)
def test_the_links_of_a_text_are_tagged_and_nothing_else(text: str, becomes: str) -> None:
    assert tagged(text, TAGS) == becomes


URLS = st.builds(
    "https://a.example/{}{}{}".format,
    st.from_regex(r"[a-z0-9/._~-]{0,12}", fullmatch=True),
    st.from_regex(r"(\?([a-zA-Z_]{1,12}=[a-zA-Z0-9%20+]{0,8}&?){0,4})?", fullmatch=True),
    st.from_regex(r"(#[a-zA-Z0-9/?=&-]{0,12})?", fullmatch=True),
)


@given(URLS)
def test_what_stood_in_a_link_stands_in_it_still(url: str) -> None:
    before, after = urlsplit(url), urlsplit(tagged_link(url, TAGS))
    assert (after.scheme, after.netloc, after.path, after.fragment) == (
        before.scheme, before.netloc, before.path, before.fragment,
    )  # fmt: skip
    pairs = parse_qsl(before.query, keep_blank_values=True)
    assert parse_qsl(after.query, keep_blank_values=True)[: len(pairs)] == pairs
    assert tagged_link(tagged_link(url, TAGS), {"utm_source": "other"}) == tagged_link(url, TAGS)


def test_the_campaign_is_the_topic_the_title_or_the_first_words() -> None:
    assert campaign_of("Résultats d’été", "Titre", "x") == "resultats-d-ete"
    assert campaign_of("", "La saison ouvre", "x") == "la-saison-ouvre"
    assert (
        campaign_of("", "", "https://a.example Un deux trois quatre cinq six sept") == "un-deux-trois-quatre-cinq-six"
    )
    assert campaign_of("", "", "https://a.example") == ""


def set_on(desk: Desk, **more: object) -> None:
    with desk.session() as session:
        kept = tagging_of(session, desk.world.brand_id)
        wanted = Tagger(**{"is_on": True, "sources": {}, **more})  # type: ignore[arg-type]  # a test names what it means
        set_tagging(session, desk.actor("cm"), desk.world.brand_id, wanted, kept.version if kept else 0)


def texts(desk: Desk, content_id: uuid.UUID) -> dict[str, str]:
    with desk.session() as session:
        payload = payload_of(session, desk.content(content_id, session))
        return {channel["kind"]: channel["text"] for channel in payload["channels"]}


def test_each_channel_has_its_tags_once_the_brand_wants_them(desk: Desk) -> None:
    channels = (desk.world.newsroom_id, bluesky_of(desk))
    content_id = desk.write(body="Voir https://a.example/?q=1#x", title="La saison", channel_ids=channels)
    assert set(texts(desk, content_id).values()) == {"Voir https://a.example/?q=1#x"}
    set_on(desk, sources={"bluesky": "bsky"})
    assert texts(desk, content_id) == {
        "newsroom": "Voir https://a.example/?q=1&utm_source=newsroom&utm_medium=referral&utm_campaign=la-saison#x",
        "bluesky": "Voir https://a.example/?q=1&utm_source=bsky&utm_medium=social&utm_campaign=la-saison#x",
    }
    set_on(desk, medium="post", campaign="ete")
    assert texts(desk, content_id)["bluesky"].endswith("?q=1&utm_source=bluesky&utm_medium=post&utm_campaign=ete#x")


def test_a_topic_gives_its_name_and_a_content_may_choose_otherwise(desk: Desk) -> None:
    topic_id = opened(desk)
    content_id = desk.write(body="https://a.example", topic_id=topic_id, beside=Beside(tagged=True))
    assert "utm_campaign=resultats" in texts(desk, content_id)["newsroom"]
    set_on(desk)
    plain = desk.write(body="https://a.example", beside=Beside(tagged=False))
    assert texts(desk, plain)["newsroom"] == "https://a.example"


def test_what_was_submitted_stays_as_it_was_frozen(desk: Desk) -> None:
    set_on(desk)
    content_id = desk.in_state("scheduled", body="https://a.example", title="Un")
    set_on(desk, campaign="autre")
    with desk.session() as session:
        revision = session.get_one(Revision, (session.agency_id, desk.content(content_id, session).revision_id))
        assert "utm_campaign=un" in revision.payload["channels"][0]["text"]
    assert "utm_campaign=un" in desk.get("client_approver", f"/contents/{content_id}").text


def test_another_choice_asks_for_the_approval_again(desk: Desk) -> None:
    content_id = desk.in_state("in_review", body="https://a.example")
    with desk.session() as session:
        draft = draft_of(session, desk.content(content_id, session))
        edit(session, desk.actor("cm"), content_id, replace(draft, beside=Beside(tagged=True)), None)
    assert desk.content(content_id).state == "draft"


def test_limits_count_the_links_as_they_leave(desk: Desk) -> None:
    desk.speak_english()
    channel_id = bluesky_of(desk)
    body = "x" * 270 + " https://a.example"
    assert graphemes(body) < 300
    fits = desk.write(body=body, channel_ids=(channel_id,))
    shown = {"version": str(desk.content(fits).version)}
    set_on(desk)
    refused = desk.post("cm", f"/contents/{fits}/submission", shown)
    assert refused.status_code == 422
    assert "characters too long" in refused.text
    form = {"kind": "post", "body": body, "channel_ids": [str(channel_id)]}
    preview = desk.post("cm", f"/brands/{desk.world.brand_slug}/contents/preview", form).text
    assert "utm_source=bluesky" in preview
    assert "characters too long" in preview
    plain = desk.post("cm", f"/brands/{desk.world.brand_slug}/contents/preview", form | {"tagged": "n"}).text
    assert "characters too long" not in plain


def test_a_card_stands_under_the_tagged_link(desk: Desk) -> None:
    set_on(desk)
    card = Card("https://a.example/p", "Titre")
    content_id = desk.write(body="https://a.example/p", channel_ids=(bluesky_of(desk),), beside=Beside(card=card))
    with desk.session() as session:
        (channel,) = payload_of(session, desk.content(content_id, session))["channels"]
    assert channel["card"] == channel["text"]
    assert "utm_source" in channel["card"]


def page(desk: Desk) -> str:
    return f"/brands/{desk.world.brand_slug}/link-tagging"


def test_the_page_keeps_what_is_said(desk: Desk) -> None:
    desk.speak_english()
    shown = desk.get("cm", page(desk)).text
    form = {"is_on": "y", "source-bluesky": "bsky", "source-email": "email", "medium": "réseau", "version": "0"}
    assert field_of(shown, "version") == "0"
    assert desk.post("cm", page(desk), form).status_code == 303
    shown = desk.get("rp", page(desk)).text
    assert field_of(shown, "source-bluesky") == "bsky"
    assert field_of(shown, "source-email") == ""
    assert "utm_medium=r%C3%A9seau" in shown
    stale = desk.post("cm", page(desk), form | {"medium": "autre"})
    assert stale.status_code == 409
    assert "autre" in stale.text
    assert "Compare, then save again" in stale.text
    assert desk.post("cm", page(desk), form | {"version": field_of(stale.text, "version")}).status_code == 303


@pytest.mark.parametrize("more", [{"source-bluesky": "x" * 61}, {"medium": "é" * 61}, {"campaign": "x" * 61}])
def test_what_is_too_long_is_refused_and_kept(more: dict[str, str], desk: Desk) -> None:
    desk.speak_english()
    answer = desk.post("cm", page(desk), {"is_on": "y", "version": "0", **more})
    assert answer.status_code == 422
    assert "60 characters at most" in answer.text
    assert next(iter(more.values())) in answer.text


@pytest.mark.parametrize("role", ["client_approver", "client_contact"])
def test_clients_do_not_say_how(role: str, desk: Desk) -> None:
    assert desk.post(role, page(desk), {"is_on": "y"}).status_code == 403


def test_the_composer_keeps_the_choice(desk: Desk) -> None:
    path = f"/brands/{desk.world.brand_slug}/contents/new"
    form = {"kind": "post", "body": "https://a.example", "channel_ids": [str(desk.world.newsroom_id)], "title": "T"}
    for said, kept in (("y", True), ("n", False), ("", None), ("x", None)):
        answer = desk.post("cm", path, form | {"tagged": said})
        assert desk.content(uuid.UUID(answer.location.rsplit("/", 1)[1])).tagged is kept
    refused = desk.post("cm", path, form | {"tagged": "y", "date": "x"})
    assert refused.status_code == 422
    assert '<option value="y" selected>' in refused.text


def test_more_channels_ask_no_more(desk: Desk) -> None:
    set_on(desk)
    one = desk.write(body="https://a.example")
    two = desk.write(body="https://a.example https://b.example", channel_ids=(desk.world.newsroom_id, bluesky_of(desk)))
    counts = []
    for content_id in (one, two):
        with desk.session() as session, recorded(desk.runtime) as seen:
            payload_of(session, desk.content(content_id, session))
        counts.append(len(seen))
    assert counts[0] == counts[1]
