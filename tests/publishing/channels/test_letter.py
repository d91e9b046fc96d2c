"""What recipients see, and what nobody can slip in."""

from email.message import EmailMessage

import pytest

from tests.standins.accounts import DUE, account, picture
from tests.standins.letters import FROM, Drawer, release
from unisson.publishing.channels.email import EmailAdapter
from unisson.publishing.channels.letter import rich_text
from unisson.publishing.channels.port import Account, Outgoing, Published

NOBODY = account({})
PNG = b"\x89PNG not really"


def _letter(sending: Outgoing, who: Account = NOBODY) -> EmailMessage:
    drawer = Drawer()
    outcome = EmailAdapter(drawer, FROM).publish(sending, who)
    assert isinstance(outcome, Published), outcome
    return drawer.kept[0]


def test_a_letter_says_who_when_and_how_to_stop() -> None:
    settings = {"sender_name": "Maison Léa", "reply_to": "lea@maison.test", "unsubscribe_url": "https://u.test/s/1"}
    sending = release()
    seen = _letter(sending, account(settings))
    assert seen["From"] == "Maison Léa <nouvelles@unisson.test>"
    assert seen["To"] == "La rédaction <redac@journal.test>"
    assert seen["Reply-To"] == "lea@maison.test"
    assert seen["Subject"] == "Été 2026 : la façade rouvre"
    assert seen["Message-ID"] == sending.client_ref
    assert seen["Date"].datetime == DUE
    assert seen["List-Unsubscribe"] == "<https://u.test/s/1>"
    assert seen["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def _parts(seen: EmailMessage) -> tuple[str, str]:
    text, page = seen.get_body(("plain",)), seen.get_body(("html",))
    assert text is not None
    assert page is not None
    return text.get_content(), page.get_content()


def test_text_and_page_say_the_same() -> None:
    text, page = _parts(_letter(release()))
    assert "**La façade** rouvre." in text
    assert "<strong>La façade</strong> rouvre." in page
    assert "style=" in page
    assert "@media" in page


def test_headings_of_the_text_stand_below_the_letter_s_own() -> None:
    _text, page = _parts(_letter(release(text="# Ce qui change\n\n## Dès samedi")))
    assert page.count("<h1") == 1
    assert "Ce qui change</h2>" in page
    assert "Dès samedi</h3>" in page


def test_images_travel_inside_with_their_description() -> None:
    pictures = (picture(PNG, alt='Une "façade"'), picture(b"second", mime="image/jpeg"))
    seen = _letter(release(pictures=pictures))
    _, page = _parts(seen)
    inside = [part for part in seen.walk() if part.get_content_maintype() == "image"]
    assert [part.get_content() for part in inside] == [PNG, b"second"]
    for part in inside:
        assert f'src="cid:{part["Content-ID"].strip("<>")}"' in page
        assert part.get_content_disposition() == "inline"
    assert 'alt="Une &quot;façade&quot;"' in page


LINES = "x\r\nBcc: all@world.test"


@pytest.mark.parametrize(
    "more",
    [{"title": LINES}, {"name": LINES}, {"text": LINES}, {"pictures": (picture(PNG, alt=LINES),)}],
    ids=["title", "name", "text", "alt"],
)
def test_no_field_adds_a_header(more: dict[str, object]) -> None:
    seen = _letter(release(**more))
    assert seen["Bcc"] is None
    assert all("\n" not in str(value) for value in seen.values())


@pytest.mark.parametrize("setting", ["sender_name", "unsubscribe_url"])
def test_no_setting_adds_a_header(setting: str) -> None:
    assert _letter(release(), account({setting: f"https://u.test/{LINES}"}))["Bcc"] is None


def test_dots_and_long_lines_arrive_as_written() -> None:
    text = ".\n..deux\n.trois\n" + "é" * 3000 + "\nfin"
    seen = _parts(_letter(release(text=text)))[0]
    assert seen.startswith(text)


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("un\ndeux", "<p>un<br>\ndeux</p>"),
        (
            "voir https://a.test/b.",
            '<p>voir <a href="https://a.test/b" rel="noopener noreferrer">https://a.test/b</a>.</p>',
        ),
        ("[ici](https://a.test)", '<p><a href="https://a.test" rel="noopener noreferrer">ici</a></p>'),
    ],
)
def test_text_becomes_clean_html(text: str, page: str) -> None:
    assert rich_text(text).strip() == page
