"""A thread: posts that answer each other, in order, each under a record key that is known before the first one leaves.

Before a post is sent, its key is looked up: what stands there already is not sent again, so that a thread that broke
anywhere goes on at the first post that is missing. A post that the server refuses after others are out is a matter for
a person: what is out can't be taken for a failure, after which the content could be written anew.
"""

from collections.abc import Mapping
from datetime import timedelta

from unisson.outbound import Deadline, OutboundError
from unisson.publishing.channels import reasons
from unisson.publishing.channels.bluesky.record import COLLECTION, Composer, Json, iso, no_time
from unisson.publishing.channels.bluesky.signin import SignedIn
from unisson.publishing.channels.bluesky.tid import later
from unisson.publishing.channels.bluesky.xrpc import DataServer, Stopped, XrpcRefused, outcome_before, outcome_of
from unisson.publishing.channels.port import NotSent, Outcome, Outgoing, Refused, Stranded, Unknown

SENDING_SECONDS = 5.0
"""Kept for each request that publishes, as for a single post."""


def rkey(outgoing: Outgoing, place: int) -> str:
    """Return the record key of the post at `place` (0 is the first), the same each time it is asked."""
    return later(outgoing.client_ref, place)


def created_at(outgoing: Outgoing, place: int) -> str:
    """Return the instant that the post at `place` bears: a thread is read in the order of these."""
    return iso(outgoing.due_at + timedelta(milliseconds=place))


def texts(outgoing: Outgoing) -> tuple[str, ...]:
    """Return the texts of all the posts, the first one included."""
    return (outgoing.text, *outgoing.thread)


class OtherContent(Exception):  # noqa: N818 - an answer of the channel
    """Something that is not ours stands under a key of the thread."""


def standing(server: DataServer, did: str, outgoing: Outgoing, place: int) -> Json | None:
    """Return the reference (address and hash) of the post at `place` if it is out, else None.

    Raises OtherContent, `OutboundError`, and `XrpcRefused` for any other answer.
    """
    try:
        said = server.ask(
            "com.atproto.repo.getRecord", {"repo": did, "collection": COLLECTION, "rkey": rkey(outgoing, place)}
        )
    except XrpcRefused as refusal:
        if refusal.error == "RecordNotFound":
            return None
        raise
    value = said.get("value")
    ours = (texts(outgoing)[place], created_at(outgoing, place))
    if not isinstance(value, dict) or (value.get("text"), value.get("createdAt")) != ours:
        raise OtherContent
    return _reference(said)


class ThreadOfPosts:
    """One attempt to have all of a thread stand."""

    def __init__(self, server: DataServer, account: SignedIn, composer: Composer, deadline: Deadline) -> None:
        self._server = server
        self._account = account
        self._composer = composer
        self._deadline = deadline

    def publish(self, outgoing: Outgoing, who: Mapping[str, str]) -> Json | Outcome:
        """Return the reference of the first post once all of them stand, else what became of the first that does not.

        Whatever stands when this ends early is found again by the next attempt.
        """
        out: list[Json] = []
        for place in range(len(texts(outgoing))):
            reference = self._one(outgoing, who, out)
            if not isinstance(reference, dict):
                return _with_posts_out(reference) if place else reference
            out.append(reference)
        return out[0]

    def _one(self, outgoing: Outgoing, who: Mapping[str, str], out: list[Json]) -> Json | Outcome:
        """Return the reference of the post that follows those that are `out`, or why it can't be had."""
        place = len(out)
        try:
            found = standing(self._server, who["did"], outgoing, place)
        except OtherContent:
            return Stranded(reasons.OTHER_CONTENT)
        except (OutboundError, XrpcRefused) as failure:
            # Nothing was sent, and a question that is refused refuses no post.
            outcome = outcome_before(failure)
            return NotSent(outcome.reason) if isinstance(outcome, Refused) else outcome
        if found is not None:
            return found
        try:
            record = self._record(outgoing, out)
            if self._deadline.left() < SENDING_SECONDS:
                raise no_time()
        except Stopped as stopped:
            return stopped.outcome
        except (OutboundError, XrpcRefused) as failure:
            return outcome_before(failure)
        return self._create(record, who, rkey(outgoing, place))

    def _record(self, outgoing: Outgoing, out: list[Json]) -> Json:
        if not out:
            return self._composer.record(outgoing)
        place = len(out)
        reply: Json = {"root": out[0], "parent": out[-1]}
        return self._composer.post(outgoing, outgoing.thread[place - 1], created_at(outgoing, place)) | {"reply": reply}

    def _create(self, record: Json, who: Mapping[str, str], key: str) -> Json | Outcome:
        body = {"repo": who["did"], "collection": COLLECTION, "rkey": key, "record": record}
        try:
            said = self._account.call(lambda token: self._server.tell("com.atproto.repo.createRecord", body, token))
        except Stopped as stopped:
            return stopped.outcome
        except (OutboundError, XrpcRefused) as failure:
            return outcome_of(failure)
        reference = _reference(said)
        return reference if all(reference.values()) else Unknown(reasons.NO_ANSWER)


def _with_posts_out(outcome: Outcome) -> Outcome:
    """Return what an outcome means when posts before it are out."""
    return Stranded(outcome.reason) if isinstance(outcome, Refused) else outcome


def _reference(said: Mapping[str, object]) -> Json:
    """Return a strong reference (lexicon com.atproto.repo.strongRef)."""
    return {"uri": str(said.get("uri") or ""), "cid": str(said.get("cid") or "")}
