"""An agency's own web addresses, as tests add and verify them."""

import uuid

from flask.testing import FlaskClient
from sqlalchemy import select
from standins.names import StandInNames
from support.desk import Desk

from tenants.domains import AgencyDomain
from unisson.agency.claims import record_name, record_text


def fresh() -> str:
    return f"clients-{uuid.uuid4().hex[:12]}.agence.fr"


def domain_of(desk: Desk, host: str) -> AgencyDomain | None:
    with desk.session() as session:
        return session.scalars(select(AgencyDomain).where(AgencyDomain.host == host)).first()


def add(desk: Desk, host: str) -> AgencyDomain:
    assert desk.post("owner", "/settings/domains", {"host": host}).status_code == 303
    domain = domain_of(desk, host)
    assert domain is not None
    return domain


def write_records(names: StandInNames, domain: AgencyDomain) -> None:
    """Write what the page says into the DNS, beside what else stands there."""
    names.texts.setdefault(record_name(domain.host), ["v=spf1 -all"]).append(record_text(domain))
    names.leads.add(domain.host)


def verify(desk: Desk, domain: AgencyDomain):
    return desk.post("owner", f"/settings/domains/{domain.id}/verification")


def verified(desk: Desk, names: StandInNames, host: str | None = None) -> AgencyDomain:
    """An address that the agency has shown to be its own."""
    domain = add(desk, host or fresh())
    write_records(names, domain)
    assert verify(desk, domain).status_code == 303
    return domain


def at(desk: Desk, host: str, path: str, method: str = "GET", client: FlaskClient | None = None):
    return (client or desk.app.test_client()).open(path, method=method, base_url=f"https://{host}", buffered=True)
