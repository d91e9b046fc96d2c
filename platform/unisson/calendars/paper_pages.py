"""The month of a brand as a PDF, to hand to its client: in the client's language, with their colour and logo."""

from flask import Blueprint, Response, current_app, render_template, request

from tenants.permissions import Permission
from unisson.agency.logos import LogoCard, logo_of
from unisson.approvals.proof_pdf import WALL_SECONDS, Asset, printed
from unisson.calendars.looks import Look, look_asked_for
from unisson.calendars.paper import for_client
from unisson.calendars.wording import day_label, day_names, month_name, words
from unisson.editorial.forms import KINDS
from unisson.media.reading import read_bytes
from unisson.storage import StorageAwayError, storage_of
from unisson.web.db import runtime, session
from unisson.web.fragments import digest
from unisson.web.guards import BrandCard, actor, brand_card, current_agency_row
from unisson.web.i18n import LANGUAGES, language, speaking

SHEET = "month_print.css"


def month_pdf(brand: str) -> Response:
    """Hand out the month as a PDF."""
    card = brand_card(brand)
    actor().require(Permission.CALENDAR_SEE, card.id)
    look = look_asked_for(card.slug)
    logo = logo_of(session(), card.id)
    pictures = _logo(logo)
    wanted = request.args.get("lang")
    with speaking(wanted if wanted in LANGUAGES else card.language):
        html = _on_paper(look, card, logo if pictures else None)
    within = current_app.config.get("PROOF_SECONDS", WALL_SECONDS)
    answer = Response(printed(html, pictures, digest(html), sheet=SHEET, within=within), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="calendar-{card.slug}-{look.month}.pdf"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def register(blueprint: Blueprint) -> None:
    """Add the routes to `blueprint`."""
    blueprint.add_url_rule("/brands/<brand>/calendar.pdf", view_func=month_pdf, methods=["GET"])


def _on_paper(look: Look, card: BrandCard, logo: LogoCard | None) -> str:
    spoken = language()
    return render_template(
        "calendars/month_print.html",
        paper=for_client(session(), look.month, card),
        title=month_name(spoken, look.month.first),
        card=card,
        logo=logo,
        signs_as=current_agency_row().signs_as,
        spoken=spoken,
        sheet=SHEET,
        words=words(),
        kinds=KINDS,
        day_names=day_names(spoken),
        day_label=lambda day: day_label(spoken, day),
    )


def _logo(logo: LogoCard | None) -> dict[str, Asset]:
    """Return the logo as the printer takes it; nothing where there is none, or none can be read."""
    if logo is None:
        return {}
    try:
        content = read_bytes(storage_of(runtime().settings), session().agency_id, logo.logo_digest)
    except (FileNotFoundError, StorageAwayError):
        return {}
    return {logo.logo_digest: (logo.logo_mime, content)}
