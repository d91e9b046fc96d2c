"""Several sentences said as one."""

from collections.abc import Sequence


class Sentences:
    """Sentences one after the other, put together in the reader's language when they are read."""

    def __init__(self, sentences: Sequence[object]) -> None:
        self._sentences = tuple(sentences)

    def __str__(self) -> str:
        return " ".join(str(sentence) for sentence in self._sentences)
