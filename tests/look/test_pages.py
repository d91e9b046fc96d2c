"""Every sample in a real Chromium: light and dark, desk and phone, under the strict policy, read by axe."""

import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from look.gallery import CHECKOUT, ERRORS, SAMPLES, gallery
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

pytestmark = pytest.mark.browser

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SHOWN = sorted(file.stem for file in SAMPLES.glob("*.html") if file.stem != "mail")
PAGES = ["/", "/mail", *[f"/sample/{name}" for name in SHOWN], "/error/404", "/error/500"]
LOOKS = (("light", 1280), ("dark", 390))  # the tokens of both themes are checked one by one in test_contrast
SHOTS = os.environ.get("LOOK_SHOTS", "")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, gallery(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(5)
    server.server_close()


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture(params=LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
def page(request: pytest.FixtureRequest, browser: Browser, complaints: list[str]) -> Iterator[Page]:
    theme, width = request.param
    size = {"width": width, "height": 844 if width < 700 else 900}
    context = browser.new_context(
        viewport=size, color_scheme=theme, reduced_motion="reduce", has_touch=width < 700, device_scale_factor=1
    )
    page = context.new_page()
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()


def serious(page: Page) -> list[str]:
    """Return what axe finds serious or critical, with the places."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{rule['id']}: {[node['html'][:160] for node in rule['nodes']]}"
        for rule in found
        if rule["impact"] in {"serious", "critical"}
    ]


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_sound(path: str, page: Page, address: str, complaints: list[str]) -> None:
    page.goto(address + path, wait_until="load")
    if SHOTS:
        size, theme = page.viewport_size, page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        name = f"{path.strip('/').replace('/', '-') or 'home'}-{'dark' if theme else 'light'}-{size and size['width']}"
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)
    assert complaints == []
    assert overflow(page) == 0
    assert serious(page) == []


def test_an_entry_moves_by_keyboard_and_stays_focused(page: Page, address: str, complaints: list[str]) -> None:
    page.goto(address + "/sample/month")
    entry = page.locator(".month-day:not([data-other]) .entry").first
    name, day = entry.get_attribute("id"), entry.evaluate("e => e.parentElement.dataset.label")
    entry.focus()
    page.keyboard.press("Alt+ArrowDown")
    page.wait_for_function("n => !document.getElementById(n).hasAttribute('data-saving')", arg=name)
    moved = page.locator(f"[id='{name}']")
    assert moved.evaluate("e => e.parentElement.dataset.label") != day
    assert moved.get_attribute("data-version") == "2"
    assert page.evaluate("document.activeElement.id") == name
    assert "moved to" in page.locator("[data-month-target='live']").inner_text()
    assert complaints == []


def test_a_refused_move_goes_back_and_says_why(page: Page, address: str) -> None:
    page.goto(address + "/sample/month")
    day = page.locator(".month-entries[data-date='2026-10-07']")
    entry = day.locator(".entry").first
    entry.focus()
    page.keyboard.press("Alt+ArrowDown")
    page.locator(".toast", has_text="under embargo").wait_for()
    assert entry.evaluate("e => e.parentElement.dataset.date") == "2026-10-07"


def test_a_chosen_theme_is_kept(page: Page, address: str) -> None:
    page.goto(address + "/sample/work")
    page.locator(".person" if page.locator(".person").is_visible() else ".bottom-more > summary").click()
    page.get_by_role("button", name="Dark", exact=True).filter(visible=True).click()
    page.reload()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_a_link_opens_as_a_dialog_and_gives_the_focus_back(page: Page, address: str) -> None:
    page.goto(address + "/sample/controls")
    page.get_by_role("link", name="Connect a channel").click()
    dialog = page.get_by_role("dialog", name="Sign in")
    dialog.wait_for()
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert page.evaluate("document.activeElement.textContent").strip() == "Connect a channel"


def test_a_counter_counts_what_a_person_sees(page: Page, address: str) -> None:
    page.goto(address + "/sample/controls")
    page.locator("#text").fill("👩‍👩‍👧‍👦é")
    assert page.locator("[data-counter-target='used']").inner_text() == "2"


@pytest.mark.parametrize("status", ERRORS)
def test_an_error_says_what_happened_what_was_kept_and_what_to_do(status: int) -> None:
    page = gallery().test_client().get(f"/error/{status}").get_data(as_text=True)
    words = [text.strip() for text in re.findall(r"<(?:p|dd)>([^<]+)</", page)]
    assert len(words) >= 3
    assert all(words)


def test_every_icon_of_the_templates_is_in_the_sprite() -> None:
    sprite = (CHECKOUT / "platform/unisson/static/vendor/icons.svg").read_text()
    known = set(re.findall(r'<symbol id="([\w-]+)"', sprite))
    used: set[str] = set()
    for template in (CHECKOUT / "templates").rglob("*.html"):
        text = template.read_text()
        used |= set(re.findall(r"""\b(?:icon|draw)\(\s*['"]([\w-]+)['"]""", text))
        used |= set(re.findall(r"""\bicon=['"]([\w-]+)['"]""", text))
    assert used - known == set()


def test_no_template_styles_or_scripts_inline() -> None:
    found = [
        template.name
        for template in (CHECKOUT / "templates").rglob("*.html")
        if "emails" not in template.parts
        and re.search(r"""\sstyle=["'{]|\son\w+=["']|<script(?![^>]*\bsrc=)|hx-on""", template.read_text())
    ]
    assert found == []
