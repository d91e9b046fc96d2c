"""The development mailbox keeps every mail, shows it harmlessly, and is not there in production."""

from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from support.pictures import picture
from support.xss import CORPUS, live_markup

from tenants.errors import NotFoundError
from unisson.config import Settings
from unisson.devmail import views
from unisson.devmail.box import Mailbox
from unisson.mail import Accepted
from unisson.runtime import Runtime
from unisson.web.bare import bare_app


def written(subject: str = "Bonjour", text: str = "Texte", html: str = "") -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "a@example.org", "b@example.org"
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message


def kept_key(box: Mailbox, message: EmailMessage, to: str = "b@example.org") -> str:
    answer = box.send(message, "a@example.org", to)
    assert isinstance(answer, Accepted)
    return answer.answer


def test_mails_are_kept_newest_first(tmp_path: Path) -> None:
    box = Mailbox(tmp_path)
    keys = [kept_key(box, written(f"Mail {number} – été")) for number in range(5)]
    assert [each.key for each in box.newest()] == keys[::-1]
    assert box.mail(keys[0]).header("Subject") == "Mail 0 – été"
    assert box.mail(keys[0]).header("Delivered-To") == "b@example.org"


@pytest.mark.parametrize("key", ["../../secret_key", "nothing", "1.M1P1Q1.host", ""])
def test_only_kept_mails_are_found(tmp_path: Path, key: str) -> None:
    with pytest.raises(NotFoundError):
        Mailbox(tmp_path).mail(key)


def test_a_mail_is_shown_with_its_html_in_a_frame(client: FlaskClient, settings: Settings) -> None:
    message = written(text="Voir https://example.org/lien", html="<html><head></head><p style='color:red'>Bonjour</p>")
    key = kept_key(Mailbox(settings.data_dir), message)
    assert key in client.get("/dev/mail", base_url="https://localhost").text
    page = client.get(f"/dev/mail/{key}", base_url="https://localhost")
    assert 'href="https://example.org/lien"' in page.text
    assert f'src="/dev/mail/{key}/html" sandbox="allow-popups' in page.text
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
    frame = client.get(f"/dev/mail/{key}/html", base_url="https://localhost")
    assert "sandbox" in frame.headers["Content-Security-Policy"]
    assert "script-src" not in frame.headers["Content-Security-Policy"]
    assert "default-src 'none'" in frame.headers["Content-Security-Policy"]
    assert '<base target="_blank">' in frame.text


def test_a_picture_in_a_mail_is_shown(client: FlaskClient, settings: Settings) -> None:
    message = written(html='<html><head></head><img src="cid:one@example.org">')
    html_part = message.get_payload()[1]
    html_part.add_related(picture("PNG"), "image", "png", cid="<one@example.org>")
    key = kept_key(Mailbox(settings.data_dir), message)
    frame = client.get(f"/dev/mail/{key}/html", base_url="https://localhost").text
    address = f"/dev/mail/{key}/parts/one%40example.org"
    assert address in frame
    assert client.get(address, base_url="https://localhost").data == picture("PNG")


@pytest.mark.parametrize("attack", CORPUS)
def test_no_mail_comes_alive_in_the_page(client: FlaskClient, settings: Settings, attack: str) -> None:
    key = kept_key(Mailbox(settings.data_dir), written(attack, attack, attack))
    page = client.get(f"/dev/mail/{key}", base_url="https://localhost").text
    assert [each for each in live_markup(page) if each != "iframe"] == []


def test_production_has_no_mailbox(runtime: Runtime) -> None:
    for environment, expected in (("production", 0), ("development", 4)):
        app = bare_app(replace(runtime, settings=replace(runtime.settings, environment=environment)))
        views.init_app(app)
        assert len([rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/dev/mail")]) == expected
