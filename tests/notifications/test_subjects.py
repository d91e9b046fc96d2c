"""A subject arrives as it was written, however long and however accented."""

from email import message_from_bytes, policy
from email.message import EmailMessage

from hypothesis import given, settings, strategies

from unisson.mail_port import packed


def arrived(subject: str) -> str:
    message = EmailMessage()
    message["Subject"] = subject
    message.set_content("x")
    sent = packed(message)
    assert max(map(len, sent.split(b"\r\n"))) <= 80
    return str(message_from_bytes(sent, policy=policy.default)["Subject"])


def test_a_long_french_subject_keeps_its_spaces() -> None:
    subject = "À valider : Un tarif unique pour les habitants des îles et des communes éloignées, pour l’été prochain"
    assert arrived(subject) == subject


@settings(max_examples=200, deadline=None)
@given(
    strategies.lists(
        strategies.sampled_from(["été", "île", "mer", "«", "»", "🌊", "a" * 30, "é" * 30]), min_size=1, max_size=30
    )
)
def test_any_subject_arrives_as_it_was_written(words: list[str]) -> None:
    subject = " ".join(words)
    if not subject.isascii():
        assert arrived(subject) == subject
