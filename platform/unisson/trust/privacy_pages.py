"""What personal data the agency keeps, for how long, who processes them with whom, and who is to be erased."""

from urllib.parse import urlsplit

from flask import render_template
from sqlalchemy import case, select

from tenants.members import Membership
from tenants.permissions import Permission
from unisson.config import Settings
from unisson.trust.erasing import NOWHERE
from unisson.trust.kinds import BASES, KINDS
from unisson.trust.models import Erasure
from unisson.trust.routes import blueprint
from unisson.web.db import runtime, session
from unisson.web.guards import actor, current_agency_row
from unisson.web.i18n import _

FORMER = 200
"""People who left that the page lists, the last first."""


@blueprint.get("/settings/personal-data")
def privacy() -> str:
    """Show the register of processing, the facts of the contract on it, and the people who left."""
    actor().require(Permission.AGENCY_SETTINGS)
    return render_template(
        "trust/privacy.html",
        kinds=KINDS,
        bases=BASES,
        facts=_facts(runtime().settings),
        people=_people(),
        may_erase=actor().may(Permission.AGENCY_TEAM),
        zone=current_agency_row().timezone,
    )


def _people() -> list[tuple[Membership, Erasure | None]]:
    """Return who is to be erased, and who left and is not erased, in one statement."""
    pending = (Erasure.withdrawn_at.is_(None)) & (Erasure.done_at.is_(None))
    rows = session().execute(
        select(Membership, Erasure)
        .outerjoin(
            Erasure,
            (Erasure.agency_id == Membership.agency_id) & (Erasure.membership_id == Membership.id) & pending,
        )
        .where(
            Membership.removed_at.is_not(None) | Erasure.id.is_not(None),
            Membership.email.not_like(f"%@{NOWHERE}"),
        )
        .order_by(case((Erasure.id.is_not(None), 0), else_=1), Membership.removed_at.desc(), Membership.id)
        .limit(FORMER)
    )
    return [(row[0], row[1]) for row in rows]


def _facts(settings: Settings) -> list[tuple[str, str]]:
    """Return what a contract on processing (GDPR art. 28) asks of this installation, as its settings say it."""
    is_s3 = settings.storage_url.startswith("s3:")
    mail = urlsplit(settings.mail_url or "").hostname
    payments = [(_("Who takes the payments"), _("Stripe, which gets the agency’s name and the address of who pays"))]
    return [
        (_("Who decides why and how"), _("The agency, for its own people and its clients’")),
        (_("Who processes"), _("Whoever runs this installation, on the agency’s instructions")),
        (_("Where the data lie"), _("In one PostgreSQL database of this installation")),
        (
            _("Where the files lie"),
            _("In an S3 store at %(host)s", host=urlsplit(settings.storage_url).netloc)
            if is_s3
            else _("On the disks of this installation"),
        ),
        (_("Who carries the mails"), mail or _("The mail server of this installation")),
        (_("Who else receives data"), _("The networks that the agency connects, and gets what is published there")),
        *(payments if settings.is_billed else ()),
        (_("How agencies are held apart"), _("By the database itself, row by row (row-level security)")),
        (_("What is encrypted"), _("The access to channels and the secrets of the second step; passwords are hashed")),
        (_("When something is asked of a person"), _("Their data are taken out and erased on the person’s page")),
    ]
