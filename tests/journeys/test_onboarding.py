"""From no agency to a post that the client approved, along the checklist: in how many clicks."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Live
from tests.journeys.test_pages import obstacles
from tests.journeys.test_the_path import PASSWORD, link_of, soon

LONDON = ZoneInfo("Europe/London")  # of the brand, as the owner's browser says
A_CLICK, A_FIELD = 3.0, 6.0
"""Seconds that somebody takes to find and press, and to type into a field: slow ones of a keystroke-level model."""


@dataclass
class Hand:
    """Everybody's hands together: what was pressed, and what was filled in or chosen."""

    clicks: int = 0
    fields: int = 0
    walked: list[str] = field(default_factory=list)

    def press(self, page: Page, label: str | re.Pattern[str], role: str = "button") -> None:
        self.clicks += 1
        self.walked.append(str(label))
        page.get_by_role(role, name=label).first.click()  # type: ignore[arg-type]  # a role by its name

    def fill(self, page: Page, **values: str) -> None:
        for name, value in values.items():
            self.fields += 1
            found = page.locator(f"main [name={name}]").first
            if found.evaluate("e => e.tagName") == "SELECT":
                found.select_option(value)
            else:
                found.fill(value)

    @property
    def seconds(self) -> float:
        return self.clicks * A_CLICK + self.fields * A_FIELD


@pytest.fixture
def logo(tmp_path: Path) -> Path:
    path = tmp_path / "logo.png"
    Image.new("RGB", (300, 100), (200, 60, 40)).save(path)
    return path


def step(hand: Hand, page: Page, label: str) -> None:
    """Follow a step of the checklist, wherever it leads."""
    page.locator("#onboarding").wait_for()
    hand.press(page, label, "link")


def back(hand: Hand, page: Page) -> None:
    hand.press(page, re.compile("Back to the checklist"), "link")


@pytest.mark.browser
def test_from_no_agency_to_an_approved_post(live: Live, person: Callable[..., Page], logo: Path) -> None:
    mark, hand = str(int(time.time())), Hand()
    owner_mail, rp_mail, client_mail = (f"{who}-{mark}@example.org" for who in ("o", "r", "c"))
    owner = person(lang="en-GB")
    owner.goto("/sign-up")
    hand.fill(owner, agency=f"Rivage {mark}", language="en", name="Olivia", email=owner_mail, password=PASSWORD)
    hand.press(owner, "Open the agency")
    owner.wait_for_url(re.compile("/sign-up/sent"))
    owner.goto(link_of(live.mails(owner_mail, "/verification/")[0], "/verification/"))
    hand.press(owner, re.compile("^Confirm"))
    hand.press(owner, "Open a brand", "link")
    hand.fill(owner, name="Ferme du Goaz", sector="food")
    hand.press(owner, "Open the brand")
    expect(owner.get_by_role("heading", name="Onboarding")).to_be_visible()
    assert obstacles(owner, colours=True) == []

    step(hand, owner, "Approval chain chosen")
    assert obstacles(owner, colours=True) == []
    hand.press(owner, "Begin with this: The shortest")
    step(hand, owner, "Strategy begun")
    hand.press(owner, re.compile("^Save"))
    back(hand, owner)
    for label, email, name in (("A press officer", rp_mail, "Rozenn"), ("A client approver", client_mail, "Claude")):
        step(hand, owner, label)
        hand.fill(owner, email=email, name=name)
        owner.locator("main form button[type=submit]").first.click()
        hand.clicks += 1
        owner.wait_for_url(re.compile("/brands/ferme-du-goaz#onboarding"))
    step(hand, owner, "Logo and colour")
    owner.locator("[name=logo]").set_input_files(logo)
    hand.press(owner, re.compile("^Save"))
    expect(owner.get_by_role("radio", name="Coral")).to_be_checked()
    assert obstacles(owner, colours=True) == []
    hand.press(owner, "Take this colour")
    for label in ("A community manager", "A channel besides its newsroom"):
        hand.press(owner, f"Not needed: {label}")
        expect(owner.get_by_role("button", name=f"Put it back: {label}")).to_be_visible()
    rp = person(lang="en-GB")
    rp.goto(link_of(live.mails(rp_mail, "/invitations/")[0], "/invitations/"))
    hand.fill(rp, password=PASSWORD)
    rp.locator("main form button[type=submit]").first.click()
    hand.clicks += 1
    rp.wait_for_url(re.compile(f"/rivage-{mark}"))
    step(hand, owner, "Plan imported, or a first content")
    when = soon(LONDON)
    hand.fill(
        owner, title="Les premières fraises", body="Samedi, à la ferme.", date=f"{when:%Y-%m-%d}", time=f"{when:%H:%M}"
    )
    owner.locator("[name=channel_ids]").first.check()
    hand.clicks += 1
    hand.press(owner, "Save the draft")
    hand.press(owner, "Submit for approval")
    expect(owner.get_by_text("In review").first).to_be_visible()
    content = owner.url

    rp.goto(content)
    hand.press(rp, "Approve")
    expect(rp.get_by_text("Rozenn").first).to_be_visible()

    client = person(width=390, height=844)
    client.goto(link_of(live.mails(client_mail, "/approve/")[0], "/approve/"))
    client.locator("form[action$='/code'] button").click()
    client.locator("[name=code]").fill(live.codes(client_mail, at_least=1)[0])
    client.locator("form[action$='/device'] button").click()
    client.locator("[name=typed_name]").first.fill("Claude")
    client.locator("button.approve, button[formaction*=approval], form[action*='/approval'] button").first.click()
    hand.clicks, hand.fields = hand.clicks + 3, hand.fields + 2
    client.wait_for_load_state()

    owner.goto(content)
    expect(owner.get_by_text("Scheduled").first).to_be_visible()
    owner.goto(f"{content.split('/contents/')[0]}/brands/ferme-du-goaz")
    expect(owner.get_by_role("heading", name="Onboarding")).to_have_count(0)
    assert hand.clicks <= 30, hand.walked
    assert hand.seconds < 300, (hand.clicks, hand.fields)
