"""From the bytes of a file to rows of texts. What is no plan is refused in words, before it can cost anything."""

import csv
import re
import unicodedata
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import BytesIO, StringIO
from itertools import islice
from typing import IO
from zipfile import BadZipFile, ZipFile

from charset_normalizer import from_bytes
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from tenants.errors import RefusedError
from unisson.web.i18n import lazy

MOST_BYTES = 10 * 1024 * 1024
MOST_UNPACKED = 64 * 1024 * 1024
MOST_ROWS = 10_000
MOST_COLUMNS = 100
MOST_AREA = 2_000_000
"""Cells of the rectangle that holds all that a sheet says: the reader keeps room for each, said or not."""

NO_FILE = lazy("Choose a file first.")
EMPTY = lazy("This file is empty.")
TOO_HEAVY = lazy("This file is heavier than 10 MB. Split it, then import one part after the other.")
OLD_WORKBOOK = lazy(
    "This is an older Excel file, or one with a password. Save it as .xlsx without one, then try again."
)
NO_PLAN = lazy("This file is neither a CSV text nor an Excel workbook (.xlsx). Export your plan as one of them.")
BROKEN = lazy("This Excel workbook is damaged, or is none. Open it, save it as .xlsx, then try again.")
TOO_LARGE_INSIDE = lazy("This workbook holds far more than a plan. Keep the sheet of the plan alone, then try again.")
FAR_CELL = lazy("This workbook has something in a cell far away from the rest. Copy the plan alone into a new one.")
MANY_ROWS = lazy("This file has more than 10,000 rows. Split it, then import one part after the other.")
MANY_COLUMNS = lazy("This file has more than 100 columns. Keep those of the plan.")
LONG_CELL = lazy("A cell of this file holds more than 100,000 characters. Is a quotation mark missing?")

SEPARATORS = (";", ",", "\t")
_ENCODINGS = ["cp1252", "mac_roman", "utf_16_le", "utf_16_be"]
"""Without a mark at its start and not UTF-8: what spreadsheets of Windows and of the Mac write."""
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_CELL = re.compile(rb'<(?:\w+:)?(?:c|row)\s[^>]*?\br="([A-Z]{0,3})(\d{1,7})"')


@dataclass(frozen=True, slots=True)
class Line:
    """One row that says something; `number` is its place in the file, from 1."""

    number: int
    cells: list[str]


def read_sheet(stream: IO[bytes]) -> list[Line]:
    """Return the rows of a CSV text or of the first sheet of a workbook that has any. Raises RefusedError."""
    content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise RefusedError(TOO_HEAVY, field="file")
    if content.startswith(_OLE):
        raise RefusedError(OLD_WORKBOOK, field="file")
    found = _workbook_rows(content) if content.startswith(_ZIP) else _text_rows(content)
    lines = [Line(number, cells) for number, row in enumerate(found, 1) if (cells := _trimmed(row))]
    if not lines:
        raise RefusedError(EMPTY, field="file")
    if len(lines) > MOST_ROWS + 1:
        raise RefusedError(MANY_ROWS, field="file")
    if max(len(line.cells) for line in lines) > MOST_COLUMNS:
        raise RefusedError(MANY_COLUMNS, field="file")
    return lines


def _trimmed(row: Iterable[str]) -> list[str]:
    cells = [cell.strip() for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def decode(content: bytes) -> str:
    """Return the text of the bytes, whatever spreadsheet wrote them. Raises RefusedError for what is no text."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = _tried(content, "utf-16")
    else:
        text = _tried(content, "utf-8-sig")
        if text is None or "\0" in text:
            text = _guessed(content)
    if text is None or not _is_readable(text):
        raise RefusedError(NO_PLAN, field="file")
    return text


def _tried(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _guessed(content: bytes) -> str | None:
    best = from_bytes(content[:100_000], cp_isolation=_ENCODINGS, enable_fallback=False).best()
    return _tried(content, best.encoding) if best else None


def _is_readable(text: str) -> bool:
    """Whether this is a text: no NUL, and hardly any other control character."""
    strange = sum(1 for c in text[:100_000] if c not in "\t\n\r\v\f" and unicodedata.category(c) in {"Cc", "Cn"})
    return "\0" not in text and strange * 200 <= len(text)


def _text_rows(content: bytes) -> list[list[str]]:
    text = decode(content)
    said = re.match(r"sep=(.)\r?\n", text)
    if said:
        text = text[said.end() :]
    separator = said[1] if said else _separator(text)
    most = MOST_AREA // MOST_COLUMNS
    try:
        # Blank rows are none, hence more than MOST_ROWS: the caller counts those that say something.
        rows = list(islice(csv.reader(StringIO(text, newline=""), delimiter=separator), most + 1))
    except csv.Error as error:
        raise RefusedError(LONG_CELL, field="file") from error
    if len(rows) > most:
        raise RefusedError(MANY_ROWS, field="file")
    return rows


def _separator(text: str) -> str:
    """Return what most rows at the start agree on."""
    return max(SEPARATORS, key=lambda each: _agreement(text, each))


def _agreement(text: str, separator: str) -> float:
    counts = []
    try:
        for row in csv.reader(StringIO(text, newline=""), delimiter=separator):
            counts.append(len(row))
            if len(counts) == 50:
                break
    except csv.Error:
        return 0.0
    if not counts or counts[0] < 2:
        return 0.0
    return counts[0] * sum(count == counts[0] for count in counts) / len(counts)


def _workbook_rows(content: bytes) -> list[list[str]]:
    _check_zip(content)
    try:
        with CalamineWorkbook.from_filelike(BytesIO(content)) as book:
            visible = [each.name for each in book.sheets_metadata if each.visible == SheetVisibleEnum.Visible]
            for name in visible:
                sheet = book.get_sheet_by_name(name)
                if sheet.height:
                    return _sheet_rows(sheet)
    except (CalamineError, ValueError, OSError) as error:
        raise RefusedError(BROKEN, field="file") from error
    return []


def _check_zip(content: bytes) -> None:
    """Unpack everything once, counting. What unpacks to more than it says fails its checksum here.

    Raises RefusedError for what is too large, has a cell far away from the rest, or is no workbook.
    """
    left = MOST_UNPACKED
    try:
        with ZipFile(BytesIO(content)) as packed:
            if not any(name.startswith("xl/") for name in packed.namelist()):
                raise RefusedError(NO_PLAN, field="file")
            for member in packed.infolist():
                is_sheet = "worksheets/" in member.filename
                far = _Extent()
                with packed.open(member) as stream:
                    while chunk := stream.read(1 << 20):
                        left -= len(chunk)
                        if left < 0:
                            raise RefusedError(TOO_LARGE_INSIDE, field="file")
                        if is_sheet:
                            far.see(chunk)
    except (BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError, ValueError, zlib.error) as error:
        raise RefusedError(BROKEN, field="file") from error


class _Extent:
    """How far out the cells of a sheet are, seen chunk by chunk."""

    def __init__(self) -> None:
        self._rest = b""
        self._row = self._column = 1

    def see(self, chunk: bytes) -> None:
        """Note the cells of the next chunk. Raises RefusedError for a rectangle that nobody can hold."""
        text = self._rest + chunk
        for found in _CELL.finditer(text):
            self._row = max(self._row, int(found[2]))
            self._column = max(self._column, _column_number(found[1]))
        self._rest = text[-200:]
        if self._row * self._column > MOST_AREA:
            raise RefusedError(FAR_CELL, field="file")


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _sheet_rows(sheet: CalamineSheet) -> list[list[str]]:
    rows = [[said(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    for (top, left), (bottom, _right) in sheet.merged_cell_ranges or ():
        # A cell that stands for several rows says the same of each; one over several columns is a title.
        for number in range(top + 1, min(bottom + 1, len(rows))):
            if left < len(rows[number]) and not rows[number][left]:
                rows[number][left] = rows[top][left]
    return rows


def said(cell: object) -> str:
    """Return what a cell of a workbook says: a formula its value, a date as ISO 8601, whole numbers without a point."""
    match cell:
        case datetime():
            return cell.strftime("%Y-%m-%d %H:%M") if cell.time() != time(0) else cell.date().isoformat()
        case date():
            return cell.isoformat()
        case time():
            return cell.strftime("%H:%M")
        case timedelta():
            minutes = round(cell.total_seconds() / 60)
            return f"{minutes // 60:02}:{minutes % 60:02}"
        case float() if cell.is_integer():
            return str(int(cell))
        case _:
            return str(cell)
