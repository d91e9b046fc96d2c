"""In which standing an agency is: whether it may begin new work, and whether what it scheduled still leaves."""

import enum


class Standing(enum.StrEnum):
    """From best to worst. `billing` sets it; the guards and the publisher heed it."""

    GOOD = "good"
    NOTICE = "notice"
    """All goes on; it is told that this will end, and when."""
    READ_ONLY = "read_only"
    """Nothing new is begun; what is scheduled still leaves."""
    STOPPED = "stopped"
    """What is scheduled is held when its time comes. Nothing is deleted."""


class StandingWhy(enum.StrEnum):
    """Why an agency is in another standing than good."""

    TRIAL = "trial"
    PAYMENT = "payment"
    ENDED = "ended"


RESTING = frozenset({Standing.READ_ONLY, Standing.STOPPED})
"""The standings in which nothing new is begun."""
