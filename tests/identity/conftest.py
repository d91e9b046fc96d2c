"""Browsers that speak over HTTPS, each from an address of its own, and the letters that were asked for."""

import uuid
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select
from support.browser import Browser

from tenants.identities import Identity, IdentityLetter
from unisson.app import create_app
from unisson.identity import tokens
from unisson.runtime import Runtime

GOOD_PASSWORD = "gadoue-Lapin-74-orage"


@pytest.fixture
def guest(new_browser: Callable[[], Browser]) -> Browser:
    return new_browser()


@pytest.fixture(scope="session")
def csrf_app(runtime: Runtime) -> Flask:
    """The application as it is served: forms want their token."""
    return create_app(runtime=runtime)


@pytest.fixture
def csrf_guest(csrf_app: Flask) -> Browser:
    return Browser(csrf_app, csrf_app.response_class, use_cookies=True)


class Letters:
    """The mails outside any agency, as the worker would send them."""

    def __init__(self, web: Runtime, worker: Runtime) -> None:
        self._web, self._worker = web, worker

    def to(self, email: str) -> list[str]:
        """Return the purposes of the letters to an address, oldest first."""
        with self._web.database.everywhere() as session:
            question = select(IdentityLetter.purpose).join(Identity, Identity.id == IdentityLetter.identity_id)
            return list(session.scalars(question.where(Identity.email == email).order_by(IdentityLetter.due_at)))

    def token(self, email: str, purpose: str) -> str:
        """Send the newest letter of that purpose: mint its token with the worker's role."""
        with self._worker.database.everywhere() as session:
            question = select(IdentityLetter).join(Identity, Identity.id == IdentityLetter.identity_id)
            letter = session.scalars(
                question.where(Identity.email == email, IdentityLetter.purpose == purpose)
                .order_by(IdentityLetter.due_at.desc())
                .limit(1)
            ).one()
            return tokens.mint(session, letter)


@pytest.fixture
def letters(runtime: Runtime, worker: Runtime) -> Letters:
    return Letters(runtime, worker)


@pytest.fixture
def sign_up_form() -> Callable[..., dict[str, str]]:
    """Make what a visitor types, with an address and an agency of their own."""

    def make(**typed: str) -> dict[str, str]:
        mark = uuid.uuid4().hex[:10]
        return {
            "agency": f"Atelier {mark}",
            "slug": f"atelier-{mark}",
            "language": "en",
            "name": "Alix Martin",
            "email": f"alix-{mark}@example.org",
            "password": GOOD_PASSWORD,
        } | typed

    return make
