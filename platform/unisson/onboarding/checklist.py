"""A brand's checklist as its page shows it, and the way to a step and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import session as cookie
from flask import url_for

from unisson.onboarding.reading import BrandStanding, skips, standings
from unisson.onboarding.steps import DONE_BY, Ball, Standing, Step
from unisson.onboarding.words import BALLS, HINTS, INVITED, MOCKUP_ALONE, STEPS
from unisson.web.db import session
from unisson.web.guards import BrandCard, actor, current_agency_row
from unisson.web.i18n import _, say_time

_KEY = "onboarding"


@dataclass(frozen=True, slots=True)
class Item:
    """One step as the page shows it; `href` None where its reader can't do it."""

    step: Step
    label: object
    hint: object
    done: bool
    href: str | None = None
    ball: object = None
    skipped_by: str = ""
    skipped_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Checklist:
    """All steps of a brand."""

    items: list[Item]
    standing: Standing

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.standing.missing


def checklist_of(card: BrandCard) -> Checklist:
    """Return the checklist of a brand for the page's reader."""
    found = standings(session(), [card.id])[card.id]
    standing = found.standing
    said = {skip.step: skip for skip in skips(session(), card.id)}
    items = []
    for step in Step:
        skip = said.get(step) if step in standing.skipped else None
        is_open = step in standing.missing
        items.append(
            Item(
                step,
                STEPS[step],
                _hint(step, found, card.timezone),
                step in standing.done,
                url_for("onboarding.step", brand=card.slug, step=step.value)
                if is_open and actor().may(DONE_BY[step], card.id)
                else None,
                BALLS[Ball.CLIENT] if is_open and standing.ball_of(step) is Ball.CLIENT else None,
                skip.by if skip else "",
                skip.at if skip else None,
            )
        )
    return Checklist(items, standing)


def _hint(step: Step, found: BrandStanding, zone: str) -> object:
    """Return what is said of a step that is not done."""
    if step is not Step.CHANNEL:
        return INVITED if step in found.standing.invited else HINTS[step]
    if found.channel_asked_at is None:
        return MOCKUP_ALONE if found.has_mockup else HINTS[step]
    asked = say_time(found.channel_asked_at, zone, "day_year")
    if found.has_mockup:
        return _("Mock-up; the client was asked to connect it on %(date)s.", date=asked)
    return _("The client was asked to connect one on %(date)s.", date=asked)


def way_to(step: Step, brand: str) -> str:
    """Return the address of the page on which a step is done."""
    ways: Mapping[Step, tuple[str, dict[str, Any]]] = {
        Step.LOGO: ("agency.brand_edit", {"_anchor": "logo"}),
        Step.CHAIN: ("onboarding.chain", {}),
        Step.STRATEGY: ("strategy.strategy_new", {"starter": "sector"}),
        Step.CM: ("agency.invite", {"role": "cm"}),
        Step.RP: ("agency.invite", {"role": "rp"}),
        Step.CLIENT: ("agency.invite", {"role": "client_approver"}),
        Step.CHANNEL: ("publishing.channel_new", {}),
        Step.PLAN: ("editorial.content_new", {}),
        Step.APPROVAL: ("calendars.listed", {}),
    }
    endpoint, more = ways[step]
    return url_for(endpoint, brand=brand, **more)


def begin(card: BrandCard) -> None:
    """Remember in this browser that a step of the brand is being done: the pages of that brand show the way back."""
    cookie[_KEY] = f"{current_agency_row().slug}/{card.slug}"


def end() -> None:
    """Forget it: the reader is back at a list."""
    cookie.pop(_KEY, None)


def is_under_way(brand: BrandCard | None) -> bool:
    """Return whether the page's reader came to this brand's pages from its checklist."""
    return brand is not None and cookie.get(_KEY) == f"{current_agency_row().slug}/{brand.slug}"
