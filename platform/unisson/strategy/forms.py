"""The form of a strategy: what was typed stays as typed, whatever is wrong with it."""

import re
from collections.abc import Mapping
from datetime import date

from flask import request
from wtforms import StringField
from wtforms.widgets import DateInput

from unisson.editorial.forms import RISKS
from unisson.strategy.models import Check, Strategy, Weight
from unisson.strategy.planning import TEXTS, Pillar, StrategyPlan
from unisson.web.forms import LineField, TextField, VersionForm, one_line
from unisson.web.i18n import lazy

CHECKS = {
    Check.BANNED: lazy("Banned words"),
    Check.MENTION: lazy("Missing mentions"),
    Check.CLAIM: lazy("Claims without a source"),
}
WEIGHTS = {
    Weight.OFF: lazy("not checked"),
    Weight.ADVICE: lazy("advice while one writes"),
    Weight.STOP: lazy("stops a submission"),
}
_SHARE = re.compile(r"(.+?)\s*[:=]\s*(\d{1,3})\s*%?", re.ASCII)


class StrategyForm(VersionForm):
    """A strategy, as the page shows it. Mentions and weights are rows beside it (`mention-…`, `weight-…`)."""

    title = LineField(lazy("Name"))
    starts_on = StringField(lazy("First day"), widget=DateInput())
    ends_on = StringField(lazy("Last day"), widget=DateInput())
    objectives = TextField(lazy("Objectives"))
    pillars = TextField(lazy("Pillars and their share"))
    messages = TextField(lazy("Messages"))
    tone = TextField(lazy("Tone"))
    banned = TextField(lazy("Banned words and topics"))
    spokespersons = TextField(lazy("Spokespersons"))
    links = TextField(lazy("Links of reference"))
    typed_mentions: Mapping[str, str] = {}
    typed_weights: Mapping[Check, Weight] = {}

    def read_rows(self) -> None:
        """Take the rows of mentions and weights from the request."""
        self.typed_mentions = {risk: one_line(request.form.get(f"mention-{risk}")) for risk in RISKS}
        self.typed_weights = {check: _weight(request.form.get(f"weight-{check}", "")) for check in Check}

    def plan(self) -> StrategyPlan:
        """Return what was typed."""
        return StrategyPlan(
            title=self.title.data or "",
            starts_on=day(self.starts_on.data),
            ends_on=day(self.ends_on.data),
            texts={name: self[name].data or "" for name in TEXTS},
            pillars=_pillars(self.pillars.data or ""),
            banned=(self.banned.data or "").splitlines(),
            mentions=self.typed_mentions,
            weights=self.typed_weights,
        )

    def show(self, strategy: Strategy) -> None:
        """Fill the fields from what is stored."""
        self.title.data = strategy.title
        self.starts_on.data, self.ends_on.data = strategy.starts_on.isoformat(), strategy.ends_on.isoformat()
        for name in TEXTS:
            self[name].data = getattr(strategy, name)
        self.pillars.data = "\n".join(f"{each['name']}: {each['share']}" for each in strategy.pillars)
        self.banned.data = "\n".join(strategy.banned)
        self.typed_mentions = {str(risk): str(words) for risk, words in strategy.mentions.items()}
        self.typed_weights = {check: strategy.weight_of(check) for check in Check}
        self.version.data = str(strategy.version)


def day(typed: object) -> date | None:
    """Return a typed day; None for what is none."""
    try:
        return date.fromisoformat(str(typed or "").strip())
    except ValueError:
        return None


def _weight(typed: str) -> Weight:
    return Weight(typed) if typed in list(Weight) else Weight.ADVICE


def _pillars(typed: str) -> list[Pillar] | None:
    """Return the pillars, one a line, as “Name: 40”; None where a line is none."""
    found = []
    for line in filter(None, (one_line(each) for each in typed.splitlines())):
        read = _SHARE.fullmatch(line)
        if read is None:
            return None
        found.append(Pillar(read[1].strip(), int(read[2])))
    return found
