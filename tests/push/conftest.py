"""A product that may reach the stand-in of a push service, and nothing else that is private."""

import dataclasses
import uuid
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import select, text
from standins.faults import FaultPlan
from standins.push import PushService, StandInBrowser
from support.desk import Desk

from tenants.browsers import PushBrowser
from unisson.app import create_app
from unisson.kept_secret import new_push_key
from unisson.push.keys import keys_of
from unisson.push.posting import tell_due
from unisson.runtime import Runtime


@pytest.fixture(scope="module")
def pushing() -> Iterator[PushService]:
    made = PushService()
    yield made
    made.server.close()


@pytest.fixture
def service(pushing: PushService) -> PushService:
    """The push service, which was asked nothing yet and answers well."""
    pushing.browsers.clear()
    pushing.refused.clear()
    pushing.asked, pushing.plan = 0, FaultPlan()
    return pushing


@pytest.fixture(scope="module")
def product(runtime: Runtime, pushing: PushService) -> Flask:
    settings = dataclasses.replace(
        runtime.settings, outbound_allow=(pushing.server.place,), push_private_key=new_push_key()
    )
    app = create_app(runtime=dataclasses.replace(runtime, settings=settings))
    app.config["WTF_CSRF_ENABLED"] = False
    return app


@pytest.fixture
def team(desk: Desk, worker: Runtime, product: Flask) -> Desk:
    """A desk of that product."""
    with worker.database.everywhere() as session:
        session.execute(text("delete from app.dispatch where queue in ('mail', 'pushes')"))
    made = Desk(product, product.extensions["unisson"], desk.world)
    made.speak_english()
    return made


@pytest.fixture
def key(team: Desk) -> str:
    """The key that the product gives to browsers."""
    keys = keys_of(team.runtime.settings)
    assert keys is not None
    return keys.public


@pytest.fixture
def post(team: Desk, worker: Runtime) -> Callable[[], int]:
    """Tell the browsers all that stands on the table, whenever it is due."""
    held = dataclasses.replace(worker, settings=team.runtime.settings)

    def send() -> int:
        with held.database.everywhere() as session:
            session.execute(text("update app.dispatch set due_at = now(), lease_until = null where queue = 'pushes'"))
        return tell_due(held, 30)

    return send


@pytest.fixture
def allow(team: Desk, service: PushService, key: str) -> Callable[..., StandInBrowser]:
    """Have the browser of the person with this role told of things, as their page does."""

    def let_in(role: str = "cm", browser: StandInBrowser | None = None) -> StandInBrowser:
        made = browser or service.subscribe(key)
        answer = team.post(role, "/notices/browsers", dict(made.form))
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return made

    return let_in


def known(team: Desk, role: str = "cm") -> list[PushBrowser]:
    """The browsers of the person with this role that are told of things."""
    with team.runtime.database.everywhere() as session:
        whose = team.world.people[role].identity_id
        return list(session.scalars(select(PushBrowser).where(PushBrowser.identity_id == whose)))


def number(team: Desk, role: str = "cm") -> uuid.UUID:
    (only,) = known(team, role)
    return only.id
