"""What can go wrong on purpose. The web's edge turns each into one sentence and one status."""


class MissingAgencyError(RuntimeError):
    """Something touched tenant data without saying for whom: a fault of ours, never of the user."""


class ForeignRowError(RuntimeError):
    """A row of one agency was about to be written in another one's session."""


class UnsafeRoleError(RuntimeError):
    """The database role may bypass row-level security; the product does not start with it."""


class NotFoundError(Exception):
    """It does not exist, or this person can't see that it does (404)."""


class ForbiddenError(Exception):
    """This person sees it but may not do that (403)."""


class RefusedError(Exception):
    """An expected no: `sentence` (lazily translated) says what happened, what was kept and what to do.

    `status` is the HTTP status that fits: 409 for a race or a stale page, 410 for what is over, 422 for bad input.
    `way` names what the page of the refusal offers next, where it isn't to go back: a key of `errors/_ways.html`.
    """

    status = 422

    def __init__(self, sentence: object, *, field: str | None = None, way: str | None = None) -> None:
        super().__init__(str(field) if field else "refused")
        self.sentence = sentence
        self.field = field
        self.way = way


class StaleError(RefusedError):
    """Somebody else changed it meanwhile."""

    status = 409


class GoneError(RefusedError):
    """It was there, and is over: an expired or revoked link."""

    status = 410


class ArchivedError(RefusedError):
    """It is put away and can be taken back: not there (404), with the way to where it is."""

    status = 404
