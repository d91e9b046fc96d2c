import sys

import pytest
from babel.messages.catalog import Message

from unisson.resources import CHECKOUT

sys.path.insert(0, str(CHECKOUT / "tools"))

import catalog


@pytest.mark.parametrize(
    "text",
    [
        "Publié\u202f!",
        "Titre\u00a0: sous-titre",
        "Vraiment\u202f?!",
        "(quoi\u202f?)",
        "«\u00a0oui\u00a0»",
        "voir https://example.org/?page=1",
        "à 12:30",
        "Tout &amp; rien",
        "%(name)s",
    ],
)
def test_good_typography_passes(text):
    assert list(catalog.faults_of(Message("%(name)s" if "%" in text else "text", text))) == []


@pytest.mark.parametrize("text", ["Publié!", "Publié !", "Titre: suite", "Un ; deux", "« oui »", "«oui»"])
def test_a_space_that_could_break_is_a_fault(text):
    assert list(catalog.faults_of(Message("text", text)))


@pytest.mark.parametrize(
    "text", ["Données de %(name)s", "dit que\u00a0%(name)s part", "De %(name)s", "jusque %(name)s"]
)
def test_nothing_is_elided_before_a_name(text):
    assert any("vowel" in fault for fault in catalog.faults_of(Message("%(name)s", text)))


@pytest.mark.parametrize(
    "text", ["Données\u00a0: %(name)s", "de la marque %(name)s", "de «\u00a0%(name)s\u00a0»", "le code %(name)s"]
)
def test_a_name_stands_by_itself(text):
    assert list(catalog.faults_of(Message("%(name)s", text))) == []


@pytest.mark.parametrize(
    ("source", "translation"),
    [
        ("%(name)s left", "reste"),
        ("%(name)s left", "%(nom)s reste"),
        (("%(count)s post", "%(count)s posts"), ("%(n)s publication", "%(count)s publications")),
    ],
)
def test_placeholders_are_kept(source, translation):
    assert "placeholders differ" in list(catalog.faults_of(Message(source, translation)))


def test_a_singular_may_leave_its_number_out():
    message = Message(("%(count)s post", "%(count)s posts"), ("une publication", "%(count)s publications"))
    assert list(catalog.faults_of(message)) == []
