"""What people type about themselves."""

from collections.abc import Sequence
from typing import Any

from wtforms import HiddenField, PasswordField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError
from wtforms.widgets import EmailInput

from unisson.agency.options import options
from unisson.agency.slugs import SLUG
from unisson.agency.words import LANGUAGES
from unisson.agency.zones import ZoneField
from unisson.identity.addresses import canonical
from unisson.identity.passwords import weakness
from unisson.web.forms import Form, LineField
from unisson.web.i18n import _, lazy

NO_ADDRESS = lazy("This is not an e-mail address. It looks like name@example.org.")
SLUG_SHAPE = lazy("Use 2 to 49 letters without accents, digits and hyphens.")
PASSWORD_HINT = lazy(
    "At least 12 characters. It is compared with the 30,000 passwords that were stolen most often, and with what is"
    " easy to guess; nothing of it leaves this server."
)


def required() -> InputRequired:
    """Return the rule that a field is filled in."""
    return InputRequired(lazy("Fill this in."))


def name_rules() -> list[Any]:
    """Return the rules for the name of a person or a thing."""
    return [DataRequired(lazy("Fill this in.")), Length(max=120, message=lazy("Use at most 120 characters."))]


class AddressField(LineField):
    """An e-mail address; `data` is canonical once it has been checked, and as typed when it is none."""

    widget = EmailInput()

    def pre_validate(self, _form: Any) -> None:
        """Refuse what is no address."""
        if not self.data:
            return
        try:
            self.data = canonical(self.data)
        except ValueError:
            raise ValidationError(NO_ADDRESS) from None


class NewPassword(PasswordField):
    """A password that is being chosen: judged with the person's own words, which `about` names by field."""

    def __init__(self, label: Any = None, about: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(label, [required()], **kwargs)
        self.about = about
        self.words: list[str] = []

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        """Refuse what an attacker would try early."""
        if validation_stopped or not self.data:
            return
        own = [str(form[name].data or "") for name in self.about]
        sentence = weakness(self.data, [*own, *self.words])
        if sentence:
            raise ValidationError(str(sentence))


class SignInForm(Form):
    """Address and password."""

    email = AddressField(lazy("E-mail address"), [required()], render_kw={"autocomplete": "username"})
    password = PasswordField(lazy("Password"), [required()], render_kw={"autocomplete": "current-password"})


class OpeningForm(Form):
    """The agency that one opens."""

    agency = LineField(lazy("Name of the agency"), name_rules(), render_kw={"autocomplete": "organization"})
    slug = LineField(
        lazy("Its address in Unisson"),
        [Optional()],
        description=lazy("Left empty, it is made from the name."),
        render_kw={"autocapitalize": "none", "spellcheck": "false", "maxlength": 49},
    )
    language = SelectField(lazy("Language"), choices=options(LANGUAGES))

    def validate_slug(self, field: StringField) -> None:
        """Refuse what can't stand in an address."""
        field.data = (field.data or "").lower()
        if not SLUG.fullmatch(field.data):
            raise ValidationError(str(SLUG_SHAPE))


class SignUpForm(OpeningForm):
    """A visitor and the agency that they open."""

    name = LineField(lazy("Your name"), name_rules(), render_kw={"autocomplete": "name"})
    email = AddressField(lazy("E-mail address"), [required()], render_kw={"autocomplete": "username"})
    password = NewPassword(
        lazy("Password"),
        about=("name", "email", "agency"),
        description=PASSWORD_HINT,
        render_kw={"autocomplete": "new-password"},
    )


class AddressForm(Form):
    """Whom to write to."""

    email = AddressField(lazy("E-mail address"), [required()], render_kw={"autocomplete": "username"})


class NewPasswordForm(Form):
    """A password to replace a forgotten one."""

    password = NewPassword(
        lazy("New password"),
        description=PASSWORD_HINT,
        render_kw={"autocomplete": "new-password"},
    )


class ConfirmationForm(Form):
    """The password chosen at sign-up, asked of a browser that did not sign up."""

    password = PasswordField(lazy("Password"), [required()], render_kw={"autocomplete": "current-password"})


class AgainForm(Form):
    """What shows that it is still the same person: the password, or a code of their phone. One of the two is enough."""

    present = PasswordField(lazy("Present password"), render_kw={"autocomplete": "current-password"})
    code = LineField(
        lazy("Code of your phone, or a recovery code"),
        [Length(max=40, message=lazy("Use at most 40 characters."))],
        render_kw={"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"},
    )
    passkey = HiddenField()


class StepForm(Form):
    """The second step: a code of one's phone, a recovery code, or the answer of a passkey."""

    code = LineField(lazy("Code"), [Length(max=40, message=lazy("Use at most 40 characters."))])
    passkey = HiddenField()


class PasskeyForm(Form):
    """The answer of a passkey, and how a new one is called."""

    name = LineField(
        lazy("Name of this passkey"),
        name_rules(),
        description=lazy("So that you know later which one it is: the device, or the password manager that keeps it."),
        render_kw={"autocomplete": "off"},
    )
    passkey = HiddenField()


class CodeForm(Form):
    """A code of one's phone, or a recovery code."""

    code = LineField(lazy("Code"), [required(), Length(max=40, message=lazy("Use at most 40 characters."))])


class JoiningForm(Form):
    """A new person who accepts an invitation."""

    name = LineField(lazy("Your name"), name_rules(), render_kw={"autocomplete": "name"})
    password = NewPassword(
        lazy("Password"),
        about=("name",),
        description=PASSWORD_HINT,
        render_kw={"autocomplete": "new-password"},
    )


class ProfileForm(Form):
    """How somebody is called, and what they read in."""

    name = LineField(lazy("Your name"), name_rules(), render_kw={"autocomplete": "name"})
    language = SelectField(lazy("Language"), choices=options(LANGUAGES))
    timezone = ZoneField(
        lazy("My time zone"),
        none=lazy("That of my brands or my agency"),
        description=lazy(
            "Your summaries and the times of your own account come by it. Contents stay on their brand’s clock: yours"
            " stands beside it, and the calendar can be read by it."
        ),
    )


class ChangePasswordForm(Form):
    """The present password, and the one to come."""

    present = PasswordField(lazy("Present password"), [required()], render_kw={"autocomplete": "current-password"})
    password = NewPassword(
        lazy("New password"),
        description=PASSWORD_HINT,
        render_kw={"autocomplete": "new-password"},
    )


def check_your_mail() -> str:
    """Return the one sentence that everybody gets who asks for a mail."""
    return _("If the address is right, a mail is on its way. It may take a minute; look among the unwanted ones too.")
