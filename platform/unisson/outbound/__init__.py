"""Requests to the outside that cannot be turned against the inside.

`Outbound` is the only way out over HTTP: it checks every address a name resolves to against our own table, connects
to the address it checked, and says of every failure whether a byte had left.
"""

from unisson.outbound.clock import Deadline
from unisson.outbound.failures import AnswerLost, AnswerTooLarge, Forbidden, NothingSent, OutboundError
from unisson.outbound.fetcher import Answer, Outbound

__all__ = [
    "Answer",
    "AnswerLost",
    "AnswerTooLarge",
    "Deadline",
    "Forbidden",
    "NothingSent",
    "Outbound",
    "OutboundError",
]
