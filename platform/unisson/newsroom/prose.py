"""The text of a newsroom: what was typed, as HTML that can do nothing but be read."""

import html
import re
import unicodedata
from collections.abc import Sequence

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

TAGS = {
    "p", "br", "strong", "em", "a", "ul", "ol", "li", "blockquote", "h2", "h3", "h4", "h5", "h6", "hr", "code", "pre",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto", "tel"}
EXCERPT_LENGTH = 200

_BARE_ADDRESS = re.compile(r"(?:(?<=\s)|^)https?://[^\s<>]+", re.MULTILINE)
_TRAILING = ".,;:!?)]}»”’\"'"


class LowerHeadings(RendererHTML):
    """The page has its own `h1`: headings of the text stand one level lower."""

    def heading_open(self, tokens: Sequence[Token], idx: int, _options: OptionsDict, _env: EnvType) -> str:
        """Return the opening tag, one level lower."""
        return f"<{_lower(tokens[idx].tag)}>"

    def heading_close(self, tokens: Sequence[Token], idx: int, _options: OptionsDict, _env: EnvType) -> str:
        """Return the closing tag, one level lower."""
        return f"</{_lower(tokens[idx].tag)}>\n"


_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}, renderer_cls=LowerHeadings).disable("image")


def to_html(text: str) -> Markup:
    """Return `text` (Markdown; plain text is Markdown too) as HTML: written without raw HTML, then cleaned."""
    written = _MARKDOWN.render(_BARE_ADDRESS.sub(_as_link, storable(text)))
    clean = nh3.clean(written, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener")
    return Markup(clean)  # noqa: S704 - the one place where a newsroom's text becomes HTML, right after nh3


def excerpt(text: str, length: int = EXCERPT_LENGTH) -> str:
    """Return the beginning of what a reader sees, on one line, at most `length` characters."""
    return shortened(html.unescape(nh3.clean(str(to_html(text)), tags=set())), length)


def shortened(text: str, length: int = EXCERPT_LENGTH) -> str:
    """Return the beginning of plain `text`, on one line, at most `length` characters, cut between words."""
    plain = " ".join(storable(text).split())
    if len(plain) <= length:
        return plain
    return plain[: length - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def storable(text: str) -> str:
    """Return `text` without characters that XML (and so a feed) can't hold."""
    rest = text
    for space in _SPACES:
        rest = rest.replace(space, "")
    if rest.isprintable():
        return text
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs", "Cn"})


_SPACES = "\n\t\u00a0\u202f"
"""What is not printable of most texts, and yet may stand. `str.translate` takes 20 µs for what this takes one."""


def _as_link(found: re.Match[str]) -> str:
    address = found[0].rstrip(_TRAILING)
    return f"<{address}>{found[0][len(address) :]}"


def _lower(tag: str) -> str:
    return f"h{min(6, int(tag[1]) + 1)}"
