"""Which passwords can be taken, and how they are kept."""

import pytest
from support.steps import calls_of

from unisson.config import Settings
from unisson.identity import passwords

ABOUT = ["Camille Dupont", "camille@maison-nord.example", "Maison Nord"]


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("court", passwords.TOO_SHORT),
        ("x" * 257, passwords.TOO_LONG),
        ("password1234", passwords.KNOWN),
        ("PASSWORD2026!", passwords.KNOWN),
        ("motdepasse2026", passwords.KNOWN),
        ("qwertyuiop123!", passwords.KNOWN),
        ("aaaaaaaaaaaaaaaa", passwords.GUESSABLE),
        ("CamilleDupont", passwords.GUESSABLE),
        ("maison-nord-12", passwords.GUESSABLE),
        ("Unisson12345", passwords.GUESSABLE),
        ("gadoue-Lapin-74-orage", None),
        ("cheval correct pile agrafe", None),
        ("日本語のとても長い合言葉です", None),
    ],
)
def test_what_an_attacker_tries_early_is_refused(app, password, sentence):
    with app.test_request_context():
        assert passwords.weakness(password, ABOUT) == sentence


def test_a_long_password_is_no_more_work_than_one_of_72_characters(app):
    passwords.weakness("warm-up-of-the-lists", [])
    with app.test_request_context():
        one, other = (calls_of(lambda n=n: passwords.weakness("p4s5w0rd1@" * n, ABOUT)) for n in (10, 25))
    assert other < one * 1.1  # some are the interpreter’s own; a longer password would be several times the work


def test_hashes_are_argon2id_and_salted(settings):
    kept = passwords.keeper(settings)
    one, other = kept.hash("gadoue-Lapin-74-orage"), kept.hash("gadoue-Lapin-74-orage")
    assert one.startswith("$argon2id$")
    assert one != other
    assert kept.matches(one, "gadoue-Lapin-74-orage")
    assert not kept.matches(one, "gadoue-Lapin-74-oragE")
    assert not kept.matches(None, "gadoue-Lapin-74-orage")
    assert not kept.matches("no hash at all", "gadoue-Lapin-74-orage")


def test_one_password_however_its_accents_are_typed(settings):
    kept = passwords.keeper(settings)
    assert kept.matches(kept.hash("été à la plage 12"), "e\u0301te\u0301 a\u0300 la plage 12")


def test_only_tests_hash_cheaply(settings):
    live = Settings.from_environ({"SECRET_KEY": "x" * 40, "DATABASE_URL": settings.database_url})
    hashed = passwords.keeper(live).hash("gadoue-Lapin-74-orage")
    assert f"m={passwords.COST.kibibytes},t={passwords.COST.passes}" in hashed
    assert passwords.keeper(settings).outdated(hashed)
