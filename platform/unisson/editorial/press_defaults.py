"""What a new release begins with: the brand's own words and contact, and whom its strategy lets speak."""

import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

from tenants.brands import Brand
from tenants.session import TenantSession
from unisson.editorial.models import Content, ContentState
from unisson.editorial.press import Press, Quote
from unisson.editorial.press_form import speakers_of
from unisson.strategy.reading import strategy_on

BEING_WRITTEN = frozenset({ContentState.DRAFT, ContentState.CHANGES_REQUESTED})


def proposed_press(session: TenantSession, brand_id: uuid.UUID, content: Content | None = None) -> Press:
    """Return what the form shows: what the content has, else the brand's words, unless it was submitted without any."""
    kept = Press.of(content.press) if content is not None else None
    if kept is not None:
        return kept
    if content is not None and content.state not in BEING_WRITTEN:
        return Press()
    return Press.of(session.read_once(Brand, brand_id).press) or Press()


def speakers_on(session: TenantSession, brand_id: uuid.UUID, at: datetime | None) -> list[Quote]:
    """Return the spokespersons of the brand's strategy for `at`, for today without a date."""
    brand = session.read_once(Brand, brand_id)
    day = (at or session.now()).astimezone(ZoneInfo(brand.timezone)).date()
    strategy = strategy_on(session, brand_id, day)
    return speakers_of(strategy.spokespersons) if strategy else []
