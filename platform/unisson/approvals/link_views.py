"""A client's personal link: GET shows, only POST decides, and nothing but the link is needed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import flask_babel
from flask import Blueprint, after_this_request, g, redirect, render_template, request, url_for
from limits import RateLimitItemPerMinute
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from tenants.errors import NotFoundError, RefusedError
from unisson.approvals import links
from unisson.approvals.deciding import decide_by_link
from unisson.approvals.forms import SignedDecisionForm
from unisson.approvals.links import Signature, Visit
from unisson.approvals.models import Verdict
from unisson.editorial.contents import channels_of
from unisson.editorial.moments import when
from unisson.editorial.previews import frozen_previews
from unisson.media.answers import picture_answer
from unisson.storage import storage_of
from unisson.web.db import runtime, session
from unisson.web.guards import current_agency_row, public
from unisson.web.limits import Allowance, spend

Answer = Response | str | tuple[str, int]

LINK = Allowance("approval-link", RateLimitItemPerMinute(600, 10))
"""Pages and images of links, from one address block: an office reads many, a guesser of 256 bits gains nothing."""

HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}


@public
def link(token: str) -> Answer:
    """Show what is asked, or what was decided."""
    _keep_private()
    visit = _visit(token)
    links.seen(visit)
    return _page(token, visit, SignedDecisionForm(), 200)


@public
def link_approval(token: str) -> Answer:
    """Approve, under the typed name."""
    return _decide(token, Verdict.APPROVED)


@public
def link_change_request(token: str) -> Answer:
    """Ask for changes, under the typed name."""
    return _decide(token, Verdict.CHANGES_REQUESTED)


@public
def link_picture(token: str, digest: str) -> Response:
    """Show one image of what the link is about, and of nothing else."""
    _keep_private(stored=True)
    visit = _visit(token)
    wanted = next((each for each in visit.revision.payload["pictures"] if each["digest"] == digest), None)
    if wanted is None:
        raise NotFoundError
    return picture_answer(storage_of(runtime().settings), session().agency_id, digest, str(wanted["mime"]))


def register(blueprint: Blueprint) -> None:
    """Add the routes to `blueprint`."""
    blueprint.add_url_rule("/approve/<token>", view_func=link, methods=["GET"])
    blueprint.add_url_rule("/approve/<token>/approval", view_func=link_approval, methods=["POST"])
    blueprint.add_url_rule("/approve/<token>/change-request", view_func=link_change_request, methods=["POST"])
    blueprint.add_url_rule("/approve/<token>/pictures/<digest>", view_func=link_picture, methods=["GET"])


def _decide(token: str, verdict: Verdict) -> Answer:
    _keep_private()
    visit, form = _visit(token), SignedDecisionForm()
    signature = Signature(
        typed_name=form.typed_name.data or "",
        comment=form.comment.data or "",
        ip=request.remote_addr or "",
        user_agent=request.user_agent.string,
    )
    if visit.decision is None:
        try:
            with session().begin_nested():
                decide_by_link(session(), token, verdict, form.digest.data or "", signature)
        except RefusedError as refusal:
            return _refused(token, form, refusal, verdict)
    return redirect(url_for("approvals.link", token=token), 303)


def _refused(token: str, form: SignedDecisionForm, refusal: RefusedError, verdict: Verdict) -> Answer:
    """Say the refusal on the page as it is now; a second click finds the decision that the first one made."""
    visit = _visit(token)
    if visit.decision is not None:
        return redirect(url_for("approvals.link", token=token), 303)
    return _page(token, visit, form, refusal.status, refusal=refusal, verdict=verdict)


def _visit(token: str) -> Visit:
    spend(LINK)
    visit = links.visit(session(), token)
    g.language, g.brand_language = visit.addressee.language, visit.brand.language
    flask_babel.refresh()  # type: ignore[no-untyped-call]  # Flask-Babel has no annotations here
    return visit


def _keep_private(*, stored: bool = False) -> None:
    """No page of a link is kept, indexed, or named to another site; refusals included."""

    @after_this_request
    def harden(response: Response) -> Response:
        response.headers.update(HEADERS)
        if not stored:
            response.headers["Cache-Control"] = "no-store"
        return response


def _page(
    token: str,
    visit: Visit,
    form: SignedDecisionForm,
    status: int,
    *,
    refusal: RefusedError | None = None,
    verdict: Verdict | None = None,
) -> tuple[str, int]:
    html = render_template(
        "approvals/link.html",
        token=token,
        visit=visit,
        brand=visit.brand,
        agency=current_agency_row(),
        when=when(_leaves_at(visit), str(visit.revision.payload["zone"])),
        previews=_previews(token, visit),
        late=_leaves_at(visit) <= session().scalars(select(func.clock_timestamp())).one(),
        form=form,
        refusal=refusal,
        tried=verdict.value if verdict else None,
    )
    return html, status


def _previews(token: str, visit: Visit) -> list[Any]:
    def address(picture: Mapping[str, Any]) -> str:
        return url_for("approvals.link_picture", token=token, digest=picture["digest"])

    channels = {channel.id: channel for channel in channels_of(session(), visit.content)}
    return frozen_previews(visit.revision.payload, channels, address)


def _leaves_at(visit: Visit) -> datetime:
    """Return the date that the link's revision holds: the content may have another one by now."""
    approved = visit.revision.payload["scheduled_at"]
    if approved is None and visit.content.scheduled_at is not None:
        return visit.content.scheduled_at
    return datetime.fromisoformat(str(approved))
