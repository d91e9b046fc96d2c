"""Contents in each state and the client's link, on a desk by day and on a phone by night: no complaint, no obstacle."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.journeys.conftest import Live, sign_in

pytestmark = pytest.mark.browser

DESK, PHONE = (1280, "light"), (390, "dark")
PEOPLE = {
    "owner": "claire.lemoal@example.org",
    "cm": "ines.caradec@example.org",
    "client": "gwenaelle.trehoret@example.com",
}
BRAND = "/atelier-nord/brands/biscuiterie-trehoret"
CALENDAR = "/atelier-nord/calendar"
OF_A_BRAND = f"{CALENDAR}?brand=biscuiterie-trehoret"


CRAMPED = """() => {
  document.documentElement.style.fontSize = "200%";
  const cut = [...document.querySelectorAll(".button, .desk-words")].filter((each) => each.checkVisibility()
    && (each.scrollWidth > each.clientWidth || each.clientWidth < 160));
  document.documentElement.style.fontSize = "";
  return cut.map((each) => each.textContent.trim().slice(0, 40));
}"""
"""What is cut, or stands in a column of single letters, where text is twice as large (WCAG 2.2, 1.4.4)."""


@dataclass
class Desk:
    """One page of a browser, and what its console complained of since it was last asked."""

    page: Page
    complaints: list[str]
    coloured: set[tuple[str, int]]
    """Addresses and widths whose colours were measured already: they are the same for everybody, and slow to measure."""

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def faults(self) -> list[str]:
        """Return what is wrong with the page that is open: its console, its width, its obstacles."""
        self.page.wait_for_load_state()
        found, self.complaints[:] = list(self.complaints), []
        too_wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if too_wide > 0:
            found.append(f"scrolls {too_wide} px sideways")
        seen = (self.page.url, self.page.evaluate("innerWidth"))
        is_new = seen not in self.coloured
        self.coloured.add(seen)
        return found + obstacles(self.page, colours=is_new)


def obstacles(page: Page, *, colours: bool) -> list[str]:
    """Return axe's serious and critical findings, with the first element of each.

    The page is all there, and what fades in has come: colours are those that people read, and not those of its way.
    """
    page.wait_for_load_state()
    page.evaluate(
        "Promise.allSettled(document.getAnimations().filter((each) => each.effect.getComputedTiming().iterations < 99)"
        ".map((each) => each.finished)).then(() => null)"
    )
    rules = {"color-contrast": {"enabled": colours}}
    report = Axe().run(page, options={"resultTypes": ["violations"], "rules": rules})
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:160]}"
        for each in report.response["violations"]
        if each["impact"] in {"serious", "critical"}
    ]


@pytest.fixture(scope="module")
def desk(browser: Browser, live: Live) -> Iterator[Callable[[str, tuple[int, str]], Desk]]:
    """Open somebody's browser, signed in once; 390 px wide is a phone."""
    desks: dict[tuple[str, tuple[int, str]], Desk] = {}
    contexts: list[BrowserContext] = []
    coloured: set[tuple[str, int]] = set()

    def open_desk(who: str, look: tuple[int, str]) -> Desk:
        if (who, look) not in desks:
            width, scheme = look
            context = browser.new_context(
                base_url=live.url,
                viewport={"width": width, "height": 900},
                color_scheme="dark" if scheme == "dark" else "light",
                locale="fr-FR",
                has_touch=width < 600,
                is_mobile=width < 600,
            )
            contexts.append(context)
            made = desks[who, look] = Desk(context.new_page(), [], coloured)
            made.page.on("console", made.hear)
            made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
            if who in PEOPLE:
                sign_in(made.page, PEOPLE[who])
        return desks[who, look]

    yield open_desk
    for context in contexts:
        context.close()


def months_around() -> list[str]:
    """This month, the one before and the one after: the demonstration's days count from today."""
    today = datetime.now(ZoneInfo("Europe/Paris")).date().replace(day=1)
    return [f"{(today + timedelta(days=32 * n)).replace(day=1):%Y-%m}" for n in (0, 1)] + [
        f"{today - timedelta(days=1):%Y-%m}"
    ]


def found_in(opened: Desk, state: str, month: str) -> str | None:
    opened.page.goto(f"{OF_A_BRAND}&month={month}")
    entries = opened.page.locator(f".entry[data-state={state}]")
    return entries.first.get_attribute("href") if entries.count() else None


@pytest.mark.parametrize(
    ("state", "look"),
    [
        ("draft", DESK),
        ("draft", PHONE),
        ("changes_requested", PHONE),
        ("in_review", DESK),
        ("in_review", PHONE),
        ("scheduled", DESK),
        ("held", DESK),
        ("failed", PHONE),
        ("published", PHONE),
    ],
)
def test_a_content_is_open_to_everybody_in_each_state(
    desk: Callable[[str, tuple[int, str]], Desk], state: str, look: tuple[int, str]
) -> None:
    opened = desk("cm", look)
    found = next(filter(None, (found_in(opened, state, month) for month in months_around())), None)
    assert found is not None
    opened.page.goto(f"/atelier-nord/{found}")
    assert opened.faults() == []


@pytest.mark.parametrize("look", [DESK, PHONE], ids=["desk", "phone"])
def test_the_client_s_link_is_open_without_an_account(
    desk: Callable[[str, tuple[int, str]], Desk], live: Live, look: tuple[int, str]
) -> None:
    opened = desk("visitor", look)
    letter = live.mails(PEOPLE["client"], "/approve/")[0]
    opened.page.goto(next(word for word in letter["text"].split() if "/approve/" in word))
    assert opened.page.locator("h1").count() == 1
    assert opened.faults() == []
    before = len(live.codes(PEOPLE["client"]))
    opened.page.locator("form[action$='/code'] button").click()
    opened.page.locator("[name=code]").fill(live.codes(PEOPLE["client"], at_least=before + 1)[0])
    opened.page.locator("form[action$='/device'] button").click()
    for address in (
        opened.page.url,
        opened.page.url.split("/contents/")[0],
        opened.page.url.split("/contents/")[0] + "/history",
    ):
        opened.page.goto(address)
        assert opened.page.locator("h1").count() == 1
        assert opened.faults() == []
        assert opened.page.evaluate(CRAMPED) == []


def test_what_opens_by_a_secret_is_open_without_an_account(
    desk: Callable[[str, tuple[int, str]], Desk], live: Live
) -> None:
    """A calendar for others, and asking for a new link in place of one that is over."""
    cm = desk("cm", DESK).page
    cm.goto("/atelier-nord/calendar/feeds/new?brand=biscuiterie-trehoret")
    cm.locator("[name=name]").fill("Pour la mairie")
    cm.locator("[name=brand]").select_option("biscuiterie-trehoret")
    cm.locator("[name=lasts]").select_option("30")
    cm.locator("main form button[type=submit]").last.click()
    shared = cm.locator("[value*='/shared/']").first.get_attribute("value")
    letter = live.mails(PEOPLE["client"], "/approve/")[0]
    link = next(word for word in letter["text"].split() if "/approve/" in word)
    opened = desk("visitor", PHONE)
    for address in (shared, f"{link.split('/contents/')[0]}/renewal"):
        answer = opened.page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        assert opened.page.locator("h1").count() == 1
        assert opened.faults() == []


def test_targets_on_a_phone_are_44_pixels_high(desk: Callable[[str, tuple[int, str]], Desk]) -> None:
    opened = desk("cm", PHONE)
    for path in (CALENDAR, "/atelier-nord/approvals", f"{BRAND}/contents/new"):
        opened.page.goto(path)
        small = opened.page.evaluate(
            """() => [...document.querySelectorAll("main button, main a.button, main a.entry, main select, main summary,"
                 + " main input:not([type=hidden]):not([type=radio]):not([type=checkbox]):not([type=file]),"
                 + " .bottom-nav > ul > li > *")]
                 .filter((each) => each.checkVisibility())
                 .map((each) => [each.textContent.trim().slice(0, 30), each.getBoundingClientRect().height])
                 .filter(([, height]) => height < 43.5)"""
        )
        assert small == [], path
