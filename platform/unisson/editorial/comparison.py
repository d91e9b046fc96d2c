"""What changed between two texts, in parts that the diff macro shows."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_WORD = re.compile(r"\w+ ?|[^\w\s] ?|\s+")
"""A word takes the space after it along: spaces by themselves would be the same everywhere, and cost the square."""
_FINE = re.compile(r"\w+|\s+|[^\w\s]")
_SENTENCE = re.compile(r"[^.!?…\n]*(?:[.!?…]+\s*|\n|$)")
_PARAGRAPH = re.compile(r"[^\n]*\n+|[^\n]+")
MOST_STEPS = 2_000_000
"""What comparing may cost at worst, in steps of the matcher; some 100 ms. What would cost more is compared coarsely."""

Part = tuple[str, str]
"""("same" | "added" | "removed", text)"""


def differences(before: str, after: str) -> list[Part]:
    """Return the way from `before` to `after`; one "same" part when they are equal, none when both are empty.

    "same" and "removed" make up `before`, "same" and "added" make up `after`. Words are compared, and where a text is
    too long for that, first its paragraphs and sentences.
    """
    purse = _Purse(MOST_STEPS)
    words = _WORD.findall(before), _WORD.findall(after)
    parts = _compared(*words, [], purse) if purse.affords(*words) else _coarsely(before, after, purse)
    return _joined(parts)


@dataclass
class _Purse:
    """The steps that are left."""

    steps: int

    def affords(self, old: Sequence[str], new: Sequence[str]) -> bool:
        """Return whether the matcher, at its very worst, stays within what is left."""
        return _worst(*_middle(old, new)) <= self.steps

    def spend(self, old: Sequence[str], new: Sequence[str]) -> bool:
        """Take the steps if they are there."""
        worst = _worst(old, new)
        if worst > self.steps:
            return False
        self.steps -= worst
        return True


def _worst(old: Sequence[str], new: Sequence[str]) -> int:
    """Each match found splits the rest, which is then walked again: once for every match, at worst."""
    count = Counter(new)
    return min(len(old), len(new)) * (len(old) + sum(count[token] for token in old)) // 2


def _coarsely(before: str, after: str, purse: _Purse) -> list[Part]:
    finer = [_SENTENCE, _WORD]
    return _compared(_PARAGRAPH.findall(before), _PARAGRAPH.findall(after), finer, purse)


def _compared(old: Sequence[str], new: Sequence[str], finer: Sequence[re.Pattern[str]], purse: _Purse) -> list[Part]:
    """Compare tokens; what was replaced is compared by the next finer ones."""
    head, tail = _ends(old, new)
    start, end = old[:head], old[len(old) - tail :]
    old, new = old[head : len(old) - tail], new[head : len(new) - tail]
    if not purse.spend(old, new):
        return [("same", "".join(start)), *_replaced("".join(old), "".join(new), finer, purse), ("same", "".join(end))]
    parts: list[Part] = [("same", "".join(start))]
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, come = "".join(old[i1:i2]), "".join(new[j1:j2])
        parts += [("same", gone)] if tag == "equal" else _replaced(gone, come, finer, purse)
    return [*parts, ("same", "".join(end))]


def _replaced(gone: str, come: str, finer: Sequence[re.Pattern[str]], purse: _Purse) -> list[Part]:
    if finer and gone and come:
        return _compared(finer[0].findall(gone), finer[0].findall(come), finer[1:], purse)
    head = _common(gone, come)
    gone, come, start = gone[head:], come[head:], gone[:head]
    tail = _common(gone[::-1], come[::-1])
    cut = len(gone) - tail
    return [("same", start), ("removed", gone[:cut]), ("added", come[: len(come) - tail]), ("same", gone[cut:])]


def _common(one: str, other: str) -> int:
    """Return how many characters of whole words both begin with: words were compared with the space after them."""
    length = 0
    for first, second in zip(_FINE.finditer(one), _FINE.finditer(other), strict=False):
        if first[0] != second[0]:
            break
        length = first.end()
    return length


def _ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """Return how many tokens are the same at the start, and at the end."""
    most = min(len(old), len(new))
    head = next((at for at in range(most) if old[at] != new[at]), most)
    tail = next((at for at in range(most - head) if old[-1 - at] != new[-1 - at]), most - head)
    return head, tail


def _middle(old: Sequence[str], new: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    head, tail = _ends(old, new)
    return old[head : len(old) - tail], new[head : len(new) - tail]


def _joined(parts: Sequence[Part]) -> list[Part]:
    """Leave out what is empty, and say neighbours as one: what was removed before what was added."""
    steps: list[_Step] = [_Step()]
    for kind, text in parts:
        last = steps[-1]
        if kind == "removed":
            last.gone += text
        elif kind == "added":
            last.come += text
        elif text and (last.gone or last.come):
            steps.append(_Step(same=text))
        else:
            last.same += text
    said = (each for step in _legible(steps) for each in step.parts)
    return [each for each in said if each[1]]


@dataclass
class _Step:
    """What stays, then what goes and what comes."""

    same: str = ""
    gone: str = ""
    come: str = ""

    @property
    def parts(self) -> tuple[Part, Part, Part]:
        return ("same", self.same), ("removed", self.gone), ("added", self.come)

    @property
    def size(self) -> int:
        return max(len(self.gone), len(self.come))


def _legible(steps: Sequence[_Step]) -> list[_Step]:
    """Give up what stays by chance, shorter than the changes around it: a salad of words tells nobody anything."""
    kept = list(steps[:1])
    for step in steps[1:]:
        last = kept[-1]
        if step.size and len(step.same.strip()) <= min(last.size, step.size):
            last.gone += step.same + step.gone
            last.come += step.same + step.come
        else:
            kept.append(step)
    return kept
