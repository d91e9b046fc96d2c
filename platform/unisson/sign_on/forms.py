"""What people type about an identity provider."""

import uuid
from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, HiddenField, PasswordField, SelectField
from wtforms.validators import DataRequired, Length, ValidationError

from tenants.base import new_id
from tenants.permissions import AgencyRole, BrandRole
from unisson.agency import words
from unisson.agency.options import option, options
from unisson.identity.forms import required
from unisson.sign_on.mail_domains import MAILBOXES
from unisson.sign_on.models import JOINING_ROLES
from unisson.web.forms import Form, LineField
from unisson.web.guards import BrandCard
from unisson.web.i18n import lazy

_LONG = Length(max=500, message=lazy("Use at most 500 characters."))
_PLAIN = {"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}


class FindingForm(Form):
    """Which agency somebody works with."""

    agency = LineField(
        lazy("Your e-mail address at work, or your agency's address in Unisson"),
        [required(), Length(max=254, message=lazy("Use at most 254 characters."))],
        render_kw={**_PLAIN, "autocomplete": "username"},
    )


class _ClientForm(Form):
    name = LineField(
        lazy("Name on the button"),
        [DataRequired(lazy("Fill this in.")), Length(max=60, message=lazy("Use at most 60 characters."))],
        description=lazy("What your people know it by, such as “Google” or “Atelier Nord”."),
    )
    client_id = LineField(lazy("Client ID"), [required(), _LONG], render_kw=_PLAIN)

    def validate_client_id(self, field: LineField) -> None:
        """Refuse what no client ID is (RFC 6749, appendix A.1)."""
        if not (field.data or "").isascii():
            raise ValidationError(str(lazy("A client ID holds no accents and no other special letters.")))


class ProviderForm(_ClientForm):
    """A provider to be added. Its number is in the address that the provider is told, so that it is known before."""

    number = HiddenField()
    issuer = LineField(lazy("Address of the provider (issuer)"), [_LONG], render_kw=_PLAIN)
    secret = PasswordField(lazy("Client secret"), [required(), _LONG], render_kw={"autocomplete": "off"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if _number(self.number.data) is None:
            self.number.data = str(new_id())

    @property
    def provider_id(self) -> uuid.UUID:
        """Return the id that the provider will have."""
        return _number(self.number.data) or new_id()


def _number(typed: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(typed or "")
    except ValueError:
        return None


class MailDomainForm(Form):
    """A domain of mail addresses of the agency's own."""

    domain = LineField(
        lazy("Domain"),
        [required(), Length(max=254, message=lazy("Use at most 254 characters."))],
        description=lazy("What stands behind the @ of your addresses, such as agency.com."),
        render_kw=_PLAIN,
    )


class MailboxForm(Form):
    """Where a code for a domain goes to."""

    mailbox = SelectField(
        lazy("Mailbox of the domain"),
        choices=[option(name, name) for name in MAILBOXES],
        description=lazy("One that only the domain's owner has."),
    )


class CodeOfDomainForm(Form):
    """The code that was mailed to a domain."""

    code = LineField(
        lazy("Code"),
        [required(), Length(max=40, message=lazy("Use at most 40 characters."))],
        render_kw={"autocomplete": "off", "inputmode": "numeric"},
    )


class JoiningForm(Form):
    """Whether people become members by a provider, and as what."""

    joining = BooleanField(lazy("Let people join by this provider"))
    role = SelectField(
        lazy("Role in the agency to begin with"),
        choices=[option(role, words.AGENCY_ROLES[AgencyRole(role)]) for role in JOINING_ROLES],
        description=lazy("A member sees only the brands where they have a role; the others see every brand."),
    )
    brand = SelectField(lazy("Brand to begin with"))
    brand_role = SelectField(
        lazy("Role on that brand"), choices=options(words.BRAND_ROLES, BrandRole), default=BrandRole.CM.value
    )

    def offer(self, brands: Sequence[BrandCard]) -> None:
        """Offer these brands, or none."""
        self.brand.choices = [
            option("", lazy("No brand")),
            *(option(card.id, card.name) for card in brands),
        ]


class ClientForm(_ClientForm):
    """What is changed of a provider: the rest is what it says of itself."""

    secret = PasswordField(
        lazy("New client secret"),
        [_LONG],
        description=lazy("Left empty, the one that you gave before stays."),
        render_kw={"autocomplete": "off"},
    )
