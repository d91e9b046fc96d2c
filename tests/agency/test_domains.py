"""An agency's own web address: only whoever holds the name gets it, and it shows that agency's clients' pages alone."""

import pytest
from flask import Flask
from sqlalchemy import select, text
from standins.names import StandInNames
from support.desk import Desk
from support.domains import add, at, domain_of, fresh, verified, verify, write_records
from support.letters import forget_what_others_wrote
from support.world import World, build_world

from tenants.domains import AgencyDomain, TrustedHost
from unisson.agency.claims import host_of, record_name, record_text
from unisson.agency.domain_watch import watch_domains
from unisson.devmail.box import Mailbox
from unisson.notifications.labels import own_home
from unisson.notifications.letters import write
from unisson.notifications.post import send_due
from unisson.outbound.names import Names
from unisson.runtime import Runtime


@pytest.fixture
def desk(asking: Flask, runtime: Runtime, world: World) -> Desk:
    return Desk(asking, runtime, world)


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("clients.agence.fr", "clients.agence.fr"),
        (" Clients.Agence.FR. ", "clients.agence.fr"),
        ("élan.bzh", "xn--lan-9la.bzh"),
        ("agence.co.uk", "agence.co.uk"),
        ("ｃｌｉｅｎｔｓ。agence.fr", "clients.agence.fr"),
        ("https://Clients.agence.fr/", "clients.agence.fr"),
        ("http://clients.agence.fr", "clients.agence.fr"),
    ],
)
def test_a_name_is_kept_as_the_dns_knows_it(typed: str, host: str) -> None:
    assert host_of(typed) == host


UNFIT = [
    "", "fr", "127.0.0.1", "[::1]", "::1", "2130706433", "0x7f.1", "10.0.0.1.", "1.2.3.256", "https://agence.fr/x",
    "https://127.0.0.1/", "https://agence.fr:8443/", "https://user@agence.fr/",
    "agence.fr:8443", "agence.fr/x", "a b.fr", "agence..fr", "-agence.fr", "a_b.fr", "*.agence.fr", "user@agence.fr",
    "x" * 64 + ".fr", ".".join(["a" * 60] * 5), "agence.fr\r\nX: y", "xn--zzzz.fr",
]  # fmt: skip
TAKEN = ["localhost", "x.localhost", "desk.localhost", "imprimante.local", "db.internal", "a.home.arpa", "x.onion"]


def test_what_nobody_sees_is_no_part_of_an_address(desk: Desk) -> None:
    assert desk.post("owner", "/settings/domains", {"host": "a\u202eb.fr"}).status_code == 303
    with desk.session() as session:
        assert [each.host for each in session.scalars(select(AgencyDomain))] == ["ab.fr"]


@pytest.mark.parametrize("typed", UNFIT + TAKEN)
def test_what_can_t_be_an_address_is_refused_and_kept_in_the_field(desk: Desk, typed: str) -> None:
    answer = desk.post("owner", "/settings/domains", {"host": typed})
    assert answer.status_code == 422
    assert "field-error" in answer.text
    with desk.session() as session:
        assert session.scalars(select(AgencyDomain)).all() == []


def test_only_the_owner_sees_and_changes_addresses(desk: Desk) -> None:
    for role in ("admin", "account_manager", "cm", "client_approver"):
        assert desk.get(role, "/settings/domains").status_code == 403
        assert desk.post(role, "/settings/domains", {"host": fresh()}).status_code == 403
    assert "/settings/domains" not in desk.get("admin", "/settings").text
    assert "/settings/domains" in desk.get("owner", "/settings").text


def test_a_name_is_trusted_once_its_dns_shows_the_token(desk: Desk, names: StandInNames) -> None:
    host = fresh()
    assert at(desk, host, f"/newsroom/{desk.world.slug}/marque/").status_code == 400
    domain = add(desk, host)
    page = desk.get("owner", "/settings/domains").text
    assert record_name(host) in page
    assert record_text(domain) in page
    assert at(desk, host, f"/newsroom/{desk.world.slug}/marque/").status_code == 400
    write_records(names, domain)
    assert verify(desk, domain).status_code == 303
    assert names.asked == [f"TXT {record_name(host)}", f"A {host}"]
    assert at(desk, host, f"/newsroom/{desk.world.slug}/marque/").status_code == 200


@pytest.mark.parametrize(
    "texts", [None, [], ["unisson=another"], ["unisson="]], ids=["no name", "none", "other", "empty"]
)
def test_without_the_token_nothing_is_trusted(desk: Desk, names: StandInNames, texts: list[str] | None) -> None:
    domain = add(desk, fresh())
    names.leads.add(domain.host)
    if texts is not None:
        names.texts[record_name(domain.host)] = texts
    answer = verify(desk, domain)
    assert answer.status_code == 422
    assert 'class="notice"' in answer.text
    assert at(desk, domain.host, f"/newsroom/{desk.world.slug}/marque/").status_code == 400


def test_a_name_that_leads_nowhere_begins_no_link(desk: Desk, names: StandInNames) -> None:
    domain = add(desk, fresh())
    names.texts[record_name(domain.host)] = [record_text(domain)]
    assert verify(desk, domain).status_code == 422
    assert at(desk, domain.host, f"/newsroom/{desk.world.slug}/marque/").status_code == 400
    names.leads.add(domain.host)
    assert verify(desk, domain).status_code == 303


def test_a_dns_that_does_not_answer_changes_nothing(desk: Desk, names: StandInNames) -> None:
    domain = add(desk, fresh())
    names.is_silent = True
    assert verify(desk, domain).status_code == 503
    kept = domain_of(desk, domain.host)
    assert kept is not None
    assert kept.verified_at is None


def test_a_verified_name_is_nobody_else_s(desk: Desk, names: StandInNames, runtime: Runtime) -> None:
    """Another agency is told what it is told of our own names; and the token of one agency serves no other."""
    theirs = Desk(desk.app, runtime, build_world(runtime))
    host = fresh()
    waiting = add(theirs, host)
    verified(desk, names, host)
    assert verify(theirs, waiting).status_code == 422
    write_records(names, waiting)
    assert verify(theirs, waiting).status_code == 422
    third = Desk(desk.app, runtime, build_world(runtime))
    refused = third.post("owner", "/settings/domains", {"host": host})
    ours = third.post("owner", "/settings/domains", {"host": "desk.localhost"})
    assert refused.status_code == ours.status_code == 422
    assert _sentence(refused.text) == _sentence(ours.text)
    assert at(desk, host, f"/newsroom/{desk.world.slug}/marque/").status_code == 200
    assert at(desk, host, f"/newsroom/{theirs.world.slug}/marque/").status_code == 404


def _sentence(page: str) -> str:
    return page.split('class="field-error"')[1].split("</p>", maxsplit=1)[0]


def test_a_name_that_was_not_verified_keeps_nobody_from_it(desk: Desk, names: StandInNames, runtime: Runtime) -> None:
    host = fresh()
    add(Desk(desk.app, runtime, build_world(runtime)), host)
    verified(desk, names, host)
    assert at(desk, host, f"/newsroom/{desk.world.slug}/marque/").status_code == 200


def test_a_removed_name_stops_with_the_next_request(desk: Desk, names: StandInNames) -> None:
    domain = verified(desk, names)
    path = f"/newsroom/{desk.world.slug}/marque/"
    assert at(desk, domain.host, path).status_code == 200
    assert desk.post("owner", f"/settings/domains/{domain.id}/removal").status_code == 303
    assert at(desk, domain.host, path).status_code == 400
    assert domain_of(desk, domain.host) is None


def test_links_in_clients_mails_begin_with_the_verified_name(desk: Desk, names: StandInNames, worker: Runtime) -> None:
    host = fresh()
    with desk.session() as session:
        assert own_home(session) is None
    add(desk, fresh())
    verified(desk, names, host)
    with worker.database.agency(desk.world.agency_id) as session:
        assert own_home(session) == f"https://{host}"
    with worker.database.agency(build_world(desk.runtime).agency_id) as session:
        assert own_home(session) is None


def test_the_database_lets_no_agency_write_another_s_hosts(desk: Desk, names: StandInNames, runtime: Runtime) -> None:
    domain = verified(desk, names)
    stranger = build_world(runtime)
    with runtime.database.agency(stranger.agency_id) as session:
        gone = session.execute(text("delete from app.trusted_hosts where host = :h"), {"h": domain.host})
        assert gone.rowcount == 0
        assert session.scalars(select(AgencyDomain)).all() == []
    with pytest.raises(Exception, match="row-level security"), runtime.database.agency(stranger.agency_id) as session:
        session.add(TrustedHost(host=fresh(), agency_id=desk.world.agency_id, domain_id=domain.id))


def test_a_mail_s_link_stands_at_the_agency_s_name(desk: Desk, names: StandInNames, worker: Runtime, tmp_path) -> None:
    forget_what_others_wrote(worker)
    domain = verified(desk, names)
    content_id = desk.in_state("client_turn")
    with desk.session() as session:
        write(session, desk.world.people["cm"].membership_id, "missed", {"content_id": str(content_id)})
    box = Mailbox(tmp_path)
    with worker.database.everywhere() as session:
        session.execute(text("update app.dispatch set due_at = now() where queue = 'mail'"))
    send_due(worker, 20, box)
    client = desk.world.people["client_approver"].email
    said = [mail.text("plain") for mail in box.newest() if mail.header("Delivered-To") == client]
    assert said
    assert all(f"https://{domain.host}/{desk.world.slug}/approve/" in each for each in said)
    members = [
        mail.text("plain") for mail in box.newest() if mail.header("Delivered-To") == desk.world.people["cm"].email
    ]
    assert members
    assert all(domain.host not in each for each in members)


def a_day_later(desk: Desk, worker: Runtime) -> None:
    with worker.database.everywhere() as session:
        others = session.scalars(select(TrustedHost)).all()
    for each in others:
        with worker.database.agency(each.agency_id) as session:
            ours = each.agency_id == desk.world.agency_id
            session.execute(
                text("update app.trusted_hosts set checked_at = clock_timestamp() - cast(:age as interval)"
                     " where host = :h"),
                {"age": "25 hours" if ours else "0 hours", "h": each.host},
            )  # fmt: skip


def test_a_name_that_lost_its_token_is_not_answered_for(desk: Desk, names: StandInNames, worker: Runtime) -> None:
    domain = verified(desk, names)
    lookup = Names(names.address)
    assert watch_domains(worker, lookup) == 0
    a_day_later(desk, worker)
    assert watch_domains(worker, lookup) == 0
    del names.texts[record_name(domain.host)]
    assert watch_domains(worker, lookup) == 0
    a_day_later(desk, worker)
    assert watch_domains(worker, lookup) == 1
    assert at(desk, domain.host, f"/newsroom/{desk.world.slug}/marque/").status_code == 400
    assert 'data-tone="danger"' in desk.get("owner", "/settings/domains").text
    with desk.session() as session:
        assert own_home(session) is None
    write_records(names, domain)
    assert verify(desk, domain).status_code == 303
    assert at(desk, domain.host, f"/newsroom/{desk.world.slug}/marque/").status_code == 200


def test_a_dns_that_is_away_takes_no_name_away(desk: Desk, names: StandInNames, worker: Runtime) -> None:
    domain = verified(desk, names)
    names.is_silent, names.asked = True, []
    a_day_later(desk, worker)
    assert watch_domains(worker, Names(names.address)) == 0
    assert watch_domains(worker, Names(names.address)) == 0
    assert set(names.asked) == {f"TXT {record_name(domain.host)}"}
    asked = len(names.asked)
    assert watch_domains(worker, Names(names.address)) == 0
    assert len(names.asked) == asked, "an hour passes before it is asked again"
    assert at(desk, domain.host, f"/newsroom/{desk.world.slug}/marque/").status_code == 200
