"""One vocabulary of permissions, one map from roles to them. The roles page is rendered from here.

The map says *who*; *when* is asked of the object (`content.can_be_edited`).
"""

import enum


class Permission(enum.StrEnum):
    """Everything that somebody may or may not do, one sentence each in `SENTENCES`."""

    AGENCY_SETTINGS = "agency.settings"
    AGENCY_DOMAINS = "agency.domains"
    AGENCY_TEAM = "agency.team"
    AGENCY_BILLING = "agency.billing"
    AGENCY_SIGN_ON = "agency.sign_on"
    BRAND_CREATE = "brand.create"
    BRAND_SETTINGS = "brand.settings"
    BRAND_TEAM = "brand.team"
    CHANNEL_CONNECT = "channel.connect"
    CALENDAR_SEE = "calendar.see"
    CONTENT_SEE = "content.see"
    CONTENT_WRITE = "content.write"
    CONTENT_SUBMIT = "content.submit"
    TOPIC_PLAN = "topic.plan"
    TOPIC_CM = "topic.cm"
    TOPIC_RP = "topic.rp"
    CONTENT_SCHEDULE = "content.schedule"
    APPROVE_AS_RP = "approval.rp"
    APPROVE_AS_CM = "approval.cm"
    APPROVE_AS_CLIENT = "approval.client"
    APPROVE_AS_ACCOUNT = "approval.account"
    APPROVE_AS_LEGAL = "approval.legal"
    APPROVE_AS_SPOKESPERSON = "approval.spokesperson"
    CHAIN_EDIT = "approval.chains"
    APPROVAL_STEER = "approval.steer"
    CONTENT_HOLD = "content.hold"
    LINK_MANAGE = "approval.links"
    PUBLICATION_RESOLVE = "publication.resolve"
    ACTIVITY_SEE = "activity.see"


class AgencyRole(enum.StrEnum):
    """What somebody is in the agency as a whole."""

    OWNER = "owner"
    ADMIN = "admin"
    ACCOUNT_MANAGER = "account_manager"
    MEMBER = "member"
    SUPPORT = "support"
    """Of whoever runs the installation, where the agency lets them read, until an hour; nobody is given it by hand."""


GIVEN_ROLES = tuple(role for role in AgencyRole if role is not AgencyRole.SUPPORT)
"""What somebody can be made in the agency."""


class BrandRole(enum.StrEnum):
    """What somebody is on one brand."""

    CM = "cm"
    RP = "rp"
    CLIENT_APPROVER = "client_approver"
    CLIENT_CONTACT = "client_contact"
    LEGAL = "legal"
    SPOKESPERSON = "spokesperson"
    EXPERT = "expert"


class StageRole(enum.StrEnum):
    """What somebody must be to decide in a stage: a role on the brand, or account manager of the agency."""

    CM = "cm"
    RP = "rp"
    ACCOUNT_MANAGER = "account_manager"
    CLIENT_APPROVER = "client_approver"
    LEGAL = "legal"
    SPOKESPERSON = "spokesperson"


CLIENT_SIDE = frozenset({BrandRole.CLIENT_APPROVER, BrandRole.CLIENT_CONTACT, BrandRole.LEGAL, BrandRole.SPOKESPERSON})
"""Roles of the client's own people: they see what was submitted, and never what the agency notes for itself."""

SENTENCES: dict[Permission, str] = {
    Permission.AGENCY_SETTINGS: "Change the agency's name, language and time zone",
    Permission.AGENCY_DOMAINS: "Add and remove the agency's own web addresses",
    Permission.AGENCY_TEAM: "Invite people to the agency and change their roles",
    Permission.AGENCY_BILLING: "See and change the agency's plan, its payments and its invoices",
    Permission.AGENCY_SIGN_ON: "Say how the agency's people sign in",
    Permission.BRAND_CREATE: "Open a new brand",
    Permission.BRAND_SETTINGS: "Change a brand's name, sector, time zone, language and colour",
    Permission.BRAND_TEAM: "Invite people to a brand and change their roles there",
    Permission.CHANNEL_CONNECT: "Connect, test and disconnect a brand's channels",
    Permission.CALENDAR_SEE: "See the calendar",
    Permission.CONTENT_SEE: "Open contents, with their versions and decisions",
    Permission.CONTENT_WRITE: "Write and edit contents",
    Permission.CONTENT_SUBMIT: "Submit a content for approval and withdraw it",
    Permission.TOPIC_PLAN: "Plan the strategy and topics, and hang contents on them",
    Permission.TOPIC_CM: "Say whether a topic concerns the community managers",
    Permission.TOPIC_RP: "Say whether a topic concerns press relations",
    Permission.CONTENT_SCHEDULE: "Move a content in the calendar",
    Permission.APPROVE_AS_RP: "Decide in the press officer's stage",
    Permission.APPROVE_AS_CM: "Decide in the community manager's stage",
    Permission.APPROVE_AS_CLIENT: "Decide in the client's stage",
    Permission.APPROVE_AS_ACCOUNT: "Decide in the account manager's stage",
    Permission.APPROVE_AS_LEGAL: "Decide in the legal stage",
    Permission.APPROVE_AS_SPOKESPERSON: "Decide in the spokesperson's stage",
    Permission.CHAIN_EDIT: "Change approval chains",
    Permission.APPROVAL_STEER: "See what waits on whom, send a reminder, hand a stage over",
    Permission.CONTENT_HOLD: "Put an approved content on hold, and let it go",
    Permission.LINK_MANAGE: "Renew and revoke a client's approval links",
    Permission.PUBLICATION_RESOLVE: "Decide on a publication that is held, and try one again",
    Permission.ACTIVITY_SEE: "See who did what and when",
}

_P = Permission
_PRODUCTION = frozenset(
    {
        _P.CALENDAR_SEE, _P.CONTENT_SEE, _P.CONTENT_WRITE, _P.CONTENT_SUBMIT, _P.CONTENT_SCHEDULE,
        _P.CONTENT_HOLD, _P.PUBLICATION_RESOLVE, _P.TOPIC_PLAN,
    }
)  # fmt: skip
_ACCOUNT = _PRODUCTION | {
    _P.APPROVE_AS_ACCOUNT,
    _P.TOPIC_CM,
    _P.TOPIC_RP,
    _P.APPROVAL_STEER,
    _P.CHAIN_EDIT,
    _P.BRAND_CREATE,
    _P.BRAND_SETTINGS,
    _P.BRAND_TEAM,
    _P.CHANNEL_CONNECT,
    _P.LINK_MANAGE,
    _P.ACTIVITY_SEE,
}
_ADMIN = _ACCOUNT | {_P.AGENCY_SETTINGS, _P.AGENCY_TEAM, _P.AGENCY_BILLING, _P.AGENCY_SIGN_ON}

AGENCY_ROLE_PERMISSIONS: dict[AgencyRole, frozenset[Permission]] = {
    AgencyRole.OWNER: _ADMIN | {_P.AGENCY_DOMAINS},
    AgencyRole.ADMIN: _ADMIN,
    AgencyRole.ACCOUNT_MANAGER: _ACCOUNT,
    AgencyRole.MEMBER: frozenset(),
    AgencyRole.SUPPORT: frozenset({_P.CALENDAR_SEE, _P.CONTENT_SEE}),
}
"""What an agency role gives on *every* brand of the agency."""

BRAND_ROLE_PERMISSIONS: dict[BrandRole, frozenset[Permission]] = {
    BrandRole.CM: _PRODUCTION
    | {
        _P.APPROVE_AS_CM,
        _P.TOPIC_CM,
        _P.CHANNEL_CONNECT,
        _P.LINK_MANAGE,
        _P.APPROVAL_STEER,
        _P.ACTIVITY_SEE,
    },
    BrandRole.RP: _PRODUCTION | {_P.APPROVE_AS_RP, _P.TOPIC_RP, _P.LINK_MANAGE, _P.APPROVAL_STEER, _P.ACTIVITY_SEE},
    BrandRole.CLIENT_APPROVER: frozenset({_P.CALENDAR_SEE, _P.CONTENT_SEE, _P.APPROVE_AS_CLIENT, _P.CONTENT_HOLD}),
    BrandRole.CLIENT_CONTACT: frozenset({_P.CALENDAR_SEE, _P.CONTENT_SEE}),
    BrandRole.LEGAL: frozenset({_P.CALENDAR_SEE, _P.CONTENT_SEE, _P.APPROVE_AS_LEGAL}),
    BrandRole.SPOKESPERSON: frozenset({_P.CALENDAR_SEE, _P.CONTENT_SEE, _P.APPROVE_AS_SPOKESPERSON}),
    BrandRole.EXPERT: frozenset(),
}
"""What a brand role gives on that brand alone."""

STAGE_PERMISSION: dict[StageRole, Permission] = {
    StageRole.CM: _P.APPROVE_AS_CM,
    StageRole.RP: _P.APPROVE_AS_RP,
    StageRole.ACCOUNT_MANAGER: _P.APPROVE_AS_ACCOUNT,
    StageRole.CLIENT_APPROVER: _P.APPROVE_AS_CLIENT,
    StageRole.LEGAL: _P.APPROVE_AS_LEGAL,
    StageRole.SPOKESPERSON: _P.APPROVE_AS_SPOKESPERSON,
}
"""Which permission lets somebody decide in a stage of that role."""
