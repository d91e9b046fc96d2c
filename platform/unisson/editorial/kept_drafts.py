"""What a content says, as JSON: in templates that others begin from, and in the trail, to undo by."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from unisson.editorial.beside import Beside, card_from
from unisson.editorial.models import ContentKind
from unisson.editorial.press import Press
from unisson.editorial.writing import Draft


def as_json(draft: Draft) -> dict[str, Any]:
    """Return what the draft says. Its date, topic and pillar are planning, and no part of it."""
    card = draft.beside.card
    return {
        "kind": draft.kind.value,
        "title": draft.title,
        "body": draft.body,
        "tags": list(draft.tags),
        "risks": list(draft.risks),
        "channels": [str(each) for each in draft.channel_ids],
        "texts": {str(key): words for key, words in draft.texts},
        "pictures": [[str(key), alt] for key, alt in draft.pictures],
        "press": draft.press.as_json() if draft.press else None,
        "card": card.as_json() if card else None,
        "tagged": draft.beside.tagged,
        "thread": list(draft.beside.thread),
    }


def from_json(kept: Mapping[str, Any], planned: Draft) -> Draft:
    """Return `planned` saying what `as_json` kept."""
    return replace(
        planned,
        kind=ContentKind(kept["kind"]),
        title=kept["title"],
        body=kept["body"],
        tags=tuple(kept["tags"]),
        risks=tuple(kept["risks"]),
        channel_ids=tuple(uuid.UUID(each) for each in kept["channels"]),
        texts=tuple((uuid.UUID(key), words) for key, words in kept["texts"].items()),
        pictures=tuple((uuid.UUID(key), alt) for key, alt in kept["pictures"]),
        press=Press.of(kept["press"]),
        beside=Beside(card_from(kept["card"]), kept["tagged"], tuple(kept["thread"])),
    )
