"""The web addresses that an agency owns, and those of them that the product answers for."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import SCHEMA, Base, TenantOwned, Timestamp, belongs_to, unique_in_agency

_HOST = "host = lower(host) and length(host) <= 253"


class AgencyDomain(TenantOwned, Base):
    """A host name that an agency says is its own; `token` stands in its DNS before anybody believes it.

    Two agencies may say so of one name: whoever shows the token gets it, so that nobody can sit on another's name.
    """

    __tablename__ = "agency_domains"
    __table_args__ = (
        unique_in_agency("host"),
        belongs_to("memberships", "added_by"),
        CheckConstraint(_HOST, name="host"),
    )

    host: Mapped[str]
    token: Mapped[str]
    added_by: Mapped[uuid.UUID]
    verified_at: Mapped[datetime | None]
    lost_at: Mapped[datetime | None]
    """When its token was found gone from the DNS, since when it is not answered for."""
    created_at: Mapped[Timestamp]


class TrustedHost(Base):
    """A verified host name and whose it is: what a request is asked before anything else. Public by nature."""

    __tablename__ = "trusted_hosts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["agency_id", "domain_id"],
            [f"{SCHEMA}.agency_domains.agency_id", f"{SCHEMA}.agency_domains.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint(_HOST, name="host"),
        Index(None, "agency_id", "domain_id"),
    )

    host: Mapped[str] = mapped_column(primary_key=True)
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.directory.agency_id", ondelete="CASCADE"))
    domain_id: Mapped[uuid.UUID]
    verified_at: Mapped[Timestamp]
    checked_at: Mapped[Timestamp]


class MailDomain(TenantOwned, Base):
    """A domain of mail addresses that an agency says is its own, and how it showed that.

    As with host names, two agencies may say so of one: whoever shows it first holds it.
    """

    __tablename__ = "mail_domains"
    __table_args__ = (
        unique_in_agency("domain"),
        belongs_to("memberships", "added_by"),
        CheckConstraint("domain = lower(domain) and length(domain) <= 253", name="domain"),
        CheckConstraint("claimed_by in ('dns', 'mail')", name="claimed_by"),
    )

    domain: Mapped[str]
    token: Mapped[str]
    added_by: Mapped[uuid.UUID]
    claimed_at: Mapped[datetime | None]
    claimed_by: Mapped[str | None]
    lost_at: Mapped[datetime | None]
    code_to: Mapped[str | None]
    """The mailbox of the domain that the last code went to."""
    code_hash: Mapped[bytes | None]
    code_until: Mapped[datetime | None]
    created_at: Mapped[Timestamp]


class ClaimedMailDomain(Base):
    """A claimed domain of mail addresses and whose it is: what the sign-in page asks before anybody is known."""

    __tablename__ = "claimed_mail_domains"
    __table_args__ = (
        ForeignKeyConstraint(
            ["agency_id", "mail_domain_id"],
            [f"{SCHEMA}.mail_domains.agency_id", f"{SCHEMA}.mail_domains.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("domain = lower(domain) and length(domain) <= 253", name="domain"),
        Index(None, "agency_id", "mail_domain_id"),
    )

    domain: Mapped[str] = mapped_column(primary_key=True)
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.directory.agency_id", ondelete="CASCADE"))
    mail_domain_id: Mapped[uuid.UUID]
    checked_at: Mapped[Timestamp]
