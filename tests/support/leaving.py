"""Having what is approved leave for a stand-in of Bluesky, by the real publisher."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from flask import Flask
from sqlalchemy import select, text

from tests.standins.pds import StandInPds
from tests.support.campaign import Approved, forget_what_others_left
from tests.support.world import World
from unisson.config import Settings
from unisson.editorial.models import Content
from unisson.outbound import Outbound
from unisson.publishing.channels.bluesky import BlueskyAdapter
from unisson.publishing.channels.registry import Registry
from unisson.publishing.delivery import Hands
from unisson.publishing.models import Publication
from unisson.publishing.publisher import Publisher
from unisson.runtime import Runtime, web_runtime

LATENESS_LIMIT = 900.0
"""Seconds after its date at which a publication leaves no more by itself."""


class SettledAtOnce(BlueskyAdapter):
    """The same adapter, whose unknown outcomes are read back without waiting."""

    settle = 0.0


def publisher_to(
    pds: StandInPds, worker: Runtime, adapter: type[BlueskyAdapter] = SettledAtOnce, threads: int = 4
) -> Publisher:
    """A publisher that reaches the stand-in alone."""
    registry = Registry([adapter(Outbound(allow=["127.0.0.0/8", pds.http.place]))])
    hands = Hands(worker.database, worker.vault, registry, lambda _agency, _digest: b"", LATENESS_LIMIT)
    return Publisher(hands, threads=threads)


def alone(worker: Runtime, publisher: Publisher) -> Publisher:
    """The publisher, once nothing of another test is due."""
    forget_what_others_left(worker)
    return publisher


@contextmanager
def reaching(app: Flask, settings: Settings, pds: StandInPds) -> Iterator[Flask]:
    """The product while its web may reach the stand-in."""
    held = web_runtime(replace(settings, outbound_allow=("127.0.0.0/8", pds.http.place)))
    usual, app.extensions["unisson"] = app.extensions["unisson"], held
    yield app
    app.extensions["unisson"] = usual
    held.database.engine.dispose()
    held.valkey.close()


def publication(runtime: Runtime, world: World, approved: Approved) -> Publication:
    with runtime.database.agency(world.agency_id) as session:
        return session.scalars(select(Publication).where(Publication.content_id == approved.content_id)).one()


def content(runtime: Runtime, world: World, approved: Approved) -> Content:
    with runtime.database.agency(world.agency_id) as session:
        return session.scalars(select(Content).where(Content.id == approved.content_id)).one()


def hasten(worker: Runtime, world: World) -> None:
    """Make everything of the agency that waits due now, whatever back-off it was given."""
    with worker.database.agency(world.agency_id) as session:
        session.execute(
            text("update app.dispatch set due_at = clock_timestamp(), lease_until = null where agency_id = :a"),
            {"a": world.agency_id},
        )


def drain(publisher: Publisher, worker: Runtime, world: World, times: int = 4) -> None:
    """Publish what is due, and what becomes due by it."""
    for _ in range(times):
        publisher.drain(10)
        hasten(worker, world)
