"""What the refusals of a Bluesky server mean to whoever planned the post, and what to do about each.

Names: lexicons com.atproto.server.createSession and com.atproto.repo.createRecord, and those that the reference server
gives beside them (packages/pds and packages/xrpc of bluesky-social/atproto). Where its name only says that the
request is not valid, the server's message tells what about it.
"""

from collections.abc import Mapping
from typing import Protocol

from unisson.publishing.channels.reasons import (
    ACCOUNT_AGAIN,
    CHOOSE_IMAGE,
    CHOOSE_IMAGE_FILE,
    N_,
    ONCE_MORE,
    SHORTEN,
    TOO_LONG,
    lazy,
)

TAKEN_DOWN = N_("Bluesky has taken this account down: nothing can be posted with it.")
SUSPENDED = N_("Bluesky has suspended this account: nothing can be posted with it for now.")
DEACTIVATED = N_("This account is deactivated on Bluesky: nothing can be posted with it.")
OWN_PASSWORD = N_("Bluesky asks for a code sent by e-mail: what signs in here is not an app password.")
GONE = N_("The server of the channel does not know this account any more.")
RATE_LIMITED = N_("Bluesky has had too much from this account in a short time, and asks us to wait.")
NOT_ALLOWED = N_("Bluesky does not allow this account to post.")
NOT_A_SERVER = N_("The server of the channel does not take posts: it may not be a Bluesky server.")
MALFORMED = N_("Bluesky does not accept how this post is made.")
IMAGE_TOO_LARGE = N_("An image or the whole post is larger than Bluesky accepts.")
IMAGE_KIND = N_("An image is of a kind that Bluesky does not accept.")
IMAGE_LOST = N_("Bluesky had not kept an image that was sent to it before the post.")
IMAGE_TAKEN_DOWN = N_("Bluesky has taken one of these images down before, and does not accept it again.")
WRITTEN_MEANWHILE = N_("Something else was written to this account in the same instant.")

BY_NAME: Mapping[str, str] = {
    "AccountTakedown": TAKEN_DOWN,
    "RepoTakendown": TAKEN_DOWN,
    "AccountSuspended": SUSPENDED,
    "RepoSuspended": SUSPENDED,
    "AccountDeactivated": DEACTIVATED,
    "RepoDeactivated": DEACTIVATED,
    "AuthFactorTokenRequired": OWN_PASSWORD,
    "AccountNotFound": GONE,
    "RepoNotFound": GONE,
    "RateLimitExceeded": RATE_LIMITED,
    "Forbidden": NOT_ALLOWED,
    "ScopeMissingError": NOT_ALLOWED,
    "MethodNotImplemented": NOT_A_SERVER,
    "XRPCNotSupported": NOT_A_SERVER,
    "InvalidRecord": MALFORMED,
    "BlobTooLarge": IMAGE_TOO_LARGE,
    "PayloadTooLarge": IMAGE_TOO_LARGE,
    "InvalidSize": IMAGE_TOO_LARGE,
    "InvalidMimeType": IMAGE_KIND,
    "UnsupportedMediaType": IMAGE_KIND,
    "BlobNotFound": IMAGE_LOST,
    "InvalidSwap": WRITTEN_MEANWHILE,
    "ConcurrentWrites": WRITTEN_MEANWHILE,
}
BY_MESSAGE: tuple[tuple[str, str], ...] = (
    ("blob has been takendown", IMAGE_TAKEN_DOWN),
    ("could not find blob", IMAGE_LOST),
    ("could not find repo", GONE),
    ("file is too large", IMAGE_TOO_LARGE),
    ("mimetype", IMAGE_KIND),
    ("graphemes", TOO_LONG),
    ("must not be longer", TOO_LONG),
    ("invalid app.bsky", MALFORMED),
)
"""Parts of messages, in small letters; the first that is found counts."""

_OWNER_SETTLES = lazy(
    "The account’s owner must settle this with Bluesky. Then connect the channel again: what waits leaves."
)
ADVICE: Mapping[str, object] = {
    TAKEN_DOWN: _OWNER_SETTLES,
    SUSPENDED: _OWNER_SETTLES,
    NOT_ALLOWED: _OWNER_SETTLES,
    DEACTIVATED: lazy("Have the account’s owner activate it again on Bluesky, then connect the channel again."),
    OWN_PASSWORD: lazy("Create an app password in Bluesky’s settings, and connect the channel again with it."),
    GONE: ACCOUNT_AGAIN,
    NOT_A_SERVER: ACCOUNT_AGAIN,
    MALFORMED: lazy("Look through the text, links and images, change what is unusual, and submit the content again."),
    IMAGE_TOO_LARGE: CHOOSE_IMAGE,
    IMAGE_KIND: CHOOSE_IMAGE_FILE,
    IMAGE_TAKEN_DOWN: lazy("Put another image in and submit the content again."),
    IMAGE_LOST: ONCE_MORE,
    WRITTEN_MEANWHILE: ONCE_MORE,
    TOO_LONG: SHORTEN,
}


class Refusal(Protocol):
    """What a server says instead of doing what it was asked."""

    error: str
    message: str


def meaning(refusal: Refusal, otherwise: str) -> str:
    """Return the sentence for a refusal, its own msgid; `otherwise` where the server says nothing that is known."""
    named = BY_NAME.get(refusal.error)
    if named:
        return named
    words = refusal.message.lower()
    return next((sentence for part, sentence in BY_MESSAGE if part in words), otherwise)
