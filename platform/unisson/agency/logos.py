"""A brand's logo: made anew from what was uploaded, kept, replaced, let go."""

import uuid
from typing import IO, Any, NamedTuple

from sqlalchemy import Select, select

from tenants.access import Actor
from tenants.brands import Brand
from tenants.context import acting_for
from tenants.errors import NotFoundError, RefusedError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.media.holding import hold_bytes
from unisson.media.intake import agreed_format
from unisson.media.reading import picture_key
from unisson.media.sandbox import Reencoded, reencode
from unisson.storage import Storage
from unisson.web.i18n import lazy

MOST_BYTES = 5 * 1024 * 1024

TOO_HEAVY = lazy("This logo is heavier than 5 MB. Export it smaller, then add it again.")
EMPTY = lazy("This file is empty. Choose another one.")


class LogoCard(NamedTuple):
    """A logo as the brand's form shows it."""

    name: str
    logo_digest: str
    logo_mime: str
    logo_width: int
    logo_height: int


_LOGO: Select[*tuple[Any, ...]] = select(
    Brand.name, Brand.logo_digest, Brand.logo_mime, Brand.logo_width, Brand.logo_height
).where(Brand.logo_digest.is_not(None), Brand.archived_at.is_(None))


def drawn(filename: str, stream: IO[bytes]) -> Reencoded:
    """Return the logo that the file holds, small enough to travel in mails. Raises RefusedError on `logo`."""
    content = stream.read(MOST_BYTES + 1)
    if not content:
        raise RefusedError(EMPTY, field="logo")
    if len(content) > MOST_BYTES:
        raise RefusedError(TOO_HEAVY, field="logo")
    try:
        return reencode(content, agreed_format(filename, content), "logo")
    except RefusedError as refusal:
        refusal.field = "logo"
        raise


def keep_logo(session: TenantSession, actor: Actor, brand_id: uuid.UUID, logo: Reencoded, *, storage: Storage) -> None:
    """Give the brand this logo in the place of any other.

    Raises NotFoundError, ForbiddenError, StorageAwayError when the bytes can't be kept.
    """
    brand = _brand(session, actor, brand_id)
    hold_bytes(session)
    with acting_for(session.agency_id):
        storage.put(logo.content, *picture_key(logo.digest))
    brand.logo_digest, brand.logo_mime = logo.digest, logo.mime
    brand.logo_width, brand.logo_height = logo.width, logo.height
    record(session, actor, "brand.logo_kept", "brand", brand.id, brand_id=brand.id)


def remove_logo(session: TenantSession, actor: Actor, brand_id: uuid.UUID) -> None:
    """Leave the brand without a logo; its initials stand there again. Raises NotFoundError, ForbiddenError."""
    brand = _brand(session, actor, brand_id)
    brand.logo_digest = brand.logo_mime = None
    brand.logo_width = brand.logo_height = None
    record(session, actor, "brand.logo_removed", "brand", brand.id, brand_id=brand.id)


def logo_of(session: TenantSession, brand_id: uuid.UUID) -> LogoCard | None:
    """Return the brand's logo; None when it has none."""
    row = session.execute(_LOGO.where(Brand.id == brand_id)).first()
    return LogoCard(*row) if row else None


def logo_by_digest(session: TenantSession, digest: str) -> LogoCard:
    """Return what is a logo of the agency at this moment. Raises NotFoundError for any other picture."""
    row = session.execute(_LOGO.where(Brand.logo_digest == digest).limit(1)).first()
    if row is None:
        raise NotFoundError
    return LogoCard(*row)


def _brand(session: TenantSession, actor: Actor, brand_id: uuid.UUID) -> Brand:
    actor.require(Permission.BRAND_SETTINGS, brand_id)
    brand = session.scalars(select(Brand).where(Brand.id == brand_id, Brand.archived_at.is_(None))).first()
    if brand is None:
        raise NotFoundError
    return brand
