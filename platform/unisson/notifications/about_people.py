"""The mails about people: an invitation, an address to confirm, a password to choose anew."""

import uuid

from sqlalchemy import select

from tenants.agencies import Agency
from tenants.base import utcnow
from tenants.brands import Brand
from tenants.identities import FactorReset, Identity, IdentityLetter
from tenants.members import BrandAssignment, Invitation, Membership
from tenants.session import GlobalSession, TenantSession
from unisson.agency import invitations
from unisson.identity import tokens
from unisson.notifications.labels import is_clients
from unisson.notifications.models import Letter
from unisson.notifications.words import Words, moment
from unisson.sign_on import mail_domains
from unisson.web.i18n import _, lazy


def invitation(session: TenantSession, letter: Letter, base_url: str) -> Words | None:
    """Invite somebody to the agency. None when the invitation is over."""
    invited = session.get(Invitation, (session.agency_id, uuid.UUID(letter.about["invitation_id"])))
    if invited is None or invited.accepted_at or invited.revoked_at or invited.expires_at <= utcnow():
        return None
    agency = session.scalars(select(Agency)).one()
    inviter = session.get_one(Membership, (session.agency_id, invited.invited_by))
    token = invitations.mint(session, invited)
    brands = _brand_names(session, invited.membership_id)
    return Words(
        subject=_("%(name)s invites you to %(agency)s", name=inviter.name, agency=agency.name),
        heading=_("Join %(agency)s", agency=agency.name),
        paragraphs=(
            _invited_to(session, invited, inviter.name, agency),
        ),
        facts=((_("Brands"), ", ".join(brands)),) if brands else (),
        action_label=_("Accept the invitation"),
        action_url=f"{base_url}/{agency.slug}/invitations/{token}",
        after=(
            _("This invitation is yours alone and works until %(until)s.",
              until=moment(invited.expires_at, agency.timezone)),
        ),
        footer=_("You receive this message because %(name)s invited you.", name=inviter.name),
    )  # fmt: skip


def _invited_to(session: TenantSession, invited: Invitation, inviter: str, agency: Agency) -> str:
    """Return what somebody is invited to: a client's people read the agency's name alone."""
    person = session.get_one(Membership, (session.agency_id, invited.membership_id))
    if agency.white_label and is_clients(session, person):
        return _("%(name)s invites you to the pages of %(agency)s, where contents are seen and approved before they are"
                 " published.", name=inviter, agency=agency.name)  # fmt: skip
    return _("%(name)s invites you to work with %(agency)s on Unisson, where contents are planned, approved and"
             " published together.", name=inviter, agency=agency.name)  # fmt: skip


def domain_code(session: TenantSession, letter: Letter, _base_url: str) -> Words | None:
    """Send the code that shows whose a domain is, to a mailbox of it. None where nobody claims it any more."""
    minted = mail_domains.mint(session, letter)
    if minted is None:
        return None
    domain, code = minted
    agency = session.scalars(select(Agency)).one()
    asking = session.get_one(Membership, (session.agency_id, letter.membership_id))
    return Words(
        subject=_("Code for %(domain)s: %(code)s", domain=domain.domain, code=code),
        heading=code,
        paragraphs=(
            _("%(name)s of %(agency)s says that %(domain)s is the agency's. With this code, whoever has an address at"
              " it may become a member of the agency on Unisson.", name=asking.name, agency=agency.name,
              domain=domain.domain),
            _("If that is right, give the code to %(name)s. It is good for a day, once.", name=asking.name),
        ),
        after=(_("If it is not, do nothing: nothing happens without the code."),),
    )  # fmt: skip


def _brand_names(session: TenantSession, membership_id: uuid.UUID) -> list[str]:
    return list(
        session.scalars(
            select(Brand.name)
            .join(
                BrandAssignment,
                (BrandAssignment.agency_id == Brand.agency_id) & (BrandAssignment.brand_id == Brand.id),
            )
            .where(BrandAssignment.membership_id == membership_id)
            .group_by(Brand.name)
            .order_by(Brand.name)
        )
    )


def about_identity(session: GlobalSession, letter: IdentityLetter, base_url: str) -> Words:
    """Return the words of a mail outside any agency; its token is minted here."""
    if letter.purpose == "already_registered":
        return _already_registered(base_url)
    if letter.purpose in _OF_THE_SIGN_IN:
        return _sign_in_changed(letter, base_url)
    if letter.purpose == "factor_reset":
        return _factor_reset(session, letter, base_url)
    token = tokens.mint(session, letter)
    return _verification(base_url, token) if letter.purpose == "verification" else _password_reset(base_url, token)


_OF_THE_SIGN_IN = {
    "factor_on": lazy("The second step of your sign-in is on: a code of your phone is asked for after the password."),
    "factor_off": lazy("The second step of your sign-in is off: your password alone lets you in."),
    "recovery_used": lazy("A recovery code was used to sign in, in place of your phone."),
    "codes_off": lazy("The codes of your phone were turned off. Your passkeys are still asked for after the password."),
    "factor_gone": lazy(
        "Your second step was removed, as was asked for you: your password alone lets you in. Every browser is signed"
        " out. Sign in, and set up a new one."
    ),
    "passkey_added": lazy("A passkey was added to your account: it lets in whoever holds the device and unlocks it."),
    "passkey_removed": lazy("A passkey was removed from your account."),
    "passkey_copied": lazy(
        "One of your passkeys answered as if there were a copy of it. It opens nothing any more: remove it from your"
        " account."
    ),
    "recovery_new": lazy("New recovery codes were made. The old ones are worth nothing any more."),
    "linked": lazy("An account at an agency's identity provider was linked: it lets you in to that agency."),
    "unlinked": lazy("An account at an agency's identity provider is no longer linked: it lets you in nowhere."),
}


def _sign_in_changed(letter: IdentityLetter, base_url: str) -> Words:
    return Words(
        subject=_("Your sign-in to Unisson was changed"),
        heading=_("Your sign-in was changed"),
        paragraphs=(str(_OF_THE_SIGN_IN[letter.purpose]),),
        action_label=_("Look at my account"),
        action_url=f"{base_url}/me/{'sign-on' if 'linked' in letter.purpose else 'second-factor'}",
        after=(_("If it was not you, change your password at once, and sign every other browser out."),),
    )


def _factor_reset(session: GlobalSession, letter: IdentityLetter, base_url: str) -> Words:
    """Return the words of the mail that an agency's request is told by, with the link that carries it out."""
    asked = session.scalars(select(FactorReset).where(FactorReset.identity_id == letter.identity_id)).one_or_none()
    zone = session.get_one(Identity, letter.identity_id).timezone or "Europe/Paris"
    token = tokens.mint(session, letter)
    said = _("Somebody asked to have your second step removed, and took it back since. Nothing is to be done.")
    if asked is not None:
        said = _(
            "%(name)s of %(agency)s asked to have the second step of your sign-in removed, as for somebody who lost"
            " their phone. From %(at)s on you can do so by this link and your password; it works until %(until)s.",
            name=asked.asked_by, agency=asked.agency_name, at=moment(asked.opens_at, zone),
            until=moment(asked.expires_at, zone),
        )  # fmt: skip
    return Words(
        subject=_("The second step of your sign-in is to be removed"),
        heading=_("The second step of your sign-in is to be removed"),
        paragraphs=(said,),
        action_label=_("Remove the second step"),
        action_url=f"{base_url}/second-step-reset/{token}",
        after=(
            _(
                "You did not ask for that? Sign in as always: passing the second step stops it. Then talk with your"
                " agency."
            ),
        ),
    )


def _verification(base_url: str, token: str) -> Words:
    return Words(
        subject=_("Confirm your e-mail address"),
        heading=_("Confirm your e-mail address"),
        paragraphs=(_("One click, and your account is ready. The link works for three days."),),
        action_label=_("Confirm the address"),
        action_url=f"{base_url}/verification/{token}",
        after=(_("If you did not open an account, ignore this message: nothing happens without that click."),),
    )


def _password_reset(base_url: str, token: str) -> Words:
    return Words(
        subject=_("Choose a new password"),
        heading=_("Choose a new password"),
        paragraphs=(_("Somebody, most likely you, asked for a new password. The link works for one hour, once."),),
        action_label=_("Choose a new password"),
        action_url=f"{base_url}/password-reset/{token}",
        after=(_("If it was not you, ignore this message: your password stays as it is."),),
    )


def _already_registered(base_url: str) -> Words:
    return Words(
        subject=_("You have an account already"),
        heading=_("You have an account already"),
        paragraphs=(
            _("Somebody, most likely you, wanted to open an account with this address. It has one: sign in with it."),
            _("If you forgot the password, the sign-in page lets you choose a new one."),
        ),
        action_label=_("Sign in"),
        action_url=f"{base_url}/sign-in",
        after=(_("If it was not you, ignore this message: nothing was changed."),),
    )
