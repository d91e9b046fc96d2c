"""Security headers on every answer (OWASP ASVS 5.0 §3.4)."""

from flask import Flask, Response, request

_DIRECTIVES = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
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


def init_app(app: Flask, *, secure: bool) -> None:
    """Add the headers; a view that set one of them keeps its own (stricter) value."""
    wanted = tuple(_HEADERS.items())
    if secure:
        wanted += (("Strict-Transport-Security", "max-age=63072000; includeSubDomains"),)

    @app.after_request
    def harden(response: Response) -> Response:
        there = {name.lower() for name, _value in response.headers}
        response.headers.extend([pair for pair in wanted if pair[0].lower() not in there])
        if "cache-control" not in there and request.endpoint != "static":
            response.headers["Cache-Control"] = "private, no-cache"
            response.headers.add("Vary", "Cookie, Accept-Language, HX-Request")
        return response
