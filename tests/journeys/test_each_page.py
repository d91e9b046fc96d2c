"""Each page of the product, found by following its links from where somebody arrives: sound, by day and by night.

Whatever the URL map can answer with a page is reached by one of the walks, or stands below with what is in the way: a
new page joins by being linked to, or fails here by its name.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import lxml.html
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Response
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map
from werkzeug.routing.exceptions import RequestRedirect

from tests.journeys.conftest import Live, sign_in
from unisson.app import create_app
from unisson.runtime import web_runtime

pytestmark = pytest.mark.browser

OWNER, CM, CLIENT = "claire.lemoal@example.org", "ines.caradec@example.org", "gwenaelle.trehoret@example.com"
BRAND, CALENDAR = "/atelier-nord/brands/biscuiterie-trehoret", "/atelier-nord/calendar"
WALKS: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "owner by day": (OWNER, 1280, (
        f"{CALENDAR}/list?state=changes_requested", f"{CALENDAR}/list?state=draft", CALENDAR, "/atelier-nord/search?q=centenaire", f"{BRAND}/team",
        f"{CALENDAR}/filters?view=week&week=2026-W49&state=draft", "/me", "/me/agencies/new",
    )),
    "cm by night": (CM, 390, (
        f"{CALENDAR}?month=&state=draft&state=published&kind=post&brand=biscuiterie-trehoret",
        f"{CALENDAR}/views?view=list&state=draft", f"{BRAND}/imports/new", "/me", "/me/confirmation",
    )),
    "client by night": (CLIENT, 390, ("/atelier-nord/portal/biscuiterie-trehoret",)),
    "visitor by day": ("", 1280, ("/", "/dev/mail", "/sign-up/sent", "/password-reset/sent")),
}  # fmt: skip
"""Whose walk, how wide, and from where. A phone's is the night's."""

SQUEEZED = """() => {
  const found = [], walk = document.createTreeWalker(document.querySelector("main") ?? document.body, NodeFilter.SHOW_TEXT);
  for (let words = walk.nextNode(); words; words = walk.nextNode()) {
    if (!words.parentElement.closest(".table") || words.data.trim().length < 6) continue;
    const range = document.createRange();
    range.selectNodeContents(words);
    const lines = [...range.getClientRects()];
    if (lines.length > 3 && Math.max(...lines.map((line) => line.width)) < 50) found.push(words.data.trim());
  }
  return found;
}"""

SAMPLES = {
    "editorial.content": 12,
    "approvals.versions": 6,
    "calendars.listed": 3,
    "devmail.message": 8,
    "calendars.month": 6,
}
"""Of how many of these pages the links are followed: contents in different states lead to different pages."""

NOT_PAGES = {
    "calendars.feed", "calendars.month_csv", "calendars.month_xlsx", "calendars.month_pdf", "approvals.decisions_csv",
    "approvals.proof_pdf", "agency.activity_csv", "publishing.channel_export", "newsroom.feed", "newsroom.picture", "media.picture",
    "files.signed_file", "logos.logo", "portal.document", "portal.link_document", "threads.file", "topics.file",
    "devmail.html", "devmail.part", "static", "home.health", "home.domain_allowed", "live.ticket",
    "closing.kept_csv", "closing.export_part", "media.uploads", "media.videos_standing", "media.choice", "strategy.next_slot", "imports.progress", "notices.bell", "push.worker", "push.key",
    "api.all_brands", "api.brand_contents", "api.one_content", "api.openapi", "api.planned", "own.data_file", "trust.person_data_file", "billing.state", "imports.sample",
}  # fmt: skip
"""Files, feeds, and parts that a page asks for: their pages are walked."""

ELSEWHERE = {
    "identity.second_step": "test_second_step", "identity.factor_reset": "test_second_step", "portal.link_desk": "test_pages", "portal.link_content": "test_pages", "portal.link_history": "test_pages",
    "portal.asking_link": "test_pages", "portal.asking_code": "test_pages", "portal.recognising": "test_pages",
    "granting.page": "test_a_client_connects", "granting.asking_code": "test_a_client_connects",
    "granting.recognising": "test_a_client_connects", "granting.connecting": "test_a_client_connects",
    "granting.withdrawing": "test_a_client_connects", "granting.renewing": "tests/granting/test_granting",
    "calendars.shared": "test_pages", "identity.invitation": "test_the_path", "identity.verification": "test_the_path",
    "imports.columns": "test_import", "imports.rows": "test_import",
    "agency.colour": "test_onboarding", "onboarding.chain": "test_onboarding", "onboarding.step": "leads on to another page",
    "notices.stop": "test_bell", "hooks.room": "test_bell",
    "sign_on.leaving": "test_sign_on", "sign_on.returning": "test_sign_on", "sign_on.linking": "test_sign_on",
    "sign_on.signed_out": "test_sign_on",
    "sign_on.offer": "test_sign_on", "sign_on.joining": "test_sign_on",
    "sign_on.provider": "needs a provider: tests/sign_on/test_providers", "billing.plan": "tests/billing/test_journey",
    "agency.front": "leads on to another page", "home.front": "leads on once somebody is signed in",
}  # fmt: skip
"""What opens by a secret of its own or after a file was sent, and which journey opens it."""


@dataclass
class Walk:
    """One person's way through the product, in one browser."""

    page: Page
    rules: Map
    home: str
    looked_at: dict[str, str] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.said.append(message.text)

    def go(self, fronts: Sequence[str]) -> None:
        """Follow every link, of each kind of page as often as it may lead to something new."""
        ahead, known, visits = deque(fronts), set(fronts), Counter[str]()
        while ahead:
            path = ahead.popleft()
            endpoint = self.endpoint(path)
            if endpoint is None or endpoint in NOT_PAGES or visits[endpoint] >= SAMPLES.get(endpoint, 2):
                continue
            visits[endpoint] += 1
            for link in self.links(endpoint, path):
                rest = link.removeprefix(self.home).partition("#")[0]
                if rest.startswith("/") and rest not in known:
                    known.add(rest)
                    ahead.append(rest)

    def links(self, endpoint: str, path: str) -> Iterable[str]:
        """Return where a page leads. One of a kind that was looked at before is read without being drawn again."""
        if endpoint in self.looked_at:
            read = self.page.request.get(path)
            if self.landed(read.url, endpoint) in self.looked_at:
                is_page = "text/html" in read.headers.get("content-type", "")
                return links_of(read.text(), read.url) if is_page else ()
        answer = self.open(path)
        if answer is None:
            return ()
        landed = self.landed(self.page.url, endpoint)
        if landed not in self.looked_at:
            self.looked_at[landed] = path
            if faults := list(self.look(answer)):
                self.faults[f"{landed} at {path}"] = faults
        self.said.clear()
        found: list[str] = self.page.eval_on_selector_all("a[href]", "all => all.map((each) => each.href)")
        return found

    def landed(self, url: str, endpoint: str) -> str:
        """Return what answered in the end, when `endpoint` may have led on."""
        return self.endpoint(url.removeprefix(self.home)) or endpoint

    def endpoint(self, path: str) -> str | None:
        """Return what answers a path; None for what is not ours."""
        try:
            return str(self.rules.bind(urlsplit(self.home).netloc).match(urlsplit(path).path, method="GET")[0])
        except (HTTPException, RequestRedirect):
            return None

    def open(self, path: str) -> Response | None:
        """Return the page's answer; None for a file that is saved instead of shown."""
        try:
            answer = self.page.goto(path)
        except Error as error:
            if "Download is starting" not in error.message:
                raise
            return None
        return answer if answer and "text/html" in answer.headers.get("content-type", "") else None

    def look(self, answer: Response) -> Iterator[str]:
        """Yield what is wrong with the page that is open."""
        yield from self.said
        if answer.status != 200:
            yield f"answers {answer.status}"
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            yield f"scrolls {wide} px sideways"
        yield from self.squeezed()
        if (headings := self.page.locator("h1").count()) != 1:
            yield f"has {headings} first headings"
        if not self.page.title().strip():
            yield "has no title"
        for each in Axe().run(self.page, options={"resultTypes": ["violations"]}).response["violations"]:
            if each["impact"] in {"serious", "critical"}:
                yield f"{each['id']}: {each['nodes'][0]['html'][:160]}"

    def squeezed(self) -> Iterator[str]:
        """Yield the words of tables that stand in a column of a few letters on a phone."""
        size = self.page.viewport_size
        if size is None or not self.page.locator(".table").count():
            return
        self.page.set_viewport_size({"width": 390, "height": size["height"]})
        for words in self.page.evaluate(SQUEEZED):
            yield f"squeezes “{words}”"
        self.page.set_viewport_size(size)


def links_of(html: str, url: str) -> list[str]:
    """Return the addresses that a page as it was sent leads to."""
    return [urljoin(url, href) for href in lxml.html.fromstring(html).xpath("//a/@href")]


@contextmanager
def walking(browser: Browser, live: Live, rules: Map, email: str, width: int) -> Iterator[Walk]:
    """Open a browser of its own for a walk."""
    is_phone = width < 600
    context = browser.new_context(
        base_url=live.url,
        viewport={"width": width, "height": 900},
        color_scheme="dark" if is_phone else "light",
        locale="fr-FR",
        has_touch=is_phone,
        is_mobile=is_phone,
    )
    walk = Walk(context.new_page(), rules, live.url)
    walk.page.on("console", walk.hear)
    walk.page.on("pageerror", lambda error: walk.said.append(str(error)))
    if email:
        sign_in(walk.page, email)
    yield walk
    context.close()


@pytest.fixture(scope="module")
def rules(live: Live) -> Map:
    runtime = web_runtime(live.settings)
    found = create_app(runtime=runtime).url_map
    runtime.database.engine.dispose()
    runtime.valkey.close()
    return found


@pytest.fixture(scope="module")
def walked(browser: Browser, live: Live, rules: Map) -> dict[str, Walk]:
    """Every walk to its end."""
    found = {}
    for name, (email, width, fronts) in WALKS.items():
        with walking(browser, live, rules, email, width) as walk:
            walk.go(fronts)
        found[name] = walk
    return found


@pytest.mark.parametrize("name", WALKS)
def test_each_page_on_the_way_is_open_to_everybody(walked: dict[str, Walk], name: str) -> None:
    assert walked[name].looked_at
    assert walked[name].faults == {}


def test_no_page_was_left_out(rules: Map, walked: dict[str, Walk]) -> None:
    pages = {rule.endpoint for rule in rules.iter_rules() if "GET" in (rule.methods or ())}
    reached = {endpoint for walk in walked.values() for endpoint in walk.looked_at}
    assert sorted(pages - reached - NOT_PAGES - ELSEWHERE.keys()) == []
    assert sorted((NOT_PAGES | ELSEWHERE.keys()) - pages) == [], "these are no pages any more"
