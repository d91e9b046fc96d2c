"""The content of a wait, looked up by its key."""

from sqlalchemy import select
from sqlalchemy.orm import aliased

from unisson.approvals.models import Wait
from unisson.editorial.models import Content

WaitingContent = aliased(
    Content,
    select(Content)
    .where(Content.agency_id == Wait.agency_id, Content.id == Wait.content_id)
    .correlate(Wait)
    .offset(0)
    .lateral("waiting_content"),
)
"""For `join(WaitingContent, true())` beside `Wait`.

The planner does not know which agency asks, and takes each for an average one: joined plainly, all contents of a
large agency were read for a handful that wait (0.3 s of PostgreSQL for 40,000). The offset keeps it a look-up.
"""
