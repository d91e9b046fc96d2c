"""What a request for changes is about: a passage of the text, or a point of an image. Nothing for the whole."""

import re
from collections.abc import Mapping
from typing import Any, TypeGuard

from tenants.errors import RefusedError
from unisson.editorial.leaving import texts_of
from unisson.editorial.press import Press
from unisson.web.i18n import lazy

NO_PASSAGE = lazy("This passage does not stand in the version that you read. Choose it again.")
NO_POINT = lazy("Choose one of the images of this version, and a point on it.")
LONG_PASSAGE = lazy("A passage has 2,000 characters at most. Choose a shorter one.")
UNREADABLE = lazy("Choose again what your request is about.")
MOST_QUOTED = 2_000
MOST_SENTENCES = 60
_SENTENCE = re.compile(r"[^\s][^\n]*?(?:[.!?…]+(?=\s|$)|(?=\n)|$)")
_UNIT = re.compile(r"\s+|\S")

Payload = Mapping[str, Any]


def sentences_of(payload: Payload) -> list[str]:
    """Return the sentences of a revision, title first, each once: what can be chosen without selecting text."""
    *bodies, title = _texts(payload)
    press = Press.of(payload.get("press"))
    texts = (title, press.standfirst if press else "", *bodies)
    found = (each[0].strip()[:MOST_QUOTED] for text in texts for each in _SENTENCE.finditer(text))
    return list(dict.fromkeys(found))[:MOST_SENTENCES]


def checked(anchor: Mapping[str, Any], payload: Payload) -> dict[str, Any]:
    """Return `anchor` as it is kept: {"passage": {"quote", "start"}} or {"picture": {"digest", "x", "y"}}, or {}.

    A quote must stand in one of the revision's texts, whatever its spaces, and is kept as it stands there, `start` the
    number of characters before it. A point is a part of the image's width and height, 0 to 1. Raises RefusedError.
    """
    if not anchor:
        return {}
    if anchor.keys() == {"passage"}:
        return {"passage": _passage(anchor["passage"], payload)}
    if anchor.keys() == {"picture"}:
        return {"picture": _point(anchor["picture"], payload)}
    raise RefusedError(UNREADABLE, field="anchor")


def _texts(payload: Payload) -> list[str]:
    """Return the texts where a quote is looked for, in that order: the channels', those of the release, the title."""
    bodies = dict.fromkeys(text for channel in payload.get("channels", ()) for text in texts_of(channel))
    press = Press.of(payload.get("press"))
    return [*bodies, *(press.texts if press else ()), str(payload.get("title", ""))]


def _passage(said: Any, payload: Payload) -> dict[str, Any]:
    quote, start = (said.get("quote"), said.get("start", 0)) if isinstance(said, Mapping) else (None, 0)
    if not isinstance(quote, str) or not isinstance(start, int) or not quote.strip():
        raise RefusedError(NO_PASSAGE, field="anchor")
    if len(quote) > MOST_QUOTED:
        raise RefusedError(LONG_PASSAGE, field="anchor")
    for find in (_exactly, _whatever_its_spaces):
        for text in _texts(payload):
            span = find(text, quote, max(0, start))
            if span is not None:
                return {"quote": text[slice(*span)], "start": span[0]}
    raise RefusedError(NO_PASSAGE, field="anchor")


def _exactly(text: str, quote: str, start: int) -> tuple[int, int] | None:
    """Return where `quote` stands nearest to `start`."""
    places = [at for at in (text.rfind(quote, 0, start + len(quote)), text.find(quote, start)) if at >= 0]
    at = min(places, key=lambda place: abs(place - start), default=None)
    return None if at is None else (at, at + len(quote))


def _whatever_its_spaces(text: str, quote: str, _start: int) -> tuple[int, int] | None:
    """Return where `quote` stands first when any run of spaces and line ends is one space, as a page shows it."""
    units = list(_UNIT.finditer(text))
    flat = "".join(" " if each[0].isspace() else each[0] for each in units)
    wanted = " ".join(quote.split())
    at = flat.find(wanted)
    return None if at < 0 else (units[at].start(), units[at + len(wanted) - 1].end())


def _point(said: Any, payload: Payload) -> dict[str, Any]:
    known = {picture["digest"] for picture in payload.get("pictures", ())}
    point: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
    digest, x, y = point.get("digest"), point.get("x"), point.get("y")
    if digest not in known or not _is_part(x) or not _is_part(y):
        raise RefusedError(NO_POINT, field="anchor")
    return {"digest": digest, "x": round(float(x), 4), "y": round(float(y), 4)}


def _is_part(value: Any) -> TypeGuard[float]:
    """Whether it is a number from 0 to 1: not a truth value, and not NaN."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
