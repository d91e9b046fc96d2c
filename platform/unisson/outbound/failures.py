"""The two families of failure that decide whether sending again is safe."""


class OutboundError(Exception):
    """A request that brought no usable answer; `str()` says why, without secrets."""


class NothingSent(OutboundError):  # noqa: N818 - named for what the caller may conclude
    """Not one byte of the request left (name, connection, TLS, no free connection): sending again is safe."""


class Forbidden(NothingSent):
    """The address lies where we never connect; only a change of address helps."""


class AnswerLost(OutboundError):  # noqa: N818 - named for what the caller may conclude
    """At least one byte of the request left and no whole answer came: the other side may have acted on it."""


class AnswerTooLarge(AnswerLost):
    """The answer went over its limit, counted after decompression."""
