"""What a request says by a passkey, for the pages that take one."""

import uuid

from flask import Response

from tenants.errors import NotFoundError, RefusedError
from unisson.identity import challenges, passkeys
from unisson.web.db import any_session, runtime


def is_possible() -> bool:
    """Whether browsers allow passkeys at the product's address."""
    return passkeys.site_of(runtime().settings.base_url) is not None


def site() -> passkeys.Site:
    """Return the site that passkeys are made for. Raises NotFoundError where there can be none."""
    found = passkeys.site_of(runtime().settings.base_url)
    if found is None:
        raise NotFoundError
    return found


def question(purpose: challenges.Purpose, identity_id: uuid.UUID | None = None) -> Response:
    """Return what the browser is to answer, by one of somebody's passkeys or by any. Raises RefusedError."""
    asked = passkeys.request_options(any_session(), site(), challenges.issue(purpose), identity_id)
    return Response(asked, mimetype="application/json")


def answered(purpose: challenges.Purpose, answer: str, identity_id: uuid.UUID | None = None) -> uuid.UUID:
    """Return who answered, rightly and for the first time. Raises RefusedError."""
    found = passkeys.check(any_session(), site(), challenges.redeem(purpose), answer, identity_id)
    if found.is_copied:
        any_session().commit()  # The refusal takes back what its request wrote; that the passkey was stopped must stay.
        raise RefusedError(passkeys.COPIED)
    return found.identity_id
