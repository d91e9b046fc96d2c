"""The browser that speaks: letting it in, renewing what it holds, letting it out."""

import uuid
from typing import cast

from flask import current_app, flash, g, request, session
from flask_login import current_user, login_user, logout_user
from sqlalchemy.exc import NoResultFound
from werkzeug.routing import MapAdapter

from tenants.errors import NotFoundError
from tenants.session import GlobalSession, TenantSession
from unisson.identity import arrivals, sign_ins
from unisson.identity.destinations import safe_destination
from unisson.identity.passwords import Keeper, keeper
from unisson.web.db import any_session, runtime
from unisson.web.forms import one_line
from unisson.web.noted import note
from unisson.web.people import Grounds

TOKEN = "_user_id"  # noqa: S105 - the name of a place, not a secret
"""Where Flask-Login keeps what `Person.get_id` returns."""

_NEWCOMER = "newcomer"
_WAY_OUT = "way_out"


def visitor() -> sign_ins.Person | None:
    """Return who is signed in here, or None."""
    return cast("sign_ins.Person", current_user) if current_user.is_authenticated else None  # type: ignore[attr-defined]  # Flask-Login's proxy has no types


def person() -> sign_ins.Person:
    """Return who is signed in here. Raises NotFoundError for nobody: the guards asked before."""
    here = visitor()
    if here is None:
        raise NotFoundError
    return here


def load_person(token: str) -> sign_ins.Person | None:
    """Return who holds `token`, in one statement of the request's own session; speak their language."""
    if g.get("database_is_away"):
        return None  # The page that says so asks it nothing.
    try:
        holder = _arriving(any_session(), token)
    except NotFoundError:
        # The path names an agency that does not exist: its page is a 404, for a person whom we still know.
        with runtime().database.everywhere() as everywhere:
            holder = sign_ins.load(everywhere, token)
    if holder is not None and holder.language:
        g.language = holder.language
    return holder


def _arriving(current: TenantSession | GlobalSession, token: str) -> sign_ins.Person | None:
    """What reads learns all it needs at once; what writes asks for each thing where it stands by then."""
    if isinstance(current, TenantSession):
        return arrivals.arrive(current, token, reads=request.method in {"GET", "HEAD"})
    return sign_ins.load(current, token)


def let_in(identity_id: uuid.UUID, grounds: Grounds | None = None, *, confirmed: bool = True) -> None:
    """Sign this browser in with a token of its own; whatever it held before is worth nothing.

    It rests on a password unless `grounds` says else, and on what the same person had shown here before. `confirmed`:
    whether the person has just shown who they are by what is their own.
    """
    here, on = visitor(), grounds or Grounds()
    if here is not None and here.id == identity_id:
        on = on.joined(here.grounds)
    held = session.get(TOKEN)
    where = (request.remote_addr or "", user_agent())
    token = sign_ins.start(any_session(), identity_id, *where, grounds=on, confirmed=confirmed)
    if held:
        sign_ins.carry(any_session(), held, token)
        sign_ins.end(any_session(), held)
    session.clear()
    _hold(token)
    note("sign_in.done")


def stay_in() -> None:
    """Give this browser another token for the sign-in that it has: confirmed no more lately than it was."""
    renew(sign_ins.rotate(any_session(), person().sign_in_id))


def renew(token: str) -> None:
    """Have this browser hold `token` from here on."""
    session.pop(TOKEN, None)
    _hold(token)


def _hold(token: str) -> None:
    holder = sign_ins.load(any_session(), token)
    if holder is None:
        raise NoResultFound("a sign-in that was just written")
    session.permanent = True
    login_user(holder)  # type: ignore[no-untyped-call]  # Flask-Login has no types


def remember_way_out(address: str) -> None:
    """Note in this browser which page of ours leads out of the provider that let it in."""
    session[_WAY_OUT] = address


def let_out() -> str | None:
    """Sign this browser out, on the server and here; return the page that leads out of a provider, if one let it in."""
    held, way_out = session.get(TOKEN), session.get(_WAY_OUT)
    if held:
        note("sign_in.ended")
        sign_ins.end(any_session(), held)
    logout_user()  # type: ignore[no-untyped-call]  # Flask-Login has no types
    session.clear()
    return page_of_ours(way_out)


def remember_newcomer(email: str) -> None:
    """Note in this browser, known address or not, which one it signed up with."""
    session[_NEWCOMER] = email


def newcomer() -> str | None:
    """Return the address that this browser signed up with, or None."""
    email: str | None = session.get(_NEWCOMER)
    return email


def is_newcomer(email: str) -> bool:
    """Return whether this browser is the one that signed up with `email`."""
    return bool(session.get(_NEWCOMER) == email)


def user_agent() -> str:
    """Return what the browser calls itself, on one line."""
    return one_line(request.user_agent.string)


def password_keeper() -> Keeper:
    """Return what hashes passwords in this process."""
    return keeper(runtime().settings)


def destination(otherwise: str = "/") -> str:
    """Return where to go after signing in: the page that was wanted, if it is one of ours."""
    return page_of_ours(request.values.get("next")) or otherwise


def page_of_ours(address: str | None) -> str | None:
    """Return a relative address if a page of ours answers there, else None."""
    return safe_destination(address, _pages())


def _pages() -> MapAdapter:
    return current_app.url_map.bind(request.host)


def reserved_slugs() -> frozenset[str]:
    """Return the first segment of every route of ours: no agency may stand there."""
    firsts = (rule.rule.split("/")[1] for rule in current_app.url_map.iter_rules())
    return frozenset(first for first in firsts if first and "<" not in first)


def tell(sentence: str, tone: str = "success") -> None:
    """Show a sentence on the next page."""
    flash(sentence, tone)
