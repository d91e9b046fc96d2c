"""The mail about images whose rights are about to end."""

import uuid
from datetime import date

from sqlalchemy import select

from tenants.agencies import Agency
from tenants.brands import Brand
from tenants.session import TenantSession
from unisson.media.endings import readers, told_on
from unisson.notifications.models import Letter
from unisson.notifications.words import Words
from unisson.web.i18n import _, _n, say_day

LISTED = 20


def rights_ending(session: TenantSession, letter: Letter, base_url: str) -> Words | None:
    """Tell somebody which images must not go out much longer. None when no right ends so any more, or for others."""
    brand = session.get_one(Brand, (session.agency_id, uuid.UUID(letter.about["brand_id"])))
    images = told_on(session, brand.id, date.fromisoformat(letter.about["told_on"]))
    if not images or letter.membership_id not in {person.id for person in readers(session, brand)}:
        return None
    agency = session.scalars(select(Agency)).one()
    shown = [(image.filename, image.rights_until) for image in images[:LISTED]]
    more = len(images) - len(shown)
    many = _n("The rights of %(num)s image end soon", "The rights of %(num)s images end soon", len(images))
    return Words(
        subject=f"{many} ({brand.name})",
        heading=many,
        paragraphs=(
            _("After its last day, on the clock of the brand, nothing that shows an image is planned or leaves."),
        ),
        facts=tuple((name, _("until %(day)s", day=say_day(until))) for name, until in shown if until),
        after=(
            *((_n("And %(num)s image more.", "And %(num)s images more.", more),) if more else ()),
            _("Prolong the rights and note the new day, or choose other images for what is planned."),
        ),
        action_label=_("See these images"),
        action_url=f"{base_url}/{agency.slug}/brands/{brand.slug}/media?show=ending",
        brand_name=brand.name,
    )
