"""What the pages of trust ask for."""

from wtforms import BooleanField

from unisson.web.forms import Form
from unisson.web.i18n import lazy


class SureForm(Form):
    """Whether somebody means it."""

    sure = BooleanField(lazy("Yes, erase for good once the week is over"))
