"""What an adapter is handed: built from the frozen revision alone, never from the content as it is now."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import Row

from unisson.publishing.channels.port import Card, Outgoing, Picture, Recipient
from unisson.publishing.ledger import payload

ReadPicture = Callable[[uuid.UUID, str], bytes]
"""(agency, SHA-256) → the stored bytes."""


def outgoing(agency_id: uuid.UUID, seen: Row[Any], read_picture: ReadPicture) -> Outgoing:
    """Return what leaves for the channel of the publication `seen`."""
    frozen = payload(seen)
    channel = next(each for each in frozen["channels"] if each["id"] == str(seen.channel_id))
    return Outgoing(
        agency_id=agency_id,
        brand_id=seen.brand_id,
        publication_id=seen.id,
        client_ref=seen.client_ref,
        brand_name=frozen["brand"]["name"],
        language=frozen["language"],
        title=frozen["title"],
        text=channel["text"],
        due_at=seen.due_at,
        pictures=tuple(_picture(agency_id, each, read_picture) for each in frozen["pictures"]),
        recipient=Recipient(seen.email, seen.recipient_name) if seen.email else None,
        kind=frozen.get("kind", ""),
        press=frozen.get("press"),
        thread=tuple(channel.get("thread", ())),
        card=_card(agency_id, frozen, channel, read_picture),
        card_decided="card" in channel,
    )


def _card(
    agency_id: uuid.UUID, frozen: dict[str, Any], channel: dict[str, Any], read_picture: ReadPicture
) -> Card | None:
    if not channel.get("card"):
        return None
    said = frozen["card"]
    image = _picture(agency_id, said["image"], read_picture) if said["image"] else None
    return Card(channel["card"], said["title"], said["description"], image)


def _picture(agency_id: uuid.UUID, frozen: dict[str, Any], read_picture: ReadPicture) -> Picture:
    return Picture(
        digest=frozen["digest"],
        mime=frozen["mime"],
        width=frozen["width"],
        height=frozen["height"],
        size=frozen["size"],
        alt=frozen["alt"],
        read=partial(read_picture, agency_id, frozen["digest"]),
        poster=frozen.get("poster"),
        duration=frozen.get("duration"),
    )
