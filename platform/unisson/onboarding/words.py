"""What the steps of an onboarding are called."""

from unisson.onboarding.steps import Ball, Step
from unisson.web.i18n import lazy

STEPS = {
    Step.LOGO: lazy("Logo and colour"),
    Step.CHAIN: lazy("Approval chain chosen"),
    Step.STRATEGY: lazy("Strategy begun"),
    Step.CM: lazy("A community manager"),
    Step.RP: lazy("A press officer"),
    Step.CLIENT: lazy("A client approver"),
    Step.CHANNEL: lazy("A channel besides its newsroom"),
    Step.PLAN: lazy("Plan imported, or a first content"),
    Step.APPROVAL: lazy("First approval"),
}
HINTS = {
    Step.LOGO: lazy("Shown to the client on their pages and in their mails; its colour tells brands apart."),
    Step.CHAIN: lazy("Who says yes, in which order. Until one is chosen: the press officer, then the client."),
    Step.STRATEGY: lazy("Objectives, messages, tone and what is never said: contents are checked against it."),
    Step.CM: lazy("Writes and plans the contents."),
    Step.RP: lazy("Decides first, and sends releases."),
    Step.CLIENT: lazy("Decides last, from a link that is mailed to them, without an account."),
    Step.CHANNEL: lazy("Where contents go out. Its newsroom is ready already."),
    Step.PLAN: lazy("Bring the plan that exists as a file, or write what comes first."),
    Step.APPROVAL: lazy("Submit a content: everybody of the chain says yes to it."),
}
INVITED = lazy("Invited, and has not joined yet: nothing can be decided by them before.")
MOCKUP_ALONE = lazy("Planned on a mock-up: nothing goes out there until the account is connected.")
BALLS = {Ball.AGENCY: lazy("At the agency"), Ball.CLIENT: lazy("At the client")}
