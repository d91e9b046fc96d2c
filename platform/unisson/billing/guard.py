"""One guard over all verbs: an agency that is not paid for begins nothing new. What is under way goes on.

Every request of an agency that is not a mere reading is refused while it rests, but those of `STAYS_OPEN`: a route that
nobody put there is new work. What is scheduled is not concerned; the publisher has its own word (`verdicts`).
"""

from flask import Flask, g, request

from tenants.errors import RefusedError
from tenants.standing import RESTING, Standing
from unisson.web.db import runtime
from unisson.web.guards import actor, current_agency_row
from unisson.web.i18n import lazy

READS = frozenset({"GET", "HEAD", "OPTIONS"})

STAYS_OPEN = frozenset(
    {
        # Paying.
        "billing.checkout", "billing.changing", "billing.portal",
        # Deciding on what was submitted, and keeping what is approved from leaving.
        "approvals.approval", "approvals.change_request", "approvals.handover", "approvals.nudge",
        "approvals.hold", "approvals.release", "approvals.withdrawal", "editorial.content_cancellation",
        "approvals.being_away", "approvals.being_back", "approvals.link_renewal", "approvals.link_revocation",
        "topics.embargo_setting",
        # The client's own pages.
        "portal.approval", "portal.approvals", "portal.change_request", "portal.handing", "portal.hold",
        "portal.release", "portal.thread_start", "portal.thread_reply", "portal.asking_code", "portal.asking_link",
        "portal.recognising", "portal.link_approval", "portal.link_approvals", "portal.link_change_request",
        "portal.link_handing", "portal.link_hold", "portal.link_release", "portal.link_thread_start",
        "portal.link_thread_reply",
        # Talking about it.
        "threads.starting", "threads.replying", "threads.mending", "threads.taking_back", "threads.settling",
        "threads.reopening", "editorial.content_presence",
        # Having read what one was told, and choosing how one is.
        "notices.reading", "notices.reading_all", "notices.choosing", "notices.setting_hours", "notices.stopping",
        "hooks.changing", "hooks.trying", "hooks.removing", "push.letting_in", "push.trying", "push.letting_go",
        # Seeing that what is scheduled can leave, and deciding on what could not.
        "publishing.channel_connection", "publishing.channel_test", "publishing.channel_disconnection",
        "publishing.channel_person_removal", "publishing.publication_resolution",
        # Leaving with all that is one's own, and having less to pay for.
        "closing.archiving_brand", "closing.asking_export", "closing.ending_brand", "closing.ending_archived",
        "closing.taking_back",
        # Who may come in, and who may not any more.
        "identity.joining", "agency.changing_role", "agency.giving_role", "agency.withdrawing_role",
        "agency.removing", "agency.revoking", "agency.asking_second_step", "agency.domain_removal",
        "agency.asking_factor_reset",
        "sign_on.provider_changing", "sign_on.provider_suspension", "sign_on.provider_resumption",
        "sign_on.provider_removal", "sign_on.accepting", "sign_on.requiring", "sign_on.requirement_removal",
        "sign_on.joining_setting", "sign_on.mail_domain_verification", "sign_on.mail_domain_removal",
        "trust.asking_erasure", "trust.withdrawing_erasure", "tokens.token_revocation",
        "trust.letting_support_in", "trust.showing_support_out",
        "agency.domain_verification", "calendars.feed_revocation", "calendars.view_opening",
    }
)  # fmt: skip
"""What an agency may always do."""

RESTS = lazy(
    "The agency is not paid for at present, so that nothing new can be begun. What is scheduled still leaves, clients"
    " can decide, and nothing is deleted. As soon as it is paid, all goes on."
)
STOPPED = lazy(
    "The agency has not been paid for in a while, so that nothing new can be begun and nothing leaves. Nothing is"
    " deleted. As soon as it is paid, all goes on."
)

ASK = lazy("This can't be done at present. Ask the agency about it. Nothing was changed.")
"""To a client's people: what the agency owes is none of their business."""


class RestingError(RefusedError):
    """New work, in an agency that is not paid for."""

    status = 402


def refuse_new_work() -> None:
    """Pass, or raise RestingError: for a request that changes something in an agency. A client is not told why."""
    if request.method in READS or not g.get("agency_slug") or request.endpoint in STAYS_OPEN:
        return
    if not runtime().settings.is_billed or request.endpoint is None:
        return
    standing = Standing(current_agency_row().standing)
    if standing not in RESTING:
        return
    if not actor().is_inside:
        raise RefusedError(ASK)
    raise RestingError(STOPPED if standing == Standing.STOPPED else RESTS)


def init_app(app: Flask) -> None:
    """Guard every verb. Registered after the guards: who is no member learns nothing of an agency's bills."""
    app.before_request(refuse_new_work)
