"""Putting a process's publisher together from what the process holds."""

import uuid
from functools import lru_cache, partial

from unisson.devmail.box import Mailbox
from unisson.mail import Transport, transport_for
from unisson.media.reading import read_bytes, sum_of
from unisson.publishing.channels.newsroom import NewsroomAdapter
from unisson.publishing.channels.registry import Registry
from unisson.publishing.delivery import Hands
from unisson.publishing.publisher import Publisher
from unisson.runtime import Runtime
from unisson.storage import storage_of


def mail_transport(runtime: Runtime) -> Transport:
    """Return how mail leaves: SMTP, or the development mailbox."""
    settings = runtime.settings
    plain = "mail" in settings.plain_connections
    return transport_for(settings.mail_url, lambda: Mailbox(settings.data_dir), may_be_plain=plain)


def registry(runtime: Runtime) -> Registry:
    """Return the channels as this process reaches them."""
    settings = runtime.settings
    return Registry.from_settings(
        settings,
        mail_transport(runtime),
        NewsroomAdapter(runtime.database, settings.base_url, partial(sum_of, storage_of(settings))),
    )


@lru_cache(maxsize=4)
def publisher(runtime: Runtime) -> Publisher:
    """Return the process's publisher; it connects on first use."""
    hands = Hands(
        database=runtime.database,
        vault=runtime.vault,
        registry=registry(runtime),
        read_picture=partial(_read, runtime),
        lateness_limit=float(runtime.settings.lateness_limit),
        announcer=runtime.announcer,
    )
    return Publisher(hands, runtime.settings.publish_threads)


def _read(runtime: Runtime, agency_id: uuid.UUID, digest: str) -> bytes:
    return read_bytes(storage_of(runtime.settings), agency_id, digest)
