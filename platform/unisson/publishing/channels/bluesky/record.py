"""The record of a post: text, facets, images or link card, all made before the one request that publishes."""

import contextlib
from datetime import UTC, datetime

from unisson.outbound import Deadline, Outbound, OutboundError
from unisson.publishing.channels import reasons
from unisson.publishing.channels.bluesky.facets import facet, spans
from unisson.publishing.channels.bluesky.signin import SignedIn
from unisson.publishing.channels.bluesky.xrpc import DataServer, Stopped, XrpcRefused
from unisson.publishing.channels.linkcard import SECONDS, card_image, link_card
from unisson.publishing.channels.pictures import approved_bytes
from unisson.publishing.channels.port import Card, NotSent, Outgoing, Picture
from unisson.publishing.channels.reasons import with_detail

COLLECTION = "app.bsky.feed.post"
IMAGE_BYTES = 2_000_000
"""Of one image (lexicon app.bsky.embed.images, as the data server 0.5.35 carries it)."""
THUMB_BYTES = 1_000_000
"""Of the image of a link card (lexicon app.bsky.embed.external)."""

Json = dict[str, object]


def iso(instant: datetime) -> str:
    """Return `instant` as the protocol writes it: UTC, milliseconds, Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


class Composer:
    """Makes the record of one publication. Every failure here happens before anything is out."""

    def __init__(self, outbound: Outbound, server: DataServer, account: SignedIn, deadline: Deadline) -> None:
        self._outbound = outbound
        self._server = server
        self._account = account
        self._deadline = deadline

    def record(self, outgoing: Outgoing) -> Json:
        """Return the record to create. Raises `Stopped`, `OutboundError` and `XrpcRefused`."""
        record = self.post(outgoing, outgoing.text, iso(outgoing.due_at))
        embed = self._embed(outgoing)
        if embed:
            record["embed"] = embed
        return record

    def post(self, outgoing: Outgoing, text: str, created_at: str) -> Json:
        """Return the record of a post of words alone. Raises as `record` does."""
        record: Json = {"$type": COLLECTION, "text": text, "createdAt": created_at, "langs": [outgoing.language]}
        facets = self._facets(text)
        if facets:
            record["facets"] = facets
        return record

    def _embed(self, outgoing: Outgoing) -> Json | None:
        if outgoing.pictures:
            return self._images(outgoing.pictures)
        if outgoing.card_decided:
            return self._approved_card(outgoing.card) if outgoing.card else None
        return self._card(outgoing.text)

    def _facets(self, text: str) -> list[Json]:
        found = []
        for span in spans(text):
            target = self._did(span.target) if span.kind == "mention" else span.target
            if target:
                found.append(facet(text, span, target))
        return found

    def _did(self, handle: str) -> str:
        """Return the identity behind `handle`, or nothing when it has none: then the mention stays plain text."""
        try:
            return str(self._server.ask("com.atproto.identity.resolveHandle", {"handle": handle}).get("did") or "")
        except XrpcRefused as refusal:
            if refusal.status in {400, 404}:
                return ""
            raise

    def _images(self, pictures: tuple[Picture, ...]) -> Json:
        return {"$type": "app.bsky.embed.images", "images": [self._image(picture) for picture in pictures]}

    def _image(self, picture: Picture) -> Json:
        content = approved_bytes(picture, IMAGE_BYTES)
        if not isinstance(content, bytes):
            raise Stopped(content)
        image: Json = {"alt": picture.alt, "image": self._uploaded(content, picture.mime)}
        if picture.width > 0 and picture.height > 0:
            image["aspectRatio"] = {"width": picture.width, "height": picture.height}
        return image

    def _uploaded(self, content: bytes, mime: str) -> object:
        return self._account.call(lambda token: self._server.upload(content, mime, token))

    def _approved_card(self, card: Card) -> Json:
        """Return the card that was approved: it leaves with its image, or not at all."""
        external: Json = {"uri": card.url, "title": card.title, "description": card.description}
        if card.image is not None:
            content = approved_bytes(card.image, THUMB_BYTES)
            if not isinstance(content, bytes):
                raise Stopped(content)
            external["thumb"] = self._uploaded(content, card.image.mime)
        return {"$type": "app.bsky.embed.external", "external": external}

    def _card(self, text: str) -> Json | None:
        """Return the card of the first link. Nothing that goes wrong with it may hold the post back."""
        url = next((span.target for span in spans(text) if span.kind == "link"), "")
        deadline = self._deadline.within(SECONDS)
        card = link_card(self._outbound, url, deadline) if url else None
        if card is None:
            return None
        external: Json = {"uri": card.url, "title": card.title, "description": card.description}
        image = card_image(self._outbound, card, THUMB_BYTES, deadline)
        if image is not None:
            with contextlib.suppress(OutboundError, XrpcRefused):  # the card does without
                external["thumb"] = self._uploaded(*image)
        return {"$type": "app.bsky.embed.external", "external": external}


def no_time() -> Stopped:
    """Return what stops a publication whose preparation took the time that sending needs."""
    return Stopped(NotSent(with_detail(reasons.OUT_OF_TIME)))
