"""What a channel answers, put into a sentence, is text on the page and never markup."""

from flask import Flask, render_template_string

from unisson.web.i18n import lazy


def test_a_lazy_sentence_is_escaped(app: Flask) -> None:
    said = lazy("The server refused: %(reason)s", reason="<script>alert(1)</script>")
    with app.test_request_context():
        shown = render_template_string("{{ said }}|{{ [said]|join }}|{{ [said, 'x']|join(' ') }}", said=said)
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    with app.test_request_context():
        assert str(said).endswith("<script>alert(1)</script>")
