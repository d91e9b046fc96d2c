"""What people upload: every way of writing a text, and files that are no plan, each refused in words."""

import csv
import io
import zipfile
from datetime import date, time

import pytest
from support.desk import Desk
from support.plans import HEADERS, csv_file, row, send, xlsx_file

from tenants.errors import RefusedError
from unisson.imports import sheets
from unisson.imports.moments import guess_order, read_day, read_time, split_moment
from unisson.imports.sheets import read_sheet

SAID = "Été à la crêperie — « dès 9 h », œuvre de l’été"


def read(content: bytes) -> list[list[str]]:
    return [line.cells for line in read_sheet(io.BytesIO(content))]


def why(content: bytes) -> object:
    with pytest.raises(RefusedError) as refused:
        read(content)
    return refused.value.sentence


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac_roman"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_a_text_is_read_as_it_was_written(encoding: str, separator: str) -> None:
    rows = [["Date", "Titre"], ["31/12/2026", SAID], ["01/01/2027", "Fermé ; désolés, à bientôt"]]
    assert read(csv_file(rows, encoding=encoding, separator=separator)) == rows


def test_lines_within_cells_and_blank_rows_are_kept_apart() -> None:
    rows = [["Titre", "Texte"], ["Un", "ligne\r\nligne"], [], ["Deux", 'dit "non"']]
    lines = read_sheet(io.BytesIO(csv_file(rows)))
    assert [(line.number, line.cells) for line in lines] == [
        (1, rows[0]), (2, ["Un", "ligne\r\nligne"]), (4, ["Deux", 'dit "non"']),
    ]  # fmt: skip


def test_a_line_that_names_the_separator_is_heard() -> None:
    assert read(b"sep=,\r\nTitre,Texte\r\nUn,Deux\r\n") == [["Titre", "Texte"], ["Un", "Deux"]]


def workbook(sheet: str) -> bytes:
    """A workbook whose one sheet is this XML."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(xlsx_file([["Titre"]]))) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, sheet if name.endswith("sheet1.xml") else old.read(name))
    return out.getvalue()


SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)

BAD = {
    "empty": (b"", sheets.EMPTY),
    "blank": (b"\r\n ; ;\r\n", sheets.EMPTY),
    "an image renamed": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, sheets.NO_PLAN),
    "NUL": (b"Titre;Texte\r\nUn;De\0ux\r\n", sheets.NO_PLAN),
    "old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 500, sheets.OLD_WORKBOOK),
    "half a workbook": (xlsx_file([["Titre"]])[:400], sheets.BROKEN),
    "11 MB": (b"Titre\r\n" + b"a;b\r\n" * 2_300_000, sheets.TOO_HEAVY),
    "1 row of 10,000 columns": (b";".join(b"x" for _ in range(10_000)), sheets.MANY_COLUMNS),
    "too many rows": (b"Titre\r\n" + b"x\r\n" * 10_001, sheets.MANY_ROWS),
    "rows after thousands of blank ones": (b"Titre\r\n" + b"\r\n" * 20_000 + b"x\r\n", sheets.MANY_ROWS),
    "an open quotation mark": (b'Titre;Texte\r\nUn;"' + b"a" * 200_000, sheets.LONG_CELL),
    "a cell far away": (
        workbook(SHEET.format('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')), sheets.FAR_CELL,
    ),
    "a bomb": (workbook(SHEET.format(" " * (sheets.MOST_UNPACKED + 1))), sheets.TOO_LARGE_INSIDE),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_plan_is_refused_in_words(name: str) -> None:
    content, sentence = BAD[name]
    assert why(content) is sentence


def test_another_zip_is_no_workbook() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("photo.txt", "x")
    assert why(out.getvalue()) is sheets.NO_PLAN


def test_a_size_that_lies_is_found_out() -> None:
    """A member that says it unpacks to a few bytes, and does not."""
    good = bytearray(workbook(SHEET.format(" " * 100_000)))
    place = good.rfind(b"xl/worksheets/sheet1.xml")
    good[place - 46 + 24 : place - 46 + 28] = (10).to_bytes(4, "little")
    assert why(bytes(good)) is sheets.BROKEN


@pytest.mark.parametrize("size", [12 * 1024 * 1024, 50 * 1024 * 1024])
def test_a_heavy_upload_is_refused_and_costs_nothing(desk: Desk, size: int) -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="plan.csv"\r\n\r\n'
        + b"x" * size
        + b"\r\n--x--\r\n"
    )
    path = desk.path(f"/brands/{desk.world.brand_slug}/imports")
    sent = {
        "input_stream": io.BytesIO(body),
        "content_length": len(body),
        "content_type": "multipart/form-data; boundary=x",
    }
    assert desk.browser("cm").post(path, base_url="https://localhost", **sent).status_code in {413, 422}


@pytest.mark.parametrize("name", ["empty", "an image renamed", "1 row of 10,000 columns", "half a workbook"])
def test_the_page_says_why(desk: Desk, name: str) -> None:
    answer = send(desk, BAD[name][0])
    assert answer.status_code == 422
    assert "field-error" in answer.get_data(as_text=True)


def test_no_file_is_said(desk: Desk) -> None:
    assert desk.post("cm", f"/brands/{desk.world.brand_slug}/imports").status_code == 422
    assert send(desk, b"", name="").status_code == 422


def test_formulas_are_their_values_and_merged_cells_say_the_same_of_each_row() -> None:
    out = io.BytesIO()
    import xlsxwriter

    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Date", "Titre"])
        sheet.merge_range(1, 0, 2, 0, "31/12/2026")
        sheet.write_formula(1, 1, '="Un"&"!"', None, "Un!")
        sheet.write(2, 1, 2026)
    assert read(out.getvalue()) == [["Date", "Titre"], ["31/12/2026", "Un!"], ["31/12/2026", "2026"]]


def test_a_formula_in_a_text_is_a_text() -> None:
    assert read(csv_file([["Titre"], ["=HYPERLINK(1)"]])) == [["Titre"], ["=HYPERLINK(1)"]]


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("31/12/2026", "dmy", date(2026, 12, 31)), ("12/31/2026", "mdy", date(2026, 12, 31)),
        ("2026-12-31", "mdy", date(2026, 12, 31)), ("31.12.26", "dmy", date(2026, 12, 31)),
        ("jeudi 31 décembre 2026", "dmy", date(2026, 12, 31)), ("1er janv. 2027", "dmy", date(2027, 1, 1)),
        ("Thu, Dec 31, 2026", "dmy", date(2026, 12, 31)), ("31/12", "dmy", None), ("30/02/2026", "dmy", None),
        ("demain", "dmy", None), ("1" * 5000, "dmy", None),
    ],
)  # fmt: skip
def test_days(text: str, order: str, day: date | None) -> None:
    assert read_day(text, order) == day


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("10:00", time(10)), ("18 h 30", time(18, 30)), ("9h", time(9)), ("6:30 pm", time(18, 30)),
        ("12 a.m.", time(0)), ("12:15 PM", time(12, 15)), ("13 pm", None), ("24:00", None), ("7", None), ("midi", None),
        ("18:30:00", time(18, 30)),
    ],
)  # fmt: skip
def test_times(text: str, clock: time | None) -> None:
    assert read_time(text) == clock


def test_a_cell_may_hold_both() -> None:
    assert split_moment("31/12/2026 à 18 h 30") == ("31/12/2026", "18 h 30")
    assert split_moment("2026-12-31T10:30") == ("2026-12-31", "10:30")
    assert guess_order(["1/2/2026", "12/31/2026"]) == "mdy"


def test_our_headers_are_read(desk: Desk) -> None:
    assert read(csv_file([list(HEADERS), row()], separator=","))[0] == list(HEADERS)
    assert csv.field_size_limit() >= 100_000
