"""What became of the images from one revision to another: added, removed, replaced, moved, or described otherwise."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from unisson.editorial.comparison import Part, differences

Picture = Mapping[str, Any]
"""An image as a revision's payload holds it."""

Placed = tuple[int, Picture]


@dataclass(frozen=True, slots=True)
class PictureChange:
    """One image that is not as it was. `kind`: added, removed, replaced, moved or described.

    Places are counted from 1; `alt` is what changed in its description, none where nothing did.
    """

    kind: str
    before: Picture | None = None
    after: Picture | None = None
    before_place: int = 0
    after_place: int = 0
    alt: Sequence[Part] = ()


def picture_changes(before: Sequence[Picture], after: Sequence[Picture]) -> tuple[PictureChange, ...]:
    """Return the images that are not as they were, in the order in which they stand now, removed ones by their old."""
    pairs, gone, come = _matched(before, after)
    replaced = [place for place in gone if place in come]
    changes = [*_kept(before, after, pairs)]
    changes += [_pair("replaced", (place, before[place]), (place, after[place])) for place in replaced]
    changes += [PictureChange("removed", before=before[at], before_place=at + 1) for at in gone if at not in replaced]
    changes += [PictureChange("added", after=after[at], after_place=at + 1) for at in come if at not in replaced]
    return tuple(sorted(changes, key=lambda each: (each.after_place or each.before_place, each.before_place)))


def _matched(before: Sequence[Picture], after: Sequence[Picture]) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """Return which image is which by their bytes, and the places of those without a partner."""
    free: dict[str, list[int]] = {}
    for place, picture in enumerate(after):
        free.setdefault(picture["digest"], []).append(place)
    pairs, gone = [], []
    for place, picture in enumerate(before):
        there = free.get(picture["digest"])
        if there:
            pairs.append((place, there.pop(0)))
        else:
            gone.append(place)
    return pairs, gone, sorted(place for places in free.values() for place in places)


def _kept(
    before: Sequence[Picture], after: Sequence[Picture], pairs: Sequence[tuple[int, int]]
) -> Iterator[PictureChange]:
    order = [now for _was, now in pairs]
    blocks = SequenceMatcher(None, order, sorted(order), autojunk=False).get_matching_blocks()
    stayed = {order[at] for block in blocks for at in range(block.a, block.a + block.size)}
    for was, now in pairs:
        change = _pair("described" if now in stayed else "moved", (was, before[was]), (now, after[now]))
        if change.kind == "moved" or change.alt:
            yield change


def _pair(kind: str, before: Placed, after: Placed) -> PictureChange:
    told, tells = str(before[1].get("alt", "")), str(after[1].get("alt", ""))
    alt = tuple(differences(told, tells)) if told != tells else ()
    return PictureChange(kind, before[1], after[1], before[0] + 1, after[0] + 1, alt)
