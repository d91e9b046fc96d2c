"""The pages of one's private feeds, and the feed itself, which whoever holds its address reads."""

import uuid

import flask_babel
from flask import (
    Blueprint,
    Response,
    after_this_request,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    url_for,
)
from limits import RateLimitItemPerMinute
from werkzeug.wrappers import Response as BaseResponse
from wtforms import SelectField

from tenants.errors import ForbiddenError, RefusedError
from tenants.permissions import Permission
from unisson.calendars.feed_reading import planned
from unisson.calendars.feeds import LONG_NAME, feeds_of, make_feed, note_reading, open_feed, revoke_feed
from unisson.calendars.period import month_named, month_of, today_in
from unisson.calendars.sharing import LASTS, month_for_others, open_shared, share
from unisson.calendars.wording import month_name, words
from unisson.editorial.forms import KINDS
from unisson.web.db import runtime, session
from unisson.web.forms import Form, LineField
from unisson.web.fragments import digest, release
from unisson.web.guards import BrandCard, actor, current_agency_row, public, visible_brands
from unisson.web.i18n import _, language, lazy
from unisson.web.limits import Allowance, spend
from unisson.web.operations import new_operation_id

Answer = BaseResponse | str | tuple[str, int]

READING = Allowance("calendar-feed", RateLimitItemPerMinute(600, 10), RateLimitItemPerMinute(60, 10))
"""From one address block, which may be a calendar service that reads for many, and of one feed."""

HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}

NO_SUCH_BRAND = lazy("Choose all brands, or one of this list.")


class FeedForm(Form):
    """A feed to be made."""

    name = LineField(lazy("Name"))
    brand = SelectField(lazy("What it shows"), validate_choice=False)
    lasts = SelectField(lazy("For whom"), validate_choice=False)


def feeds() -> Answer:
    """List one's feeds."""
    _seen()
    return render_template(
        "calendars/feeds.html", feeds=feeds_of(session(), actor()), new_operation_id=new_operation_id
    )


def feed_new() -> Answer:
    """Show a new feed to be named."""
    return _form(FeedForm(formdata=None))


def feed_making() -> Answer:
    """Make a feed and show its address, this once."""
    form = FeedForm()
    try:
        brand_id = _chosen(str(form.brand.data or ""))
        lasts = str(form.lasts.data or "")
        if lasts:
            days = int(lasts) if lasts.isascii() and lasts.isdigit() and len(lasts) < 4 else None
            feed, token = share(session(), actor(), form.name.data or "", brand_id, days)
        else:
            feed, token = make_feed(session(), actor(), form.name.data or "", brand_id)
    except RefusedError as refusal:
        status = form.refuse(refusal)
        return _form(form), status
    opens = "calendars.shared" if feed.expires_at else "calendars.feed"
    address = runtime().settings.base_url + url_for(opens, token=token)
    page = render_template("calendars/feed_made.html", name=feed.name, address=address, expires_at=feed.expires_at)
    answer = Response(page, 201)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def feed_revocation(feed_id: uuid.UUID) -> Answer:
    """Close one of one's feeds."""
    name = revoke_feed(session(), actor(), feed_id)
    flash(_("“%(name)s” is revoked: its address opens nothing any more.", name=name), "success")
    return redirect(url_for("calendars.feeds"), 303)


@public
def feed(token: str) -> Response:
    """Hand out the calendar as the feed's person sees it now."""
    after_this_request(_kept_private)
    spend(READING, token)
    opened = open_feed(session(), token)
    note_reading(opened.feed)
    home = current_agency_row()
    g.language = opened.language or home.language
    flask_babel.refresh()  # type: ignore[no-untyped-call]  # Flask-Babel has no annotations here
    contents = planned(session(), opened)
    where = f"{runtime().settings.base_url}/{home.slug}"
    tag = digest(release(), language(), opened.feed.name, opened.brands, where, contents)
    if request.if_none_match.contains_weak(tag):
        answer = current_app.response_class(status=304)
    else:
        # Imported where a feed is written, as its module says.
        from unisson.calendars.ics import written  # noqa: PLC0415

        answer = Response(written(opened, contents, where), content_type="text/calendar; charset=utf-8")
        answer.headers["Content-Disposition"] = 'inline; filename="unisson.ics"'
    answer.set_etag(tag, weak=True)
    return answer


@public
def shared(token: str) -> str:
    """Show a month of a brand's calendar to whoever holds the link."""
    after_this_request(_kept_private)
    spend(READING, token)
    opened = open_shared(session(), token)
    brand = opened.brand
    g.language, g.light_page = brand.language, True
    flask_babel.refresh()  # type: ignore[no-untyped-call]  # Flask-Babel has no annotations here
    named = request.args.get("month")
    month = month_named(named) if named else month_of(today_in(brand.timezone))
    return render_template(
        "calendars/shared.html",
        agency=current_agency_row(),
        brand=brand,
        days=month_for_others(session(), brand, month),
        title=month_name(language(), month.first),
        month=month,
        token=token,
        expires_at=opened.expires_at,
        labels=words().labels,
        kinds=KINDS,
    )


def register(blueprint: Blueprint) -> None:
    """Add the routes to `blueprint`."""
    blueprint.add_url_rule("/calendar/feeds", view_func=feeds, methods=["GET"])
    blueprint.add_url_rule("/calendar/feeds/new", view_func=feed_new, methods=["GET"])
    blueprint.add_url_rule("/calendar/feeds/new", view_func=feed_making, methods=["POST"])
    blueprint.add_url_rule("/calendar/feeds/<uuid:feed_id>/revocation", view_func=feed_revocation, methods=["POST"])
    blueprint.add_url_rule("/shared/<token>", view_func=shared, methods=["GET"])
    blueprint.add_url_rule("/feeds/<token>.ics", view_func=feed, methods=["GET"])


def _seen() -> list[BrandCard]:
    """Return the brands whose calendar the actor sees. Raises ForbiddenError where they see that of none they know."""
    visible = visible_brands()
    seen = [card for card in visible if actor().may(Permission.CALENDAR_SEE, card.id)]
    if visible and not seen:
        raise ForbiddenError(Permission.CALENDAR_SEE)
    return seen


def _chosen(slug: str) -> uuid.UUID | None:
    seen = {card.slug: card.id for card in _seen()}
    if slug and slug not in seen:
        raise RefusedError(NO_SUCH_BRAND, field="brand")
    return seen[slug] if slug else None


def _form(form: FeedForm) -> str:
    form.brand.choices = [("", _("All brands that I see"))] + [(card.slug, card.name) for card in _seen()]
    form.lasts.choices = [("", _("My own calendar, as a feed"))] + [
        (str(days), _("Others, as a page, for %(days)s days", days=days)) for days in LASTS
    ]
    return render_template("calendars/feed_form.html", bound=form, longest=LONG_NAME)


def _kept_private(answer: Response) -> Response:
    """No cache that others share keeps a feed, no search engine shows it, no other site learns its address."""
    answer.headers.update(HEADERS)
    answer.headers["Cache-Control"] = "private, no-cache" if answer.status_code < 400 else "no-store"
    return answer
