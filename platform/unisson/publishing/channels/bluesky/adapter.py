"""The channel: what it accepts, one attempt to publish, and the look back."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar
from urllib.parse import urlsplit

from unisson.outbound import Deadline, Forbidden, Outbound, OutboundError
from unisson.publishing.channels import reasons
from unisson.publishing.channels.bluesky.facets import graphemes
from unisson.publishing.channels.bluesky.record import COLLECTION, IMAGE_BYTES, Composer, iso, no_time
from unisson.publishing.channels.bluesky.refusals import meaning
from unisson.publishing.channels.bluesky.signin import SignedIn, open_session
from unisson.publishing.channels.bluesky.thread import OtherContent, ThreadOfPosts, standing, texts
from unisson.publishing.channels.bluesky.tid import tid_of
from unisson.publishing.channels.bluesky.xrpc import DataServer, Stopped, XrpcRefused, outcome_before, outcome_of
from unisson.publishing.channels.port import (
    Absent,
    Account,
    ChannelKind,
    Found,
    Limits,
    NotConnected,
    Outcome,
    Outgoing,
    Problem,
    Published,
    ReadBack,
    Refused,
    Sketch,
    Unreadable,
)
from unisson.publishing.channels.problems import common_problems
from unisson.publishing.channels.reasons import lazy, with_detail

TEXT_GRAPHEMES = 300
TEXT_BYTES = 3000
SENDING_SECONDS = 5.0
"""Kept for the request that publishes: with less, the outcome would too often be unknown."""
WEBSITE = "https://bsky.app"


class BlueskyAdapter:
    """Posts through the personal data server named in the account's settings.

    Settings: `service` (address of the server), `handle`. Secrets: `app_password`.
    Limits: lexicons app.bsky.feed.post and app.bsky.embed.images.
    """

    kind: ClassVar[ChannelKind] = ChannelKind.BLUESKY
    limits: ClassVar[Limits] = Limits(
        max_graphemes=TEXT_GRAPHEMES,
        max_bytes=TEXT_BYTES,
        max_pictures=4,
        max_picture_bytes=IMAGE_BYTES,
        alt_required=True,
        has_title=False,
    )
    deadline: ClassVar[float] = 30.0
    settle: ClassVar[float] = 5.0

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound

    def client_ref(self, publication_id: uuid.UUID, due_at: datetime) -> str:
        """Return the record key: the server refuses a second record under it."""
        return tid_of(publication_id, due_at)

    def problems(self, sketch: Sketch) -> list[Problem]:
        """Return what the lexicons would refuse, and images without a description."""
        return common_problems(sketch, self.limits, graphemes(sketch.text))

    def publish(self, outgoing: Outgoing, account: Account) -> Outcome:
        """Prepare everything, then make the one request that publishes."""
        deadline = Deadline.after(self.deadline)
        try:
            server = self._server(account, deadline)
            signed_in = SignedIn(server, account)
            composer = Composer(self._outbound, server, signed_in, Deadline(deadline.at - SENDING_SECONDS))
            if outgoing.thread:
                return _published(ThreadOfPosts(server, signed_in, composer, deadline), outgoing, signed_in.tokens())
            record = composer.record(outgoing)
            who = signed_in.tokens()
            if deadline.left() < SENDING_SECONDS:
                raise no_time()
        except Stopped as stopped:
            return stopped.outcome
        except (OutboundError, XrpcRefused) as failure:
            return outcome_before(failure)
        return _create(server, signed_in, who, outgoing, record)

    def read_back(self, outgoing: Outgoing, account: Account) -> ReadBack:
        """Look the record up. The server's answer is the truth: it holds one record a key, and reads its own writes."""
        try:
            server = self._server(account, Deadline.after(self.deadline))
            who = SignedIn(server, account).tokens()
            if outgoing.thread:
                return _thread_found(server, who, outgoing)
            key = {"repo": who["did"], "collection": COLLECTION, "rkey": outgoing.client_ref}
            said = server.ask("com.atproto.repo.getRecord", key)
        except XrpcRefused as refusal:
            if refusal.error == "RecordNotFound":
                return Absent(resend_is_safe=True)
            return Unreadable(with_detail(reasons.CANNOT_TELL, str(refusal)), ask_again=refusal.status != 400)
        except Stopped as stopped:
            return Unreadable(with_detail(reasons.CANNOT_TELL, str(stopped)), ask_again=True)
        except OutboundError as failure:
            return Unreadable(with_detail(reasons.CANNOT_TELL, str(failure)), ask_again=True)
        return _found(said, outgoing, who)

    def verify(self, account: Account) -> str:
        """Sign in once and return a sentence naming the account. Raises `NotConnected`."""
        try:
            tokens = open_session(self._server(account, Deadline.after(self.deadline)), account)
        except Stopped as stopped:
            raise NotConnected(lazy("The server did not answer as a Bluesky server does.")) from stopped
        except Forbidden as failure:
            raise NotConnected(lazy("The address of the server is not one we may connect to.")) from failure
        except OutboundError as failure:
            raise NotConnected(lazy("The server could not be reached. Check its address.")) from failure
        except XrpcRefused as refusal:
            raise NotConnected(_refusal_sentence(refusal)) from refusal
        return str(lazy("Connected as @%(handle)s.", handle=tokens["handle"] or account.settings["handle"]))

    def _server(self, account: Account, deadline: Deadline) -> DataServer:
        service = account.settings["service"]
        if urlsplit(service).scheme != "https" and not self._outbound.is_private_by_choice(service):
            raise Forbidden("an app password is only sent over https")
        return DataServer(self._outbound, service, deadline)


def _create(
    server: DataServer, signed_in: SignedIn, who: Mapping[str, str], outgoing: Outgoing, record: dict[str, object]
) -> Outcome:
    body = {"repo": who["did"], "collection": COLLECTION, "rkey": outgoing.client_ref, "record": record}
    try:
        said = signed_in.call(lambda token: server.tell("com.atproto.repo.createRecord", body, token))
    except Stopped as stopped:
        return stopped.outcome
    except (OutboundError, XrpcRefused) as failure:
        return outcome_of(failure)
    uri = str(said.get("uri") or _uri(who, outgoing))
    return Published(uri, _page(who, outgoing), str(said.get("cid") or ""))


def _published(thread: ThreadOfPosts, outgoing: Outgoing, who: Mapping[str, str]) -> Outcome:
    first = thread.publish(outgoing, who)
    if not isinstance(first, dict):
        return first
    return Published(str(first["uri"]), _page(who, outgoing), str(first["cid"]))


def _thread_found(server: DataServer, who: Mapping[str, str], outgoing: Outgoing) -> ReadBack:
    """Look every post of a thread up: where one is missing, the next attempt goes on with it."""
    try:
        posts = [standing(server, who["did"], outgoing, place) for place in range(len(texts(outgoing)))]
    except OtherContent:
        return Unreadable(reasons.OTHER_CONTENT)
    if None in posts:
        return Absent(resend_is_safe=True)
    return Found(_uri(who, outgoing), _page(who, outgoing))


def _uri(who: Mapping[str, str], outgoing: Outgoing) -> str:
    return f"at://{who['did']}/{COLLECTION}/{outgoing.client_ref}"


def _page(who: Mapping[str, str], outgoing: Outgoing) -> str:
    return f"{WEBSITE}/profile/{who['handle'] or who['did']}/post/{outgoing.client_ref}"


def _found(said: Mapping[str, object], outgoing: Outgoing, who: Mapping[str, str]) -> ReadBack:
    value = said.get("value")
    if not isinstance(value, dict) or (value.get("text"), value.get("createdAt")) != (
        outgoing.text,
        iso(outgoing.due_at),
    ):
        return Unreadable(reasons.OTHER_CONTENT)
    return Found(str(said.get("uri") or _uri(who, outgoing)), _page(who, outgoing))


def _refusal_sentence(refusal: XrpcRefused) -> object:
    if refusal.error == "AuthFactorTokenRequired":
        return lazy("This is the account's own password: create an app password in Bluesky's settings and use that.")
    known = meaning(refusal, "")
    if known:
        return lazy(known)
    if isinstance(outcome_of(refusal), Refused) or refusal.status == 401:
        return lazy("The server does not know this handle with this app password.")
    return lazy("The server did not let us in. Try again later; its own words: %(reason)s", reason=str(refusal))
