"""What a channel answers becomes a sentence of ours with something to do; its own words stay beside it."""

from dataclasses import dataclass

import pytest
from flask import Flask

from unisson.publishing import reasons as shown
from unisson.publishing.channels import mail_answers, reasons
from unisson.publishing.channels.bluesky import refusals
from unisson.web.i18n import speaking


@dataclass
class Said:
    error: str
    message: str = ""


ANSWERS = [
    (Said("AccountTakedown", "Account has been taken down"), refusals.TAKEN_DOWN),
    (Said("RateLimitExceeded", "Rate Limit Exceeded"), refusals.RATE_LIMITED),
    (Said("InvalidRequest", "Could not find blob: bafy"), refusals.IMAGE_LOST),
    (Said("InvalidRequest", "Blob has been takendown, cannot re-upload"), refusals.IMAGE_TAKEN_DOWN),
    (
        Said("InvalidRequest", "Invalid app.bsky.feed.post record: Record/text must not be longer than 300 graphemes"),
        reasons.TOO_LONG,
    ),
    (
        Said("InvalidRequest", "This file is too large. It is 1.1MB but the maximum size is 976.56KB."),
        refusals.IMAGE_TOO_LARGE,
    ),
    (Said("InvalidRequest", "Invalid app.bsky.feed.post record"), refusals.MALFORMED),
    (Said("SomethingNew", "nobody knows"), reasons.REFUSED),
    (Said("", ""), reasons.REFUSED),
]


@pytest.mark.parametrize(("said", "sentence"), ANSWERS)
def test_a_refusal_of_bluesky(said: Said, sentence: str) -> None:
    assert refusals.meaning(said, reasons.REFUSED) == sentence


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("550 5.1.1 <lea@example.org>: Recipient address rejected: User unknown", mail_answers.NOBODY),
        ("452 4.2.2 The email account that you tried to reach is over quota", mail_answers.MAILBOX_FULL),
        ("552 5.3.4 Message size exceeds fixed limit", mail_answers.MAIL_TOO_LARGE),
        ("554 5.7.1 <lea@example.org>: Relay access denied", mail_answers.NO_RELAY),
        ("550-5.7.26 This mail is unauthenticated", mail_answers.TAKEN_FOR_SPAM),
        ("535 5.7.8 Error: authentication failed", mail_answers.SIGN_IN_REFUSED),
        ("556 5.1.10 Null MX", mail_answers.NO_MAIL_THERE),
        ("550 no such user", mail_answers.NOT_FOR_US),
        ("554 Transaction failed", reasons.REFUSED),
        ("TimeoutError: timed out", reasons.REFUSED),
    ],
)
def test_an_answer_of_a_mail_server(answer: str, sentence: str) -> None:
    assert mail_answers.meaning(answer, reasons.REFUSED) == sentence


def test_every_sentence_is_said_in_french(app: Flask) -> None:
    sentences = {*refusals.BY_NAME.values(), *(each for _part, each in refusals.BY_MESSAGE)}
    sentences |= {*mail_answers.BY_CODE.values(), *mail_answers.BY_ENHANCED.values(), mail_answers.NO_RELAY}
    waited_out = {refusals.RATE_LIMITED, mail_answers.SERVER_FULL}
    with app.app_context(), speaking("fr"):
        for sentence in sentences:
            found = shown.explain(f"{sentence}\n400 Raw words", "failed")
            assert found is not None
            assert str(found.happened) != sentence
            assert found.detail == "400 Raw words"
            assert str(found.kept) == "Le texte, les images et les validations sont conservés."
            assert sentence in shown.ADVICE or sentence in waited_out


def test_what_is_told_depends_on_how_it_stands(app: Flask) -> None:
    stored = f"{reasons.ACCESS_LOST}\n401 AuthMissing"
    with app.app_context(), speaking("en"):
        waits, asked = shown.explain(stored, "scheduled"), shown.explain(f"{reasons.NO_ANSWER}\nreset", "unknown")
        assert waits is not None
        assert asked is not None
        assert "Connect the channel again" in str(waits.advice)
        assert str(waits.kept) == "It is tried again by itself."
        assert str(asked.kept) == "It is not sent a second time before that is known."
        assert shown.short(stored, "scheduled") == reasons.ACCESS_LOST
