"""What a stage looks at, as a digest: a yes stands for other bytes only where those it looked at are the same."""

from collections.abc import Mapping, Set
from typing import Any

from unisson.approvals.chain import EVERYTHING, Aspect
from unisson.editorial.revisions import digest_of


def covers_digest(payload: Mapping[str, Any], covers: Set[Aspect]) -> str:
    """Return the SHA-256 (hex) of those parts of a revision's payload that `covers` names; of all of it for all."""
    if covers >= EVERYTHING:
        return digest_of(dict(payload))
    return digest_of({aspect.value: _part(payload, aspect) for aspect in sorted(covers)})


def _part(payload: Mapping[str, Any], aspect: Aspect) -> Any:
    if aspect is Aspect.DATE:
        return [payload["scheduled_at"], payload["zone"], payload.get("embargo")]
    if aspect is Aspect.PICTURES:
        return [*payload["pictures"], *([payload["card"]["image"]] if "card" in payload else [])]
    if aspect is Aspect.CHANNELS:
        return [[channel["id"], channel["kind"], channel["name"]] for channel in payload["channels"]]
    words = [payload["kind"], payload["title"], payload["language"], payload.get("tags", []), payload.get("risks", [])]
    words += [payload[each] for each in ("topic", "press") if each in payload]
    words += [payload["card"]] if "card" in payload else []
    words += [{"cards": cards}] if (cards := _each(payload, "card")) else []
    words += [{"threads": threads}] if (threads := _each(payload, "thread")) else []
    texts = {channel["text"] for channel in payload["channels"]}
    if len(texts) < 2:
        return [*words, sorted(texts)]
    # Where channels differ, which one says what was looked at too: a text must not pass to another channel unseen.
    return [*words, sorted([channel["id"], channel["text"]] for channel in payload["channels"])]


def _each(payload: Mapping[str, Any], what: str) -> dict[str, Any]:
    """Return what each channel has of it, where it has any."""
    return {channel["id"]: channel[what] for channel in payload["channels"] if what in channel}
