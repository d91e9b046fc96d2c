"""Templates: contents of a brand kept to begin others from. Their dates, topics and images are each content's own."""

import uuid
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import func, select

from tenants.access import Actor
from tenants.errors import NotFoundError, RefusedError, StaleError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.editorial.contents import load, open_channels
from unisson.editorial.kept_drafts import as_json, from_json
from unisson.editorial.models_of_brand import ContentTemplate
from unisson.editorial.writing import Draft, draft_of
from unisson.web.i18n import lazy

MOST = 200
LONGEST_NAME = 120

NO_NAME = lazy("Give the template a name, of 120 characters at most.")
TOO_MANY = lazy("A brand has 200 templates at most. Put some away first; nothing was saved.")
STALE = lazy("Somebody renamed this template after you opened the page. Your name is still in the form.")


def save_template(session: TenantSession, actor: Actor, content_id: uuid.UUID, name: str) -> ContentTemplate:
    """Return a new template of a content's brand, made of the content as it is. Raises RefusedError, ForbiddenError."""
    content = load(session, actor, content_id, Permission.TOPIC_PLAN)
    known = select(func.count()).select_from(ContentTemplate).where(
        ContentTemplate.brand_id == content.brand_id, ContentTemplate.archived_at.is_(None)
    )  # fmt: skip
    if (session.scalar(known) or 0) >= MOST:
        raise RefusedError(TOO_MANY, field="template")
    kept = draft_of(session, content)
    template = ContentTemplate(
        brand_id=content.brand_id,
        name=_checked(name),
        draft={**as_json(replace(kept, pictures=())), "pillar": kept.pillar},
        created_by=actor.membership_id,
    )
    session.add(template)
    session.flush()
    record(session, actor, "template.saved", "template", template.id, brand_id=content.brand_id, name=template.name)
    return template


def load_template(
    session: TenantSession, actor: Actor, template_id: uuid.UUID, *, lock: bool = False
) -> ContentTemplate:
    """Return a template that the actor may plan with. Raises NotFoundError, ForbiddenError."""
    wanted = select(ContentTemplate).where(ContentTemplate.id == template_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFoundError
    actor.require(Permission.CONTENT_SEE, found.brand_id)
    actor.require(Permission.TOPIC_PLAN, found.brand_id)
    return found


def templates_of(session: TenantSession, brand_id: uuid.UUID, *, archived: bool = False) -> Sequence[ContentTemplate]:
    """Return a brand's templates by name: those in use, or those put away."""
    kept = ContentTemplate.archived_at.is_not(None) if archived else ContentTemplate.archived_at.is_(None)
    wanted = select(ContentTemplate).where(ContentTemplate.brand_id == brand_id, kept)
    return session.scalars(wanted.order_by(func.lower(ContentTemplate.name), ContentTemplate.id).limit(MOST)).all()


def rename_template(
    session: TenantSession, actor: Actor, template_id: uuid.UUID, name: str, version_shown: int | None
) -> tuple[ContentTemplate, str]:
    """Return the template under another name, and the name it had. Raises RefusedError, StaleError."""
    template = load_template(session, actor, template_id, lock=True)
    if version_shown != template.version:
        raise StaleError(STALE, field="name")
    before, template.name = template.name, _checked(name)
    if template.name != before:
        template.version += 1
        session.flush()
        record(session, actor, "template.renamed", "template", template.id, brand_id=template.brand_id, name=before)
    return template, before


def archive_template(
    session: TenantSession, actor: Actor, template_id: uuid.UUID, *, back: bool = False
) -> ContentTemplate:
    """Return the template, put away or (`back`) in use again: nothing begins from one that is put away."""
    template = load_template(session, actor, template_id, lock=True)
    if (template.archived_at is None) != back:
        template.archived_at = None if back else session.now()
        session.flush()
        verb = "template.restored" if back else "template.archived"
        record(session, actor, verb, "template", template.id, brand_id=template.brand_id)
    return template


def draft_from(session: TenantSession, template: ContentTemplate) -> Draft:
    """Return a new draft as the template says, on those of its channels that are still connected."""
    there = {channel.id for channel in open_channels(session, template.brand_id)}
    draft = from_json(template.draft, Draft(pillar=template.draft["pillar"]))
    return replace(draft, channel_ids=tuple(each for each in draft.channel_ids if each in there))


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise RefusedError(NO_NAME, field="name")
    return name
