"""Which call goes wrong, and how: a script first, then dice with a seed."""

import random
import threading
from collections import deque
from collections.abc import Iterable, Mapping


class FaultPlan:
    """Faults for the calls that have an effect. `script` is used up first; then each fault comes up by its weight."""

    def __init__(self, weights: Mapping[str, float] | None = None, seed: int = 0) -> None:
        self._weights = dict(weights or {})
        self._dice = random.Random(seed)
        self._script: deque[tuple[str, str]] = deque()
        self._lock = threading.Lock()

    def then(self, *faults: str, call: str = "createRecord") -> None:
        """Let the next calls named `call` go wrong like this, one fault each; `ok` lets one pass."""
        with self._lock:
            self._script.extend((call, fault) for fault in faults)

    def next(self, call: str, *, dice: bool) -> str:
        """Return the fault of this call, or `ok`."""
        with self._lock:
            for entry in self._script:
                if entry[0] == call:
                    self._script.remove(entry)
                    return entry[1]
            if not (dice and self._weights):
                return "ok"
            rolled = self._dice.random()
            for fault, weight in self._weights.items():
                rolled -= weight
                if rolled < 0:
                    return fault
            return "ok"


def weights_of(text: str) -> dict[str, float]:
    """Return the weights written as `503=0.03,lost=0.04`."""
    return dict(_pair(entry) for entry in text.split(",") if entry)


def _pair(entry: str) -> tuple[str, float]:
    name, _, weight = entry.partition("=")
    return name, float(weight)


def refuse_unknown(faults: Iterable[str], known: Iterable[str]) -> None:
    """Raise ValueError for a fault that does not exist: a misspelt one would make a test pass for nothing."""
    unknown = set(faults) - set(known)
    if unknown:
        raise ValueError(f"no such faults: {sorted(unknown)}")
