"""The mails about a channel that a client connects: that it is asked, that it was given, that it was withdrawn."""

import uuid

from sqlalchemy import select

from tenants.agencies import Agency
from tenants.base import utcnow
from tenants.brands import Brand
from tenants.members import Membership
from tenants.session import TenantSession
from unisson.granting.asking import LIFETIME, mint
from unisson.granting.models import AskState, ChannelAsk
from unisson.notifications.models import Letter
from unisson.notifications.words import Words, moment
from unisson.publishing.models import Channel
from unisson.web.i18n import _, _n


def channel_asked(session: TenantSession, letter: Letter, base_url: str) -> Words | None:
    """Ask somebody of the client's to connect a channel, by a link of their own. None once that is over."""
    ask, brand, agency = _of(session, letter)
    if ask.state_at(utcnow()) is not AskState.WAITING or brand.archived_at is not None:
        return None
    asking = session.get_one(Membership, (session.agency_id, ask.asked_by))
    channel = session.get(Channel, (session.agency_id, ask.channel_id)) if ask.channel_id else None
    named = ((_("Channel"), channel.name),) if channel else ()
    return Words(
        subject=_("%(agency)s asks you to connect Bluesky (%(brand)s)", agency=agency.name, brand=brand.name),
        heading=_("Connect the Bluesky account of %(brand)s", brand=brand.name),
        paragraphs=(
            _("%(name)s of %(agency)s asks you to let the approved contents of %(brand)s leave by its Bluesky account."
              " You connect it yourself: the agency never sees the password.", name=asking.name, agency=agency.name,
              brand=brand.name),
        ),
        quote=ask.note,
        quoted=asking.name if ask.note else "",
        facts=named,
        action_label=_("See what is asked"),
        action_url=f"{base_url}/{agency.slug}/connect/{mint(session, ask)}",
        after=(
            _("Nothing is connected by opening it: the page says first what access is given, and how to take it back."),
            _n("This link is yours alone and works for %(num)s day. Please do not forward it.",
               "This link is yours alone and works for %(num)s days. Please do not forward it.", LIFETIME.days),
        ),
        brand_name=brand.name,
    )  # fmt: skip


def channel_given(session: TenantSession, letter: Letter, base_url: str) -> Words | None:
    """Tell whoever connected a channel what they gave, with the way to take it back. None once it is withdrawn."""
    ask, brand, agency = _of(session, letter)
    if ask.given_at is None or ask.withdrawn_at is not None:
        return None
    return Words(
        subject=_("You connected @%(account)s (%(brand)s)", account=ask.account, brand=brand.name),
        heading=_("@%(account)s is connected", account=ask.account),
        paragraphs=(
            _("Contents of %(brand)s that everybody approved leave by this account from now on, at their dates. The app"
              " password is kept encrypted; nobody at %(agency)s sees it.", brand=brand.name, agency=agency.name),
        ),
        facts=((_("Account"), f"@{ask.account}"), (_("Given to"), agency.name),
               (_("Connected on"), moment(ask.given_at, brand.timezone))),
        action_label=_("See or withdraw it"),
        action_url=f"{base_url}/{agency.slug}/connect/{mint(session, ask)}",
        after=(
            _("Keep this mail: its link withdraws the access whenever you want. You can also delete the app password in"
              " Bluesky’s own settings."),
            _("It was not you? Delete the app password in Bluesky at once, and tell %(agency)s.", agency=agency.name),
        ),
        brand_name=brand.name,
    )  # fmt: skip


def channel_connected(session: TenantSession, letter: Letter, base_url: str) -> Words | None:
    """Tell the agency that a client connected a channel. None once that was withdrawn."""
    ask, brand, agency = _of(session, letter)
    if ask.given_at is None or ask.withdrawn_at is not None:
        return None
    name = session.get_one(Membership, (session.agency_id, ask.membership_id)).name
    return Words(
        subject=_("@%(account)s is connected (%(brand)s)", account=ask.account, brand=brand.name),
        heading=_("%(name)s connected @%(account)s", name=name, account=ask.account),
        paragraphs=(
            _("What is planned there leaves at its date. What was due before waits for your decision among the"
              " publications."),
        ),
        facts=((_("Brand"), brand.name), (_("Connected on"), moment(ask.given_at, brand.timezone))),
        action_label=_("Look at the channels"),
        action_url=f"{base_url}/{agency.slug}/brands/{brand.slug}/channels",
        brand_name=brand.name,
    )  # fmt: skip


def channel_withdrawn(session: TenantSession, letter: Letter, base_url: str) -> Words | None:
    """Tell the agency that a client withdrew a channel. None where it never was."""
    ask, brand, agency = _of(session, letter)
    if ask.withdrawn_at is None:
        return None
    name = session.get_one(Membership, (session.agency_id, ask.membership_id)).name
    return Words(
        subject=_("@%(account)s was withdrawn (%(brand)s)", account=ask.account, brand=brand.name),
        heading=_("%(name)s withdrew @%(account)s", name=name, account=ask.account),
        paragraphs=(
            _("The channel is a mock-up again. Nothing is lost: what comes due on it is held, and waits for your"
              " decision."),
        ),
        facts=((_("Brand"), brand.name), (_("Withdrawn on"), moment(ask.withdrawn_at, brand.timezone))),
        action_label=_("Look at the channels"),
        action_url=f"{base_url}/{agency.slug}/brands/{brand.slug}/channels",
        brand_name=brand.name,
    )  # fmt: skip


def _of(session: TenantSession, letter: Letter) -> tuple[ChannelAsk, Brand, Agency]:
    ask = session.get_one(ChannelAsk, (session.agency_id, uuid.UUID(letter.about["ask_id"])))
    brand = session.get_one(Brand, (session.agency_id, ask.brand_id))
    return ask, brand, session.scalars(select(Agency)).one()
