"""Who is signed in, typed."""

import uuid
from typing import Protocol, cast

from flask_login import current_user


class SignedIn(Protocol):
    """The person behind a request, or a visitor: then `is_authenticated` is False and the rest says nothing."""

    @property
    def id(self) -> uuid.UUID:
        """Return the identity's id."""

    @property
    def is_authenticated(self) -> bool:
        """Return whether somebody is signed in."""

    @property
    def sign_in_id(self) -> uuid.UUID:
        """Return which of their sign-ins this browser holds."""

    name: str
    email: str
    language: str | None
    timezone: str | None


def me() -> SignedIn:
    """Return the person behind this request."""
    return cast("SignedIn", current_user._get_current_object())
