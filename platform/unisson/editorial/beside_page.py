"""What stands beside a text, as a form holds it."""

from collections.abc import Mapping
from typing import Any

from unisson.editorial.beside import Beside
from unisson.editorial.card_page import typed_card


def typed_beside(typed: Mapping[str, Any]) -> Beside:
    """Return what a form holds beside the texts."""
    tagged = {"y": True, "n": False}.get(str(typed.get("tagged")))
    return Beside(card=typed_card(typed), tagged=tagged)
