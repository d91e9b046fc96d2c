"""The page on which a person chooses what they are told, how, and when."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from tenants.errors import RefusedError
from tenants.members import Membership
from tenants.permissions import Permission
from unisson.agency.clocks import clock_of_person
from unisson.agency.opening import NO_HOURS, NO_TIME_LEFT
from unisson.identity.devices import device_words
from unisson.notifications.choice_forms import ChoicesForm, HoursForm
from unisson.notifications.choices import choices_of, choose, held_to
from unisson.notifications.digests import Hours, hours_of, keep_hours
from unisson.notifications.events import ALWAYS_IN_APP, ALWAYS_MAILED_TO_CLIENTS, NAMES, OF_ADMINISTRATORS, Event
from unisson.notifications.labels import is_clients as is_clients_own
from unisson.push.browsers import browsers_of
from unisson.push.keys import keys_of
from unisson.web.db import runtime, session
from unisson.web.guards import actor
from unisson.web.i18n import _, lazy
from unisson.web.people import me

Answer = Response | str | tuple[str, int]

NO_DAY = lazy("Choose at least one day.")


def choices() -> Answer:
    """Show what the actor chose."""
    return page()


def choosing() -> Answer:
    """Keep what the actor chose."""
    form = _of_the_actor(ChoicesForm())
    if not form.validate():
        return page(form), 422
    is_clients = _is_clients()
    known = choices_of(session(), actor().membership_id, is_clients=is_clients)
    wishes = {event: held_to(event, form.wish(event, known[event]), is_clients=is_clients) for event in _events()}
    choose(session(), actor().membership_id, wishes)
    flash(_("Kept."), "success")
    return redirect(url_for("notices.choices"), 303)


def setting_hours() -> Answer:
    """Keep when the actor's summaries come."""
    form = HoursForm()
    try:
        if not form.validate():
            return page(hours=form), 422
        keep_hours(session(), actor().membership_id, _hours(form))
    except RefusedError as refusal:
        status = form.refuse(refusal)
        return page(hours=form), status
    flash(_("Kept. The next summary comes then."), "success")
    return redirect(url_for("notices.choices"), 303)


def register(blueprint: Blueprint) -> None:
    """Add the routes to `blueprint`."""
    blueprint.add_url_rule("/notices/choices", view_func=choices, methods=["GET"])
    blueprint.add_url_rule("/notices/choices", view_func=choosing, methods=["POST"])
    blueprint.add_url_rule("/notices/hours", view_func=setting_hours, methods=["POST"])


def _hours(form: HoursForm) -> Hours:
    """Return what was typed. Raises RefusedError."""
    days, starts, ends = form.days.data or [], form.starts.data, form.ends.data
    if not days:
        raise RefusedError(NO_DAY, field="days")
    if starts is None or ends is None:
        raise RefusedError(NO_HOURS, field="starts")
    if ends <= starts:
        raise RefusedError(NO_TIME_LEFT, field="ends")
    zone = str(form.timezone.data or "")
    return Hours(zone, frozenset(int(day) for day in days), starts, ends, follows=not zone)


def page(form: ChoicesForm | None = None, hours: HoursForm | None = None, refusal: RefusedError | None = None) -> str:
    """Return the page, with what was typed; `refusal` is of a browser."""
    is_clients, keys = _is_clients(), keys_of(runtime().settings)
    return render_template(
        "notifications/choices.html",
        form=form or _of_the_actor(_chosen(is_clients=is_clients)),
        hours=hours or _hours_form(),
        names={event: NAMES[event] for event in _events()},
        always_in_app=ALWAYS_IN_APP,
        always_mailed=ALWAYS_MAILED_TO_CLIENTS if is_clients else frozenset(),
        push_key=keys.public if keys else "",
        refusal=refusal,
        browsers=[(one, device_words(one.user_agent)) for one in browsers_of(session(), me().id)] if keys else [],
        zone=clock_of_person(session(), actor().membership_id),
    )


def _events() -> list[Event]:
    """Return what the actor can be told of."""
    administers = actor().may(Permission.AGENCY_SETTINGS)
    return [event for event in Event if administers or event not in OF_ADMINISTRATORS]


def _of_the_actor(form: ChoicesForm) -> ChoicesForm:
    """Return the form without what its page does not ask."""
    asked, has_key = set(_events()), keys_of(runtime().settings) is not None
    for event in Event:
        if event not in asked:
            del form[f"app_{event}"], form[f"mail_{event}"]
        if event not in asked or not has_key:
            del form[f"browser_{event}"]
    return form


def _is_clients() -> bool:
    return is_clients_own(session(), session().get_one(Membership, (session().agency_id, actor().membership_id)))


def _chosen(*, is_clients: bool) -> ChoicesForm:
    wishes = choices_of(session(), actor().membership_id, is_clients=is_clients)
    shown: dict[str, object] = {f"app_{event}": wish.in_app for event, wish in wishes.items()}
    shown |= {f"mail_{event}": wish.mail.value for event, wish in wishes.items()}
    return ChoicesForm(None, data=shown | {f"browser_{event}": wish.browser for event, wish in wishes.items()})


def _hours_form() -> HoursForm:
    own = hours_of(session(), actor().membership_id)
    days = [str(day) for day in own.days]
    zone = "" if own.follows else own.zone
    return HoursForm(None, data={"timezone": zone, "days": days, "starts": own.starts, "ends": own.ends})
