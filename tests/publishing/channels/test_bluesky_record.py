"""What is posted: offsets in bytes, images with their description, a card when the page has one."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.standins.accounts import outgoing, picture
from tests.standins.pds import StandInPds, did_of
from tests.standins.wire import Call, HttpServer, Reply
from unisson.publishing.channels.bluesky import BlueskyAdapter
from unisson.publishing.channels.bluesky.facets import graphemes, spans
from unisson.publishing.channels.bluesky.tid import ALPHABET, tid, tid_of
from unisson.publishing.channels.port import Account, Card, NotSent, Outgoing, Picture, Published, Refused, Sketch

REF = "3mbq5xyzabc2d"


def _record(bluesky: BlueskyAdapter, lea: Account, pds: StandInPds, sending: Outgoing) -> dict[str, object]:
    outcome = bluesky.publish(sending, lea)
    assert isinstance(outcome, Published), outcome
    record = pds.effects.all()[-1]["record"]
    assert isinstance(record, dict)
    return record


def _marked(record: dict[str, object]) -> list[tuple[str, str]]:
    """Return what each facet covers, cut out of the text by its byte offsets, and what it points to."""
    text = str(record["text"]).encode()
    found = []
    for facet in record.get("facets", []):  # type: ignore[attr-defined]  # read back from JSON
        covered = text[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode()
        (feature,) = facet["features"]
        found.append((covered, feature.get("uri") or feature.get("did") or feature["tag"]))
    return found


def test_facets_count_bytes(bluesky: BlueskyAdapter, lea: Account, pds: StandInPds) -> None:
    text = "Été 🎉👩‍👩‍👧 avec @ami.test et @nobody.test : http://127.0.0.1:1/é?a=(b) #Fête2026, #été!"
    record = _record(bluesky, lea, pds, outgoing(REF, text))
    assert _marked(record) == [
        ("@ami.test", did_of("ami.test")),
        ("http://127.0.0.1:1/é?a=(b)", "http://127.0.0.1:1/é?a=(b)"),
        ("#Fête2026", "Fête2026"),
        ("#été", "été"),
    ]
    assert "embed" not in record


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("voir https://a.example.", ["https://a.example"]),
        ("(https://a.example/b_(c))", ["https://a.example/b_(c)"]),
        ("(https://a.example/b)", ["https://a.example/b"]),
        ("« https://a.example/b »", ["https://a.example/b"]),
        ("https://a.example/#x", ["https://a.example/#x"]),
        ("https://", []),
        ("xhttps://a.example", []),
        ("écris à lea@maison.test", []),
        ("@lea.test, @LEA.test.", ["lea.test", "lea.test"]),
        ("@lea", []),
        ("#a #1 #1a # #", ["a", "1a"]),
        ("a#b", []),
        ("#" + "a" * 65, []),
        ("#déjà-vu...", ["déjà-vu"]),
        ("", []),
    ],
)
def test_what_counts_as_a_link_a_mention_or_a_tag(text: str, found: list[str]) -> None:
    assert [span.target for span in spans(text)] == found


def test_images_keep_their_description_and_shape(bluesky: BlueskyAdapter, lea: Account, pds: StandInPds) -> None:
    pictures = (picture(b"one", alt="La façade 🏠"), picture(b"two", alt="", mime="image/jpeg"))
    record = _record(bluesky, lea, pds, outgoing(REF, "Voir https://a.example", pictures=pictures))
    embed = record["embed"]
    assert isinstance(embed, dict)
    assert embed["$type"] == "app.bsky.embed.images"
    assert [image["alt"] for image in embed["images"]] == ["La façade 🏠", ""]
    assert [image["image"]["mimeType"] for image in embed["images"]] == ["image/png", "image/jpeg"]
    assert embed["images"][0]["aspectRatio"] == {"width": 640, "height": 480}


def _unreadable() -> bytes:
    raise OSError("the storage is away")


@pytest.mark.parametrize(
    ("image", "told"),
    [
        (picture(b"changed", digest="0" * 64), Refused),
        (picture(bytes(2_000_001)), Refused),
        (Picture("0" * 64, "image/png", 1, 1, 1, "", _unreadable), NotSent),
    ],
)
def test_an_image_that_is_not_the_approved_one_stops_it(
    image: Picture, told: type, bluesky: BlueskyAdapter, lea: Account, pds: StandInPds
) -> None:
    assert isinstance(bluesky.publish(outgoing(REF, "x", pictures=(image,)), lea), told)
    assert pds.effects.all() == []


PAGE = """<!doctype html><html><head><title>Un titre
</title><meta property="og:title" content="L&#39;été &amp; nous"><meta name="description" content=" Une   page ">
<meta property="og:image" content="{image}"></head><body><title>autre</title></body></html>"""


def _site(page: Reply, image: Reply) -> HttpServer:
    def answer(call: Call) -> Reply:
        return {"/p": page, "/i.png": image, "/moved": Reply(301, headers={"Location": "/p"})}.get(
            call.target, Reply(404)
        )

    return HttpServer(answer)


def _html(text: str, mime: str = "text/html; charset=utf-8") -> Reply:
    return Reply(200, text.encode(), mime)


def _external(bluesky: BlueskyAdapter, lea: Account, pds: StandInPds, url: str) -> dict[str, object] | None:
    record = _record(bluesky, lea, pds, outgoing(REF, f"À lire : {url}"))
    embed = record.get("embed")
    return embed["external"] if isinstance(embed, dict) else None


@pytest.mark.parametrize("path", ["/p", "/moved"])
def test_a_link_gets_its_card(path: str, bluesky: BlueskyAdapter, lea: Account, pds: StandInPds) -> None:
    with _site(_html(PAGE.format(image="/i.png")), Reply(200, b"png", "image/png")) as site:
        external = _external(bluesky, lea, pds, site.url + path)
    assert external is not None
    assert (external["title"], external["description"]) == ("L'été & nous", "Une page")
    assert external["uri"] == site.url + path
    assert external["thumb"]["size"] == 3  # type: ignore[index]  # read back from JSON


@pytest.mark.parametrize(
    "image",
    [Reply(404), Reply(200, b"<svg/>", "image/svg+xml"), Reply(200, bytes(1_000_001), "image/png"), Reply(cut=True)],
)
def test_a_card_does_without_its_image(image: Reply, bluesky: BlueskyAdapter, lea: Account, pds: StandInPds) -> None:
    with _site(_html(PAGE.format(image="/i.png")), image) as site:
        external = _external(bluesky, lea, pds, f"{site.url}/p")
    assert external is not None
    assert "thumb" not in external


def test_an_image_inside_is_not_fetched(bluesky: BlueskyAdapter, lea: Account, pds: StandInPds) -> None:
    with _site(_html(PAGE.format(image="http://169.254.169.254/secret.png")), Reply()) as site:
        external = _external(bluesky, lea, pds, f"{site.url}/p")
    assert external is not None
    assert "thumb" not in external


@pytest.mark.parametrize(
    "said",
    [
        Reply(500),
        Reply(cut=True),
        _html("<p>no title"),
        _html("%PDF", "application/pdf"),
        _html("a" * 2_100_000),
        Reply(302, headers={"Location": "http://10.0.0.1/"}),
        Reply(200, b"not gzip", "text/html", {"Content-Encoding": "gzip"}),
    ],
)
def test_a_page_that_fails_never_holds_the_post_back(
    said: Reply, bluesky: BlueskyAdapter, lea: Account, pds: StandInPds
) -> None:
    with _site(said, Reply()) as site:
        assert _external(bluesky, lea, pds, f"{site.url}/p") is None


def test_a_card_that_was_approved_leaves_as_it_was(bluesky: BlueskyAdapter, lea: Account, pds: StandInPds) -> None:
    with _site(_html(PAGE.format(image="/i.png")), Reply(200, b"png", "image/png")) as site:
        card = Card(f"{site.url}/p", "Notre titre", "À nous.", picture(b"approved", mime="image/jpeg"))
        sending = replace(outgoing(REF, f"À lire : {site.url}/p"), card=card, card_decided=True)
        embed = _record(bluesky, lea, pds, sending)["embed"]
        assert isinstance(embed, dict)
        external = embed["external"]
        assert (external["uri"], external["title"], external["description"]) == (card.url, "Notre titre", "À nous.")
        assert external["thumb"]["size"] == len(b"approved")
        assert site.connections == 0


def test_a_card_that_was_left_out_stays_out(bluesky: BlueskyAdapter, lea: Account, pds: StandInPds) -> None:
    with _site(_html(PAGE.format(image="/i.png")), Reply()) as site:
        sending = replace(outgoing(REF, f"À lire : {site.url}/p"), card_decided=True)
        assert "embed" not in _record(bluesky, lea, pds, sending)
        assert site.connections == 0


@pytest.mark.parametrize(
    ("image", "told"),
    [
        (picture(b"changed", digest="0" * 64), Refused),
        (picture(bytes(1_000_001)), Refused),
        (Picture("0" * 64, "image/png", 1, 1, 1, "", _unreadable), NotSent),
    ],
)
def test_an_approved_card_never_leaves_without_its_image(
    image: Picture, told: type, bluesky: BlueskyAdapter, lea: Account, pds: StandInPds
) -> None:
    sending = replace(
        outgoing(REF, "https://a.example"), card=Card("https://a.example", "T", "", image), card_decided=True
    )
    assert isinstance(bluesky.publish(sending, lea), told)
    assert pds.effects.all() == []


def test_record_keys_are_valid_and_do_not_meet() -> None:
    due = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
    keys = [tid_of(uuid.uuid4(), due) for _ in range(5000)]
    assert len(set(keys)) == 5000
    for key in keys:
        assert len(key) == 13
        assert set(key) <= set(ALPHABET)
        assert key[0] in "234567abcdefghij"
    assert max(keys) < tid_of(uuid.uuid4(), due + timedelta(minutes=1))
    one = uuid.uuid4()
    assert tid_of(one, due) == tid_of(one, due)
    assert tid(0, 0) == "2222222222222"


@pytest.mark.parametrize(
    ("text", "length"),
    [("été", 3), ("e\u0301", 1), ("👩‍👩‍👧", 1), ("🇫🇷🇧🇪", 2), ("👍🏽", 1), ("", 0), ("a\r\nb", 3), ("नि", 1)],
)
def test_characters_are_counted_as_readers_see_them(text: str, length: int) -> None:
    assert graphemes(text) == length


@pytest.mark.parametrize(
    ("sketch", "fields"),
    [
        (Sketch("", "Bonjour", (), 0), []),
        (Sketch("", " ", (), 0), ["text"]),
        (Sketch("", "", (10,), 0), []),
        (Sketch("", "é" * 300, (), 0), []),
        (Sketch("", "é" * 301, (), 0), ["text"]),
        (Sketch("", "👩‍👩‍👧‍👦" * 121, (), 0), ["text"]),
        (Sketch("", "x", (1, 1, 1, 1, 1), 0), ["pictures"]),
        (Sketch("", "x", (2_000_001,), 0), ["pictures"]),
        (Sketch("", "x", (1,), 1), ["pictures"]),
    ],
)
def test_problems_are_told_before(sketch: Sketch, fields: list[str], bluesky: BlueskyAdapter) -> None:
    assert [problem.field for problem in bluesky.problems(sketch)] == fields
