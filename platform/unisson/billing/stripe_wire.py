"""How Stripe's library reaches Stripe: by the product's one way out, within a deadline, once."""

from collections.abc import Mapping
from typing import Any, NoReturn

import stripe

from unisson.outbound import AnswerLost, Deadline, Outbound, OutboundError

CALL_SECONDS = 10.0
MOST_BYTES = 4_000_000
"""Of an answer: a hundred invoices with their lines."""


class Wire(stripe.HTTPClient):
    """The library's client over `Outbound`. Each call ends within CALL_SECONDS."""

    name = "unisson"

    def __init__(self, outbound: Outbound) -> None:
        super().__init__()
        self._outbound = outbound

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Return body, status and headers of the answer. Raises stripe.APIConnectionError, which names no retry."""
        content = post_data.encode() if isinstance(post_data, str) else post_data or b""
        try:
            answer = self._outbound.request(
                method.upper(),
                url,
                deadline=Deadline.after(CALL_SECONDS),
                headers=headers,
                content=content,
                max_bytes=MOST_BYTES,
            )
        except OutboundError as error:
            raise _failure(error) from error
        return answer.body.decode("utf-8", "replace"), answer.status, answer.headers

    def request_stream(self, *_arguments: Any, **_named: Any) -> NoReturn:
        """Raise: nothing that we ask is streamed."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the idle connections."""
        self._outbound.close()


class MayHaveActedError(stripe.APIConnectionError):
    """A request left, and its answer was lost: Stripe may have done what was asked."""


def _failure(error: OutboundError) -> stripe.APIConnectionError:
    kind = MayHaveActedError if isinstance(error, AnswerLost) else stripe.APIConnectionError
    return kind(str(error), should_retry=False)  # type: ignore[no-untyped-call]  # Stripe's library leaves it untyped
