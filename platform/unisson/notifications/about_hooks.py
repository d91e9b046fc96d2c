"""The mail about a room of a chat that takes nothing any more."""

from sqlalchemy import select

from tenants.agencies import Agency
from tenants.session import TenantSession
from unisson.notifications.models import Letter
from unisson.notifications.words import Words
from unisson.web.i18n import _


def hook_off(session: TenantSession, letter: Letter, base_url: str) -> Words:
    """Tell those who can mend it that nothing is sent to a room any more."""
    name = letter.about.get("file", "")
    return Words(
        subject=_("Nothing gets to %(name)s any more", name=name),
        heading=_("%(name)s refuses our messages", name=name),
        paragraphs=(
            _("Several messages in a row were not taken, so that none is sent there any more. Try it again, or give it"
              " a new address."),
        ),
        action_label=_("Look at the rooms"),
        action_url=f"{base_url}/{session.scalars(select(Agency.slug)).one()}/settings/rooms",
    )  # fmt: skip
