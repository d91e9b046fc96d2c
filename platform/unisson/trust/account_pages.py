"""One's own data: as a file, and how the account is erased."""

from flask import Response, redirect, render_template, send_file, url_for
from werkzeug.wrappers import Response as BaseResponse

from tenants.errors import RefusedError
from unisson.identity import browser
from unisson.identity.account import HOME_ZONE
from unisson.identity.confirming import needs_confirmation
from unisson.trust import accounts, taking_out
from unisson.trust.forms import SureForm
from unisson.trust.routes import own
from unisson.web.db import any_session, runtime
from unisson.web.guards import signed_in
from unisson.web.i18n import _

Answer = BaseResponse | str | tuple[str, int]


@own.get("/data")
@signed_in
def data() -> Answer:
    """Show how one's data are taken out, and the account erased."""
    return _page(SureForm(formdata=None))


@own.get("/data.zip")
@signed_in
@needs_confirmation
def data_file() -> Response:
    """Give all that is kept of oneself as a file."""
    made = taking_out.of_account(any_session(), runtime().database, browser.person().id)
    answer = send_file(made, mimetype="application/zip", as_attachment=True, download_name="unisson.zip")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@own.post("/erasure")
@signed_in
@needs_confirmation
def asking_erasure() -> Answer:
    """Have one's account erased in a week."""
    form = SureForm()
    try:
        accounts.ask(any_session(), runtime().database, browser.person().id, is_sure=bool(form.sure.data))
    except RefusedError as refusal:
        return _page(form, form.refuse(refusal))
    browser.tell(_("Your account is erased in a week. Until then you can take it back here."))
    return redirect(url_for("own.data"), 303)


@own.post("/erasure/withdrawal")
@signed_in
def withdrawing_erasure() -> Answer:
    """Keep one's account."""
    accounts.withdraw(any_session(), browser.person().id)
    browser.tell(_("Your account stays."))
    return redirect(url_for("own.data"), 303)


def _page(form: SureForm, status: int = 200) -> tuple[str, int]:
    html = render_template(
        "trust/own_data.html",
        form=form,
        pending=accounts.asked(any_session(), browser.person().id),
        zone=browser.person().timezone or HOME_ZONE,
    )
    return html, status
