"""Pieces of pages already made, kept in the process: bounded, each under the key of its agency and all it shows."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from tenants.context import agency_key

Piece = TypeVar("Piece")


class Fragments(Generic[Piece]):
    """The `capacity` most recently used pieces, of one `kind`."""

    def __init__(self, kind: str, capacity: int) -> None:
        self._kind = kind
        self._capacity = capacity
        self._kept: OrderedDict[str, Piece] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get_or_make(self, digest: str, make: Callable[[], Piece]) -> Piece:
        """Return the piece under `digest` in the current agency, made now if it is not known.

        Raises MissingAgencyError outside of any agency.
        """
        key = agency_key(self._kind, digest)
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
                return known
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._capacity:
                self._kept.popitem(last=False)
        return made
