"""From an agency's sign-up to a post that went out: every person in a browser of their own, every process real."""

import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import feedparser
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.journeys.conftest import Live, in_time
from tests.journeys.test_pages import obstacles

PASSWORD = "maree-haute-et-vent-debout-7"
PARIS = ZoneInfo("Europe/Paris")
LINK = re.compile(r"http://localhost:\d+/\S+")


def link_of(mail: dict[str, str], word: str) -> str:
    """Return the address in a mail that leads to `word`."""
    return next(url for url in LINK.findall(mail["text"]) if word in url)


def press(page: Page, label: str | re.Pattern[str]) -> None:
    page.get_by_role("button", name=label).first.click()


def sign_up(page: Page, live: Live, email: str) -> None:
    page.goto("/sign-up")
    page.locator("[name=agency]").fill("Maison Test")
    page.locator("[name=language]").select_option("en")
    page.locator("[name=name]").fill("Olivia Owner")
    page.locator("[name=email]").fill(email)
    page.locator("[name=password]").fill(PASSWORD)
    press(page, "Open the agency")
    expect(page).to_have_url(re.compile("/sign-up/sent"))
    page.goto(link_of(live.mails(email, "/verification/")[0], "/verification/"))
    assert obstacles(page, colours=True) == []
    press(page, re.compile("^Confirm"))
    expect(page).to_have_url(re.compile("/maison-test"))


def open_brand(page: Page) -> None:
    page.goto("/maison-test/brands/new")
    page.locator("[name=name]").fill("Biscuiterie Lann")
    page.locator("[name=sector]").select_option("food")
    page.locator("[name=timezone]").select_option("Europe/Paris")
    page.locator("[name=language]").select_option("fr")
    page.locator("[name=accent][value=amber]").check(force=True)
    page.locator("main form button[type=submit]").first.click()
    expect(page).to_have_url(re.compile("/brands/biscuiterie-lann"))


def invite(page: Page, email: str, name: str, role: str) -> None:
    page.goto("/maison-test/team/invitations")
    page.locator("[name=email]").fill(email)
    page.locator("[name=name]").fill(name)
    page.locator("[name=brand]").select_option(label="Biscuiterie Lann")
    page.locator("[name=brand_role]").select_option(role)
    page.locator("main form button[type=submit]").first.click()
    expect(page).not_to_have_url(re.compile("/team/invitations$"))


def join(page: Page, live: Live, email: str) -> None:
    page.goto(link_of(live.mails(email, "/invitations/")[0], "/invitations/"))
    assert obstacles(page, colours=True) == []
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    expect(page).to_have_url(re.compile("/maison-test"))


def write(page: Page, when: datetime, picture: Path) -> str:
    page.goto("/maison-test/brands/biscuiterie-lann/contents/new")
    page.locator("[name=title]").fill("Le kouign-amann revient")
    page.locator("[name=body]").fill("Il revient ce soir, tout chaud.\nhttps://example.org/kouign")
    page.locator("[name=channel_ids]").first.check()
    page.locator("[name=date]").fill(when.strftime("%Y-%m-%d"))
    page.locator("[name=time]").fill(when.strftime("%H:%M"))
    page.locator("[name=uploads]").set_input_files(picture)
    page.locator("[name^=alt-]").first.fill("Un kouign-amann doré sur un torchon bleu")
    press(page, "Save the draft")
    expect(page).to_have_url(re.compile("/contents/[0-9a-f-]{36}$"))
    return page.url


def point_at(page: Page, x: float, y: float) -> None:
    """Tap on a point of the image, as somebody does who wants it changed: there the rulers and the pin stand."""
    page.locator("#changes details.anchor > summary").click()
    page.locator("#changes [name=about][value=picture]").check()
    image = page.locator("#changes .anchor-stage:not([hidden]) img")
    box = image.bounding_box()
    assert box is not None
    image.click(position={"x": box["width"] * x, "y": box["height"] * y}, force=True)
    assert float(page.locator("[name=pin_x]").input_value()) == pytest.approx(100 * x, abs=1)
    assert float(page.locator("[name=pin_y]").input_value()) == pytest.approx(100 * y, abs=1)
    moved = page.locator("#changes .pin g").evaluate("pin => pin.transform.baseVal[0].matrix.e")
    assert moved == pytest.approx(900 * x, abs=9)
    assert obstacles(page, colours=True) == []
    page.locator("#changes [name=about][value=whole]").check()


def soon(zone: ZoneInfo) -> datetime:
    """Return a moment so near that the client is written to at once, at an hour that no clock there strikes twice."""
    when = datetime.now(zone).replace(second=0, microsecond=0) + timedelta(minutes=90)
    while when.replace(fold=0).utcoffset() != when.replace(fold=1).utcoffset():
        when += timedelta(hours=1)
    return when


def its_time_comes(live: Live, content_id: str) -> datetime:
    """Have a scheduled content be due in a second, and return when: the hour and a half until then pass."""
    owner = create_engine(make_url(live.settings.database_url).set(drivername="postgresql+psycopg"))
    planned = text("select count(*) from app.publications where content_id = :id")
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        in_time(lambda: connection.scalar(planned, {"id": content_id}))
    with owner.begin() as connection:
        told = {"id": content_id, "at": connection.scalar(text("select clock_timestamp() + interval '1 second'"))}
        connection.execute(text("update app.contents set scheduled_at = :at where id = :id"), told)
        connection.execute(text("update app.publications set due_at = :at where content_id = :id"), told)
        theirs = "select cast(:id as uuid) union select id from app.publications where content_id = :id"
        connection.execute(text(f"update app.dispatch set due_at = :at where item_id in ({theirs})"), told)
    owner.dispose()
    return told["at"]


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "kouign.jpg"
    Image.new("RGB", (900, 600), (214, 158, 64)).save(path)
    return path


@pytest.mark.browser
def test_from_sign_up_to_a_post_that_went_out(live: Live, person: Callable[..., Page], picture: Path) -> None:
    mark = str(int(time.time()))
    cm_mail, rp_mail, client_mail = (f"{who}-{mark}@example.org" for who in ("cm", "rp", "client"))
    owner = person(lang="en-GB")
    sign_up(owner, live, f"owner-{mark}@example.org")
    open_brand(owner)
    for email, name, role in (
        (cm_mail, "Camille Morel", "cm"),
        (rp_mail, "Rozenn Pichon", "rp"),
        (client_mail, "Claude Lann", "client_approver"),
    ):
        invite(owner, email, name, role)

    cm, rp = person(lang="en-GB"), person(lang="en-GB")
    join(cm, live, cm_mail)
    join(rp, live, rp_mail)
    when = soon(PARIS)
    content = write(cm, when, picture)
    press(cm, "Submit for approval")
    expect(cm.get_by_text("In review").first).to_be_visible()

    rp.goto(link_of(live.mails(rp_mail, "/contents/")[0], "/contents/"))
    press(rp, "Approve")
    expect(rp.get_by_text("Rozenn Pichon").first).to_be_visible()

    client = person(width=390, height=844)
    client.goto(link_of(live.mails(client_mail, "/approve/")[0], "/approve/"))
    client.locator("form[action$='/code'] button").click()
    client.locator("[name=code]").fill(live.codes(client_mail, at_least=1)[0])
    client.locator("form[action$='/device'] button").click()
    expect(client.get_by_text("Il revient ce soir, tout chaud.").first).to_be_visible()
    expect(client.locator("img[alt='Un kouign-amann doré sur un torchon bleu']").first).to_be_visible()
    point_at(client, 0.7, 0.4)
    client.locator("[name=typed_name]").first.fill("Claude Lann")
    client.locator("button.approve, button[formaction*=approval], form[action*='/approval'] button").first.click()
    client.wait_for_load_state()
    cm.goto(content)
    expect(cm.get_by_text("Scheduled").first).to_be_visible()

    assert "Published" not in cm.locator("main").inner_text()
    due = its_time_comes(live, content.rsplit("/", 1)[-1])
    in_time(lambda: cm.reload() and "Published" in cm.locator("main").inner_text(), 120)
    assert datetime.now(PARIS) >= due
    expect(cm.get_by_text("Published").first).to_be_visible()

    cm.goto(f"/maison-test/calendar?month={when:%Y-%m}")
    address = cm.locator("a[href*='/newsroom/maison-test/biscuiterie-lann/']").first.get_attribute("href")
    visitor = person()
    visitor.goto(str(address))
    expect(visitor.get_by_role("heading", name="Le kouign-amann revient")).to_be_visible()
    expect(visitor.locator("main img").first).to_have_attribute("alt", "Un kouign-amann doré sur un torchon bleu")
    feed = feedparser.parse(visitor.request.get("/newsroom/maison-test/biscuiterie-lann/feed.atom").body())
    assert [entry.title for entry in feed.entries] == ["Le kouign-amann revient"]
    shelf = visitor.goto(str(client.url))
    assert shelf is not None
    assert "approve" in client.url
