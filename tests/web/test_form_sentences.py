"""What a form says is the product's own, in French and in English, whichever part of it refuses."""

import pkgutil
import uuid
from collections.abc import Iterator
from html import unescape
from importlib import import_module
from pathlib import Path

import pytest
import wtforms
from babel.messages.pofile import read_po
from flask import Flask
from support.desk import Desk
from wtforms.fields.core import UnboundField
from wtforms.i18n import messages_path

import unisson
from unisson.web.forms import OWN_SENTENCES, Form
from unisson.web.i18n import language, speaking

QUIET = {
    "BooleanField",
    "FileField",
    "HiddenField",
    "MultipleFileField",
    "PasswordField",
    "StringField",
    "TextAreaField",
}
"""Fields of WTForms that say nothing of themselves: what their validators say is given beside them."""
SPOKEN_FOR = {"RadioField", "SelectField", "SelectMultipleField", "TimeField"}
"""Fields whose sentences are among the product's own."""


def test_wtforms_still_says_what_is_said_otherwise() -> None:
    with Path(messages_path(), "fr", "LC_MESSAGES", "wtforms.po").open("rb") as lines:
        theirs = {message.id if isinstance(message.id, str) else message.id[0] for message in read_po(lines)}
    assert OWN_SENTENCES.keys() <= theirs


def forms(kind: type = Form) -> Iterator[type]:
    for each in kind.__subclasses__():
        yield each
        yield from forms(each)


def theirs_of(kind: type) -> str:
    """The class of WTForms that a field is, or is made of."""
    return next(each.__name__ for each in kind.__mro__ if each.__module__.startswith(("wtforms.", "flask_wtf.")))


def test_no_field_speaks_in_wtforms_words() -> None:
    for module in pkgutil.walk_packages(unisson.__path__, "unisson."):
        import_module(module.name)
    found = {
        (theirs_of(field.field_class), form.__qualname__)
        for form in forms()
        for field in vars(form).values()
        if isinstance(field, UnboundField)
    }
    assert len(found) > 40
    assert [each for each in found if each[0] not in QUIET | SPOKEN_FOR] == []


class Typed(Form):
    one = wtforms.SelectField(choices=[wtforms.SelectChoice("a", "A")])
    number = wtforms.SelectField(choices=[wtforms.SelectChoice(1, "A")], coerce=int)
    several = wtforms.SelectMultipleField(choices=[wtforms.SelectChoice("a", "A")])
    at = wtforms.TimeField()
    name = wtforms.StringField(validators=[wtforms.validators.InputRequired()])


@pytest.mark.parametrize(
    ("spoken", "choice", "time", "required"),
    [
        (
            "fr",
            "Choisissez parmi ce qui est proposé ici.",
            "Donnez une heure, par exemple 10:30.",
            "Ce champ est à remplir.",
        ),
        ("en", "Choose among what is offered here.", "Give a time of day, such as 10:30.", "Fill this in."),
    ],
    ids=["fr", "en"],
)
def test_it_says_what_to_do(app: Flask, spoken: str, choice: str, time: str, required: str) -> None:
    typed = {"one": "b", "number": "x", "several": "%(b)s%", "at": "midi"}
    with app.test_request_context(method="POST", data=typed), speaking(spoken):
        assert language() == spoken
        form = Typed(meta={"csrf": False})
        assert not form.validate()
        assert form.errors == {
            "one": [choice], "number": [choice], "several": [choice], "at": [time], "name": [required],
        }  # fmt: skip


def test_a_sentence_stands_beside_its_field_s_name(desk: Desk) -> None:
    form = {"name": "Marque", "sector": "<b>", "operation_id": str(uuid.uuid4())}
    page = unescape(desk.post("owner", "/brands/new", form).text)
    assert ">Secteur</a>\u00a0– Choisissez parmi ce qui est proposé ici.</li>" in page
    assert "N'est pas" not in page
