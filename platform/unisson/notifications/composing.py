"""From a row to a mail: who reads it, in which language, and the words of its kind."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace

from sqlalchemy import select

from tenants.agencies import Agency
from tenants.domains import MailDomain
from tenants.identities import Identity, IdentityLetter
from tenants.members import Membership
from tenants.session import GlobalSession, TenantSession
from unisson.notifications import (
    about_approvals,
    about_billing,
    about_channels,
    about_contents,
    about_hooks,
    about_imports,
    about_media,
    about_notices,
    about_people,
    about_portal,
    about_threads,
    about_waiting,
)
from unisson.notifications.about_contents import Subject, subject_of
from unisson.notifications.events import ALWAYS_MAILED_TO_CLIENTS, EVENT_OF
from unisson.notifications.labels import at_home, is_clients, label_of
from unisson.notifications.models import Letter
from unisson.notifications.unsubscribing import Wanted, token
from unisson.notifications.words import Reader, Ready, Words
from unisson.portal import codes
from unisson.threads.addresses import address
from unisson.web.db import runtime
from unisson.web.i18n import _, pick_language, speaking

ABOUT_CONTENTS: Mapping[str, Callable[[Subject], Words | None]] = {
    "changes_requested": about_contents.changes_requested,
    "approved": about_contents.approved,
    "trouble": about_contents.trouble,
    "approval_voided": about_approvals.approval_voided,
    "approval_steer": about_approvals.approval_steer,
    "held": about_approvals.held,
    "released": about_approvals.released,
    "missed": about_approvals.missed,
    "approval_reminder": about_waiting.approval_reminder,
    "approval_nudge": about_waiting.approval_nudge,
    "approval_escalated": about_waiting.approval_escalated,
    "thread_message": about_threads.thread_message,
    "answer_lost": about_threads.answer_lost,
}

ABOUT_OTHERS: Mapping[str, Callable[[TenantSession, Letter, str], Words | None]] = {
    "invitation": about_people.invitation,
    "domain_code": about_people.domain_code,
    "import_over": about_imports.import_over,
    "rights_ending": about_media.rights_ending,
    "billing": about_billing.billing,
    "digest": about_notices.digest,
    "hook_off": about_hooks.hook_off,
    "channel_asked": about_channels.channel_asked,
    "channel_given": about_channels.channel_given,
    "channel_connected": about_channels.channel_connected,
    "channel_withdrawn": about_channels.channel_withdrawn,
    "portal_link": about_portal.portal_link,
    "to_decide": about_portal.to_decide,
    # Of letters that were written before one told of all.
    "approval_request": about_portal.to_decide,
    "approval_asked_in_app": about_portal.to_decide,
}


def compose(session: TenantSession, letter: Letter, base_url: str) -> Ready | None:
    """Return the mail of a letter, its token minted; None when there is nothing to say any more."""
    membership = session.get_one(Membership, (session.agency_id, letter.membership_id))
    if membership.removed_at is not None:
        return None
    agency = session.scalars(select(Agency)).one()
    reader = Reader(_sent_to(session, letter, membership), membership.name, _language(session, membership, agency))
    with speaking(reader.language):
        words = _words(session, letter, base_url)
    if words is None:
        return None
    label = label_of(session, letter, membership, agency, base_url)
    return Ready(
        str(letter.id),
        reader,
        at_home(words, label, agency, base_url),
        sender_name=label.sender_name,
        reply_to=_answers_to(session, letter) or label.reply_to,
        is_the_agencys=label.is_the_agencys,
        logo=label.logo,
        stop_url=_stop_url(session, letter, membership, agency, base_url),
        choices_url="" if is_clients(session, membership) else f"{base_url}/{agency.slug}/notices/choices",
    )


def _stop_url(session: TenantSession, letter: Letter, person: Membership, agency: Agency, base_url: str) -> str:
    """Return where mails like this one are turned off; empty for one that always leaves."""
    if letter.kind == "digest":
        event = None
    elif letter.kind not in EVENT_OF:
        return ""
    else:
        event = EVENT_OF[letter.about.get("told_as", letter.kind)]
        if event in ALWAYS_MAILED_TO_CLIENTS and is_clients(session, person):
            return ""
    wanted = Wanted(session.agency_id, person.id, event)
    return f"{base_url}/{agency.slug}/unsubscribe/{token(runtime().settings.secret_key, wanted)}"


def _sent_to(session: TenantSession, letter: Letter, membership: Membership) -> str:
    """Return the address that a letter goes to: the member's, but for a code that shows whose a domain is."""
    if letter.kind != "domain_code":
        return membership.email
    domain = session.get(MailDomain, (session.agency_id, uuid.UUID(letter.about["mail_domain_id"])))
    return (domain.code_to if domain else None) or membership.email


def _answers_to(session: TenantSession, letter: Letter) -> str:
    """Return the address by which an answer comes into the thread; empty where no mailbox is read."""
    settings = runtime().settings if letter.kind == "thread_message" else None
    if settings is None or not settings.inbound_mail_url:
        return ""
    return address(settings.inbound_address, settings.secret_key, session.agency_id, letter.id)


def _words(session: TenantSession, letter: Letter, base_url: str) -> Words | None:
    if letter.kind in ABOUT_OTHERS:
        return ABOUT_OTHERS[letter.kind](session, letter, base_url)
    if letter.kind == "device_code":
        return about_portal.device_code(session, letter, codes.mint(session, letter), codes.MINUTES)
    about = subject_of(session, letter, base_url)
    return ABOUT_CONTENTS[letter.kind](about) if about else None


def _language(session: TenantSession, membership: Membership, agency: Agency) -> str:
    identity = session.get(Identity, membership.identity_id) if membership.identity_id else None
    return pick_language(membership.language, identity.language if identity else None, agency.language)


def compose_identity(session: GlobalSession, letter: IdentityLetter, base_url: str) -> Ready:
    """Return a mail outside any agency, its token minted."""
    identity = session.get_one(Identity, letter.identity_id)
    reader = Reader(identity.email, identity.name, pick_language(identity.language))
    with speaking(reader.language):
        words = about_people.about_identity(session, letter, base_url)
        return Ready(str(letter.id), reader, replace(words, footer=_why(letter.purpose)))


def _why(purpose: str) -> str:
    """Return why a mail outside any agency comes: whoever never signed up must see what it is about."""
    if purpose == "verification":
        return _("You receive this message because somebody signed up to Unisson with this address.")
    return _("You receive this message because this address has an account with Unisson.")
