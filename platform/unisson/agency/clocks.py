"""Whose clock a person reads by: their own, else that of the brands they work for, else their agency's."""

import uuid

from sqlalchemy import text

from tenants.session import TenantSession

_CLOCK = text("""
select coalesce(i.timezone,
                (select min(b.timezone) from app.brand_assignments r
                   join app.brands b on b.agency_id = r.agency_id and b.id = r.brand_id and b.archived_at is null
                  where r.agency_id = m.agency_id and r.membership_id = m.id
                 having count(distinct b.timezone) = 1),
                a.timezone)
  from app.memberships m
  join app.agencies a on a.agency_id = m.agency_id
  left join app.identities i on i.id = m.identity_id
 where m.id = :id
""")


def clock_of_person(session: TenantSession, membership_id: uuid.UUID) -> str:
    """Return the name of the time zone (IANA) that a member of the agency reads by; one statement.

    Who chose none has that of their brands where these share one, so that a client in Nouméa of an agency in Paris is
    not told at night.
    """
    zone: str = session.execute(_CLOCK, {"id": membership_id}).scalar_one()
    return zone
