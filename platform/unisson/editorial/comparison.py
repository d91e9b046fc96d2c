"""What changed between two texts, in parts that the diff macro shows."""

import re
from difflib import SequenceMatcher

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
MOST_WORDS = 4_000
"""Longer texts are compared by lines: comparing by words takes time that grows with the square."""

Part = tuple[str, str]
"""("same" | "added" | "removed", text)"""


def differences(before: str, after: str) -> list[Part]:
    """Return the way from `before` to `after`; one "same" part when they are equal."""
    pattern = _WORDS if len(before) + len(after) < MOST_WORDS * 5 else _LINES
    old, new = pattern.findall(before), pattern.findall(after)
    parts: list[Part] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=len(old) > MOST_WORDS).get_opcodes():
        if tag == "equal":
            parts.append(("same", "".join(old[i1:i2])))
            continue
        if i2 > i1:
            parts.append(("removed", "".join(old[i1:i2])))
        if j2 > j1:
            parts.append(("added", "".join(new[j1:j2])))
    return parts
