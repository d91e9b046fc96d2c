"""Every channel there is, made once a process from the settings."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Self

from unisson.config import Settings
from unisson.mail import Transport
from unisson.outbound import Outbound
from unisson.publishing.channels.bluesky import BlueskyAdapter
from unisson.publishing.channels.email import EmailAdapter
from unisson.publishing.channels.port import Adapter, ChannelKind


class Registry:
    """The adapters by their kind. Share it between threads; forked children may go on using it."""

    def __init__(self, adapters: Iterable[Adapter]) -> None:
        self._adapters: Mapping[ChannelKind, Adapter] = MappingProxyType({each.kind: each for each in adapters})

    @classmethod
    def from_settings(cls, settings: Settings, transport: Transport, *more: Adapter) -> Self:
        """Return the registry of a process whose mail leaves by `transport`.

        `more` are the adapters that live inside the product, such as the newsroom: they need its database, which
        settings alone do not give.
        """
        outbound = Outbound(settings.outbound_allow, only=settings.outbound_only)
        return cls([BlueskyAdapter(outbound), EmailAdapter(transport, settings.mail_from), *more])

    def adapter(self, kind: ChannelKind | str) -> Adapter:
        """Return the adapter of `kind`. Raises ValueError for a word that is no kind, KeyError when it has none."""
        return self._adapters[ChannelKind(kind)]

    def all(self) -> tuple[Adapter, ...]:
        """Return every adapter, in the order of their kinds."""
        return tuple(self._adapters[kind] for kind in ChannelKind if kind in self._adapters)
