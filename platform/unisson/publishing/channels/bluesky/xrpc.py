"""The calls to a personal data server, each one request, and what its refusals mean."""

import contextlib
import json
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

from unisson.outbound import Answer, AnswerLost, Deadline, Forbidden, NothingSent, Outbound, OutboundError
from unisson.publishing.channels import reasons
from unisson.publishing.channels.bluesky.refusals import meaning
from unisson.publishing.channels.port import AccessLost, NotSent, Outcome, Refused, Unknown
from unisson.publishing.channels.reasons import with_detail

STALE = frozenset({"ExpiredToken", "InvalidToken"})
"""The token is no longer good, whatever the HTTP status (the reference server says 400): nothing was processed."""
LOST = frozenset(
    {
        "AccountTakedown",
        "AccountDeactivated",
        "AccountSuspended",
        "AuthFactorTokenRequired",
        "AuthMissing",
        "AuthenticationRequired",
        "ExpiredToken",
        "InvalidToken",
        "RepoDeactivated",
        "RepoSuspended",
        "RepoTakendown",
    }
)
LONGEST_WAIT = 3600.0
"""Seconds: what a server asks beyond this is a mistake of its clock or ours."""


class XrpcRefused(Exception):  # noqa: N818 - it is the server's answer
    """An answer other than success: status, the error's name and its message."""

    def __init__(self, answer: Answer) -> None:
        said = _object(answer.body)
        self.status = answer.status
        self.error = str(said.get("error") or "")
        self.message = str(said.get("message") or "")
        self.retry_after = _wait(answer.headers)
        super().__init__(f"{self.status} {self.error} {self.message}".strip())

    @property
    def is_stale_token(self) -> bool:
        """Whether a fresh token would help."""
        return self.error in STALE

    @property
    def is_duplicate(self) -> bool:
        """Whether the server says that a record stands under this key: by name, by status, or in its words."""
        words = self.message.lower()
        return self.error == "RecordAlreadyExists" or self.status == 409 or ("already" in words and "key" in words)


class Stopped(Exception):  # noqa: N818 - carries an outcome, which may be a good one to have
    """Something before the publishing request decided the outcome: nothing went out."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(str(outcome))
        self.outcome = outcome


class DataServer:
    """One personal data server, called until `deadline`."""

    def __init__(self, outbound: Outbound, service: str, deadline: Deadline) -> None:
        self._outbound = outbound
        self._root = f"{service.rstrip('/')}/xrpc/"
        self._deadline = deadline

    def ask(self, name: str, parameters: Mapping[str, str], token: str = "") -> Mapping[str, object]:
        """Return the answer to a query. Raises `OutboundError` and `XrpcRefused`."""
        return self._call("GET", f"{self._root}{name}?{urlencode(parameters)}", _bearer(token), b"")

    def tell(self, name: str, body: Mapping[str, object] | None, token: str = "") -> Mapping[str, object]:
        """Return the answer to a procedure. Raises `OutboundError` and `XrpcRefused`."""
        headers = _bearer(token)
        if body is None:
            return self._call("POST", self._root + name, headers, b"")
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        return self._call("POST", self._root + name, {**headers, "Content-Type": "application/json"}, content)

    def upload(self, content: bytes, mime: str, token: str) -> Mapping[str, object]:
        """Return the reference of the uploaded bytes. Raises `OutboundError` and `XrpcRefused`."""
        said = self._call(
            "POST", f"{self._root}com.atproto.repo.uploadBlob", {**_bearer(token), "Content-Type": mime}, content
        )
        blob = said.get("blob")
        if not isinstance(blob, dict):
            raise AnswerLost("the server did not name the uploaded image")
        return blob

    def _call(self, method: str, url: str, headers: Mapping[str, str], content: bytes) -> Mapping[str, object]:
        answer = self._outbound.request(method, url, deadline=self._deadline, headers=headers, content=content)
        if answer.status != 200:
            raise XrpcRefused(answer)
        said = _object(answer.body)
        if not said:
            raise AnswerLost("the server answered with something that is not JSON")
        return said


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def _object(body: bytes) -> dict[str, object]:
    with contextlib.suppress(ValueError):
        said = json.loads(body)
        if isinstance(said, dict):
            return said
    return {}


def _wait(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the server asks us to wait: Retry-After first, else RateLimit-Reset (epoch seconds)."""
    asked = headers.get("retry-after", "")
    seconds = None
    with contextlib.suppress(ValueError):
        seconds = float(asked) if asked.isdecimal() else _until(parsedate_to_datetime(asked).timestamp())
    if seconds is None and headers.get("ratelimit-reset", "").isdecimal():
        seconds = _until(float(headers["ratelimit-reset"]))
    return None if seconds is None else min(max(seconds, 1.0), LONGEST_WAIT)


def _until(epoch: float) -> float:
    return epoch - time.time()


def outcome_before(failure: OutboundError | XrpcRefused) -> Outcome:
    """Return what a failed preparation means: no post can have come of it."""
    outcome = outcome_of(failure)
    if isinstance(outcome, Unknown):
        return NotSent(with_detail(reasons.NOT_READY, str(failure)), channel_down=True)
    return outcome


def outcome_of(failure: OutboundError | XrpcRefused) -> Outcome:
    """Return what the failure of a request that publishes means (publishing state machine, transitions of sending)."""
    if isinstance(failure, XrpcRefused):
        return _outcome(failure)
    if isinstance(failure, Forbidden):
        return Refused(with_detail(reasons.FORBIDDEN_ADDRESS, str(failure)))
    if isinstance(failure, NothingSent):
        return NotSent(with_detail(reasons.DOWN, str(failure)), channel_down=True)
    return Unknown(with_detail(reasons.NO_ANSWER, str(failure)))


def _outcome(refusal: XrpcRefused) -> Outcome:
    detail = str(refusal)
    if refusal.is_duplicate:
        return Unknown(with_detail(reasons.ALREADY_THERE, detail))
    if refusal.error in LOST or refusal.status == 401:
        return AccessLost(with_detail(meaning(refusal, reasons.ACCESS_LOST), detail))
    if refusal.status in {429, 503}:
        busy = with_detail(meaning(refusal, reasons.BUSY), detail)
        return NotSent(busy, refusal.retry_after, channel_down=refusal.status == 503)
    if 400 <= refusal.status < 500 and refusal.status != 408:
        return Refused(with_detail(meaning(refusal, reasons.REFUSED), detail))
    return Unknown(with_detail(reasons.NO_ANSWER, detail))
