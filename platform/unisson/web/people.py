"""Who is signed in, typed."""

import uuid
from dataclasses import dataclass
from typing import Protocol, cast

from flask_login import current_user


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a sign-in rests on: a password (or a mailed link), and the agencies whose own provider vouched for it.

    A provider's word counts in its own agency alone: who runs one could else come in as anybody elsewhere.
    """

    by_password: bool = True
    agencies: frozenset[uuid.UUID] = frozenset()

    def open(self, agency_id: uuid.UUID, *, by_provider_alone: bool) -> bool:
        """Return whether a member gets in there, where the agency may ask for its provider."""
        return agency_id in self.agencies or (self.by_password and not by_provider_alone)

    def joined(self, others: "Grounds") -> "Grounds":
        """Return what both together rest on."""
        return Grounds(self.by_password or others.by_password, self.agencies | others.agencies)


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
    grounds: Grounds


def me() -> SignedIn:
    """Return the person behind this request."""
    return cast("SignedIn", current_user._get_current_object())
