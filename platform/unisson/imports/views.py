"""The pages of imports: a brand's files, the columns of one, its rows, and how it goes."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tenants.errors import NotFoundError, RefusedError
from tenants.permissions import Permission
from unisson.editorial.contents import open_channels
from unisson.editorial.forms import KINDS
from unisson.imports.columns import FIELDS
from unisson.imports.forms import ColumnsForm, UploadForm
from unisson.imports.models import Import, ImportState
from unisson.imports.preparing import (
    STARTED,
    choose,
    choose_all,
    correct_row,
    load_import,
    load_row,
    map_columns,
    open_import,
    start,
    undo,
)
from unisson.imports.reading import (
    LISTED,
    PROBLEMS,
    STATES,
    first_cells,
    imports_of,
    rows_page,
    standing,
)
from unisson.web.db import session
from unisson.web.guards import BrandCard, actor, brand_card, brand_card_of
from unisson.web.i18n import _
from unisson.web.operations import new_operation_id
from unisson.web.spreadsheets import as_csv

blueprint = Blueprint("imports", __name__, url_prefix="/<agency>")

Answer = Response | str | tuple[str, int]
Done = TypeVar("Done")


@blueprint.get("/brands/<brand>/imports")
def imports(brand: str) -> Answer:
    """Show a brand's imports, and the way to a new one."""
    return _list(_brand(brand), UploadForm())


@blueprint.get("/brands/<brand>/imports/sample.csv")
def sample(brand: str) -> Answer:
    """Give a plan to begin with: the columns that are known, and two rows that can be taken in as they stand."""
    card = _brand(brand)
    names = [channel.name for channel in open_channels(session(), card.id)]
    first = session().now().astimezone(ZoneInfo(card.timezone)).date() + timedelta(days=7)
    rows = [
        (first, "10:00", _("A first title"), _("The text of the post"), ", ".join(names[:1]), KINDS["post"], "", ""),
        (first + timedelta(days=1), "18:30", _("A second title"), _("Another text"), ", ".join(names), KINDS["post"],
         _("a tag, another one"), ""),
    ]  # fmt: skip
    answer = make_response("".join(as_csv(FIELDS.values(), rows)))
    answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    answer.headers["Content-Disposition"] = 'attachment; filename="plan.csv"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@blueprint.post("/brands/<brand>/imports")
def opening(brand: str) -> Answer:
    """Read a file; go on to its columns."""
    card, form = _brand(brand), UploadForm()
    sent = request.files.get("file")
    try:
        if sent is None:
            about = open_import(session(), actor(), card.id, "", request.stream)
        else:
            about = open_import(session(), actor(), card.id, sent.filename or "", sent.stream)
    except RefusedError as refusal:
        status = form.refuse(refusal)
        return _list(card, form), status
    return redirect(url_for("imports.columns", import_id=about.id), 303)


@blueprint.get("/imports/<uuid:import_id>/columns")
def columns(import_id: uuid.UUID) -> Answer:
    """Show which column says what."""
    about = load_import(session(), actor(), import_id)
    if about.state not in {ImportState.MAPPING, ImportState.PREVIEW}:
        return redirect(url_for("imports.rows", import_id=about.id), 303)
    form = ColumnsForm()
    form.show(about)
    return _columns_page(about, form)


@blueprint.post("/imports/<uuid:import_id>/columns")
def mapping(import_id: uuid.UUID) -> Answer:
    """Keep which column says what; go on to the rows."""
    about = load_import(session(), actor(), import_id)
    form = ColumnsForm()
    try:
        with session().begin_nested():
            map_columns(session(), actor(), import_id, form.columns())
    except RefusedError as refusal:
        session().refresh(about)
        status = form.refuse(refusal)
        return _columns_page(about, form), status
    return redirect(url_for("imports.rows", import_id=import_id), 303)


@blueprint.get("/imports/<uuid:import_id>")
def rows(import_id: uuid.UUID) -> Answer:
    """Show the rows of an import before it, how it goes, or what became of it."""
    about = load_import(session(), actor(), import_id)
    if about.state == ImportState.MAPPING:
        return redirect(url_for("imports.columns", import_id=about.id), 303)
    return _rows_page(about)


@blueprint.get("/imports/<uuid:import_id>/progress")
def progress(import_id: uuid.UUID) -> Answer:
    """Show how far it is: the part of the page that asks again by itself. Once it is over, the page is shown anew."""
    about = load_import(session(), actor(), import_id)
    card = brand_card_of(about.brand_id)
    answer = make_response(render_template("imports/_progress.html", card=card, **_known(about)))
    if request.headers.get("HX-Request") and about.state not in {ImportState.TAKING, ImportState.UNDOING}:
        answer.headers["HX-Refresh"] = "true"
    return answer


@blueprint.post("/imports/<uuid:import_id>/rows/<uuid:row_id>")
def correction(import_id: uuid.UUID, row_id: uuid.UUID) -> Answer:
    """Write some cells of a row anew; the row is checked again, and shown where it was."""
    row = load_row(session(), actor(), import_id, row_id)
    typed = {name: request.form[f"cell-{name}"] for name in FIELDS if f"cell-{name}" in request.form}
    fold = {"0": 0, "1": 1}.get(request.form.get("fold", ""))
    kept = _carried_out(lambda: correct_row(session(), actor(), row, typed, fold))
    if kept is not None and not kept.faulty:
        flash(_("Row %(number)s can be imported now.", number=kept.number), "success")
    return redirect(_back(import_id, f"row-{row_id}"), 303)


@blueprint.post("/imports/<uuid:import_id>/choice")
def choice(import_id: uuid.UUID) -> Answer:
    """Choose among the rows that the page shows, or all, or none; then start, if that was asked."""
    load_import(session(), actor(), import_id)
    act = request.form.get("act", "")

    def carry_out() -> Import | None:
        if act in {"all", "none"}:
            choose_all(session(), actor(), import_id, chosen=act == "all")
            return None
        choose(session(), actor(), import_id, _ids("shown"), _ids("row"))
        return start(session(), actor(), import_id) if act == "import" else None

    _carried_out(carry_out)
    return redirect(_back(import_id, ""), 303)


@blueprint.post("/imports/<uuid:import_id>/undoing")
def undoing(import_id: uuid.UUID) -> Answer:
    """Take back the drafts that nobody touched since."""
    load_import(session(), actor(), import_id)
    _carried_out(lambda: undo(session(), actor(), import_id))
    return redirect(url_for("imports.rows", import_id=import_id), 303)


def _carried_out(act: Callable[[], Done]) -> Done | None:
    """Return what `act` returns; a refusal is said on the page that comes next, and nothing of the act is kept."""
    try:
        with session().begin_nested():
            return act()
    except RefusedError as refusal:
        flash(str(refusal.sentence), "danger" if refusal.sentence is not STARTED else "warning")
        return None


def _brand(slug: str) -> BrandCard:
    card = brand_card(slug)
    actor().require(Permission.CONTENT_WRITE, card.id)
    return card


def _list(card: BrandCard, form: UploadForm) -> str:
    found = imports_of(session(), card.id)
    return render_template("imports/imports.html", card=card, bound=form, rows=found, states=STATES)


def _columns_page(about: Import, form: ColumnsForm) -> str:
    form.offer(about, first_cells(session(), about))
    card = brand_card_of(about.brand_id)
    return render_template(
        "imports/columns.html", card=card, bound=form, fields=list(FIELDS), import_id=about.id, filename=about.filename
    )


def _rows_page(about: Import) -> str:
    card = brand_card_of(about.brand_id)
    show = request.args.get("show", "")
    number = request.args.get("page", "0")
    page = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 0
    shown = show if show in LISTED else ""
    found = rows_page(session(), actor(), about, shown, page)
    return render_template(
        "imports/rows.html",
        card=card,
        page=found,
        headings=[str(FIELDS[name]) for name in found.fields],
        show=shown,
        **_known(about),
    )


def _known(about: Import) -> dict[str, object]:
    return {
        "standing": standing(session(), about),
        "states": STATES,
        "problem": PROBLEMS.get(about.problem, ""),
        "fields": FIELDS,
        "operation_id": new_operation_id(),
        "new_operation_id": new_operation_id,
    }


def _back(import_id: uuid.UUID, anchor: str) -> str:
    """Return the page of rows that the form was on."""
    show, page = request.form.get("show", ""), request.form.get("page", "")
    return url_for(
        "imports.rows",
        import_id=import_id,
        show=show if show in LISTED else None,
        page=page if page.isascii() and page.isdigit() and page != "0" and len(page) < 4 else None,
        _anchor=anchor or None,
    )


def _ids(name: str) -> list[uuid.UUID]:
    found = []
    for text in request.form.getlist(name):
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            raise NotFoundError from None
    return found


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(blueprint)
