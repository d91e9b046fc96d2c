"""What people type about an agency, its brands and its team."""

from collections.abc import Sequence

from flask_wtf.file import FileField
from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField, TimeField
from wtforms.validators import Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from tenants.brands import ACCENTS, SECTORS
from tenants.permissions import GIVEN_ROLES, AgencyRole, BrandRole
from unisson.agency import words
from unisson.agency.options import option, options
from unisson.agency.zones import ZoneField, country_choices
from unisson.editorial.press import MOST_BOILERPLATE, MOST_LINE
from unisson.identity.forms import AddressField, name_rules, required
from unisson.publishing.forms import PeopleForm
from unisson.web.forms import Form, LineField, TextField
from unisson.web.guards import BrandCard
from unisson.web.i18n import lazy

POWERFUL = frozenset({AgencyRole.OWNER.value, AgencyRole.ADMIN.value})
"""Roles that may invite, change and remove whom they want: giving one is asked twice."""
_LINE = Length(max=MOST_LINE, message=lazy("Use at most 200 characters."))


class BrandForm(Form):
    """A brand."""

    name = LineField(lazy("Name of the brand"), name_rules())
    sector = SelectField(lazy("Sector"), choices=options(words.SECTORS, SECTORS))
    timezone = ZoneField(
        lazy("Time zone"),
        description=lazy("Every date of this brand is said in this zone. Type the first letters of a city to find it."),
    )
    language = SelectField(
        lazy("Language"),
        choices=options(words.LANGUAGES),
        description=lazy("What the brand's newsroom and its client's letters are written in."),
    )
    country = SelectField(
        lazy("Country"),
        choices=country_choices,
        default="FR",
        filters=[lambda code: "GB" if code == "UK" else code],  # how it was kept where it was chosen by its other name
        description=lazy("Its public holidays are no working days: deadlines of approvals are counted without them."),
    )
    accent = RadioField(lazy("Colour"), choices=[option(accent) for accent in ACCENTS])
    logo = FileField(
        lazy("Logo"),
        description=lazy(
            "Shown to the client on their pages and in their mails. PNG with a transparent ground is best; also JPEG,"
            " WebP and GIF, up to 5 MB."
        ),
    )
    logo_removal = BooleanField(lazy("Remove the logo"))
    boilerplate = TextField(
        lazy("About the brand"),
        [Length(max=MOST_BOILERPLATE, message=lazy("Use at most 5,000 characters."))],
        description=lazy("What its press releases end with. Each release begins with these words and may change them."),
    )
    contact_name = LineField(lazy("Press contact"), [_LINE], description=lazy("Whom journalists ask."))
    contact_email = AddressField(lazy("E-mail address of the press contact"), [_LINE])
    contact_phone = LineField(lazy("Telephone of the press contact"), [_LINE])


class AgencyForm(Form):
    """The agency's own settings."""

    name = LineField(lazy("Name of the agency"), name_rules())
    language = SelectField(lazy("Language"), choices=options(words.LANGUAGES))
    timezone = ZoneField(lazy("Time zone"))
    white_label = BooleanField(
        lazy("Show clients our name instead of Unisson's"),
        description=lazy("On their pages and in their mails, which are then sent by you alone."),
    )
    sender_name = LineField(
        lazy("Sender's name"),
        [Length(max=120, message=lazy("Use at most 120 characters."))],
        description=lazy("In whose name your clients get mail. Empty: the name of the agency."),
    )
    contact_email = AddressField(
        lazy("Address for answers"),
        description=lazy("Where clients' answers to mails arrive. Empty: at the sender's address, which nobody reads."),
    )

    def validate_sender_name(self, field: LineField) -> None:
        """Refuse an address: a name that looks like one shows another sender than the true one."""
        if "@" in (field.data or ""):
            raise ValidationError(str(lazy("Write a name here, not an e-mail address.")))


class WorkForm(Form):
    """When people of the agency answer: deadlines and reminders are counted in these hours."""

    work_days = SelectMultipleField(
        lazy("Working days"), choices=options({str(day): label for day, label in enumerate(words.WEEKDAYS)})
    )
    work_starts = TimeField(lazy("From"), format="%H:%M")
    work_ends = TimeField(lazy("To"), format="%H:%M")


class SecondStepForm(Form):
    """From when on the agency's people need a second step at the sign-in."""

    since = LineField(
        lazy("Needed from"),
        description=lazy("Give your team some days. Left empty, it is up to each."),
        render_kw={"type": "date"},
    )


class DomainForm(Form):
    """A web address of the agency's own."""

    host = LineField(
        lazy("Web address"),
        [required()],
        description=lazy("A name that you own and that nothing else uses yet, such as clients.agency.com."),
    )


class AgencyRoleForm(Form):
    """What somebody is in the agency as a whole."""

    agency_role = SelectField(lazy("Role in the agency"), choices=options(words.AGENCY_ROLES, GIVEN_ROLES))


class BrandRoleForm(Form):
    """A role on a brand. The brands on offer are those that the actor sees."""

    brand = SelectField(lazy("Brand"))
    brand_role = SelectField(lazy("Role on the brand"), choices=options(words.BRAND_ROLES, BrandRole))

    def offer(self, brands: Sequence[BrandCard]) -> None:
        """Offer these brands, and no other id."""
        self.brand.choices = [option(card.id, card.name) for card in brands]


class InvitationsForm(PeopleForm):
    """Several people who are to join, all as the same. Roles that may do whatever they want are given one by one."""

    brands = SelectMultipleField(
        lazy("Brands"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(), validate_choice=False
    )
    brand_role = SelectField(
        lazy("Role on these brands"), choices=options(words.BRAND_ROLES, BrandRole), default=BrandRole.CM.value
    )
    agency_role = SelectField(
        lazy("Role in the agency"),
        choices=options(words.AGENCY_ROLES, [each for each in reversed(GIVEN_ROLES) if each not in POWERFUL]),
        default=AgencyRole.MEMBER.value,
        description=lazy("A member sees only the brands where they have a role; the others see every brand."),
    )

    def offer(self, brands: Sequence[BrandCard]) -> None:
        """Offer these brands."""
        self.brands.choices = [option(card.id, card.name) for card in brands]


class InvitationForm(Form):
    """Somebody who is to join, and as what."""

    email = AddressField(lazy("E-mail address"), [required()], render_kw={"autocomplete": "off"})
    name = LineField(lazy("Name"), name_rules(), render_kw={"autocomplete": "off"})
    brand = SelectField(lazy("Brand"))
    brand_role = SelectField(
        lazy("Role on the brand"), choices=options(words.BRAND_ROLES, BrandRole), default=BrandRole.CM.value
    )
    agency_role = SelectField(
        lazy("Role in the agency"),
        choices=options(words.AGENCY_ROLES, reversed(GIVEN_ROLES)),
        default=AgencyRole.MEMBER.value,
        description=lazy("A member sees only the brands where they have a role; the others see every brand."),
    )

    def offer(self, brands: Sequence[BrandCard]) -> None:
        """Offer these brands, or none: an agency role needs no brand."""
        self.brand.choices = [
            option("", lazy("No brand")),
            *(option(card.id, card.name) for card in brands),
        ]
