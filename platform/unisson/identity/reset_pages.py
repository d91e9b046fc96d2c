"""The pages of a second step that an agency asked to have removed: behind the mailed link, and on one's account."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tenants.errors import GoneError, NotFoundError, RefusedError
from tenants.identities import FactorReset, Identity
from unisson.identity import accounts, browser, resets
from unisson.identity.account import HOME_ZONE
from unisson.identity.forms import ConfirmationForm
from unisson.identity.routes import blueprint
from unisson.web import limits
from unisson.web.db import any_session, enter_agency, runtime
from unisson.web.guards import public, signed_in
from unisson.web.i18n import _
from unisson.web.noted import note, note_refusal

Answer = Response | str | tuple[str, int]


@blueprint.get("/second-step-reset/<token>")
@public
def factor_reset(token: str) -> Answer:
    """Show what was asked for, and ask for the password once it can be carried out. Looking uses nothing up."""
    limits.spend(limits.TOKEN)
    return _page(resets.asked_by_link(any_session(), token), ConfirmationForm())


def _page(asked: FactorReset, form: ConfirmationForm) -> str:
    holder = any_session().get_one(Identity, asked.identity_id)
    return render_template(
        "identity/factor_reset.html",
        asked=asked,
        form=form,
        email=holder.email,
        zone=holder.timezone or HOME_ZONE,
        is_open=resets.is_open(asked),
        here=request.path,
    )


@blueprint.post("/second-step-reset/<token>")
@public
def carrying_out_reset(token: str) -> Answer:
    """Remove the second step, by the password."""
    limits.spend(limits.TOKEN)
    # What was asked for stands on that agency's trail: all of it happens inside.
    session = enter_agency(resets.asked_by_link(any_session(), token).asking_agency_id)
    asked, form = resets.asked_by_link(session, token), ConfirmationForm()
    email = session.get_one(Identity, asked.identity_id).email
    limits.spend(limits.SIGN_IN, email)
    if not form.validate():
        return _page(asked, form), 422
    try:
        accounts.authenticate(session, email, form.password.data or "", browser.password_keeper())
        resets.carry_out(session, asked, token)
    except GoneError:
        raise
    except RefusedError as refusal:
        note_refusal("second_step_reset.refused", account=limits.mark(email))
        status = form.refuse(refusal)
        return _page(asked, form), status
    note("second_step_reset.done", account=limits.mark(email))
    browser.tell(_("Your second step is removed. Sign in by your password, then set up a new one."))
    return redirect(url_for("identity.sign_in"), 303)


@blueprint.post("/me/second-factor/reset/withdrawal")
@signed_in
def keeping_factor() -> Answer:
    """Stop the removal of one's second step that one's agency asked for."""
    if not resets.keep(any_session(), runtime().database, browser.person().id):
        raise NotFoundError
    browser.tell(_("Your second step stays. Your agency sees in its activity that you stopped this."))
    return redirect(url_for("identity.second_factor"), 303)
