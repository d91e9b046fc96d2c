"""Chats that take messages at an address of their own: a contract stand-in of the three webhooks, written from their docs.

`/slack/…`, `/teams/…` and `/discord/…` each refuse what the real one refuses: a body that is no JSON, no text and no
blocks (400 `invalid_payload`), no Adaptive Card, an embed that is too long. What was taken is kept.
"""

import json
from typing import Any

from tests.standins.faults import FaultPlan
from tests.standins.wire import Call, HttpServer, Reply

FAULTS = {"400": Reply(400, b"invalid_payload"), "404": Reply(404, b"no_service"), "503": Reply(503), "cut": Reply(cut=True),
          "429": Reply(429, b'{"retry_after": 7.5}'), "429-header": Reply(429, headers={"Retry-After": "90"}),
          "302": Reply(302, headers={"Location": "http://127.0.0.1:1/"})}  # fmt: skip


class Rooms:
    """The stand-in: `taken` holds what each room was told."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, Any]] = []
        self.asked = 0
        self.plan = FaultPlan()
        self.server = HttpServer(self._answer)

    def url(self, room: str) -> str:
        """Return the secret address of a room."""
        return f"{self.server.url}/{room}/T0/B0/s3cr3t-of-the-room"

    def _answer(self, call: Call) -> Reply:
        self.asked += 1
        fault = self.plan.next("message", dice=False)
        if fault != "ok":
            return FAULTS[fault]
        room = call.target.split("/")[1]
        try:
            told = json.loads(call.body)
        except ValueError:
            return Reply(400, b"invalid_payload")
        if call.method != "POST" or not _is_taken(room, told):
            return Reply(400, b"invalid_payload")
        self.taken.append((room, told))
        return {"slack": Reply(200, b"ok", "text/plain"), "teams": Reply(202), "discord": Reply(204)}[room]


def _is_taken(room: str, told: Any) -> bool:
    if room == "slack":
        return bool(told.get("text") or told.get("blocks")) and len(told.get("text", "")) <= 40_000
    if room == "teams":
        cards = [each["content"] for each in told["attachments"]]
        return told["type"] == "message" and all(card["type"] == "AdaptiveCard" and card["body"] for card in cards)
    return all(0 < len(embed["title"]) <= 256 for embed in told["embeds"])
