"""The floor of approvals: the same rows by raw SQL under the same server, as plainly as it can be done."""

import json
import os
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from hashlib import sha256
from html import escape
from urllib.parse import parse_qs

from psycopg import Connection
from psycopg_pool import ConnectionPool

from benchmarks.floor import let_in

Start = Callable[[str, list[tuple[str, str]]], object]
Held = Connection[tuple[object, ...]]

_LETTER = """
with letter as (insert into app.letters (agency_id, id, membership_id, kind, about)
                values (%(a)s, %(letter)s, %(person)s, 'to_decide', %(about)s) returning id)
insert into app.dispatch (kind, agency_id, item_id, queue, due_at)
select 'mail', %(a)s, id, 'mail', clock_timestamp() + interval '5 minutes' from letter
"""
_TRAIL = """
insert into app.events (agency_id, id, actor_name, verb, subject_kind, subject_id, brand_id)
values (%(a)s, %(event)s, '', %(verb)s, 'content', %(c)s, %(brand)s)
"""
_WAITING = """
select c.id::text, r.payload->>'title', left(r.payload->'channels'->0->>'text', 100), c.scheduled_at, w.deadline_at,
       run.digest, w.stage_id::text
from app.waits w join app.contents c on c.agency_id = w.agency_id and c.id = w.content_id
join app.run_stages s on s.agency_id = w.agency_id and s.id = w.stage_id
join app.approval_runs run on run.agency_id = s.agency_id and run.id = s.run_id
join app.revisions r on r.agency_id = run.agency_id and r.id = run.revision_id
where w.membership_id = %s and w.brand_id = %s order by c.scheduled_at, c.id limit 100
"""
_LINK = "select membership_id from app.approval_links where token_hash = %s and revoked_at is null"


def create() -> Callable[[dict[str, str], Start], Iterable[bytes]]:
    """Return the WSGI application: `/submit` and `/approve?stage=…` write, `/portal` reads as a client does."""
    agency, brand = os.environ["BENCH_AGENCY"], os.environ["BENCH_BRAND"]
    people = json.loads(os.environ["BENCH_PEOPLE"])
    length = int(os.environ.get("BENCH_BYTES", "0"))
    pool = ConnectionPool(os.environ["BENCH_DATABASE"], min_size=1, max_size=6, open=True)

    def application(environment: dict[str, str], start: Start) -> Iterable[bytes]:
        asked = {name: values[0] for name, values in parse_qs(environment["QUERY_STRING"]).items()}
        body = b""
        with pool.connection() as held, held.transaction():
            held.execute("select set_config('app.agency_id', %s, true)", [agency])
            if environment["PATH_INFO"] == "/portal":
                body = _portal(held, people["client"], brand, length)
            else:
                let_in(held)
                facts = {"a": agency, "brand": brand, "c": asked["content"], "people": people}
                (_submit if environment["PATH_INFO"] == "/submit" else _approve)(held, facts, asked)
        if body:
            start("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))])
            return [body]
        start("303 See Other", [("Location", "/"), ("Content-Length", "0")])
        return [b""]

    return application


def _submit(held: Held, facts: dict[str, object], _asked: dict[str, str]) -> None:
    held.execute("select id from app.contents where id = %(c)s for update", facts)
    row = held.execute("select title, body from app.contents where id = %(c)s", facts).fetchone()
    assert row is not None
    payload = json.dumps({"title": row[0], "channels": [{"text": row[1]}], "pictures": []}, sort_keys=True)
    people = facts["people"]
    assert isinstance(people, dict)
    ids = {name: uuid.uuid4() for name in ("revision", "run", "seat", "letter", "event", "wait")}
    values = facts | ids | {
        "payload": payload, "digest": sha256(payload.encode()).hexdigest(), "cm": people["cm"],
        "version": people["version"], "person": people["rp"], "about": json.dumps({"brand_id": str(facts["brand"])}),
        "verb": "content.submitted", "stages": [uuid.uuid4() for _ in range(3)], "number": uuid.uuid4(),
        "roles": ["rp", "account_manager", "client_approver"], "at": datetime.now(UTC),
    }  # fmt: skip
    values.pop("people")
    for statement in _SUBMISSION:
        held.execute(statement, values)


_SUBMISSION = (
    "insert into app.operations (agency_id, id, path) values (%(a)s, %(number)s, '/submit')",
    """insert into app.revisions (agency_id, id, content_id, number, digest, payload, created_by)
       values (%(a)s, %(revision)s, %(c)s, 1, %(digest)s, %(payload)s, %(cm)s)""",
    """insert into app.approval_runs (agency_id, id, content_id, revision_id, policy_version_id, digest, submitted_by)
       values (%(a)s, %(run)s, %(c)s, %(revision)s, %(version)s, %(digest)s, %(cm)s)""",
    """insert into app.run_stages (agency_id, id, run_id, position, covers_digest, opened_at, deadline_at)
       select %(a)s, stage, %(run)s, place, %(digest)s, case place when 1 then %(at)s end, %(at)s
       from unnest(%(stages)s::uuid[]) with ordinality as s (stage, place)""",
    """insert into app.run_seats (agency_id, id, run_id, stage_id, position, role)
       select %(a)s, gen_random_uuid(), %(run)s, stage, 1, role
       from unnest(%(stages)s::uuid[], %(roles)s::text[]) as s (stage, role)""",
    """insert into app.waits (agency_id, id, content_id, brand_id, stage_id, seat_id, membership_id, side)
       select agency_id, %(wait)s, %(c)s, %(brand)s, stage_id, id, %(person)s, 'rp' from app.run_seats
       where run_id = %(run)s and role = 'rp'""",
    _LETTER,
    """insert into app.dispatch (kind, agency_id, item_id, queue)
       select 'stage', %(a)s, (%(stages)s::uuid[])[1], 'approvals'""",
    """update app.contents set state = 'in_review', revision_id = %(revision)s, stages_done = 0, stages_all = 3
       where id = %(c)s""",
    _TRAIL,
)


def _approve(held: Held, facts: dict[str, object], asked: dict[str, str]) -> None:
    place = int(asked["stage"])
    people = facts["people"]
    assert isinstance(people, dict)
    names = ("rp", "manager", "client")
    after = names[place] if place < 3 else "cm"
    values = facts | {
        "place": place, "who": people[names[place - 1]], "person": people[after], "decision": uuid.uuid4(),
        "letter": uuid.uuid4(), "event": uuid.uuid4(), "wait": uuid.uuid4(), "number": uuid.uuid4(),
        "about": json.dumps({"brand_id": str(facts["brand"])}), "verb": "content.approved",
        "side": ("account", "client", "cm")[place - 1],
    }  # fmt: skip
    values.pop("people")
    held.execute("select id from app.contents where id = %(c)s for update", values)
    for statement in (*_DECISION, *(_NEXT if place < 3 else _LAST)):
        held.execute(statement, values)


_STAGE = """(select s.id from app.run_stages s join app.approval_runs r on r.agency_id = s.agency_id and r.id = s.run_id
             join app.contents c on c.agency_id = r.agency_id and c.revision_id = r.revision_id
             where c.id = %(c)s and s.position = %(place)s)"""
_DECISION = (
    "insert into app.operations (agency_id, id, path) values (%(a)s, %(number)s, '/approve')",
    f"""insert into app.decisions (agency_id, id, run_id, stage_id, seat_id, digest, covers_digest, verdict,
                                   membership_id, authenticated)
        select t.agency_id, %(decision)s, t.run_id, t.stage_id, t.id, r.digest, r.digest, 'approved', %(who)s, 'session'
        from app.run_seats t join app.approval_runs r on r.agency_id = t.agency_id and r.id = t.run_id
        where t.stage_id = {_STAGE}""",
    f"update app.run_stages set done_at = clock_timestamp() where id = {_STAGE}",
    "delete from app.waits where content_id = %(c)s",
    f"delete from app.dispatch where kind = 'stage' and item_id = {_STAGE}",
    _TRAIL,
    _LETTER,
)
_NEXT = (
    f"""update app.run_stages n set opened_at = clock_timestamp() from app.run_stages s
        where s.id = {_STAGE} and n.agency_id = s.agency_id and n.run_id = s.run_id and n.position = s.position + 1""",
    f"""insert into app.waits (agency_id, id, content_id, brand_id, stage_id, seat_id, membership_id, side)
        select t.agency_id, %(wait)s, %(c)s, %(brand)s, t.stage_id, t.id, %(person)s, %(side)s
        from app.run_stages s join app.run_stages n on n.agency_id = s.agency_id and n.run_id = s.run_id
          and n.position = s.position + 1
        join app.run_seats t on t.agency_id = n.agency_id and t.stage_id = n.id where s.id = {_STAGE}""",
    "update app.contents set stages_done = %(place)s where id = %(c)s",
)
_LAST = (
    """update app.approval_runs r set state = 'approved', ended_at = clock_timestamp() from app.contents c
       where c.id = %(c)s and r.agency_id = c.agency_id and r.revision_id = c.revision_id""",
    "update app.contents set state = 'scheduled', stages_done = 3 where id = %(c)s",
    """insert into app.dispatch (kind, agency_id, item_id, queue, due_at)
       select 'content', agency_id, id, 'publishing', scheduled_at from app.contents where id = %(c)s""",
)


def _portal(held: Held, client: str, brand: str, length: int) -> bytes:
    """Return the client's list, in as many bytes as the product's."""
    assert held.execute(_LINK, [bytes.fromhex(os.environ["BENCH_LINK"])]).fetchone()
    rows = held.execute(_WAITING, [client, brand]).fetchall()
    items = [
        f'<li><a href="contents/{content}">{escape(str(title))}</a><p>{leaves:%d/%m %H:%M}</p>'
        f'<p>{escape(str(lead))}</p><input value="{content}.{digest}.{stage}"></li>'
        for content, title, lead, leaves, _until, digest, stage in rows[:10]
    ]
    body = "".join(items).encode()
    return body + b" " * max(0, length - len(body))
