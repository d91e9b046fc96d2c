"""The steps of an onboarding, in their order, and whose turn each is: pure, over facts that were read elsewhere."""

import enum
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tenants.permissions import Permission


class Step(enum.StrEnum):
    """One thing that a brand has before its first approved publication, or was said not to need."""

    LOGO = "logo"
    CHAIN = "chain"
    STRATEGY = "strategy"
    CM = "cm"
    RP = "rp"
    CLIENT = "client"
    CHANNEL = "channel"
    PLAN = "plan"
    APPROVAL = "approval"


class Ball(enum.StrEnum):
    """Who can bring a brand further."""

    AGENCY = "agency"
    CLIENT = "client"


DONE_BY: dict[Step, Permission] = {
    Step.LOGO: Permission.BRAND_SETTINGS,
    Step.CHAIN: Permission.CHAIN_EDIT,
    Step.STRATEGY: Permission.TOPIC_PLAN,
    Step.CM: Permission.BRAND_TEAM,
    Step.RP: Permission.BRAND_TEAM,
    Step.CLIENT: Permission.BRAND_TEAM,
    Step.CHANNEL: Permission.CHANNEL_CONNECT,
    Step.PLAN: Permission.CONTENT_WRITE,
    Step.APPROVAL: Permission.CONTENT_WRITE,
}
"""What somebody must be allowed to do on the brand to do the step."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a brand is: which steps are done, which were said not to be needed, and where its client is asked."""

    done: frozenset[Step]
    skipped: frozenset[Step] = frozenset()
    at_client: frozenset[Step] = frozenset()
    invited: frozenset[Step] = frozenset()
    """Those for which somebody was invited who has not joined yet: until then they can decide on nothing."""

    @property
    def missing(self) -> Sequence[Step]:
        """Return what is neither done nor set aside, in order."""
        return [step for step in Step if step not in self.done and step not in self.skipped]

    @property
    def settled(self) -> int:
        """Return how many steps need nobody any more."""
        return len(Step) - len(self.missing)

    def ball_of(self, step: Step) -> Ball:
        """Return who can do a step that is missing."""
        return Ball.CLIENT if step in self.at_client else Ball.AGENCY

    @property
    def balls(self) -> frozenset[Ball]:
        """Return who can bring the brand further now; nobody once nothing is missing."""
        return frozenset(self.ball_of(step) for step in self.missing)


def standing_of(
    done: Collection[Step], skipped: Collection[Step], at_client: Collection[Step], invited: Collection[Step] = ()
) -> Standing:
    """Return the standing; what is done was not skipped, whatever was said before."""
    found = frozenset(done)
    return Standing(found, frozenset(skipped) - found, frozenset(at_client) - found, frozenset(invited) - found)
