"""What the parts of a brand are called, and the columns of what is kept of a deleted one."""

from unisson.closing.duplicating import Part
from unisson.web.i18n import lazy

PARTS = {
    Part.CHAINS: lazy("Approval chains (but those for one topic)"),
    Part.STRATEGY: lazy("Strategies in use"),
    Part.TEAM: lazy("The agency’s people, with their roles"),
    Part.CLIENTS: lazy("The client’s people, with their roles"),
    Part.TEMPLATES: lazy("Templates of contents"),
    Part.TAGGING: lazy("How links are tagged"),
}

COLUMNS = (
    lazy("Content"), lazy("Content number"), lazy("Version"), lazy("Digest (SHA-256)"), lazy("Decision"), lazy("Who"),
    lazy("Role"), lazy("E-mail"), lazy("How we know"), lazy("Comment"), lazy("Decided (UTC)"),
    lazy("Chain"), lazy("Chain version"),
)  # fmt: skip
