"""Data to measure on: agencies of very unequal size, and one probe of known size among them."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

import psycopg
from flask import Flask

from tenants.agencies import Agency
from tenants.base import new_id, utcnow
from tenants.brands import Brand
from tenants.identities import DirectoryEntry, Identity, Seat, SignIn
from tenants.members import Membership
from tenants.permissions import AgencyRole
from tenants.session import TenantSession
from unisson.config import Settings
from unisson.runtime import web_runtime
from unisson.vault import new_token, token_hash
from unisson.web.bare import bare_app

PROBE_BRANDS = 10
PROBE_MONTHS = [f"{year}-{month:02}" for year in (2025, 2026, 2027) for month in range(1, 13)]
"""More months than the page keeps grids of, so that asking for one after the other makes each of them anew."""
BRAND_MONTH = 200
"""Contents of the probe's first brand in each of its months; its other brands have 40."""

_CONTENTS = """
insert into app.contents (agency_id, id, brand_id, author_id, kind, title, body, state, scheduled_at, wall_time, zone,
                          revision_id, stages_done, stages_all, channel_kinds, live_url)
select agency_id, uuidv7(), brand_id, author_id, 'post', 'Contenu numéro ' || n || ', sur une ligne',
       repeat('Deux cents caractères. ', 9), state, at, at at time zone 'Europe/Paris', 'Europe/Paris',
       gen_random_uuid(), 0, 2, (array['newsroom', 'bluesky newsroom', 'email'])[1 + n %% 3],
       case when state = 'published' then 'https://example.org/' || n end
from ({source}) as planned
"""
_STATE = "(array['draft', 'in_review', 'scheduled', 'scheduled', 'published', 'published'])[1 + n %% 6] as state"

_CROWD_BRANDS = """
create temporary table crowd as
  select n as number, uuidv7() as agency_id, uuidv7() as author_id, array(select uuidv7() from generate_series(1, 10))
    as brands from generate_series(0, %(agencies)s - 1) n;
"""
# random() ^ 3 gives the first of 2,000 agencies 8 % of all contents, and most of the others a handful.
_CROWD = f"""
  select c.agency_id, c.brands[1 + (10 * power(r.b, 2))::int %% 10] as brand_id, c.author_id, n, {_STATE},
         timestamptz '2025-01-01' + r.c * interval '36 months' as at
  from (select n, floor(%(agencies)s * power(random(), 3))::int as a, random() as b, random() as c
        from generate_series(1, %(contents)s) n) r join crowd c on c.number = r.a
"""
_PROBE = f"""
  select %(agency)s::uuid as agency_id, brand_id, %(author)s::uuid as author_id, n, {_STATE},
         month + interval '1 day' + (n %% 28) * interval '23 hours' + n * interval '1 minute' as at
  from unnest(%(brands)s::uuid[]) with ordinality as b (brand_id, place),
       generate_series(timestamptz '2025-01-01', timestamptz '2027-12-01', interval '1 month') as month,
       generate_series(1, case place when 1 then %(brand_month)s else 40 end) as n
"""


@dataclass(frozen=True, slots=True)
class Probe:
    """Somebody signed in to an agency of known size."""

    agency_id: uuid.UUID
    brand_ids: list[uuid.UUID]
    slug: str
    cookie: str
    held: bytes
    """The hash under which the cookie's sign-in is known."""

    def path(self, month: str, brand: str = "marque-0") -> str:
        """Return the address of one month's page."""
        return f"/{self.slug}/calendar?month={month}&brand={brand}"


def fill(
    admin: psycopg.Connection[tuple[object, ...]], settings: Settings, contents: int, *, brand_month: int = BRAND_MONTH
) -> Probe:
    """Put the probe and about `contents` contents of other agencies into an empty database; return the probe.

    As a superuser, past row-level security; without the triggers and foreign keys, which would take most of the time.
    """
    probe, membership_id = _probe(settings)
    with admin.transaction():
        admin.execute("set local session_replication_role = replica")
        agencies = max(20, contents // 500)
        admin.execute(_CROWD_BRANDS.replace("%(agencies)s", str(agencies)))
        filled = {"agencies": agencies, "contents": contents}
        admin.execute(_CONTENTS.format(source=_CROWD), filled)
        about = {
            "brand_month": brand_month,
            "agency": probe.agency_id,
            "author": membership_id,
            "brands": probe.brand_ids,
        }
        admin.execute(_CONTENTS.format(source=_PROBE), about)
        admin.execute("drop table crowd")
    admin.execute("vacuum (analyze) app.contents")
    return probe


def _probe(settings: Settings) -> tuple[Probe, uuid.UUID]:
    runtime = web_runtime(settings)
    agency_id, token = new_id(), new_token()
    with runtime.database.agency(agency_id) as session:
        session.add(DirectoryEntry(slug="sonde", agency_id=agency_id, name="Sonde"))
        session.add(Agency(agency_id=agency_id, slug="sonde", name="Sonde"))
        brands = [
            Brand(
                slug=f"marque-{n}", name=f"Marque {n}", sector="food", timezone="Europe/Paris", language="fr",
                accent="ocean",
            )
            for n in range(PROBE_BRANDS)
        ]  # fmt: skip
        session.add_all(brands)
        membership_id = _owner(session, token)
        session.flush()
        brand_ids = [brand.id for brand in brands]
    cookie = signed(bare_app(runtime), token, agency_id)
    runtime.database.engine.dispose()
    return Probe(agency_id, brand_ids, "sonde", cookie, token_hash(token)), membership_id


def signed(app: Flask, token: str | None, agency_id: uuid.UUID, *, proof: str = "one-session") -> str:
    """Return the cookie of a browser whose sign-in has this token, and which was in the agency before.

    None is for one that is known, and not signed in. `proof` is what its forms carry, signed.
    """
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]  # Flask's own has one
    assert serializer is not None
    who = {"_user_id": token, "_fresh": True, "met": [agency_id.hex]} if token else {}
    session = serializer.dumps({**who, "csrf_token": proof})
    return f"{app.config['SESSION_COOKIE_NAME']}={session}"


def _owner(session: TenantSession, token: str) -> uuid.UUID:
    identity = Identity(email="owner@example.org", name="Owner", email_verified_at=utcnow(), language="fr")
    session.add(identity)
    session.flush()
    membership = Membership(
        identity_id=identity.id, email=identity.email, name="Owner", agency_role=AgencyRole.OWNER.value,
        joined_at=utcnow(),
    )  # fmt: skip
    sign_in = SignIn(
        identity_id=identity.id, token_hash=token_hash(token), ip="127.0.0.1", user_agent="bench",
        expires_at=utcnow() + timedelta(days=1),
    )  # fmt: skip
    session.add_all([membership, Seat(identity_id=identity.id, agency_id=session.agency_id), sign_in])
    session.flush()
    return membership.id
