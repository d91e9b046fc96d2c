"""What roles, permissions and sectors are called on the page.

`PERMISSIONS` repeats `tenants.permissions.SENTENCES` word for word, so that translators find the sentences; a test
holds the two together.
"""

from tenants.permissions import AgencyRole, BrandRole, Permission
from unisson.web.i18n import lazy

AGENCY_ROLES = {
    AgencyRole.OWNER: lazy("Owner"),
    AgencyRole.ADMIN: lazy("Administrator"),
    AgencyRole.ACCOUNT_MANAGER: lazy("Account manager"),
    AgencyRole.MEMBER: lazy("Member"),
    AgencyRole.SUPPORT: lazy("Support of the installation"),
}

BRAND_ROLES = {
    BrandRole.CM: lazy("Community manager"),
    BrandRole.RP: lazy("Press officer"),
    BrandRole.CLIENT_APPROVER: lazy("Client approver"),
    BrandRole.CLIENT_CONTACT: lazy("Client contact"),
    BrandRole.LEGAL: lazy("Legal adviser"),
    BrandRole.SPOKESPERSON: lazy("Spokesperson"),
    BrandRole.EXPERT: lazy("Expert"),
}

BRAND_ROLE_HINTS = {
    BrandRole.CM: lazy("Writes, submits, decides in the community manager's stage, connects channels."),
    BrandRole.RP: lazy("Writes, submits, decides in the press officer's stage."),
    BrandRole.CLIENT_APPROVER: lazy("Decides for the client, from a personal link or signed in."),
    BrandRole.CLIENT_CONTACT: lazy("Reads the calendar and the contents, decides nothing."),
    BrandRole.LEGAL: lazy("Decides where law is at stake, from a personal link or signed in."),
    BrandRole.SPOKESPERSON: lazy("Decides on the words that are put in their mouth."),
    BrandRole.EXPERT: lazy("Is known to the team; sees no content."),
}

PERMISSIONS = {
    Permission.AGENCY_SETTINGS: lazy("Change the agency's name, language and time zone"),
    Permission.AGENCY_DOMAINS: lazy("Add and remove the agency's own web addresses"),
    Permission.AGENCY_TEAM: lazy("Invite people to the agency and change their roles"),
    Permission.AGENCY_BILLING: lazy("See and change the agency's plan, its payments and its invoices"),
    Permission.AGENCY_SIGN_ON: lazy("Say how the agency's people sign in"),
    Permission.BRAND_CREATE: lazy("Open a new brand"),
    Permission.BRAND_SETTINGS: lazy("Change a brand's name, sector, time zone, language and colour"),
    Permission.BRAND_TEAM: lazy("Invite people to a brand and change their roles there"),
    Permission.CHANNEL_CONNECT: lazy("Connect, test and disconnect a brand's channels"),
    Permission.CALENDAR_SEE: lazy("See the calendar"),
    Permission.CONTENT_SEE: lazy("Open contents, with their versions and decisions"),
    Permission.CONTENT_WRITE: lazy("Write and edit contents"),
    Permission.CONTENT_SUBMIT: lazy("Submit a content for approval and withdraw it"),
    Permission.TOPIC_PLAN: lazy("Plan the strategy and topics, and hang contents on them"),
    Permission.TOPIC_CM: lazy("Say whether a topic concerns the community managers"),
    Permission.TOPIC_RP: lazy("Say whether a topic concerns press relations"),
    Permission.CONTENT_SCHEDULE: lazy("Move a content in the calendar"),
    Permission.APPROVE_AS_RP: lazy("Decide in the press officer's stage"),
    Permission.APPROVE_AS_CM: lazy("Decide in the community manager's stage"),
    Permission.APPROVE_AS_CLIENT: lazy("Decide in the client's stage"),
    Permission.APPROVE_AS_ACCOUNT: lazy("Decide in the account manager's stage"),
    Permission.APPROVE_AS_LEGAL: lazy("Decide in the legal stage"),
    Permission.APPROVE_AS_SPOKESPERSON: lazy("Decide in the spokesperson's stage"),
    Permission.CHAIN_EDIT: lazy("Change approval chains"),
    Permission.APPROVAL_STEER: lazy("See what waits on whom, send a reminder, hand a stage over"),
    Permission.CONTENT_HOLD: lazy("Put an approved content on hold, and let it go"),
    Permission.LINK_MANAGE: lazy("Renew and revoke a client's approval links"),
    Permission.PUBLICATION_RESOLVE: lazy("Decide on a publication that is held, and try one again"),
    Permission.ACTIVITY_SEE: lazy("See who did what and when"),
}

SECTORS = {
    "food": lazy("Food and drink"),
    "retail": lazy("Retail"),
    "fashion": lazy("Fashion"),
    "beauty": lazy("Beauty"),
    "health": lazy("Health"),
    "technology": lazy("Technology"),
    "energy": lazy("Energy"),
    "mobility": lazy("Transport and mobility"),
    "tourism": lazy("Tourism and hotels"),
    "culture": lazy("Culture"),
    "sport": lazy("Sport"),
    "finance": lazy("Banking and insurance"),
    "real_estate": lazy("Real estate"),
    "education": lazy("Education"),
    "public": lazy("Public bodies"),
    "association": lazy("Associations"),
    "industry": lazy("Industry"),
    "other": lazy("Another sector"),
}

LANGUAGES = {"fr": "Français", "en": "English"}
"""Each in itself, as one looks for one's own."""

WEEKDAYS = (
    lazy("Monday"),
    lazy("Tuesday"),
    lazy("Wednesday"),
    lazy("Thursday"),
    lazy("Friday"),
    lazy("Saturday"),
    lazy("Sunday"),
)
"""From Monday, 0, as `date.weekday` counts."""
