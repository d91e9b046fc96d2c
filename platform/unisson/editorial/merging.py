"""Two people's changes of one content brought together, field by field: what both changed is for a person to choose."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from unisson.editorial.beside import NOTHING, Beside, settled
from unisson.editorial.press import Press, kept_press
from unisson.editorial.writing import Draft, normal_tags, own_of, words_of

Whole = TypeVar("Whole", Press, Beside)

_SETS = ("tags", "risks", "channel_ids")
"""What is put in and taken out piece by piece: two people's changes of these never clash."""
_WHEN = ("wall_time", "fold")
_OF_PARTS = ("press", "beside")
"""What is made of parts, each of them merged by itself."""
_APART = frozenset({*_SETS, *_WHEN, *_OF_PARTS, "texts"})


@dataclass(frozen=True, slots=True)
class Clash:
    """What both changed. `before` is None where it is not known what it was."""

    name: str
    """The field of `Draft`, of `Press` or of `Beside`; `wall_time` for the date, `texts` for a channel's own text."""
    before: Any
    mine: Any
    theirs: Any
    channel_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Merged:
    """Everything that either changed, and mine where both did; `clashes` say where that was."""

    draft: Draft
    clashes: Sequence[Clash] = ()


class _Unknown:
    """Equal to nothing: what a field was before, where nobody knows."""


_UNKNOWN = _Unknown()


def merge(before: Draft | None, mine: Draft, theirs: Draft) -> Merged:
    """Return what `before` becomes by both changes. Without `before`, all that differs was changed by both.

    Raises RefusedError for tags, or posts of a thread, that can't be kept.
    """
    base, own, other = normal(before) if before else None, normal(mine), normal(theirs)
    clashes: list[Clash] = []
    values: dict[str, Any] = {}
    for name in (each.name for each in fields(Draft) if each.name not in _APART):
        was = getattr(base, name) if base else _UNKNOWN
        values[name] = _one(name, was, getattr(own, name), getattr(other, name), clashes)
    for name in _SETS:
        was = getattr(base, name) if base else ()
        values[name] = _both(was, getattr(own, name), getattr(other, name))
    was = _when(base) if base else _UNKNOWN
    values["wall_time"], values["fold"] = _one("wall_time", was, _when(own), _when(other), clashes)
    values["texts"] = _texts(base, own, other, clashes)
    values["press"] = _parts(Press(), base.press if base else _UNKNOWN, own.press, other.press, clashes)
    values["beside"] = _parts(NOTHING, base.beside if base else _UNKNOWN, own.beside, other.beside, clashes)
    return Merged(normal(Draft(**values)), clashes)


def normal(draft: Draft) -> Draft:
    """Return the draft as it is compared: in order, each thing once, without what has no effect."""
    return replace(
        draft,
        body=draft.body.rstrip(),
        tags=tuple(normal_tags(draft.tags)),
        risks=tuple(sorted(set(draft.risks))),
        channel_ids=tuple(sorted(set(draft.channel_ids))),
        texts=tuple(sorted(own_of(draft).items())),
        fold=draft.fold or 0,
        press=kept_press(draft.kind, draft.press),
        beside=settled(draft.beside, words_of(draft)),
    )


def _one(name: str, was: Any, mine: Any, theirs: Any, clashes: list[Clash]) -> Any:
    if mine in (was, theirs):
        return theirs
    if theirs != was:
        known = None if was is _UNKNOWN else was
        clashes.append(Clash(name, known, mine, theirs))
    return mine


def _parts(nothing: Whole, was: Any, mine: Whole | None, theirs: Whole | None, clashes: list[Clash]) -> Whole:
    """Return what each part of a whole becomes; a whole that is not there has the parts of `nothing`."""
    values = {}
    for name in (each.name for each in fields(nothing)):
        before = was if was is _UNKNOWN else getattr(was or nothing, name)
        values[name] = _one(name, before, getattr(mine or nothing, name), getattr(theirs or nothing, name), clashes)
    return replace(nothing, **values)


def _both(was: Iterable[Any], mine: Iterable[Any], theirs: Iterable[Any]) -> tuple[Any, ...]:
    added, taken_out = set(mine) - set(was), set(was) - set(mine)
    return tuple(sorted((set(theirs) | added) - taken_out))


def _when(draft: Draft) -> tuple[Any, Any]:
    return draft.wall_time, draft.fold


def _texts(base: Draft | None, own: Draft, other: Draft, clashes: list[Clash]) -> tuple[tuple[uuid.UUID, str], ...]:
    """A channel without a text of its own has the common one: None here."""
    mine, theirs = dict(own.texts), dict(other.texts)
    was: Mapping[uuid.UUID, str] | None = dict(base.texts) if base else None
    kept = {}
    for key in sorted({*mine, *theirs, *(was or ())}):
        met: list[Clash] = []
        before = _UNKNOWN if was is None else was.get(key)
        kept[key] = _one("texts", before, mine.get(key), theirs.get(key), met)
        clashes += [replace(each, channel_id=key) for each in met]
    return tuple((key, words) for key, words in kept.items() if words)
