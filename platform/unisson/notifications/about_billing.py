"""The mail about an agency that is not paid for: each step once, to those who can do something about it."""

from sqlalchemy import select

from tenants.agencies import Agency
from tenants.session import TenantSession
from tenants.standing import Standing, StandingWhy
from unisson.billing import words
from unisson.billing.notices import payers
from unisson.billing.standing import STANDING_OF, Step
from unisson.notifications.models import Letter
from unisson.notifications.words import Words
from unisson.web.i18n import _


def billing(session: TenantSession, letter: Letter, base_url: str) -> Words | None:
    """Tell of a step towards being closed. None once the agency stands otherwise, or for who has no say in it."""
    agency = session.scalars(select(Agency)).one()
    standing = Standing(agency.standing)
    if standing != STANDING_OF[Step(letter.about["step"])] or agency.standing_why is None:
        return None
    if letter.membership_id not in {person.id for person in payers(session)}:
        return None
    why = StandingWhy(agency.standing_why)
    told = words.told(standing, why, agency.standing_until, agency.timezone)
    if told is None:
        return None
    return Words(
        subject=f"{told.title} ({agency.name})",
        heading=told.title,
        paragraphs=(told.sentence,),
        action_label=_("Choose a plan") if why != StandingWhy.PAYMENT else _("See to the payment"),
        action_url=f"{base_url}/{agency.slug}/billing",
        after=(_("Owners and administrators of the agency get this mail."),),
    )
