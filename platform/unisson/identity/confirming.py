"""Showing again who one is, before an act that somebody who found the browser open would do first.

A view is marked by `needs_confirmation`. Whoever calls it from a sign-in that was not confirmed within `sign_ins.FRESH`
is asked for their password or their second factor; then the act goes on with what was typed. The marked views are
listed in `docs/decisions/second_factor.md`.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, Response, g, make_response, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from tenants.errors import RefusedError
from tenants.identities import Identity
from unisson.identity import accounts, browser, factors, passkeys, sign_ins
from unisson.identity.forms import AgainForm
from unisson.identity.passkey_answers import answered, is_possible, question
from unisson.identity.routes import blueprint
from unisson.web import limits
from unisson.web.db import any_session, runtime
from unisson.web.guards import page_before, signed_in
from unisson.web.i18n import _
from unisson.web.noted import note_refusal

Answer = BaseResponse | str | tuple[str, int]
View = TypeVar("View", bound=Callable[..., Any])

_MARK = "confirmation"
_PREFIX = "confirmation-"


def needs_confirmation(view: View) -> View:
    """Mark a view that only a freshly confirmed sign-in may call, however it is called."""
    return needs_confirmation_where(lambda: True)(view)


def needs_confirmation_where(holds: Callable[[], bool]) -> Callable[[View], View]:
    """Mark a view that only a freshly confirmed sign-in may call when `holds` says so of the request."""

    def mark(view: View) -> View:
        setattr(view, _MARK, holds)
        return view

    return mark


def is_marked(view: Callable[..., Any]) -> bool:
    """Return whether a view may want a fresh confirmation."""
    return hasattr(view, _MARK)


def confirmed_lately() -> bool:
    """Return whether this browser's sign-in was confirmed within `sign_ins.FRESH`.

    Whom an agency's provider alone vouched for, and who has nothing of their own to show, changes nothing of an account
    that opens other agencies too.
    """
    if not g.get("agency_slug") and not browser.person().grounds.by_password and not ways().any:
        return False
    return sign_ins.is_fresh(any_session(), browser.person().sign_in_id)


@dataclass(frozen=True, slots=True)
class Ways:
    """By what somebody can show who they are."""

    password: bool
    codes: bool
    passkey: bool

    @property
    def any(self) -> bool:
        """Return whether there is one."""
        return self.password or self.codes or self.passkey


def ways() -> Ways:
    """Return by what this browser's person can show who they are."""
    return ways_of(browser.person().id)


def ways_of(identity_id: uuid.UUID) -> Ways:
    """Return by what somebody can show who they are."""
    session = any_session()
    stored = session.scalar(select(Identity.password_hash).where(Identity.id == identity_id))
    has_passkey = is_possible() and passkeys.has_one(session, identity_id)
    return Ways(stored is not None, factors.is_on(session, identity_id), has_passkey)


@blueprint.get("/me/confirmation")
@signed_in
def confirmation() -> Answer:
    """Ask for the password or the second factor, on the way to a page that wants it."""
    return _page(_form(), target=browser.destination("/me"))


@blueprint.post("/me/confirmation")
@signed_in
def confirming() -> Answer:
    """Note that this browser's person has shown who they are, and lead on."""
    form = _form()
    if (status := _refused(form)) is not None:
        return _page(form, target=browser.destination("/me")), status
    _renew()
    return redirect(browser.destination("/me"), 303)


@blueprint.post("/me/confirmation/challenge")
@signed_in
def confirmation_challenge() -> Answer:
    """Ask this browser's person for one of their passkeys."""
    limits.spend(limits.PASSKEY)
    return question("confirmation", browser.person().id)


def _form() -> AgainForm:
    return AgainForm(prefix=_PREFIX)


def _page(form: AgainForm, *, target: str, kept: list[tuple[str, str]] | None = None) -> str:
    """Return the page that asks. With `kept`, its form is the very act, to which it adds what shows who it is."""
    return render_template(
        "identity/confirmation.html",
        form=form,
        ways=ways(),
        target=target,
        kept=kept,
        action=url_for("identity.confirming") if kept is None else _here(),
        minutes=int(sign_ins.FRESH.total_seconds() // 60),
    )


def _renew() -> None:
    browser.renew(sign_ins.confirm(any_session(), browser.person().sign_in_id))


def _refused(form: AgainForm) -> int | None:
    """Return the status to refuse with, the sentence being on the form; None for somebody who showed who they are."""
    if not form.validate():
        return 422
    try:
        _check(form, ways())
    except RefusedError as refusal:
        note_refusal("confirmation.refused")
        return form.refuse(refusal)
    return None


def _check(form: AgainForm, able: Ways) -> None:
    """Pass by whichever was sent. Raises RefusedError."""
    if form.passkey.data:
        answered("confirmation", form.passkey.data, browser.person().id)
        return None
    if able.password and not (able.codes and form.code.data):
        return _check_password(form.present.data or "")
    if not able.codes or not form.code.data:
        raise RefusedError(factors.NO_CODE, field="code")
    return _check_code(form.code.data)


def _check_code(typed: str) -> None:
    mine = browser.person().id
    limits.spend(limits.SECOND_STEP, str(mine))
    factors.check(any_session(), mine, typed, runtime().vault, browser.password_keeper())
    limits.forgive(limits.SECOND_STEP, str(mine))


def _check_password(typed: str) -> None:
    here = browser.person()
    if not typed:
        raise RefusedError(factors.NO_CODE, field="present")
    limits.spend(limits.PASSWORD, here.email)
    stored = any_session().scalar(select(Identity.password_hash).where(Identity.id == here.id))
    if not browser.password_keeper().matches(stored, typed):
        raise RefusedError(accounts.WRONG_PASSWORD, field="present")
    limits.forgive(limits.PASSWORD, here.email)


def _ask(app: Flask) -> BaseResponse | tuple[str, int] | None:
    """Return what a marked view answers a sign-in that was not confirmed lately; None for everything else."""
    view = app.view_functions.get(request.endpoint or "")
    holds = getattr(view, _MARK, None)
    if holds is None or browser.visitor() is None or not holds() or confirmed_lately():
        return None
    if request.headers.get("HX-Request"):
        return Response(status=403, headers={"HX-Redirect": url_for("identity.confirmation", next=_page_before())})
    if request.accept_mimetypes.accept_json and not request.accept_mimetypes.accept_html:
        where = url_for("identity.confirmation", next=_page_before())
        return make_response({"message": str(_("Show first that it is still you.")), "confirmation": where}, 403)
    if request.method != "POST":
        return redirect(url_for("identity.confirmation", next=_here()), 303)
    if any(file.filename for file in request.files.values()):
        browser.tell(_("Nothing was carried out yet. Once you have shown that it is you, send it again."), "warning")
        return redirect(url_for("identity.confirmation", next=_page_before()), 303)
    return _ask_in_between()


def _ask_in_between() -> BaseResponse | tuple[str, int]:
    """Ask on a page that keeps what was sent; once it is answered, have the browser send it again (RFC 9110, 307)."""
    form, status = _form(), 403
    if any(name.startswith(_PREFIX) for name in request.form):
        refused = _refused(form)
        if refused is None:
            _renew()
            return redirect(_here(), 307)
        status = refused
    kept = [each for each in request.form.items(multi=True) if not _is_ours(each[0])]
    return _page(form, target=_page_before(), kept=kept), status


def _is_ours(name: str) -> bool:
    return name.startswith(_PREFIX) or name == "csrf_token"


def _here() -> str:
    return request.full_path.rstrip("?")


def _page_before() -> str:
    """Return the page of ours that this request was made from; one's account where nobody can tell."""
    return browser.page_of_ours(page_before()) or "/me"


def init_app(app: Flask) -> None:
    """Ask before a marked view. Registered after the guards, and before a form's once-only number is spent."""

    @app.before_request
    def ask() -> BaseResponse | tuple[str, int] | None:
        return _ask(app)
