"""The brand's own newsroom: a channel inside the product, which keeps one page a reference."""

import uuid
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from sqlalchemy.exc import SQLAlchemyError

from tenants.errors import NotFoundError
from tenants.session import Database
from unisson.newsroom import entries
from unisson.newsroom.models import NewsroomEntry
from unisson.publishing.channels import reasons
from unisson.publishing.channels.pictures import approved_sum
from unisson.publishing.channels.port import (
    Absent,
    Account,
    ChannelKind,
    Found,
    Limits,
    Outcome,
    Outgoing,
    Problem,
    Published,
    ReadBack,
    Refused,
    Sketch,
    Unknown,
    Unreadable,
)
from unisson.publishing.channels.problems import common_problems
from unisson.publishing.channels.reasons import N_, lazy, with_detail

TEXT_BYTES = 100_000
SumOf = Callable[[uuid.UUID, str], str]
"""(agency, SHA-256) → the SHA-256 of the bytes that are kept as this."""

CLOSED = N_("The newsroom of this brand is closed: the brand is archived.")


class NewsroomAdapter:
    """Writes a page with `database` (the worker's), at an address under `base_url`. It needs no account."""

    kind: ClassVar[ChannelKind] = ChannelKind.NEWSROOM
    limits: ClassVar[Limits] = Limits(
        max_graphemes=None,
        max_bytes=TEXT_BYTES,
        max_pictures=10,
        max_picture_bytes=None,
        alt_required=True,
        has_title=True,
        max_videos=3,
    )
    deadline: ClassVar[float] = 30.0
    settle: ClassVar[float] = 0.0

    def __init__(self, database: Database, base_url: str, sum_of: SumOf) -> None:
        self._database = database
        self._base_url = base_url
        self._sum_of = sum_of

    def client_ref(self, publication_id: uuid.UUID, due_at: datetime) -> str:  # noqa: ARG002 - the port's signature
        """Return the reference under which the newsroom keeps one page."""
        return f"newsroom:{publication_id}"

    def problems(self, sketch: Sketch) -> list[Problem]:
        """Return what is missing for a page: a title, a text or pictures, their descriptions."""
        return common_problems(sketch, self.limits, len(sketch.text))

    def publish(self, outgoing: Outgoing, account: Account) -> Outcome:  # noqa: ARG002 - no account is needed
        """Write the page in one transaction. A second try finds the first one's page."""
        for picture in outgoing.pictures:
            fault = approved_sum(picture, partial(self._sum_of, outgoing.agency_id))
            if fault is not None:
                return fault
        try:
            with self._database.agency(outgoing.agency_id) as session:
                room = entries.room_of(session, outgoing.brand_id)
                entry = entries.publish(
                    session,
                    room,
                    outgoing.client_ref,
                    title=outgoing.title,
                    text=outgoing.text,
                    language=outgoing.language,
                    pictures=_shown(outgoing),
                    press=dict(outgoing.press or {}),
                    kind=outgoing.kind,
                )
        except NotFoundError:
            return Refused(CLOSED)
        except SQLAlchemyError as error:
            # The commit itself may have been the one that failed: the look back tells.
            return Unknown(with_detail(reasons.NO_ANSWER, type(error).__name__))
        return Published(str(entry.id), self._url(room, entry))

    def read_back(self, outgoing: Outgoing, account: Account) -> ReadBack:  # noqa: ARG002 - no account is needed
        """Look the page up by its reference: the newsroom refuses a second one."""
        try:
            with self._database.agency(outgoing.agency_id) as session:
                entry = entries.by_ref(session, outgoing.client_ref)
                if entry is None:
                    return Absent(resend_is_safe=True)
                return Found(str(entry.id), self._url(entries.room_of(session, entry.brand_id), entry))
        except NotFoundError:
            return Found(str(entry.id), None) if entry else Absent(resend_is_safe=True)
        except SQLAlchemyError as error:
            return Unreadable(with_detail(reasons.CANNOT_TELL, type(error).__name__), ask_again=True)

    def verify(self, account: Account) -> str:  # noqa: ARG002 - no account is needed
        """Return a sentence: there is nothing to sign in at."""
        return str(lazy("The newsroom is part of Unisson: there is nothing to connect."))

    def _url(self, room: entries.Room, entry: NewsroomEntry) -> str:
        return f"{self._base_url}{room.path}{entry.slug}"


def _shown(outgoing: Outgoing) -> list[dict[str, Any]]:
    return [
        {"digest": each.digest, "mime": each.mime, "width": each.width, "height": each.height, "alt": each.alt}
        | ({"poster": each.poster, "duration": each.duration} if each.poster else {})
        for each in outgoing.pictures
    ]
