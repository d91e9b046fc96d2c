"""What becomes of a line that somebody typed."""

import pytest

from unisson.web.forms import one_line


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ty Gwenn ", "Ty Gwenn"),
        ("Ligne\r\nBcc: a@b.example", "Ligne  Bcc: a@b.example"),
        ("« Élan » : 10 %", "« Élan » : 10 %"),
        ("famille 👩‍👧", "famille 👩‍👧"),
        ("\u202eTy\u2066 Gwenn", "Ty Gwenn"),
        ("\u200b", ""),
        ("\u202e\u200b\u00a0\ufeff", ""),
        (None, ""),
    ],
    ids=["trimmed", "one line", "typography", "joined", "turning", "unseen", "nothing but unseen", "none"],
)
def test_a_line_holds_what_is_seen(typed: str | None, kept: str) -> None:
    assert one_line(typed) == kept
