"""Which column says what: guessed from its name, remembered by the names that a file has, changed by hand."""

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence

from unisson.imports.moments import read_day
from unisson.imports.sheets import Line
from unisson.web.forms import one_line
from unisson.web.i18n import _, lazy

FIELDS = {
    "date": lazy("Date"),
    "time": lazy("Time"),
    "title": lazy("Title"),
    "body": lazy("Text"),
    "channels": lazy("Channels"),
    "kind": lazy("Kind"),
    "tags": lazy("Tags"),
    "topic": lazy("Topic"),
}
"""What a column may say of a content, in the order of the pages."""

_NAMES: dict[str, tuple[str, ...]] = {
    "date": ("date", "jour", "day", "date de publication", "publication date", "publish date", "quand", "when",
             "date et heure", "date and time", "datetime", "date/heure"),
    "time": ("heure", "time", "hour", "horaire", "heure de publication", "publication time"),
    "title": ("titre", "title", "intitule", "objet", "subject", "accroche", "headline", "nom"),
    "body": ("texte", "text", "contenu", "content", "body", "message", "legende", "caption", "copy", "corps",
             "wording", "post", "description"),
    "channels": ("canal", "canaux", "channel", "channels", "reseau", "reseaux", "reseaux sociaux", "plateforme",
                 "plateformes", "platform", "platforms", "network", "networks", "support", "supports"),
    "kind": ("type", "kind", "nature", "type de contenu", "content type", "format"),
    "tags": ("tags", "tag", "etiquettes", "etiquette", "mots-cles", "mots cles", "keywords", "labels", "hashtags"),
    "topic": ("sujet", "topic", "theme", "thematique", "campagne", "campaign", "rubrique"),
}  # fmt: skip
"""How plans call their columns, without capitals and accents."""

LONG_NAME = 80


def plain(text: str) -> str:
    """Return `text` for comparing: without capitals, accents and doubled spaces."""
    split = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in split if not unicodedata.combining(c)).split()).replace("’", "'")


def begins_with_names(lines: Sequence[Line]) -> bool:
    """Return whether the first row names the columns: it does unless it says things that only contents say."""
    cells = [cell for cell in lines[0].cells if cell]
    known = {name for names in _NAMES.values() for name in names}
    if any(plain(cell) in known for cell in cells):
        return True
    return not any(read_day(cell, "dmy") or len(cell) > LONG_NAME for cell in cells)


def names_of(cells: Sequence[str], width: int) -> list[str]:
    """Return the names of columns as they are kept: one line each, a letter for one without a name."""
    named = [one_line(cell)[:LONG_NAME] for cell in cells] + [""] * (width - len(cells))
    return named[:width]


def letter(column: int) -> str:
    """Return what a spreadsheet calls a column: 0 is A, 26 is AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def labels(headers: Sequence[str], *, has_header: bool) -> list[str]:
    """Return what the columns are called on pages; names that come twice are told apart by their letters."""
    shown = []
    for column, name in enumerate(headers):
        if not has_header or not name:
            shown.append(_("Column %(letter)s", letter=letter(column)))
        elif headers.count(name) > 1:
            shown.append(_("%(name)s (column %(letter)s)", name=name, letter=letter(column)))
        else:
            shown.append(name)
    return shown


def key_of(headers: Sequence[str]) -> str:
    """Return what two files with the same set of names have in common."""
    return hashlib.sha256("\n".join(sorted(map(plain, headers))).encode()).hexdigest()


def guess(headers: Sequence[str]) -> dict[str, int]:
    """Return in which column each field seems to stand; a column stands for one field at most."""
    found: dict[str, int] = {}
    for column, name in enumerate(headers):
        for field, names in _NAMES.items():
            if field not in found and plain(name) in names:
                found[field] = column
                break
    return found


def carried_over(before: Mapping[str, int], named: Sequence[str], headers: Sequence[str]) -> dict[str, int]:
    """Return the mapping of an earlier file of the same names, wherever its columns stand now."""
    old, new = _places(named), _places(headers)
    return {
        field: new[place]
        for field, column in before.items()
        if column < len(old) and (place := _nth(named, column)) in new
    }


def _places(headers: Sequence[str]) -> dict[tuple[str, int], int]:
    return {_nth(headers, column): column for column in range(len(headers))}


def _nth(headers: Sequence[str], column: int) -> tuple[str, int]:
    name = plain(headers[column])
    return name, [plain(each) for each in headers[:column]].count(name)
