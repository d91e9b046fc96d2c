"""A browser is let in by a click, shows what its person is told, and a click there reads it; one says no.

The browser's own push service is out of reach of a test: what `PushManager` would answer is put there, and what the stand-in
of the service took is handed to the real service worker as Chromium itself would (`ServiceWorker.deliverPushMessage`).
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.journeys.conftest import Live, in_time, sign_in
from tests.journeys.test_bell import CM, is_open_to_everybody, number
from tests.journeys.test_calendar import submit, tenth, write
from tests.standins.push import PushService, StandInBrowser

pytestmark = pytest.mark.browser

RP = "salome.vidal@example.org"
CHOICES = "/atelier-nord/notices/choices"
SUBSCRIBED = """
(() => {
  const held = {
    endpoint: ENDPOINT, options: { userVisibleOnly: true },
    toJSON: () => ({ endpoint: ENDPOINT, expirationTime: null, keys: KEYS }),
    unsubscribe: async () => { localStorage.removeItem("subscribed"); return true; },
  };
  PushManager.prototype.getSubscription = async () => (localStorage.getItem("subscribed") ? held : null);
  PushManager.prototype.subscribe = async (options) => {
    localStorage.setItem("subscribed", JSON.stringify(options));
    return held;
  };
})();
"""
SHOWN = """navigator.serviceWorker.getRegistration("/").then((held) => held.getNotifications())
  .then((all) => all.map((each) => ({ title: each.title, body: each.body, tag: each.tag, path: each.data.path })))"""
CLICKED = """async (tag) => {
  const shown = (await registration.getNotifications()).find((each) => each.tag === tag);
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification: shown }));
}"""


@pytest.fixture(scope="module")
def service(push_port: int) -> Iterator[PushService]:
    made = PushService(push_port)
    yield made
    made.server.close()


def arrived(browser: StandInBrowser, which: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The first message of these that reached the push service."""
    in_time(lambda: any(which(each) for each in browser.shown), 120)
    return next(each for each in browser.shown if which(each))


def worker_of(page: Page) -> tuple[CDPSession, str]:
    """The way to the page's service worker, and its number."""
    seen: list[dict[str, Any]] = []
    way = page.context.new_cdp_session(page)
    way.on("ServiceWorker.workerRegistrationUpdated", lambda told: seen.extend(told["registrations"]))
    way.send("ServiceWorker.enable")
    in_time(lambda: page.wait_for_timeout(50) or seen)
    return way, seen[-1]["registrationId"]


def test_a_browser_tells_its_person(person: Callable[..., Page], live: Live, service: PushService) -> None:
    rp, cm = person(width=390, height=800, dark=True), person()
    browser = service.subscribe("")
    stub = SUBSCRIBED.replace("ENDPOINT", json.dumps(browser.endpoint)).replace("KEYS", json.dumps(browser.keys.given))
    rp.context.grant_permissions(["notifications"], origin=live.url)
    rp.context.add_init_script(stub)
    sign_in(rp, RP, to=CHOICES)
    assert rp.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0
    is_open_to_everybody(rp)
    rp.get_by_role("button", name="Autoriser les notifications ici").click()
    expect(rp.get_by_role("button", name="Arrêter les notifications ici")).to_be_visible()
    expect(rp.locator(".push-line").filter(has_text="Ce navigateur")).to_have_count(1)
    asked = json.loads(rp.evaluate("localStorage.getItem('subscribed')"))
    browser.application_key = asked["applicationServerKey"]
    assert asked["userVisibleOnly"] is True
    is_open_to_everybody(rp)

    rp.locator(".push-line").get_by_role("button", name="L’essayer").click()
    expect(rp.get_by_text("C’est parti")).to_be_visible()
    assert [each["body"] for each in browser.shown] == ["Ce navigateur vous prévient de ce qui vous concerne."]
    assert service.refused == []

    sign_in(cm, CM)
    title = write(cm, tenth(4))
    submit(cm)
    said = arrived(browser, lambda each: title in each["body"])
    assert re.fullmatch(r"/atelier-nord/contents/[0-9a-f-]{36}", said["path"])
    way, registration = worker_of(rp)
    # The same message twice, the second told apart by its text: between the two, the browser shows none for a moment.
    for body in (said["body"], f"{said['body']} (bis)"):
        way.send("ServiceWorker.deliverPushMessage", {
            "origin": live.url, "registrationId": registration, "data": json.dumps(said | {"body": body}),
        })  # fmt: skip
        alone = f"() => {SHOWN}.then((all) => all.length === 1 && all[0].body === {json.dumps(body)} && all[0])"
        shown = rp.wait_for_function(alone).json_value()
        assert (shown["tag"], shown["path"]) == (said["id"], said["path"])

    rp.goto("/atelier-nord/notices")
    before = number(rp)
    (script,) = rp.context.service_workers
    assert script.url == f"{live.url}/push-worker.js"
    with rp.context.expect_event("response", lambda answer: answer.url.endswith(said["reading"])) as read:
        script.evaluate(CLICKED, said["id"])
    assert read.value.ok
    rp.reload()
    assert number(rp) == before - 1
    rp.wait_for_function(f"() => {SHOWN}.then((all) => all.length === 0)")

    rp.goto(CHOICES)
    rp.get_by_role("button", name="Arrêter les notifications ici").click()
    expect(rp.get_by_role("button", name="Autoriser les notifications ici")).to_be_visible()
    assert rp.evaluate("localStorage.getItem('subscribed')") is None
    expect(rp.locator(".push-line")).to_have_count(0)


def test_a_browser_that_says_no_is_told_how_to_change_its_mind(person: Callable[..., Page]) -> None:
    page = person()
    sign_in(page, RP, to=CHOICES)
    page.get_by_role("button", name="Autoriser les notifications ici").click()
    expect(page.get_by_text("Ce navigateur bloque les notifications d’Unisson")).to_be_visible()
    is_open_to_everybody(page)
