"""Every table of the product: import this, and `Base.metadata` is complete."""

from tenants import agencies, brands, browsers, domains, identities, marks, members
from tenants.base import Base
from unisson.activity import models as activity
from unisson.api import models as api
from unisson.approvals import models as approvals
from unisson.billing import models as billing
from unisson.calendars import models as calendars
from unisson.closing import models as closing
from unisson.editorial import models as editorial
from unisson.editorial import models_of_brand as editorial_of_brand
from unisson.granting import models as granting
from unisson.hooks import models as hooks
from unisson.imports import models as imports
from unisson.media import models as media
from unisson.newsroom import models as newsroom
from unisson.notifications import models as notifications
from unisson.onboarding import models as onboarding
from unisson.portal import models as portal
from unisson.publishing import models as publishing
from unisson.push import models as push
from unisson.search import models as search
from unisson.sign_on import models as sign_on
from unisson.strategy import models as strategy
from unisson.threads import models as threads
from unisson.topics import models as topics
from unisson.trust import models as trust

MODULES = (
    agencies, brands, browsers, domains, identities, marks, members, activity, api, approvals, billing, calendars,
    closing, editorial, editorial_of_brand, granting, hooks, imports, media, newsroom, notifications, onboarding,
    portal, publishing, push, search, sign_on, strategy, threads, topics, trust,
)  # fmt: skip
"""The modules that declare tables; a feature with tables of its own adds itself here."""

metadata = Base.metadata
