"""What stands beside a text, as a form holds it."""

from typing import Any

from werkzeug.datastructures import MultiDict

from unisson.editorial.beside import Beside
from unisson.editorial.card_page import card_inputs, typed_card
from unisson.editorial.thread_page import typed_thread


def typed_beside(typed: "MultiDict[str, Any]") -> Beside:
    """Return what a form holds beside the texts."""
    tagged = {"y": True, "n": False}.get(str(typed.get("tagged")))
    return Beside(card=typed_card(typed), tagged=tagged, thread=typed_thread(typed))


def beside_inputs(beside: Beside) -> dict[str, list[str]]:
    """Return what the inputs of a form hold for it, by their names: what `typed_beside` reads."""
    tagged = {True: "y", False: "n", None: ""}[beside.tagged]
    return {"tagged": [tagged], "post": list(beside.thread), **(card_inputs(beside.card) if beside.card else {})}
