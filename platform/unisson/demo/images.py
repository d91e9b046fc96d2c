"""What the demonstration says of its pictures: descriptions, whom to credit, and rights, one of which is about to end."""

from datetime import date, timedelta
from typing import NamedTuple

from unisson.demo.script import fr
from unisson.media.library import Details


class Caption(NamedTuple):
    """What is known of a motif. `days` is how long its rights last from today; None for no end."""

    alt_fr: str
    alt_en: str
    credit: str
    holder: str
    folder: str
    tags: tuple[str, ...]
    days: int | None = None


CAPTIONS = {
    "sea": Caption(
        "Un petit voilier blanc sur une mer calme, sous un grand soleil pâle.",
        "A small white sailing boat on a calm sea, under a large pale sun.",
        "Maud Keriven", "Studio Keriven", "Paysages", ("mer", "été"), 28,
    ),
    "hills": Caption(
        "Des collines boisées qui se succèdent dans la brume du matin.",
        "Wooded hills, one behind the other, in the morning mist.",
        "Théo Lavallée", "Théo Lavallée", "Paysages", ("forêt", "automne"), 200,
    ),
    "night": Caption(
        "Un ciel de nuit étoilé au-dessus de l'horizon.",
        "A starry night sky above the horizon.",
        "Théo Lavallée", "Théo Lavallée", "Paysages", ("nuit",), 400,
    ),
    "biscuits": Caption(
        "Galettes rondes et dorées, striées au couteau, alignées sur une plaque de cuisson.",
        "Round golden biscuits, scored with a knife, in rows on a baking tray.",
        "Atelier Nord", "Biscuiterie Tréhoret", "Produits", ("galette", "four"),
    ),
    "boxes": Caption(
        "Cinq boîtes de biscuits de tailles différentes, alignées sur une étagère.",
        "Five biscuit tins of different sizes in a row on a shelf.",
        "Nolwenn Azé", "Nolwenn Azé", "Produits", ("boîtes", "centenaire"), 120,
    ),
    "stage": Caption(
        "Une scène de théâtre vide, éclairée par des projecteurs.",
        "An empty stage, lit by spotlights.",
        "Gildas Prat", "La Halle aux Voiles", "Lieux", ("scène",),
    ),
}  # fmt: skip
"""Motif → what is known of it."""


def details_of(motif: str, today: date) -> Details:
    """Return what the library is told of a motif on the day when the demonstration is built."""
    told = CAPTIONS[motif]
    return Details(
        alt_fr=fr(told.alt_fr),
        alt_en=told.alt_en,
        credit=told.credit,
        rights_holder=told.holder,
        rights_until=today + timedelta(days=told.days) if told.days is not None else None,
        folder=told.folder,
        tags=told.tags,
    )
