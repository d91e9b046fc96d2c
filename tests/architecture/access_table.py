"""Where every route stands: who may call it. A route that is not placed here fails the build."""

from dataclasses import dataclass

from tenants.permissions import Permission as P


@dataclass(frozen=True)
class Open:
    """Anybody may call it; `by_token` when a secret in the path opens it, and nothing else does."""

    by_token: bool = False


@dataclass(frozen=True)
class Own:
    """Any signed-in person, about themselves."""


@dataclass(frozen=True)
class Member:
    """A member of the path's agency with `permission` (any member for None); `on_brand` when a brand bounds it."""

    permission: P | None
    on_brand: bool = True
    may_be_unseen: bool = False
    """Whether it depends on more than the role: colleagues show to whom they share a brand with, images by content."""


@dataclass(frozen=True)
class Decider:
    """Whoever's turn it is in the content's approval, or who steers it; others who see the content are refused."""


Place = Open | Own | Member | Decider

TABLE: dict[str, Place] = {
    "static": Open(),
    "home.front": Open(),
    "home.health": Open(),
    "home.domain_allowed": Open(),
    "identity.sign_in": Open(),
    "identity.signing_in": Open(),
    "identity.sign_out": Open(),
    "identity.sign_up": Open(),
    "identity.signing_up": Open(),
    "identity.mail_sent": Open(),
    "identity.password_reset": Open(),
    "identity.asking_reset": Open(),
    "identity.setting_password": Open(by_token=True),
    "identity.reset_sent": Open(),
    "identity.verification": Open(by_token=True),
    "identity.verifying": Open(by_token=True),
    "identity.invitation": Open(by_token=True),
    "identity.joining": Open(by_token=True),
    "identity.me": Own(),
    "identity.editing_me": Own(),
    "identity.another_agency": Own(),
    "identity.opening_another": Own(),
    "identity.changing_password": Own(),
    "identity.my_sessions": Own(),
    "identity.ending_session": Own(),
    "identity.ending_other_sessions": Own(),
    "identity.another_verification": Own(),
    "logos.logo": Open(),
    "newsroom.page": Open(),
    "newsroom.entry": Open(),
    "newsroom.feed": Open(),
    "newsroom.picture": Open(),
    "devmail.mailbox": Open(),
    "devmail.mail": Open(),
    "devmail.html": Open(),
    "devmail.part": Open(),
    "agency.front": Member(None, on_brand=False),
    "agency.brands": Member(None, on_brand=False),
    "agency.brand": Member(P.CALENDAR_SEE),
    "agency.brand_new": Member(P.BRAND_CREATE, on_brand=False),
    "agency.opening_brand": Member(P.BRAND_CREATE, on_brand=False),
    "agency.brand_edit": Member(P.BRAND_SETTINGS),
    "agency.editing_brand": Member(P.BRAND_SETTINGS),
    "agency.brand_team": Member(P.CALENDAR_SEE),
    "agency.team": Member(None, on_brand=False),
    "agency.member": Member(None, on_brand=False, may_be_unseen=True),
    "agency.invite": Member(P.BRAND_TEAM, on_brand=False),
    "agency.inviting": Member(P.BRAND_TEAM, on_brand=False),
    "agency.resending": Member(P.BRAND_TEAM, on_brand=False),
    "agency.revoking": Member(P.BRAND_TEAM, on_brand=False),
    "agency.giving_role": Member(P.BRAND_TEAM, on_brand=False),
    "agency.withdrawing_role": Member(P.BRAND_TEAM, on_brand=False),
    "agency.changing_role": Member(P.AGENCY_TEAM, on_brand=False),
    "agency.removing": Member(P.AGENCY_TEAM, on_brand=False),
    "agency.roles": Member(None, on_brand=False),
    "agency.settings": Member(P.AGENCY_SETTINGS, on_brand=False),
    "agency.setting_hours": Member(P.AGENCY_SETTINGS, on_brand=False),
    "agency.editing_settings": Member(P.AGENCY_SETTINGS, on_brand=False),
    "agency.domains": Member(P.AGENCY_DOMAINS, on_brand=False),
    "agency.domain_adding": Member(P.AGENCY_DOMAINS, on_brand=False),
    "agency.domain_verification": Member(P.AGENCY_DOMAINS, on_brand=False),
    "agency.domain_removal": Member(P.AGENCY_DOMAINS, on_brand=False),
    "calendars.month": Member(None, on_brand=False, may_be_unseen=True),
    "editorial.content_new": Member(P.CONTENT_WRITE),
    "editorial.content_preview": Member(P.CONTENT_WRITE),
    "editorial.content": Member(P.CONTENT_SEE),
    "editorial.content_edit": Member(P.CONTENT_WRITE),
    "editorial.content_move": Member(P.CONTENT_SCHEDULE),
    "editorial.content_cancellation": Member(P.CONTENT_WRITE),
    "editorial.content_restoration": Member(P.CONTENT_WRITE),
    "media.upload": Member(P.CONTENT_WRITE),
    "media.picture": Member(P.CONTENT_SEE),
    "approvals.waiting": Member(None, on_brand=False),
    "approvals.away": Member(None, on_brand=False),
    "approvals.being_away": Member(None, on_brand=False),
    "approvals.being_back": Member(P.APPROVAL_STEER, on_brand=False),
    "approvals.board": Member(P.APPROVAL_STEER),
    "approvals.nudge": Member(P.APPROVAL_STEER),
    "approvals.handover": Decider(),
    "approvals.proof": Member(P.APPROVAL_STEER),
    "approvals.proof_pdf": Member(P.APPROVAL_STEER),
    "approvals.decisions": Member(P.APPROVAL_STEER),
    "approvals.decisions_csv": Member(P.APPROVAL_STEER),
    "approvals.versions": Member(P.CONTENT_SEE),
    "approvals.submission": Member(P.CONTENT_SUBMIT),
    "approvals.withdrawal": Member(P.CONTENT_SUBMIT),
    "approvals.chains": Member(P.CHAIN_EDIT),
    "approvals.chain_opening": Member(P.CHAIN_EDIT),
    "approvals.chain_new": Member(P.CHAIN_EDIT),
    "approvals.chain_making": Member(P.CHAIN_EDIT),
    "approvals.chain_edit": Member(P.CHAIN_EDIT),
    "approvals.chain_changing": Member(P.CHAIN_EDIT),
    "approvals.chain_preview": Member(P.CHAIN_EDIT),
    "approvals.templates": Member(P.CHAIN_EDIT, on_brand=False),
    "approvals.template_opening": Member(P.CHAIN_EDIT, on_brand=False),
    "approvals.template_new": Member(P.CHAIN_EDIT, on_brand=False),
    "approvals.template_making": Member(P.CHAIN_EDIT, on_brand=False),
    "approvals.chain_earlier": Member(P.CHAIN_EDIT),
    "approvals.chain_archive": Member(P.CHAIN_EDIT),
    "approvals.chain_restoration": Member(P.CHAIN_EDIT),
    "approvals.hold": Member(P.CONTENT_HOLD),
    "approvals.release": Member(P.CONTENT_HOLD),
    "approvals.approval": Decider(),
    "approvals.change_request": Decider(),
    "threads.starting": Member(P.CONTENT_SEE),
    "threads.replying": Member(P.CONTENT_SEE, may_be_unseen=True),
    "threads.settling": Member(P.CONTENT_SEE, may_be_unseen=True),
    "threads.reopening": Member(P.CONTENT_SEE, may_be_unseen=True),
    "threads.mending": Member(P.CONTENT_SEE, may_be_unseen=True),
    "threads.taking_back": Member(P.CONTENT_SEE, may_be_unseen=True),
    "portal.link_handing": Open(by_token=True),
    "portal.handing": Decider(),
    "portal.link_thread_start": Open(by_token=True),
    "portal.link_thread_reply": Open(by_token=True),
    "portal.link_attachment": Open(by_token=True),
    "portal.thread_start": Member(P.CONTENT_SEE),
    "portal.thread_reply": Member(P.CONTENT_SEE, may_be_unseen=True),
    "portal.attachment": Member(P.CONTENT_SEE, may_be_unseen=True),
    "portal.link_desk": Open(by_token=True),
    "portal.link_content": Open(by_token=True),
    "portal.link_history": Open(by_token=True),
    "portal.link_picture": Open(by_token=True),
    "portal.link_approval": Open(by_token=True),
    "portal.link_change_request": Open(by_token=True),
    "portal.link_approvals": Open(by_token=True),
    "portal.link_hold": Open(by_token=True),
    "portal.link_release": Open(by_token=True),
    "portal.asking_code": Open(by_token=True),
    "portal.recognising": Open(by_token=True),
    "portal.asking_link": Open(by_token=True),
    "portal.desk": Member(P.CONTENT_SEE),
    "portal.content": Member(P.CONTENT_SEE),
    "portal.history": Member(P.CONTENT_SEE),
    "portal.picture": Member(P.CONTENT_SEE, may_be_unseen=True),
    "portal.approval": Decider(),
    "portal.change_request": Decider(),
    "portal.approvals": Member(P.CONTENT_SEE),
    "portal.hold": Member(P.CONTENT_HOLD),
    "portal.release": Member(P.CONTENT_HOLD),
    "approvals.link_revocation": Member(P.LINK_MANAGE),
    "approvals.link_renewal": Member(P.LINK_MANAGE),
    "publishing.channels": Member(P.CHANNEL_CONNECT),
    "publishing.channel_new": Member(P.CHANNEL_CONNECT),
    "publishing.channel": Member(P.CHANNEL_CONNECT),
    "publishing.channel_connection": Member(P.CHANNEL_CONNECT),
    "publishing.channel_disconnection": Member(P.CHANNEL_CONNECT),
    "publishing.channel_test": Member(P.CHANNEL_CONNECT),
    "publishing.channel_people": Member(P.CHANNEL_CONNECT),
    "publishing.channel_export": Member(P.CHANNEL_CONNECT),
    "publishing.channel_person_removal": Member(P.CHANNEL_CONNECT),
    "publishing.channel_person_return": Member(P.CHANNEL_CONNECT),
    "publishing.publications": Member(None, on_brand=False),
    "publishing.publication": Member(P.CONTENT_SEE),
    "publishing.publication_resolution": Member(P.PUBLICATION_RESOLVE),
}
