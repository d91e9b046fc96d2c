"""The month as files: CSV and XLSX for spreadsheets, of what its page shows to the person who asks."""

from collections.abc import Iterator, Sequence

from flask import Blueprint, Response, stream_with_context

from tenants.permissions import Permission
from unisson.calendars.exporting import Line, lines
from unisson.calendars.looks import Look, look_asked_for
from unisson.calendars.wording import span_name, words
from unisson.editorial.forms import KINDS
from unisson.web.db import session
from unisson.web.guards import actor
from unisson.web.i18n import language, lazy
from unisson.web.spreadsheets import Cell, as_csv, as_xlsx

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

COLUMNS = (
    lazy("Date"), lazy("Time"), lazy("Clock"), lazy("Brand"), lazy("Title"), lazy("Text"), lazy("State"), lazy("Kind"),
    lazy("Channels"), lazy("Topic"), lazy("Live address"), lazy("Standfirst"), lazy("Quotes"), lazy("Press contact"),
)  # fmt: skip


def month_csv() -> Response:
    """Give the month as a file that any spreadsheet opens."""
    look = look_asked_for()
    rows = (_said(line) for line in _lines(look))
    return _file(
        Response(stream_with_context(as_csv(COLUMNS, rows)), content_type="text/csv; charset=utf-8"), look, "csv"
    )


def month_xlsx() -> Response:
    """Give the month as a workbook, with days and times that sort."""
    look = look_asked_for()
    title = span_name(language(), look.span)
    made = as_xlsx(title, COLUMNS, (_cells(line) for line in _lines(look)))
    return _file(Response(made, content_type=XLSX), look, "xlsx")


def register(blueprint: Blueprint) -> None:
    """Add the routes to `blueprint`."""
    blueprint.add_url_rule("/calendar.csv", view_func=month_csv, methods=["GET"])
    blueprint.add_url_rule("/calendar.xlsx", view_func=month_xlsx, methods=["GET"])


def _lines(look: Look) -> Sequence[Line]:
    planning = {card.id for card in look.brands if actor().may(Permission.TOPIC_PLAN, card.id)}
    return lines(session(), look.scope, look.brands, planning)


def _cells(line: Line) -> Iterator[Cell]:
    yield from (line.day, line.clock, line.brand.timezone, line.brand.name, line.title, line.body)
    yield from (words().labels[line.state], str(KINDS.get(line.kind, line.kind)))
    yield from (words().channels(line.channel_kinds), line.topic, line.live_url)
    yield from (line.press.standfirst, line.press.quoted, "\n".join(line.press.contact.lines))


def _said(line: Line) -> Iterator[object]:
    day, clock, *others = _cells(line)
    yield from (day, f"{clock:%H:%M}", *others)


def _file(answer: Response, look: Look, ending: str) -> Response:
    of = f"-{look.brand.slug}" if look.brand else ""
    answer.headers["Content-Disposition"] = f'attachment; filename="calendar{of}-{look.span}.{ending}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
