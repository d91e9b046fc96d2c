"""Grids already made, kept in the process: bounded, and each under the key of its agency and of all that it shows."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from markupsafe import Markup

from tenants.context import agency_key


class Fragments:
    """The `capacity` most recently used pieces of HTML. At 100 kB a month, 32 of them are 3 MB."""

    def __init__(self, capacity: int = 32) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[str, Markup] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get_or_make(self, digest: str, make: Callable[[], Markup]) -> Markup:
        """Return the piece under `digest` in the current agency, made now if it is not known.

        Raises MissingAgencyError outside of any agency.
        """
        key = agency_key("month", digest)
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
