"""The base of every form: CSRF, the once-only number, cleaned text, errors in the reader's language."""

import unicodedata
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from babel.support import NullTranslations, Translations
from flask import request
from flask_wtf import FlaskForm
from flask_wtf.csrf import _FlaskFormCSRF
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.csrf.core import CSRFTokenField
from wtforms.i18n import DefaultTranslations, messages_path

from tenants.errors import RefusedError, StaleError
from unisson.web.db import session
from unisson.web.i18n import language, lazy
from unisson.web.operations import new_operation_id

_CONTROLS = [code for code in range(0xA0) if unicodedata.category(chr(code)) == "Cc"]
_TO_SPACES = dict.fromkeys([*_CONTROLS, 0x2028, 0x2029], " ")
_TO_NOTHING = dict.fromkeys(set(_CONTROLS) - {ord("\n"), ord("\t")})
"""Tables of `str.translate`: all characters of category Cc, and the two separators of lines (Zl, Zp)."""
_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Embeddings, overrides and isolates of writing direction: one left open in a name turns the page's own words."""
_UNSEEN = frozenset({"Cf", "Zs"})


def one_line(text: str | None) -> str:
    """Return `text` without control characters (CR and LF among them), trimmed: for names, titles and headers.

    Nothing remains of one that nobody can see, nor of what would turn the words around it (UAX #9, 2.1 to 2.5).
    """
    line = unicodedata.normalize("NFC", (text or "").translate(_TO_SPACES)).strip()
    if line.isprintable():
        return line
    line = line.translate(_TURNING).strip()
    return line if any(unicodedata.category(each) not in _UNSEEN for each in line) else ""


def lines(text: str | None) -> str:
    """Return `text` with LF line ends and no other control characters: for bodies and comments."""
    plain = (text or "").replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", plain.translate(_TO_NOTHING))


class LineField(StringField):
    """One line of text, cleaned before it is checked."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Keep what was typed, on one line."""
        self.data = one_line(valuelist[0]) if valuelist else self.data


class TextField(TextAreaField):
    """Several lines of text, cleaned before they are checked."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Keep what was typed, with plain line ends."""
        self.data = lines(valuelist[0]).rstrip() if valuelist else self.data


_NOT_OFFERED = lazy("Choose among what is offered here.")
OWN_SENTENCES = {
    "Not a valid choice.": _NOT_OFFERED,
    "Invalid Choice: could not coerce.": _NOT_OFFERED,
    "'%(value)s' is not a valid choice for this field.": _NOT_OFFERED,
    "Invalid choice(s): one or more data inputs could not be coerced.": _NOT_OFFERED,
    "Not a valid time value.": lazy("Give a time of day, such as 10:30."),
    "This field is required.": lazy("Fill this in."),
}
"""What WTForms says of the fields that the product's forms have → what the product says instead."""


class _Sentences(DefaultTranslations):
    """WTForms' sentences: the product's own where it has one, else theirs in the language being spoken."""

    def gettext(self, string: str) -> str:
        """Return the sentence that WTForms calls `string`."""
        own = OWN_SENTENCES.get(string)
        return str(own) if own else super().gettext(string)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """Return the sentence that WTForms calls `singular`, or `plural` for `n` of them."""
        own = OWN_SENTENCES.get(singular)
        return str(own) if own else super().ngettext(singular, plural, n)


@lru_cache
def _sentences(spoken: str) -> _Sentences:
    read: NullTranslations = Translations.load(messages_path(), [spoken], "wtforms")
    return _Sentences(read)


class Versioned(Protocol):
    """A row whose `version` grows with every change."""

    version: Any


Stored = TypeVar("Stored", bound=Versioned)


class _LateToken(CSRFTokenField):
    """The field of a form's token, which is signed when it is shown: most forms that are posted lead on."""

    def process(self, *args: Any, **kwargs: Any) -> None:
        """Read what was posted."""
        HiddenField.process(self, *args, **kwargs)

    def _value(self) -> str:
        return str(self.csrf_impl.generate_csrf_token(self))


class _Tokens(_FlaskFormCSRF):
    field_class = _LateToken


class Form(FlaskForm):
    """A form of the product. `operation_id` is renewed after a refusal, since nothing was carried out."""

    class Meta(FlaskForm.Meta):
        """Reads posted fields alone: Flask-WTF would take a JSON body for a form, whatever its shape."""

        csrf_class = _Tokens

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Return the posted fields; None for JSON."""
            return None if request.is_json else super().wrap_formdata(form, formdata)  # type: ignore[no-untyped-call]  # Flask-WTF has no annotations

        def get_translations(self, _form: Any) -> Any:
            """Return WTForms' own sentences in the language being spoken; their file is read once."""
            return _sentences(language())

    operation_id = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]  # Flask-WTF has no annotations
        if not self.operation_id.data or request.method == "GET":
            self.operation_id.data = new_operation_id()

    def refuse(self, refusal: RefusedError) -> int:
        """Show an expected refusal at its field (or above the form); return its status."""
        sentence: Any = refusal.sentence
        field = self._fields.get(refusal.field or "")
        if field is None:
            self.form_errors.append(sentence)
        else:
            field.errors = [*field.errors, sentence]
        return refusal.status


class VersionForm(Form):
    """A form that says which version of a thing its page was made from."""

    version = HiddenField()

    @property
    def version_shown(self) -> int | None:
        """Return the version that the page was made from; None when it says none."""
        typed = str(self.version.data or "")
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else None

    def refuse_beside(self, refusal: RefusedError, stored: Stored | None) -> tuple[int, Stored | None]:
        """Show a refusal of a change of `stored`, read anew; return its status, and what others saved meanwhile.

        Where they did, the form becomes one of their version: saving again writes over it, knowingly.
        """
        others = None
        if stored is not None:
            session().refresh(stored)
            if isinstance(refusal, StaleError):
                others, self.version.data = stored, str(stored.version)
        return self.refuse(refusal), others
