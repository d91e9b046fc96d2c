"""Files that spreadsheets open: CSV bit by bit, and XLSX; in neither is a cell computed that somebody typed."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date, time
from typing import Any

from unisson.web.i18n import language

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the start of a formula (OWASP, CSV injection)."""
CHUNK = 64 * 1024
"""Characters that are written at once."""
LONGEST_CELL = 32_767
"""Characters that a cell of XLSX holds (Microsoft, Excel specifications and limits)."""
WIDEST = 60
"""Characters beyond which no column is widened."""

Cell = str | date | time


def harmless(cell: str) -> str:
    """Return `cell` as a spreadsheet shows it and does not compute it."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def as_csv(columns: Iterable[object], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield the file bit by bit: a byte-order mark for Excel, and no cell that a spreadsheet would compute.

    Cells are parted by a semicolon in French and by a comma in English, as spreadsheets of that language expect.
    """
    out = io.StringIO("\ufeff")
    out.seek(0, io.SEEK_END)
    writer = csv.writer(out, delimiter=";" if language() == "fr" else ",")
    writer.writerow([str(column) for column in columns])
    for row in rows:
        writer.writerow([harmless(str(cell)) for cell in row])
        if out.tell() >= CHUNK:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()


def as_xlsx(title: str, columns: Iterable[object], rows: Iterable[Iterable[Cell]]) -> bytes:
    """Return a workbook of one sheet. Text stays text, whatever it begins with; days and times can be sorted.

    What no cell can hold is left out: characters that XML has not, and what follows after LONGEST_CELL of them.
    """
    # Imported where it is used: no process that writes no workbook carries it.
    import xlsxwriter  # noqa: PLC0415

    out = io.BytesIO()
    book: Any = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet(_sheet_name(title))
    shapes = {kind: book.add_format({"num_format": shape, "valign": "top"}) for kind, shape in _SHAPES.items()}
    head = [str(column) for column in columns]
    sheet.write_row(0, 0, head, book.add_format({"bold": True, "bottom": 1}))
    widths, last = [len(each) for each in head], 0
    for last, row in enumerate(rows, 1):
        for place, cell in enumerate(row):
            widths[place] = max(widths[place], _write(sheet, (last, place), cell, shapes))
    for place, width in enumerate(widths):
        sheet.set_column(place, place, min(width + 2, WIDEST))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, last, len(head) - 1)
    book.close()
    return out.getvalue()


_SHAPES: dict[type, str] = {date: "yyyy-mm-dd", time: "hh:mm", str: "@"}


def _write(sheet: Any, place: tuple[int, int], cell: Cell, shapes: dict[type, Any]) -> int:
    """Write one cell; return how many characters wide it shows."""
    if isinstance(cell, str):
        text = _storable(cell)
        sheet.write_string(*place, text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…", shapes[str])
        return max(map(len, text[:1000].split("\n")))
    sheet.write_datetime(*place, cell, shapes[type(cell)])
    return 10


def _sheet_name(title: str) -> str:
    """Return a title as a sheet may be called: 31 characters, and none of those that mean something there."""
    return "".join(" " if c in "[]:*?/\\'" else c for c in title)[:31].strip() or "1"


def _storable(text: str) -> str:
    """Return `text` without the characters that XML 1.0 has not (§2.2)."""
    return "".join(c for c in text if c in "\t\n" or (c >= " " and c not in "\x7f\ufffe\uffff"))
