"""Security headers on every answer (OWASP ASVS 5.0 §3.4)."""

from urllib.parse import urlsplit

from flask import Flask, Response, g, request

from unisson.web.hosts import own_domain

_DIRECTIVES = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "media-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)
CONTENT_SECURITY_POLICY = "; ".join(_DIRECTIVES)

_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def lead_forms_to(*origins: str) -> None:
    """Let a form of this page be answered by a redirect to one of `origins`: browsers refuse others' (CSP 3)."""
    g.form_targets = origins


def init_app(app: Flask, *, secure: bool, live: str = "") -> None:
    """Add the headers; a view that set one of them keeps its own (stricter) value.

    `live` is the address that pages listen at for changes, where it is another origin than theirs.
    """
    policy = CONTENT_SECURITY_POLICY
    if live:
        at = urlsplit(live)
        policy = policy.replace("connect-src 'self'", f"connect-src 'self' {at.scheme}://{at.netloc}")
    wanted = tuple({**_HEADERS, "Content-Security-Policy": policy}.items())
    strict = (("Strict-Transport-Security", "max-age=63072000; includeSubDomains"),)
    # At an agency's own name we speak for that one name, and for as long as it may want to leave again.
    strict_here = (("Strict-Transport-Security", "max-age=2592000"),)

    @app.after_request
    def harden(response: Response) -> Response:
        if "form_targets" in g:
            allowed = f"form-action 'self' {' '.join(g.form_targets)}"
            response.headers["Content-Security-Policy"] = policy.replace("form-action 'self'", allowed)
        there = {name.lower() for name, _value in response.headers}
        transport = () if not secure else strict if own_domain() is None else strict_here
        response.headers.extend([pair for pair in (*wanted, *transport) if pair[0].lower() not in there])
        if "cache-control" not in there and request.endpoint != "static":
            response.headers["Cache-Control"] = "private, no-cache"
            response.headers.add("Vary", "Cookie, Accept-Language, HX-Request")
        return response
