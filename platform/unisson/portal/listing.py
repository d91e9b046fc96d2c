"""The one question behind a client's list: what waits on somebody, the days around it, what they said last.

By a personal link it tells first who stands there, where the link is open to this browser; where it is not, nothing is
answered at all. Whatever of the database the page shows is in the answer: the same answer is the same page.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec import Raw
from msgspec.json import Decoder
from sqlalchemy import ARRAY, Integer, LargeBinary, Uuid, bindparam, text

from tenants.permissions import (
    AGENCY_ROLE_PERMISSIONS,
    BRAND_ROLE_PERMISSIONS,
    CLIENT_SIDE,
    AgencyRole,
    Permission,
)
from tenants.session import TenantSession
from tenants.wire import Question, Value
from unisson.approvals.models import Purpose, Verdict
from unisson.editorial.visibility import SHOWN_TO_CLIENTS
from unisson.portal.guests import Guest
from unisson.portal.surroundings import AROUND, MOST_AROUND
from unisson.portal.waiting import MOST

LAST = 5
"""Of what they said, beside what waits."""
PER_PAGE = 10
"""Contents of a page of the list: with all it loads it stays under 60 kB, for a phone on a slow net."""


class Comer(NamedTuple):
    """Who came by a link that is open. `until` is when link or browser are over; `unseen` a link never opened."""

    name: str
    language: str | None
    brand: str
    brand_language: str
    zone: str
    accent: str
    logo_digest: str | None
    logo_width: int | None
    logo_height: int | None
    agency: str
    white_label: bool
    signs_as: str
    typed_name: str
    until: datetime
    unseen: str | None


class _Told(NamedTuple):
    """What the question answers: how many wait, those of the page, the days around from `first` on, the rest."""

    comer: Comer | None
    many: int | None
    items: Raw
    first: str
    coming: Raw
    gone: Raw
    words: Raw


class Listed(NamedTuple):
    """One page of a list, as the database wrote it: its parts are the keys of their pieces; "" where there is none.

    Around it stand the contents from the moment `first` on, and those before, the nearest first on either side.
    """

    many: int
    number: int
    items: bytes
    first: str
    coming: bytes
    gone: bytes
    words: bytes

    @property
    def rows(self) -> Sequence[Raw]:
        """Return the contents of the page, each as the database wrote it."""
        return _ROWS.decode(self.items) if self.items else ()

    @property
    def has_around(self) -> bool:
        """Whether anything stands around."""
        return bool(self.coming or self.gone)

    @property
    def some(self) -> int:
        """Return how many wait as a page's frame tells it: none, one or several."""
        return min(self.many, 2)

    @property
    def pages(self) -> int:
        """Return how many pages there are."""
        return max(1, -(-self.many // PER_PAGE))


def listed(session: TenantSession, guest: Guest, number: int) -> Listed:
    """Return a page of what waits on a guest; the last one for a number beyond."""
    at: dict[str, Value] = {"person": guest.person.id, "brand": guest.brand.id, "page": number}
    told = read(session.answer_to(OF_A_GUEST, at) or b"", number)[1]
    if number > told.pages:
        first = listed(session, guest, 1)
        return first if first.pages == 1 else listed(session, guest, first.pages)
    return told


def read(answer: bytes, number: int) -> tuple[Comer | None, Listed]:
    """Return who came by a link, and the page `number` of a list, of what the database answered."""
    comer, many, items, first, coming, gone, words = _DECODER.decode(answer)
    return comer, Listed(min(many or 0, MOST), number, _of(items), first, _of(coming), _of(gone), _of(words))


def _of(part: Raw) -> bytes:
    return b"" if part == _NULL else bytes(part)


_DECODER = Decoder(_Told)
_ROWS = Decoder(list[Raw])
_NULL = Raw(b"null")


def _that(permission: Permission) -> list[str]:
    """Return the roles that give a permission, in the agency and on a brand: no two are called alike."""
    roles = (*AGENCY_ROLE_PERMISSIONS.items(), *BRAND_ROLE_PERMISSIONS.items())
    return [role.value for role, given in roles if permission in given]


def _array(values: Iterable[str]) -> str:
    """Return words of ours as SQL writes an array."""
    return "'{" + ",".join(sorted(str(each) for each in values)) + "}'::text[]"


def _near(name: str, where: str, order: str) -> str:
    """Return the join of the contents nearest to the page's first moment on one side of it.

    They come by the index, however many stand in these weeks.
    """
    return f"""
left join lateral (
  select array_agg(array[n.id::text, n.title, n.scheduled_at::text, n.zone, n.state]) as rows
  from (
    select c.id, case when c.title = '' then left(c.body, 80) else c.title end as title, c.scheduled_at, c.zone, c.state
    from app.contents c
    where c.brand_id = b.id and may.look and (c.state = any({_array(SHOWN_TO_CLIENTS)}) or may.write) and {where}
    order by c.scheduled_at {order} limit {MOST_AROUND}
  ) n
) {name} on true"""


# Rows are arrays of text: PostgreSQL looks up how to write the type of each value that goes into a JSON array.
# Who decided on an earlier run of a content is looked for where it has one: no two are of the same revision.
_LISTED = f"""
cross join lateral (
  select array_agg(x.role) || m.agency_role as held from app.brand_assignments x
  where x.membership_id = m.id and x.brand_id = b.id
) r
cross join lateral (
  select r.held && {_array(_that(Permission.CALENDAR_SEE))}
      and r.held && {_array(_that(Permission.CONTENT_SEE))} as look,
    r.held && {_array(_that(Permission.CONTENT_WRITE))} as write,
    r.held = '{{{AgencyRole.MEMBER.value}}}' as stranger
  offset 0
) may
left join lateral (
  select max(p.many) as many, min(p.scheduled_at) as since, max(p.scheduled_at) as until,
    array_agg(array[
      p.id::text, p.kind, p.channel_kinds, p.zone, p.scheduled_at::text, p.deadline_at::text, p.stage_id::text,
      e.digest, s.tacit_clause,
      case when p.scheduled_at <= clock_timestamp() then (
        select v.chain::text from app.approval_runs a join app.policy_versions v on v.id = a.policy_version_id
        where a.id = s.run_id) end,
      e.payload->>'title', left(e.payload #>> '{{channels,0,text}}', 400), e.payload #>> '{{channels,0,kind}}',
      e.payload #>> '{{pictures,0}}',
      (e.number > 1 and exists (
        select from app.approval_runs f join app.decisions d on d.run_id = f.id
        where f.content_id = p.id and f.id <> s.run_id and d.membership_id = m.id and d.carried_from is null))::text
    ] order by p.scheduled_at, p.id) as items
  from (
    select c.id, c.kind, c.channel_kinds, c.zone, c.scheduled_at, c.revision_id, w.stage_id, w.deadline_at,
      count(*) over () as many
    from (
      select w.content_id, w.stage_id, min(w.deadline_at) as deadline_at from app.waits w
      where w.membership_id = m.id and w.brand_id = b.id and w.purpose = '{Purpose.DECIDE.value}'
      group by w.content_id, w.stage_id
    ) w
    join app.contents c on c.id = w.content_id
    where not (may.stranger and exists (
      select from app.topics t where t.id = c.topic_id
      and t.embargo_until > clock_timestamp() and not t.embargo_shared))
    order by c.scheduled_at, c.id limit {PER_PAGE} offset (:page - 1) * {PER_PAGE}
  ) p
  join app.run_stages s on s.id = p.stage_id
  join app.revisions e on e.id = p.revision_id
) page on true
cross join lateral (
  select coalesce(page.since, date_trunc('hour', clock_timestamp())) as first,
    coalesce(page.since, date_trunc('hour', clock_timestamp())) - interval '{AROUND.days} days' as since,
    coalesce(page.until, date_trunc('hour', clock_timestamp())) + interval '{AROUND.days} days' as until
  offset 0
) span
{_near("coming", "c.scheduled_at >= span.first and c.scheduled_at < span.until", "")}
{_near("gone", "c.scheduled_at < span.first and c.scheduled_at >= span.since", "desc")}
left join lateral (
  select array_agg(array[
      l.id::text, l.content_id::text, l.title, l.verdict, l.comment, l.typed_name, l.decided_at::text]
    order by l.decided_at desc) as rows
  from (
    select d.id, a.content_id, d.verdict, d.comment, d.typed_name, d.decided_at,
      coalesce(nullif(e.payload->>'title', ''), left(e.payload #>> '{{channels,0,text}}', 80)) as title
    from app.decisions d
    join app.approval_runs a on a.id = d.run_id
    join app.contents c on c.id = a.content_id
    join app.revisions e on e.id = a.revision_id
    where d.membership_id = m.id and c.brand_id = b.id and d.carried_from is null
      and d.verdict <> '{Verdict.DELEGATED.value}'
    order by d.decided_at desc limit {LAST}
  ) l
) said on true
"""
_TOLD = "page.many, page.items, span.first, coming.rows, gone.rows, said.rows"
_PAGE = bindparam("page", type_=Integer)

OF_A_GUEST = Question(
    text(f"""
select json_build_array(null, {_TOLD})
from app.memberships m join app.brands b on b.id = :brand
{_LISTED}
where m.id = :person
""").bindparams(_PAGE, bindparam("person", type_=Uuid), bindparam("brand", type_=Uuid)),
    keeps_plan=True,
)

BY_LINK = Question(
    text(f"""
select json_build_array(
  json_build_array(
    m.name, m.language, b.name, b.language, b.timezone, b.accent, b.logo_digest, b.logo_width, b.logo_height,
    g.name, g.white_label, coalesce(g.sender_name, g.name), d.typed_name, least(k.expires_at, d.expires_at),
    case when k.first_seen_at is null then k.id end
  ), {_TOLD})
from app.approval_links k
join app.memberships m on m.id = k.membership_id
join app.brands b on b.id = k.brand_id
join app.link_devices d on d.membership_id = k.membership_id
cross join app.agencies g
{_LISTED}
where k.token_hash = :held and k.revoked_at is null and k.expires_at > clock_timestamp()
  and m.removed_at is null and b.archived_at is null
  and d.token_hash = any(:browsers) and d.revoked_at is null and d.expires_at > clock_timestamp()
  and (r.held && {_array(CLIENT_SIDE)} or page.many is not null)
""").bindparams(_PAGE, bindparam("held", type_=LargeBinary), bindparam("browsers", type_=ARRAY(LargeBinary))),
    keeps_plan=True,
)
