"""Opening and editing brands. A brand has its chain and its newsroom from the first moment."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tenants.access import Actor
from tenants.brands import ACCENTS, Brand
from tenants.errors import NotFoundError, RefusedError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.agency.slugs import numbered, slug_of
from unisson.approvals.starters import write_starters
from unisson.billing.plans import take_room
from unisson.editorial.press import Contact
from unisson.publishing.channels.port import ChannelKind
from unisson.publishing.models import Channel
from unisson.web.i18n import lazy

NEWSROOM_NAMES = {"fr": "Salle de presse", "en": "Newsroom"}
"""Stored with the brand, in its language; people may change them."""

_NEVER = frozenset({"new"})
"""Addresses beside a brand's own under `/brands/`."""

EMPTY_PRESS = {"boilerplate": "", "contact": asdict(Contact())}

_TRIES = 50
NO_COLOUR = lazy("Choose one of the colours that are shown.")
CROWDED = lazy("Too many brands have this name already. Choose a longer one.")


def open_brand(
    session: TenantSession,
    actor: Actor,
    *,
    name: str,
    sector: str,
    timezone: str,
    language: str,
    accent: str,
    country: str = "FR",
) -> Brand:
    """Return a new brand with the default approval chain and its newsroom. Raises ForbiddenError, RefusedError."""
    actor.require(Permission.BRAND_CREATE)
    take_room(session)
    brand = _insert(session, name, sector=sector, timezone=timezone, language=language, accent=accent,
                    country=country)  # fmt: skip
    write_starters(session, brand.id, language)
    session.add(Channel(brand_id=brand.id, kind=ChannelKind.NEWSROOM.value, name=NEWSROOM_NAMES[language]))
    session.flush()
    record(session, actor, "brand.opened", "brand", brand.id, brand_id=brand.id)
    return brand


def _insert(session: TenantSession, name: str, **described: str) -> Brand:
    """Insert under the first free address; two people opening the same name at once get one each."""
    base = slug_of(name, "brand")
    taken = set(session.scalars(select(Brand.slug).where(Brand.slug.startswith(base, autoescape=True)))) | _NEVER
    for number in range(1, _TRIES):
        slug = numbered(base, number)
        if slug in taken:
            continue
        brand = Brand(slug=slug, name=name, **described)
        try:
            with session.begin_nested():
                session.add(brand)
        except IntegrityError:
            continue
        return brand
    raise RefusedError(CROWDED, field="name")


def edit_brand(
    session: TenantSession,
    actor: Actor,
    brand_id: uuid.UUID,
    *,
    name: str,
    sector: str,
    timezone: str,
    language: str,
    accent: str,
    country: str | None = None,
) -> Brand:
    """Return the brand as described; its address stays. Raises NotFoundError, ForbiddenError."""
    actor.require(Permission.BRAND_SETTINGS, brand_id)
    brand = session.scalars(select(Brand).where(Brand.id == brand_id, Brand.archived_at.is_(None))).first()
    if brand is None:
        raise NotFoundError
    brand.name, brand.sector, brand.timezone, brand.language, brand.accent = name, sector, timezone, language, accent
    brand.country = country or brand.country
    record(session, actor, "brand.edited", "brand", brand.id, brand_id=brand.id)
    return brand


def paint_brand(session: TenantSession, actor: Actor, brand_id: uuid.UUID, accent: str) -> None:
    """Give the brand this colour. Raises NotFoundError, ForbiddenError, RefusedError for a colour that is none."""
    actor.require(Permission.BRAND_SETTINGS, brand_id)
    brand = session.scalars(select(Brand).where(Brand.id == brand_id, Brand.archived_at.is_(None))).first()
    if brand is None:
        raise NotFoundError
    if accent not in ACCENTS:
        raise RefusedError(NO_COLOUR)
    if brand.accent != accent:
        brand.accent = accent
        record(session, actor, "brand.edited", "brand", brand.id, brand_id=brand.id)


def keep_press(session: TenantSession, actor: Actor, brand_id: uuid.UUID, boilerplate: str, contact: Contact) -> None:
    """Keep what the brand's releases begin with from now on. Raises NotFoundError, ForbiddenError."""
    actor.require(Permission.BRAND_SETTINGS, brand_id)
    brand = session.scalars(select(Brand).where(Brand.id == brand_id, Brand.archived_at.is_(None))).first()
    if brand is None:
        raise NotFoundError
    wanted = {"boilerplate": boilerplate, "contact": asdict(contact)}
    if wanted != (brand.press or EMPTY_PRESS):
        brand.press = wanted
        record(session, actor, "brand.press_kept", "brand", brand.id, brand_id=brand.id)


def live_channels(session: TenantSession, brand_id: uuid.UUID) -> Sequence[Channel]:
    """Return the channels of a brand that are connected, the first one first."""
    return session.scalars(
        select(Channel).where(Channel.brand_id == brand_id, Channel.disconnected_at.is_(None)).order_by(Channel.id)
    ).all()
