"""Pieces of pages already made, kept in the process: bounded, each under the key of its agency and all it shows."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from tenants.context import current_agency
from unisson.resources import PACKAGE, resource

Piece = TypeVar("Piece")
Key = TypeVar("Key", bound=Hashable)

_MADE_OF = frozenset({".py", ".html", ".mo", ".css", ".js", ".svg"})


def digest(*parts: object) -> str:
    """Return a short digest of `parts`, of which none can be mistaken for its neighbour."""
    text = "\x1f".join(repr(part) for part in parts)
    return blake2b(text.encode(), digest_size=16).hexdigest()


@lru_cache(maxsize=1)
def release() -> str:
    """Return the digest of all that pages are made of, so that a new release is not taken for the old one."""
    found = blake2b(digest_size=16)
    for root in (PACKAGE, Path(str(resource("templates")))):
        for file in sorted(root.rglob("*")):
            if file.suffix in _MADE_OF:
                found.update(file.read_bytes())
    return found.hexdigest()


class Fragments(Generic[Piece]):
    """The `capacity` most recently used pieces, of one `kind`."""

    def __init__(self, kind: str, capacity: int) -> None:
        self._kind = kind
        self._capacity = capacity
        self._kept: OrderedDict[tuple[Hashable, ...], Piece] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get_or_make(self, made_of: Hashable, make: Callable[[], Piece]) -> Piece:
        """Return the piece of the current agency that is made of this, made now if it is not known.

        `made_of` is all that the piece shows, or a digest of it. Raises MissingAgencyError outside of any agency.
        """
        known = self.get(made_of)
        return self.keep(made_of, make()) if known is None else known

    def get_or_make_each(self, made_of: Sequence[Key], make: Callable[[Key], Piece]) -> list[Piece]:
        """Return several pieces in their order; those that are not known `make` makes, of what they are made of."""
        agency = current_agency().int
        keys = [(agency, self._kind, each) for each in made_of]
        with self._lock:
            known = [self._kept.get(key) for key in keys]
            for key, piece in zip(keys, known, strict=True):
                if piece is not None:
                    self._kept.move_to_end(key)
        told = zip(made_of, known, strict=True)
        return [self.keep(each, make(each)) if piece is None else piece for each, piece in told]

    def get(self, made_of: Hashable) -> Piece | None:
        """Return the piece of the current agency that is made of this; None where it is not known. Raises alike."""
        key = (current_agency().int, self._kind, made_of)
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
            return known

    def keep(self, made_of: Hashable, made: Piece) -> Piece:
        """Keep a piece of the current agency, and return it. Raises alike."""
        key = (current_agency().int, self._kind, made_of)
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._capacity:
                self._kept.popitem(last=False)
        return made
