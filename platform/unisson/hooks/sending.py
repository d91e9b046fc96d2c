"""Telling a room: one request, and what its answer means."""

import json
import uuid
from functools import lru_cache

from sqlalchemy import select

from tenants.agencies import Agency
from tenants.brands import Brand
from tenants.session import TenantSession
from unisson.editorial.models import Content
from unisson.hooks.facts import in_words
from unisson.hooks.models import Hook, HookPost
from unisson.hooks.shapes import Message, body_of
from unisson.notifications.lines import path
from unisson.outbound import Answer, Outbound
from unisson.outbound.telling import Outcome, meaning, tell
from unisson.runtime import Runtime
from unisson.web.i18n import _, pick_language, speaking

SECONDS = 10.0
MOST_BYTES = 65_536


@lru_cache(maxsize=4)
def outbound(runtime: Runtime) -> Outbound:
    """Return this process's way out to the rooms."""
    return Outbound(runtime.settings.outbound_allow, only=runtime.settings.outbound_only, max_connections=20)


def address_of(runtime: Runtime, hook: Hook) -> str:
    """Return the secret address of a room."""
    return runtime.vault.open(hook.sealed)["url"]


def message_of(session: TenantSession, post: HookPost, base_url: str) -> Message | None:
    """Return what a post says, in the agency's language; None when what it is about is gone."""
    agency = session.scalars(select(Agency)).one()
    brand = session.get(Brand, (session.agency_id, post.brand_id)) if post.brand_id else None
    content = session.get(Content, (session.agency_id, post.content_id)) if post.content_id else None
    title = (content.title or content.body[:80]) if content else ""
    with speaking(pick_language(agency.language)):
        leads = path(post.kind, post.content_id, brand.slug if brand else None, post.about)
        sentence = in_words(post.kind, title, post.about)
        return Message(sentence, brand.name if brand else "", f"{base_url}/{agency.slug}{leads}", _("Open"))


def send(runtime: Runtime, room: str, url: str, message: Message) -> Outcome:
    """Return what became of one message. The reason never holds the address."""
    headers = {"Content-Type": "application/json"}
    said = tell(outbound(runtime), url, body_of(room, message), headers, seconds=SECONDS, max_bytes=MOST_BYTES)
    return meaning(said, _wait(said)) if isinstance(said, Answer) else said


def _wait(answer: Answer) -> str | None:
    """Return what Discord says in the body of when to come again; None where that is left to the header."""
    try:
        told = json.loads(answer.body).get("retry_after")
    except (ValueError, AttributeError):
        return None
    return None if told is None or "retry-after" in answer.headers else str(told)


def post_of(session: TenantSession, agency_id: uuid.UUID, post_id: uuid.UUID) -> HookPost | None:
    """Return a post, locked; None when it is gone."""
    return session.get(HookPost, (agency_id, post_id), with_for_update=True)
