"""Approving: a three-stage run as whole requests, and the client's list."""

import http.client
import itertools
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

import psycopg
from flask import Flask
from itsdangerous import URLSafeTimedSerializer

from benchmarks.frame import ROUNDS, Cluster, Result, Runner, Web, environ, interleave, ratio, web
from benchmarks.load import signed
from tenants.access import Actor
from tenants.agencies import Agency
from tenants.base import new_id, utcnow
from tenants.brands import Brand
from tenants.identities import DirectoryEntry, Identity, Seat, SignIn
from tenants.members import BrandAssignment, Membership
from tenants.permissions import AgencyRole, BrandRole, StageRole
from tenants.session import TenantSession
from unisson.approvals import circuit, deciding, links
from unisson.approvals.chain import of_roles
from unisson.approvals.policies import open_chain
from unisson.config import Settings
from unisson.editorial import writing
from unisson.editorial.writing import Draft
from unisson.portal import codes
from unisson.portal.recognising import cookie_of
from unisson.publishing.models import Channel
from unisson.runtime import web_runtime
from unisson.vault import new_token, token_hash
from unisson.web.bare import bare_app

DATABASE = "approvals"
RUNS = 12
"""Whole runs a round: four requests each."""

READY = 2 * (RUNS * 8 + 20)
WAITING = 12
OTHERS = 2 * (ROUNDS * 15 + 4)
"""Clients who come to their list for the first time: fifteen a round by a link that was opened, and by a new one."""

STAGES = (StageRole.RP, StageRole.ACCOUNT_MANAGER, StageRole.CLIENT_APPROVER)


@dataclass(frozen=True, slots=True)
class Desk:
    """An agency with a three-stage chain, contents ready to be submitted, and a client for whom some wait."""

    agency_id: uuid.UUID
    brand_id: uuid.UUID
    people: dict[str, Actor]
    cookies: dict[str, str]
    held: bytes
    version: uuid.UUID
    ready: list[uuid.UUID]
    token: str
    device: str
    csrf: str
    others: list[tuple[str, str]]
    """Links and cookies of more clients on whom the same contents wait, each good for one first request."""


def measure(cluster: Cluster) -> list[Result]:
    """Return the ratios of a run and of the client's list to their floors."""
    settings = cluster.settings(DATABASE)
    desk = _open(settings)
    people = {name: str(actor.membership_id) for name, actor in desk.people.items()} | {"version": str(desk.version)}
    with (
        cluster.admin(DATABASE) as admin,
        web("unisson.app:create_app", environ(cluster, settings.database_url)) as real,
    ):
        length = len(_portal(real, desk)())
        bench = {
            "BENCH_DATABASE": settings.database_web_url, "BENCH_AGENCY": str(desk.agency_id),
            "BENCH_BRAND": str(desk.brand_id), "BENCH_HELD": desk.held.hex(), "BENCH_PEOPLE": json.dumps(people),
            "BENCH_BYTES": str(length), "BENCH_LINK": token_hash(desk.token).hex(),
        }  # fmt: skip
        with web("benchmarks.approvals_floor:create", bench) as bare:
            contents = iter(desk.ready)
            runs = [
                Runner("run floor", bare, _bare_run(bare, contents), RUNS),
                Runner("run", real, _run(real, desk, contents, admin), RUNS),
            ]
            lists = [
                Runner("portal floor", bare, get(bare, "/portal"), 60),
                Runner("portal anew", real, _portal_anew(real, desk), 30),
                Runner("portal changed", real, _portal_changed(real, desk, admin), 30),
                Runner("portal", real, _portal(real, desk), 60),
                Runner("portal first", real, _portal_first(real, desk, admin), 15),
                Runner("portal opened", real, _portal_opened(real, desk), 15),
            ]
            costs = interleave(runs, admin)
            # Not before the runs, which would else ask each of them.
            desk.others.extend(_others(settings, desk))
            # The runs have filled the tables that the list is read from: as autovacuum would, before plans go by it.
            admin.execute("vacuum (analyze)")
            costs |= interleave(lists, admin)
    (run_floor, run), (portal_floor, anew, changed, portal, first, opened) = runs, lists
    return [
        Result("approvals: floor of a run", costs["run floor"].cpu, "ms", note="submit and three approvals, raw SQL"),
        Result("approvals: submit and three approvals", ratio(run, run_floor), "×", 3, said(costs["run"])),
        Result("approvals: floor of the client's list", costs["portal floor"].cpu, "ms", note=f"{length} bytes"),
        Result(
            "approvals: the client's list, made anew", ratio(anew, portal_floor), "×", 1.5, said(costs["portal anew"])
        ),
        Result(
            "approvals: the client's list, after one content of it changed",
            ratio(changed, portal_floor),
            "×",
            1.5,
            said(costs["portal changed"]),
        ),
        Result(
            "approvals: the client's list, asked for again",
            ratio(portal, portal_floor),
            "×",
            1.5,
            said(costs["portal"]),
        ),
        Result(
            "approvals: the client's list, asked for first by another client",
            ratio(first, portal_floor),
            "×",
            note=said(costs["portal first"]),
        ),
        Result(
            "approvals: the client's list, by a link that was never opened",
            ratio(opened, portal_floor),
            "×",
            note=said(costs["portal opened"]),
        ),
    ]


def said(cost: object) -> str:
    """Return how a cost divides, in words."""
    return f"{cost.web:.2f} ms web + {cost.postgres:.2f} ms PostgreSQL"  # type: ignore[attr-defined]  # a Cost


def _run(
    server: Web, desk: Desk, contents: Iterator[uuid.UUID], admin: psycopg.Connection[tuple[object, ...]]
) -> Callable[[], object]:
    """Return one whole run as browsers send it: the submission, then a yes of each stage on the bytes shown."""

    def ask() -> None:
        content_id = next(contents)
        _post(server, desk, "cm", f"/contents/{content_id}/submission", {})
        for who in ("rp", "manager", "client"):
            row = admin.execute(
                "select r.digest, s.id from app.approval_runs r join app.run_stages s on s.run_id = r.id"
                " where r.content_id = %s and s.opened_at is not null and s.done_at is null",
                [content_id],
            ).fetchone()
            assert row is not None, "the submission was refused"
            _post(server, desk, who, f"/contents/{content_id}/approval", {"digest": str(row[0]), "stage": str(row[1])})

    return ask


def _bare_run(server: Web, contents: Iterator[uuid.UUID]) -> Callable[[], object]:
    def ask() -> None:
        content_id = next(contents)
        for path in ("/submit?", *(f"/approve?stage={number}&" for number in (1, 2, 3))):
            status, _body, _headers = server.get(f"{path}content={content_id}")
            assert status == 303, status

    return ask


def get(server: Web, path: str, headers: dict[str, str] | None = None) -> Callable[[], bytes]:
    """Return what asks for a page of the server, and wants it to be there."""

    def ask() -> bytes:
        status, body, _headers = server.get(path, headers)
        assert status == 200, (status, body[:300])
        return body

    return ask


def _portal(server: Web, desk: Desk) -> Callable[[], bytes]:
    """Return a request for the list as a browser puts it again: with the cookies that it was given."""
    return get(server, f"/sonde/approve/{desk.token}", {"Cookie": desk.cookies["guest"]})


def _portal_anew(server: Web, desk: Desk) -> Callable[[], bytes]:
    """Return a request for the list by an address that nobody asked for before."""
    numbers = itertools.count()

    def ask() -> bytes:
        return get(server, f"/sonde/approve/{desk.token}?n={next(numbers)}", {"Cookie": desk.cookies["guest"]})()

    return ask


def _portal_changed(server: Web, desk: Desk, admin: psycopg.Connection[tuple[object, ...]]) -> Callable[[], bytes]:
    """Return a request for the list after another deadline was set for one content of its first page."""
    ask = _portal(server, desk)

    def change() -> bytes:
        admin.execute(_LATER, {"a": desk.agency_id, "who": desk.people["client"].membership_id})
        return ask()

    return change


def _portal_first(server: Web, desk: Desk, admin: psycopg.Connection[tuple[object, ...]]) -> Callable[[], bytes]:
    """Return a request of a client who was never seen by this process, nor their cookies, on whom the same waits.

    Their link was opened before: by another process, or before a restart.
    """

    def ask() -> bytes:
        path, cookie = desk.others.pop()
        held = token_hash(path.rpartition("/")[2])
        admin.execute("update app.approval_links set first_seen_at = now() where token_hash = %s", [held])
        return get(server, path, {"Cookie": cookie})()

    return ask


def _portal_opened(server: Web, desk: Desk) -> Callable[[], bytes]:
    """Return the same by a link that nobody opened yet, which the request writes down."""

    def ask() -> bytes:
        path, cookie = desk.others.pop()
        return get(server, path, {"Cookie": cookie})()

    return ask


_LATER = """
update app.waits set deadline_at = deadline_at + interval '1 minute' where agency_id = %(a)s and id = (
  select w.id from app.waits w join app.contents c on c.agency_id = w.agency_id and c.id = w.content_id
  where w.agency_id = %(a)s and w.membership_id = %(who)s order by c.scheduled_at, c.id limit 1)
"""


def _post(server: Web, desk: Desk, who: str, path: str, form: dict[str, str]) -> None:
    body = urlencode({"csrf_token": desk.csrf, "operation_id": str(uuid.uuid4()), **form})
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {
        "Host": "localhost", "Cookie": desk.cookies[who], "Content-Type": "application/x-www-form-urlencoded",
        "Referer": "http://localhost/",
    }  # fmt: skip
    connection.request("POST", f"/sonde{path}", body, headers)
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    assert answer.status == 303, (answer.status, path, said[:500])


def _open(settings: Settings) -> Desk:
    runtime = web_runtime(settings)
    app = bare_app(runtime)
    agency_id, tokens = new_id(), {name: new_token() for name in ("cm", "rp", "manager", "client")}
    with runtime.database.agency(agency_id) as session:
        session.add(DirectoryEntry(slug="sonde", agency_id=agency_id, name="Sonde"))
        session.add(Agency(agency_id=agency_id, slug="sonde", name="Sonde"))
        brand = Brand(
            slug="marque", name="Marque", sector="food", timezone="Europe/Paris", language="fr", accent="ocean"
        )
        session.add(brand)
        session.flush()
        channel = Channel(brand_id=brand.id, kind="newsroom", name="Salle de presse")
        session.add(channel)
        people = {name: _person(session, name, brand.id, token) for name, token in tokens.items()}
        policy = open_chain(session, None, brand.id, "Trois étapes", of_roles(*STAGES))
        session.flush()
        version = (
            session.connection()
            .exec_driver_sql("select id from app.policy_versions where policy_id = %s", (policy.id,))
            .scalar_one()
        )
        ready = [_write(session, people["cm"], brand.id, channel.id) for _number in range(READY + WAITING)]
        brand_id = brand.id
    for content_id in ready[READY:]:
        _bring_to_client(runtime.database.agency, agency_id, people, content_id)
    with runtime.database.agency(agency_id) as session:
        _link, token = links.mint(session, people["client"].membership_id, brand_id)
        _known, device = codes.trust(session, people["client"].membership_id, "bench")
    cookies = {name: signed(app, token, agency_id) for name, token in tokens.items()}
    cookies["guest"] = f"{cookie_of(people['client'].membership_id)}={device}; {signed(app, None, agency_id)}"
    runtime.database.engine.dispose()
    return Desk(
        agency_id,
        brand_id,
        people,
        cookies,
        token_hash(tokens["cm"]),
        version,
        ready[:READY],
        token,
        device,
        _csrf(app),
        [],
    )


def _others(settings: Settings, desk: Desk) -> list[tuple[str, str]]:
    """Return the paths of the links and the cookies of more clients, on whom all waits that waits on the first one."""
    runtime, made = web_runtime(settings), []
    app = bare_app(runtime)
    for number in range(OTHERS):
        with runtime.database.agency(desk.agency_id) as session:
            person = Membership(email=f"c{number}@example.org", name=f"Client {number}", joined_at=utcnow())
            session.add(person)
            session.flush()
            role = BrandRole.CLIENT_APPROVER.value
            session.add(BrandAssignment(brand_id=desk.brand_id, membership_id=person.id, role=role))
            session.connection().exec_driver_sql(_WAIT_TOO, {"person": person.id})
            _link, token = links.mint(session, person.id, desk.brand_id)
            _known, device = codes.trust(session, person.id, "bench")
        known = f"{cookie_of(person.id)}={device}; {signed(app, None, desk.agency_id, proof=f'session-{number}')}"
        made.append((f"/sonde/approve/{token}", known))
    runtime.database.engine.dispose()
    return made


_WAIT_TOO = """
insert into app.waits (agency_id, id, content_id, brand_id, stage_id, seat_id, membership_id, side, deadline_at)
select w.agency_id, gen_random_uuid(), content_id, brand_id, stage_id, seat_id, %(person)s, side, deadline_at
from app.waits w join app.memberships m on m.id = w.membership_id where m.email = 'client@example.org'
"""


def _bring_to_client(
    agency: Callable[..., object], agency_id: uuid.UUID, people: dict[str, Actor], content_id: uuid.UUID
) -> None:
    with agency(agency_id) as session:  # type: ignore[attr-defined]  # a context manager
        run = circuit.submit(session, people["cm"], content_id, None, lambda *_about: None)
        for who in ("rp", "manager"):
            deciding.approve(session, people[who], content_id, run.digest)


def _write(session: TenantSession, author: Actor, brand_id: uuid.UUID, channel_id: uuid.UUID) -> uuid.UUID:
    at = (utcnow() + timedelta(days=20)).replace(hour=12, minute=0, second=0, microsecond=0, tzinfo=None)
    draft = Draft(title="Une annonce", body="Deux cents caractères. " * 9, channel_ids=(channel_id,), wall_time=at)
    return writing.write(session, author, brand_id, draft).id


def _person(session: TenantSession, name: str, brand_id: uuid.UUID, token: str) -> Actor:
    role = {"cm": BrandRole.CM, "rp": BrandRole.RP, "client": BrandRole.CLIENT_APPROVER}.get(name)
    agency_role = AgencyRole.MEMBER if role else AgencyRole.ACCOUNT_MANAGER
    identity = Identity(email=f"{name}@example.org", name=name, email_verified_at=utcnow(), language="fr")
    session.add(identity)
    session.flush()
    person = Membership(
        identity_id=identity.id, email=identity.email, name=name, agency_role=agency_role.value, joined_at=utcnow()
    )
    expires = utcnow() + timedelta(days=1)
    sign_in = SignIn(
        identity_id=identity.id, token_hash=token_hash(token), ip="127.0.0.1", user_agent="bench", expires_at=expires
    )
    session.add_all([person, Seat(identity_id=identity.id, agency_id=session.agency_id), sign_in])
    session.flush()
    if role:
        session.add(BrandAssignment(brand_id=brand_id, membership_id=person.id, role=role.value))
        session.flush()
    roles = {brand_id: frozenset({role})} if role else {}
    return Actor(session.agency_id, person.id, identity.id, name, identity.email, agency_role, roles)


def _csrf(app: Flask) -> str:
    """Return a form's token for the session that every cookie here holds."""
    return str(URLSafeTimedSerializer(str(app.secret_key), salt="wtf-csrf-token").dumps("one-session"))
