"""How the agency is guarded: members, tokens, channels, files taken out."""

from flask import render_template

from tenants.permissions import Permission
from unisson.agency import words
from unisson.agency.trail_words import done
from unisson.api import tokens
from unisson.api.tokens import SCOPES
from unisson.trust import security_reading as reading
from unisson.trust.routes import blueprint
from unisson.trust.support_pages import SupportForm
from unisson.web.db import session
from unisson.web.guards import actor, current_agency_row


@blueprint.get("/settings/security")
def security() -> str:
    """Show who and what gets in, and what was taken out."""
    actor().require(Permission.AGENCY_SETTINGS)
    members = reading.members(session())
    return render_template(
        "trust/security.html",
        members=members,
        without=[line for line in members if not line.has_second_step],
        lines=tokens.living(session()),
        scopes={scope.value: said for scope, said in SCOPES.items()},
        providers=reading.providers(session()),
        channels=reading.channels(session()),
        exports=reading.exports(session()),
        agency_roles=words.AGENCY_ROLES,
        done=done,
        support=SupportForm(formdata=None),
        zone=current_agency_row().timezone,
    )
