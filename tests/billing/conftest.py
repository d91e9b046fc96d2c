"""An installation that bills: the product with keys, and a Stripe of our own beside it."""

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from support.billing import Till, prices_setting
from support.desk import Desk
from support.world import World

from tenants.session import Database
from tests.standins.stripe_api import StandInStripe
from tests.standins.stripe_objects import KEY, WEBHOOK_SECRET
from unisson.app import create_app
from unisson.config import Settings
from unisson.runtime import Runtime


@pytest.fixture(scope="session")
def stripe_server() -> Iterator[StandInStripe]:
    """The stand-in, one a test process; each test has customers of its own."""
    server = StandInStripe()
    yield server
    server.close()


@pytest.fixture(scope="session")
def billed_settings(settings: Settings, stripe_server: StandInStripe) -> Settings:
    """The settings of an installation that bills."""
    return dataclasses.replace(
        settings,
        stripe_secret_key=KEY,
        stripe_webhook_secret=WEBHOOK_SECRET,
        stripe_prices=prices_setting(),
        stripe_api_url=stripe_server.url,
    )


@pytest.fixture(scope="session")
def billed(runtime: Runtime, billed_settings: Settings) -> Runtime:
    """The web's runtime, of such an installation."""
    database = Database(runtime.database.engine, {"bell": runtime.bell, "is_billed": True, "media_quota": 10**9})
    return dataclasses.replace(runtime, settings=billed_settings, database=database)


@pytest.fixture(scope="session")
def billed_worker(worker: Runtime, billed_settings: Settings) -> Runtime:
    """A worker's runtime, of such an installation."""
    return dataclasses.replace(worker, settings=billed_settings)


@pytest.fixture(scope="session")
def billed_app(billed: Runtime) -> Flask:
    """The application with keys."""
    made = create_app(runtime=billed)
    made.config["WTF_CSRF_ENABLED"] = False
    return made


@pytest.fixture
def stripe_at(stripe_server: StandInStripe) -> Iterator[StandInStripe]:
    """The stand-in without faults, on the real clock, before and after the test."""
    stripe_server.faults.clear()
    stripe_server.clock = lambda: int(datetime.now(UTC).timestamp())
    yield stripe_server
    stripe_server.faults.clear()


@pytest.fixture
def till(billed_app: Flask, billed: Runtime, billed_worker: Runtime, world: World, stripe_at: StandInStripe) -> Till:
    """An agency that is billed, its Stripe, and the worker that looks."""
    return Till(Desk(billed_app, billed, world), billed_worker, stripe_at)


@pytest.fixture
def new_till(
    billed_app: Flask,
    billed: Runtime,
    billed_worker: Runtime,
    new_world: Callable[..., World],
    stripe_at: StandInStripe,
) -> Callable[[], Till]:
    """Further ones."""
    return lambda: Till(Desk(billed_app, billed, new_world()), billed_worker, stripe_at)
