"""The mail about an import that is over: for whoever started it, who need not wait in front of it."""

import uuid

from sqlalchemy import select

from tenants.agencies import Agency
from tenants.brands import Brand
from tenants.session import TenantSession
from unisson.imports.models import Import, ImportState
from unisson.imports.reading import PROBLEMS, standing
from unisson.notifications.models import Letter
from unisson.notifications.words import Words
from unisson.web.i18n import _, _n


def import_over(session: TenantSession, letter: Letter, base_url: str) -> Words | None:
    """Tell somebody what became of their import. None when it goes on, or was undone since."""
    about = session.get(Import, (session.agency_id, uuid.UUID(letter.about["import_id"])))
    if about is None or about.state not in {ImportState.DONE, ImportState.PREVIEW}:
        return None
    brand = session.get_one(Brand, (session.agency_id, about.brand_id))
    agency = session.scalars(select(Agency)).one()
    url = f"{base_url}/{agency.slug}/imports/{about.id}"
    facts = ((_("File"), about.filename), (_("Brand"), brand.name))
    if about.state == ImportState.PREVIEW:
        return Words(
            subject=_("Nothing was imported: %(file)s (%(brand)s)", file=about.filename, brand=brand.name),
            heading=_("Nothing was imported"),
            paragraphs=(str(PROBLEMS.get(about.problem, "")),),
            facts=facts,
            action_label=_("Look at the rows"),
            action_url=url,
            brand_name=brand.name,
        )
    taken = standing(session, about).taken
    return Words(
        subject=_("Your import is done: %(file)s (%(brand)s)", file=about.filename, brand=brand.name),
        heading=_("Your import is done"),
        paragraphs=(_n("%(num)s draft was written.", "%(num)s drafts were written.", taken),),
        facts=facts,
        action_label=_("See the import"),
        action_url=url,
        brand_name=brand.name,
    )
