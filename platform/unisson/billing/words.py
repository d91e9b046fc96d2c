"""How an agency's standing is said: above every page, and in the letters."""

from dataclasses import dataclass
from datetime import datetime

from tenants.standing import Standing, StandingWhy
from unisson.web.i18n import _, lazy, say_time


@dataclass(frozen=True, slots=True)
class Told:
    """A standing in words: what is so, what follows and when, and how grave it is."""

    title: str
    sentence: str
    tone: str


TITLES = {
    StandingWhy.TRIAL: lazy("The trial comes to its end"),
    StandingWhy.PAYMENT: lazy("The last payment did not go through"),
    StandingWhy.ENDED: lazy("The subscription comes to its end"),
}
OVER = {
    StandingWhy.TRIAL: lazy("The trial is over"),
    StandingWhy.PAYMENT: lazy("The agency is not paid for"),
    StandingWhy.ENDED: lazy("The subscription is over"),
}


def told(standing: Standing, why: StandingWhy | None, until: datetime | None, zone: str) -> Told | None:
    """Return what is told of a standing; None where all is well."""
    if standing == Standing.GOOD or why is None:
        return None
    day = say_time(until, zone, "day_year") if until else ""
    if standing == Standing.NOTICE:
        sentence = _("All goes on as it is until %(day)s. From then on nothing new can be begun; what is scheduled"
                     " still leaves, and nothing is deleted.", day=day)  # fmt: skip
        return Told(str(TITLES[why]), sentence, "warning")
    if standing == Standing.READ_ONLY:
        sentence = _("Nothing new can be begun. What is scheduled still leaves until %(day)s, clients can decide, and"
                     " nothing is deleted. As soon as it is paid, all goes on.", day=day)  # fmt: skip
        return Told(str(OVER[why]), sentence, "danger")
    sentence = _("Nothing new can be begun, and what is scheduled is held when its time comes. Nothing is deleted. As"
                 " soon as it is paid, all goes on.")  # fmt: skip
    return Told(str(OVER[why]), sentence, "danger")


STATUSES = {
    "active": lazy("Paid"),
    "trialing": lazy("Paid"),
    "past_due": lazy("Payment open"),
    "unpaid": lazy("Payment open"),
    "paused": lazy("Paused"),
    "canceled": lazy("Ended"),
}
"""How a subscription stands, in our words."""

INVOICE_STATES = {
    "paid": (lazy("Paid"), "success"),
    "open": (lazy("To be paid"), "warning"),
    "uncollectible": (lazy("Unpaid"), "danger"),
    "void": (lazy("Void"), "neutral"),
}
"""How an invoice stands, and in which tone."""

INTERVALS = {"month": lazy("By the month"), "year": lazy("By the year")}
