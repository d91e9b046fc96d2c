"""Turning one kind of mail off from its foot: whoever holds the link acts, signed in or not, and only by POST."""

from flask import Blueprint, Flask, g, render_template
from sqlalchemy import select

from tenants.agencies import Agency
from tenants.errors import NotFoundError
from tenants.identities import Identity
from tenants.members import Membership
from unisson.notifications.choices import choices_of, stop_mail
from unisson.notifications.events import DIGESTS, NAMES, Event, Wish
from unisson.notifications.labels import is_clients
from unisson.notifications.unsubscribing import Wanted, read_token
from unisson.web.db import runtime, session
from unisson.web.guards import public
from unisson.web.i18n import pick_language


@public
def stop(token: str) -> str:
    """Show what would be turned off. Raises NotFoundError for a link that is not ours."""
    wanted, person = _held(token)
    return _page(wanted, person, is_done=False)


@public
def stopping(token: str) -> str:
    """Turn it off: by the page's button, or by the mail program's own (RFC 8058). Twice is once."""
    wanted, person = _held(token)
    stop_mail(session(), person.id, _meant(wanted, person))
    return _page(wanted, person, is_done=True)


def register(blueprint: Blueprint) -> None:
    """Add the routes to `blueprint`."""
    blueprint.add_url_rule("/unsubscribe/<token>", view_func=stop, methods=["GET"])
    blueprint.add_url_rule("/unsubscribe/<token>", view_func=stopping, methods=["POST"])


def without_form_token(app: Flask) -> None:
    """Take a POST that no page of ours made: the secret in its address is what lets it act, and no cookie does."""
    app.extensions["csrf"].exempt(stopping)


def _held(token: str) -> tuple[Wanted, Membership]:
    wanted = read_token(runtime().settings.secret_key, token)
    if wanted is None or wanted.agency_id != session().agency_id:
        raise NotFoundError
    person = session().get(Membership, (session().agency_id, wanted.membership_id))
    if person is None:
        raise NotFoundError
    identity = session().get(Identity, person.identity_id) if person.identity_id else None
    agency_language = session().scalar(select(Agency.language))
    g.language = pick_language(person.language, identity.language if identity else None, agency_language)
    return wanted, person


def _meant(wanted: Wanted, person: Membership) -> dict[Event, Wish]:
    """Return what the link is for: its event, or all that comes by digest now."""
    wishes = choices_of(session(), person.id, is_clients=is_clients(session(), person))
    if wanted.event is not None:
        return {wanted.event: wishes[wanted.event]}
    return {event: wish for event, wish in wishes.items() if wish.mail in DIGESTS}


def _page(wanted: Wanted, person: Membership, *, is_done: bool) -> str:
    return render_template(
        "notifications/stop.html",
        event=NAMES[wanted.event] if wanted.event else None,
        address=person.email,
        is_done=is_done,
    )
