"""Files of plans, as people send them, and what becomes of one."""

import csv
import re
import uuid
from datetime import date, datetime, timedelta
from io import BytesIO, StringIO

import xlsxwriter
from support.desk import Desk, today
from werkzeug.test import TestResponse

from unisson.imports.models import Import, ImportState
from unisson.imports.taking import take_due
from unisson.runtime import Runtime

HEADERS = ("Date", "Heure", "Titre", "Texte", "Canaux", "Type", "Étiquettes")


def soon(days: int = 20) -> date:
    """A day to come."""
    return today() + timedelta(days=days)


def row(title: str = "La saison ouvre", **more: str) -> list[str]:
    """A row that can be taken in, but for what is given."""
    said = {"date": f"{soon():%d/%m/%Y}", "time": "10:00", "body": "Samedi, place du Commerce.",
            "channels": "Salle de presse", "kind": "Post", "tags": "été", **more}  # fmt: skip
    return [said["date"], said["time"], title, said["body"], said["channels"], said["kind"], said["tags"]]


def csv_file(rows: list[list[str]], *, encoding: str = "utf-8-sig", separator: str = ";") -> bytes:
    """A CSV text as spreadsheets write it."""
    out = StringIO(newline="")
    csv.writer(out, delimiter=separator).writerows(rows)
    return out.getvalue().encode(encoding)


def xlsx_file(rows: list[list[object]]) -> bytes:
    """A workbook of one sheet, with true dates where they are given."""
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"default_date_format": "dd/mm/yyyy hh:mm", "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("Plan")
        for number, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if isinstance(cell, date | datetime):
                    sheet.write_datetime(number, column, cell)
                else:
                    sheet.write(number, column, cell)
    return out.getvalue()


def send(desk: Desk, content: bytes, name: str = "plan.csv", role: str = "cm") -> TestResponse:
    """Upload a file into the brand."""
    return desk.post(
        role,
        f"/brands/{desk.world.brand_slug}/imports",
        {"file": (BytesIO(content), name)},
        content_type="multipart/form-data",
    )


def mapped(desk: Desk, content: bytes, name: str = "plan.csv", **more: object) -> uuid.UUID:
    """Upload a file and take the columns as they were guessed; return the import."""
    answer = send(desk, content, name)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    import_id = uuid.UUID(re.search(r"/imports/([0-9a-f-]{36})", answer.location)[1])  # type: ignore[index]  # matched
    about = kept(desk, import_id)
    guessed = {key: str(value) for key, value in about.mapping.items()}
    typed = {"date_order": about.date_order, "default_time": about.default_time, **guessed, **more}
    if about.has_header:
        typed.setdefault("has_header", "y")
    answer = desk.post("cm", f"/imports/{import_id}/columns", typed)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return import_id


def kept(desk: Desk, import_id: uuid.UUID) -> Import:
    """The import as it stands."""
    with desk.session() as session:
        return session.get_one(Import, (desk.world.agency_id, import_id))


def take(desk: Desk, worker: Runtime, import_id: uuid.UUID) -> ImportState:
    """Start the import with every row, have a worker attend to it, and return how it stands."""
    desk.post("cm", f"/imports/{import_id}/choice", {"act": "all"})
    started(desk, import_id)
    take_due(worker)
    return ImportState(kept(desk, import_id).state)


def started(desk: Desk, import_id: uuid.UUID) -> None:
    """Start an import of the rows that are chosen."""
    answer = desk.post("cm", f"/imports/{import_id}/choice", {"act": "import"})
    assert answer.status_code == 303
