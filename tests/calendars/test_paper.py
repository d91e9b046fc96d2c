# ruff: noqa: DTZ001 - wall times are naive by definition
"""The month as a PDF for the client: what clients may see, in their language, with their colour and logo."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import template_rendered
from sqlalchemy import update
from support.calendar import SECURE, Desk, spread
from support.pictures import picture
from support.statements import recorded

from tenants.brands import ACCENTS, Brand
from unisson.calendars import paper
from unisson.editorial.models import ContentState
from unisson.media.reading import picture_key
from unisson.resources import resource
from unisson.storage import storage_of

OCTOBER = datetime(2026, 10, 14, 18, 30)


def asked(desk: Desk, role: str = "cm", query: str = "month=2026-10", brand: str = "marque") -> Any:
    return desk.browser(role).get(f"/{desk.world.slug}/brands/{brand}/calendar.pdf?{query}", base_url=SECURE)


def rendered(desk: Desk, *args: str) -> tuple[Any, str]:
    """The answer, and the page that was printed."""
    pages: list[str] = []

    def note(_app: object, template: Any, context: dict[str, Any], **_more: object) -> None:
        if template.name == "calendars/month_print.html":
            pages.append(template.render(context))

    with template_rendered.connected_to(note, desk.app):
        answer = asked(desk, *args)
    return answer, pages[-1] if pages else ""


def test_it_holds_the_month_of_the_brand_for_its_client(desk: Desk) -> None:
    desk.write(
        OCTOBER, "Le lancement", state=ContentState.IN_REVIEW, body="Samedi,\nà <b>10 h</b>.", channel_kinds="email",
        kind="press_release",
    )  # fmt: skip
    answer, html = rendered(desk)
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF-1.7")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="calendar-marque-2026-10.pdf"'
    assert answer.headers["Cache-Control"] == "private, no-store"
    for told in (
        'lang="fr"', "Octobre 2026", "Marque", "Le lancement", "18\u00a0h\u00a030", "En validation", "Communiqué",
        "E-mail", "Samedi,\nà &lt;b&gt;10 h&lt;/b&gt;.", "mercredi 14 octobre 2026", 'data-accent="ocean"', "Paris",
    ):  # fmt: skip
        assert told in html, told
    assert "Unisson" not in html


def test_nothing_that_clients_do_not_see_is_in_it_whoever_asks(desk: Desk) -> None:
    for state in ContentState:
        desk.write(OCTOBER, f"état-{state.value}", state=state)
    desk.write(None, "sans date")
    desk.write(OCTOBER, "ailleurs", state=ContentState.SCHEDULED, brand_id=desk.world.sibling_id)
    desk.write(datetime(2026, 11, 1), "un autre mois", state=ContentState.SCHEDULED)
    shown = {f"état-{s.value}" for s in ContentState} - {"état-draft", "état-changes_requested", "état-cancelled"}
    for role in ("owner", "cm", "client_contact"):
        _answer, html = rendered(desk, role)
        assert set(re.findall(r"état-\w+", html)) == shown
        assert not any(other in html for other in ("sans date", "ailleurs", "un autre mois"))


def test_it_speaks_the_brand_s_language_unless_another_is_asked_for(desk: Desk) -> None:
    desk.write(OCTOBER, "Le lancement", state=ContentState.SCHEDULED)
    _answer, html = rendered(desk, "cm", "month=2026-10&lang=en")
    assert "October 2026" in html
    assert "Scheduled" in html
    with desk.runtime.database.agency(desk.world.agency_id) as session:
        session.execute(update(Brand).values(language="en"))
    _answer, html = rendered(desk)
    assert 'lang="en"' in html
    assert "October 2026" in html


@pytest.mark.parametrize("is_kept", [True, False])
def test_the_logo_stands_on_it_where_it_can_be_read(desk: Desk, is_kept: bool) -> None:
    from tenants.context import acting_for

    content, digest = picture("PNG"), ("a" if is_kept else "b") * 64
    if is_kept:
        with acting_for(desk.world.agency_id):
            storage_of(desk.runtime.settings).put(content, *picture_key(digest))
    with desk.runtime.database.agency(desk.world.agency_id) as session:
        told = {"logo_digest": digest, "logo_mime": "image/png", "logo_width": 64, "logo_height": 48}
        session.execute(update(Brand).where(Brand.id == desk.world.brand_id).values(told))
    answer, html = rendered(desk)
    assert answer.status_code == 200
    assert (f"picture:{digest}" in html) == is_kept
    assert (b"/Image" in answer.data) == is_kept


@pytest.mark.parametrize(
    ("role", "query", "brand", "status"),
    [
        ("expert", "month=2026-10", "marque", 403),
        ("cm", "month=2026-10", "autre", 404),
        ("cm", "month=2026-13", "marque", 404),
        ("cm", "", "no-such-brand", 404),
        ("client_approver", "", "marque", 200),
    ],
)
def test_who_sees_no_calendar_gets_no_paper(desk: Desk, role: str, query: str, brand: str, status: int) -> None:
    assert asked(desk, role, query, brand).status_code == status


def test_too_many_for_paper_is_refused_with_a_way_on(desk: Desk) -> None:
    desk.write_many(spread(paper.MOST_ON_PAPER + 1, datetime(2026, 10, 1, 8)), state=ContentState.SCHEDULED)
    answer = asked(desk)
    assert answer.status_code == 422
    assert "300" in answer.text


def test_a_long_text_ends_with_its_first_words(desk: Desk) -> None:
    desk.write(OCTOBER, "Long", state=ContentState.SCHEDULED, body="mot " * 1_000)
    _answer, html = rendered(desk)
    assert "mot …" in html
    assert html.count("mot ") < 400


def test_a_hundred_contents_take_as_many_queries_as_one(desk: Desk) -> None:
    desk.write(OCTOBER, "Le premier", state=ContentState.SCHEDULED)
    asked(desk)
    with recorded(desk.runtime) as few:
        asked(desk)
    desk.write_many(spread(100, datetime(2026, 10, 1, 8)), state=ContentState.SCHEDULED)
    with recorded(desk.runtime) as many:
        assert asked(desk).status_code == 200
    assert len(many) == len(few)


def test_where_no_pdf_can_be_made_the_page_says_so(desk: Desk) -> None:
    desk.app.config["PROOF_SECONDS"] = 0.01
    try:
        answer = asked(desk)
    finally:
        del desk.app.config["PROOF_SECONDS"]
    assert answer.status_code == 503


def test_the_accents_on_paper_are_those_of_the_pages_in_light() -> None:
    css = Path(str(resource("static"))) / "css"
    light = dict(re.findall(r'data-accent="(\w+)"\] \{(.*?)\}', (css / "tokens.css").read_text(), re.DOTALL))
    on_paper = dict(re.findall(r'data-accent="(\w+)"\] \{(.*?)\}', (css / "month_print.css").read_text(), re.DOTALL))
    assert set(on_paper) == set(ACCENTS)
    for accent, said in on_paper.items():
        for name, colour in re.findall(r"(--[\w-]+): (oklch\([^)]*\))", said):
            assert f"{name}: light-dark({colour}," in light[accent]


def test_the_menu_offers_it_for_one_brand(desk: Desk) -> None:
    wanted = f'href="/{desk.world.slug}/brands/marque/calendar.pdf?month=2026-10"'
    assert wanted in desk.open("owner", "month=2026-10&brand=marque").text
    assert wanted in desk.open("cm").text
    assert "calendar.pdf" not in desk.open("owner").text
