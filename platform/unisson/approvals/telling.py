"""A chain in plain words, as somebody who has never seen one would say it."""

import uuid
from collections.abc import Mapping, Sequence
from functools import reduce

from tenants.permissions import StageRole
from unisson.approvals.chain import Approver, Chain, Condition, Need, Stage
from unisson.editorial.forms import KINDS, RISKS
from unisson.publishing.channels.port import ChannelKind
from unisson.web.i18n import _, _n, lazy

Names = Mapping[uuid.UUID, str]
"""The persons whom chains name, by membership, and the titles of their topics; whoever is not in it has left."""

SPOKEN = {
    StageRole.CM: lazy("the community manager"),
    StageRole.RP: lazy("the press officer"),
    StageRole.ACCOUNT_MANAGER: lazy("the account manager"),
    StageRole.CLIENT_APPROVER: lazy("the client"),
    StageRole.LEGAL: lazy("the legal adviser"),
    StageRole.SPOKESPERSON: lazy("the spokesperson"),
}
"""How a sentence calls whoever holds a role."""

CHANNELS = {
    ChannelKind.NEWSROOM.value: lazy("Newsroom"),
    ChannelKind.BLUESKY.value: lazy("Bluesky"),
    ChannelKind.EMAIL.value: lazy("E-mail"),
}


def sentence(chain: Chain, names: Names) -> str:
    """Return who decides, in which order, as one sentence."""
    told = [_told(stage, names) for stage in chain.stages]
    said = reduce(lambda said, one: _("%(first)s, then by %(next)s", first=said, next=one), told)
    return _("Approved by %(chain)s.", chain=said)


def for_what(condition: Condition, names: Names) -> str:
    """Return for which contents a chain is, in words."""
    if condition.is_empty:
        return _("Every content")
    return ", ".join(_words(condition, names))


def told_reason(met: Mapping[str, Sequence[str]], names: Names) -> str:
    """Return which conditions chose a chain, in words; empty where it is for every content."""
    return ", ".join(met_words(met, names))


def met_words(met: Mapping[str, Sequence[str]], names: Names) -> list[str]:
    """Return the conditions that were met, each as people call it."""
    return [_topic(word, names) if name == "topics" else _word(word) for name, words in met.items() for word in words]


def told_stage(stage: Stage, names: Names) -> str:
    """Return one stage in words, by itself."""
    told = _told(stage, names)
    return told[:1].upper() + told[1:]


def _told(stage: Stage, names: Names) -> str:
    told = _people(stage, [_one(approver, names) for approver in stage.approvers])
    if stage.name:
        told = _("%(who)s (%(stage)s)", who=told, stage=stage.name)
    if not stage.only_if.is_empty:
        marks = [_("“%(mark)s”", mark=word) for word in _words(stage.only_if, names)]
        told = _("%(who)s where it is marked %(what)s", who=told, what=_either(marks))
    if stage.hours:
        told = _n(
            "%(who)s, %(hours)s working hour before the date",
            "%(who)s, %(hours)s working hours before the date",
            stage.hours,
            who=told,
            hours=stage.hours,
        )
    if stage.minutes:
        told = _n(
            "%(who)s, within %(minutes)s minute",
            "%(who)s, within %(minutes)s minutes",
            stage.minutes,
            who=told,
            minutes=stage.minutes,
        )
    return _("%(who)s (whose silence is a yes by contract)", who=told) if stage.tacit_clause else told


def _people(stage: Stage, people: Sequence[str]) -> str:
    if stage.need is Need.QUORUM:
        return _("%(count)s of: %(who)s", count=stage.quorum, who=", ".join(people))
    if stage.need is Need.ALL:
        return reduce(lambda said, one: _("%(one)s and %(other)s", one=said, other=one), people)
    return _either(people)


def _either(words: Sequence[str]) -> str:
    return reduce(lambda said, one: _("%(one)s or %(other)s", one=said, other=one), words)


def _one(approver: Approver, names: Names) -> str:
    if approver.person is not None:
        return names.get(approver.person) or _("somebody who left")
    assert approver.role is not None  # noqa: S101 - an approver is one or the other
    name = str(SPOKEN[approver.role])
    return _("%(role)s (each who holds that role)", role=name) if approver.everyone else name


def _words(condition: Condition, names: Names) -> list[str]:
    words = [*map(_word, (*condition.kinds, *condition.risks, *condition.channels)), *condition.tags]
    return words + [_topic(each, names) for each in condition.topics]


def _topic(topic_id: str, names: Names) -> str:
    return _("the topic “%(title)s”", title=names.get(uuid.UUID(topic_id), "?"))


def _word(named: str) -> str:
    return str(KINDS.get(named) or RISKS.get(named) or CHANNELS.get(named) or named)
