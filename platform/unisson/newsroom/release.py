"""A release as its readers see it: one shape for the newsroom, the feed, the letter and every preview of them."""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from markupsafe import Markup

from unisson.editorial.press import Contact, Press, Quote
from unisson.newsroom.prose import EXCERPT_LENGTH, excerpt, shortened
from unisson.web.i18n import NBSP, said

_IN_MARKS = re.compile(r"\s*[«“„\"]\s*([^«»“”„\"]*?)\s*[»”“\"]\s*", re.DOTALL)
_BLANK_LINE = re.compile(r"\n\s*\n")
_NO_DIGIT = re.compile(r"[^0-9+]")


class Voice(NamedTuple):
    """Whose release it is, and in which language."""

    brand: str
    language: str

    def quoted(self, words: str) -> str:
        """Return `words` between the language's quotation marks; those that were typed around them are dropped."""
        marked = _IN_MARKS.fullmatch(words)
        bare = marked[1] if marked else words.strip()
        return f"«{NBSP}{bare}{NBSP}»" if self.language == "fr" else f"“{bare}”"

    @property
    def about(self) -> str:
        """Return the heading of the boilerplate."""
        return said(self.language, "About %(brand)s", brand=self.brand)

    @property
    def asking(self) -> str:
        """Return the heading of the contact."""
        return said(self.language, "Press contact")


def release_html(press: Press | None, text: str, voice: Voice, render: Callable[[str], str]) -> Markup:
    """Return the whole release as clean HTML: `render` makes clean HTML of Markdown, everything else is escaped."""
    body = Markup(render(text))  # noqa: S704 - what `render` returns is cleaned by nh3
    if press is None:
        return body
    parts = [_standfirst(press), body, *(_quote(each, voice) for each in press.quotes)]
    return Markup("\n").join(filter(None, [*parts, press_desk(press, voice, render)]))


def press_desk(press: Press, voice: Voice, render: Callable[[str], str]) -> Markup:
    """Return who the brand is and whom journalists ask, as clean HTML."""
    parts = []
    if press.boilerplate.strip():
        about = Markup(render(press.boilerplate))  # noqa: S704 - what `render` returns is cleaned by nh3
        parts.append(Markup('<section class="release-about"><h2>{}</h2>{}</section>').format(voice.about, about))
    return Markup("\n").join(filter(None, [*parts, _contact(press.contact, voice)]))


def lead(text: str, kept: Mapping[str, Any] | None, length: int = EXCERPT_LENGTH) -> str:
    """Return what an entry begins with, on one line of at most `length` characters: its standfirst, else its text."""
    press = Press.of(kept)
    return shortened(press.standfirst, length) if press and press.standfirst.strip() else excerpt(text, length)


def release_text(press: Press | None, text: str, voice: Voice) -> str:
    """Return the whole release as plain text, in the order of the HTML."""
    if press is None:
        return text
    quotes = ["\n— ".join(filter(None, (voice.quoted(each.text), each.speaker))) for each in press.quotes]
    about = f"{voice.about}\n{press.boilerplate}" if press.boilerplate.strip() else ""
    contact = "\n".join((voice.asking, *press.contact.lines)) if press.contact.lines else ""
    return "\n\n".join(filter(None, (press.standfirst, text, *quotes, about, contact)))


def _standfirst(press: Press) -> Markup:
    return _paragraphs(press.standfirst, Markup('<p class="release-standfirst">{}</p>'))


def _quote(quote: Quote, voice: Voice) -> Markup:
    words = _paragraphs(voice.quoted(quote.text), Markup("<p>{}</p>"))
    speaker = Markup("<figcaption>{}</figcaption>").format(quote.speaker) if quote.speaker else ""
    return Markup('<figure class="release-quote"><blockquote>{}</blockquote>{}</figure>').format(words, speaker)


def _paragraphs(text: str, shape: Markup) -> Markup:
    return Markup("").join(
        shape.format(Markup("<br>").join(each.strip().split("\n"))) for each in _BLANK_LINE.split(text) if each.strip()
    )


def _contact(contact: Contact, voice: Voice) -> Markup:
    ways = [Markup("{}").format(contact.name)] if contact.name else []
    if contact.email:
        ways.append(Markup('<a href="mailto:{}">{}</a>').format(contact.email, contact.email))
    if contact.phone:
        ways.append(Markup('<a href="tel:{}">{}</a>').format(_NO_DIGIT.sub("", contact.phone), contact.phone))
    if not ways:
        return Markup("")
    shape = Markup('<section class="release-contact"><h2>{}</h2><p>{}</p></section>')
    return shape.format(voice.asking, Markup("<br>").join(ways))
