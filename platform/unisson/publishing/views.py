"""The pages of what goes out: what needs a decision, what is late, what is coming, what is out."""

import uuid

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tenants.errors import RefusedError
from tenants.permissions import Permission
from unisson.editorial.composer import channel_registry
from unisson.editorial.limits import check_with
from unisson.editorial.reopening import date_is_free
from unisson.publishing import channel_views, overview
from unisson.publishing.another_date import ask_for_another_date
from unisson.publishing.forms import ResolutionForm
from unisson.publishing.models import MOCKUP, PublicationState
from unisson.publishing.overview import Cursor, PublicationPage, Wanted
from unisson.publishing.reasons import Explanation, explain, short
from unisson.publishing.resolution import confirm_live, give_up, may_wait, send_again, send_at
from unisson.web.db import session
from unisson.web.guards import actor, brand_card, brand_card_of, visible_brands
from unisson.web.i18n import _, _n, lazy

blueprint = Blueprint("publishing", __name__, url_prefix="/<agency>")

Answer = Response | str | tuple[str, int]
ASK = "ask"
NO_TIME = lazy("Choose the date and the time at which it is to leave.")
FILTERS = {state.value: (state.value,) for state in PublicationState}


@blueprint.get("/publications")
def publications() -> Answer:
    """Show what needs a decision first, then what is late, being checked, coming and out."""
    slug = request.args.get("brand")
    chosen = brand_card(slug) if slug else None
    state = request.args.get("state", "")
    wanted = Wanted(brand_id=chosen.id if chosen else None)
    behind = Cursor.parse(request.args.get("before"))
    page = {
        "alarm": overview.alarms(session(), actor()),
        "chosen": chosen,
        "state": state if state in FILTERS else "",
        "states": list(FILTERS),
        "short": short,
        "decides": any(actor().may(Permission.PUBLICATION_RESOLVE, card.id) for card in visible_brands()),
    }
    if state in FILTERS or behind is not None:
        found, older = _page_of(FILTERS.get(state, ("published",)), wanted, behind)
        return render_template("publishing/publications_list.html", lines=found, older=older, **page)
    found, older = _page_of(("published",), wanted, None)
    return render_template(
        "publishing/publications.html",
        stopped=_lines(("held", "failed"), wanted),
        checking=_lines(("unknown", "sending"), wanted),
        upcoming=_lines(("scheduled",), wanted, soonest=True),
        recent=found,
        older=older,
        calendar_url=url_for("calendars.month"),
        **page,
    )


@blueprint.get("/publications/<uuid:publication_id>")
def publication(publication_id: uuid.UUID) -> Answer:
    """Show one publication: its tries, why it stopped, and what can be decided."""
    return _shown(overview.open_publication(session(), actor(), publication_id), ResolutionForm())


@blueprint.post("/publications/<uuid:publication_id>/resolution")
def publication_resolution(publication_id: uuid.UUID) -> Answer:
    """Carry out what a person decided about a publication that stopped, and about the rest of its list if asked."""
    page = overview.open_publication(session(), actor(), publication_id)
    actor().require(Permission.PUBLICATION_RESOLVE, page.content.brand_id)
    form = ResolutionForm()
    if not form.validate():
        return _shown(page, form, 422)
    ids = [publication_id]
    if request.form.get("everyone") and form.choice.data != ASK:
        ids += [each.id for each in page.siblings if each.state == page.publication.state]
    try:
        with session().begin_nested():
            for each in ids:
                _resolve(each, form)
    except RefusedError as refusal:
        session().expire_all()
        status = form.refuse(refusal)
        return _shown(overview.open_publication(session(), actor(), publication_id), form, status)
    flash(_said(str(form.choice.data), len(ids)), "success")
    if form.choice.data == ASK:
        return redirect(url_for("editorial.content", content_id=page.content.id), 303)
    return redirect(url_for("publishing.publication", publication_id=publication_id), 303)


def _resolve(publication_id: uuid.UUID, form: ResolutionForm) -> None:
    choice = str(form.choice.data)
    if choice == "live":
        confirm_live(session(), actor(), publication_id, form.url.data or "")
    elif choice in {"later", ASK}:
        typed = form.wall_time()
        if typed is None:
            raise RefusedError(NO_TIME, field="date")
        if choice == ASK:
            when = (typed, form.fold_chosen)
            ask_for_another_date(session(), actor(), publication_id, when, check_with(channel_registry()))
        else:
            send_at(session(), actor(), publication_id, typed, form.fold_chosen)
    elif choice == "again":
        send_again(session(), actor(), publication_id)
    else:
        give_up(session(), actor(), publication_id)


def _said(choice: str, count: int) -> str:
    if choice == "live":
        return _n("It is noted as published.", "%(num)s are noted as published.", count)
    if choice == "again":
        return _n("It leaves now.", "%(num)s leave now.", count)
    if choice == "later":
        return _n("It leaves at its new time.", "%(num)s leave at their new time.", count)
    if choice == ASK:
        return _("The new date waits for its approval. It leaves then, if it is approved in time.")
    return _n("It stays unsent.", "%(num)s stay unsent.", count)


def _lines(states: tuple[str, ...], wanted: Wanted, *, soonest: bool = False) -> object:
    return overview.lines(session(), actor(), states, wanted, soonest=soonest)


def _page_of(states: tuple[str, ...], wanted: Wanted, behind: Cursor | None) -> tuple[object, str | None]:
    """Return one page of lines, newest first, and the cursor of the next page if there is one."""
    limit = overview.PAGE_LENGTH
    found = overview.lines(session(), actor(), states, wanted, behind=behind, limit=limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    return found[:limit], str(Cursor(last.due_at, last.content_id, last.channel_id)) if last else None


def _shown(page: PublicationPage, form: ResolutionForm, status: int = 200) -> Answer:
    card = brand_card_of(page.content.brand_id)
    another_time = _another_time(page)
    form.offer(another_time)
    may_resolve = actor().may(Permission.PUBLICATION_RESOLVE, card.id)
    html = render_template(
        "publishing/publication.html",
        page=page,
        publication=page.publication,
        card=card,
        form=form,
        explain=explain,
        why=_why(page),
        another_time=another_time,
        twice=form.twice(card.timezone),
        short=short,
        decides=may_resolve and page.stopped,
        sees_people=actor().may(Permission.CONTENT_WRITE, card.id),
        connects=actor().may(Permission.CHANNEL_CONNECT, card.id),
        alike=sum(each.state == page.publication.state for each in page.siblings),
    )
    return html, status


def _another_time(page: PublicationPage) -> str:
    """Return how a person may give it another time: "later" as it is, "ask" by a new approval, or "" not at all."""
    if page.superseded or not may_wait(page.publication):
        return ""
    if date_is_free(session(), page.content):
        return "" if page.channel.mockup else "later"
    wanted = (Permission.CONTENT_SCHEDULE, Permission.CONTENT_SUBMIT)
    return ASK if all(actor().may(each, page.content.brand_id) for each in wanted) else ""


def _why(page: PublicationPage) -> Explanation | None:
    reason = page.publication.reason
    if reason == MOCKUP and not page.channel.mockup:
        reason = "connected later"
    return explain(reason, page.publication.state)


channel_views.register(blueprint)


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(blueprint)
