"""Contents written straight into the calendar's table, by the hundred where need be."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from support.world import World
from werkzeug.test import TestResponse

from tenants.session import TenantSession
from unisson.editorial.models import Content, ContentState, Revision
from unisson.editorial.timing import resolve
from unisson.runtime import Runtime

SECURE = "https://localhost"


class Desk:
    """One agency's calendar: `write` puts a content into it, `open` reads a page as somebody."""

    def __init__(self, app: Flask, runtime: Runtime, world: World) -> None:
        self.app, self.runtime, self.world = app, runtime, world

    def write(
        self,
        wall: datetime | None = None,
        title: str = "Un contenu",
        *,
        state: ContentState = ContentState.DRAFT,
        brand_id: uuid.UUID | None = None,
        zone: str = "Europe/Paris",
        fold: int | None = 0,
        **more: Any,
    ) -> uuid.UUID:
        return self.write_many([(wall, title)], state=state, brand_id=brand_id, zone=zone, fold=fold, **more)[0]

    def write_many(
        self,
        planned: list[tuple[datetime | None, str]],
        *,
        state: ContentState = ContentState.DRAFT,
        brand_id: uuid.UUID | None = None,
        zone: str = "Europe/Paris",
        fold: int | None = 0,
        **more: Any,
    ) -> list[uuid.UUID]:
        author = self.world.people["cm"].membership_id
        with self.runtime.database.agency(self.world.agency_id) as session:
            contents = [
                Content(
                    brand_id=brand_id or self.world.brand_id, author_id=author, title=title, zone=zone,
                    wall_time=wall, scheduled_at=resolve(wall, zone, fold) if wall else None,
                    fold=fold or 0, **{"channel_kinds": "newsroom", **more},
                )
                for wall, title in planned
            ]  # fmt: skip
            session.add_all(contents)
            session.flush()
            if state != ContentState.DRAFT:
                self._freeze(session, contents, state)
            return [content.id for content in contents]

    def _freeze(self, session: TenantSession, contents: list[Content], state: ContentState) -> None:
        for content in contents:
            revision = Revision(
                content_id=content.id, number=1, digest="0" * 64, payload={},
                created_by=self.world.people["cm"].membership_id,
            )  # fmt: skip
            session.add(revision)
            session.flush()
            content.revision_id, content.state = revision.id, state

    def browser(self, role: str = "cm") -> FlaskClient:
        client = self.app.test_client()
        with client.session_transaction(base_url=SECURE) as cookie:
            cookie["_user_id"] = self.world.people[role].token
            cookie["_fresh"] = True
            cookie["met"] = [self.world.agency_id.hex]
            cookie["csrf_token"] = "the-same-in-this-session"
        return client

    def open(self, role: str = "cm", query: str = "month=2026-10", **more: Any) -> TestResponse:
        return self.read(self.browser(role), query, **more)

    def read(self, client: FlaskClient, query: str = "month=2026-10", **more: Any) -> TestResponse:
        return client.get(f"/{self.world.slug}/calendar?{query}", base_url=SECURE, **more)


def spread(number: int, first: datetime) -> list[tuple[datetime | None, str]]:
    """Return `number` contents over the 28 days from `first` on."""
    return [
        (first + timedelta(days=n % 28, minutes=7 * n % 600), f"Contenu numéro {n}, sur une ligne")
        for n in range(number)
    ]
