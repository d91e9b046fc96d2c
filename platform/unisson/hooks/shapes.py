"""A message as each chat wants it: none reads what people wrote as markup, or as a call to somebody.

Sources: Slack's Block Kit and its escaping of `&`, `<`, `>`; Teams' workflow webhook, which takes an Adaptive Card;
Discord's Execute Webhook.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

MOST = 250
"""Characters of a sentence: Discord takes 256 of a title."""

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|>~<@:])")


@dataclass(frozen=True, slots=True)
class Message:
    """What is told: a sentence, of which brand, and where it leads (with what the button says)."""

    sentence: str
    brand: str
    url: str
    label: str

    @property
    def short(self) -> str:
        """Return the sentence, cut where it is too long for a title."""
        return self.sentence if len(self.sentence) <= MOST else self.sentence[: MOST - 1] + "…"


def slack(message: Message) -> object:
    """Return blocks of plain text, in which nothing is markup, and the fallback that notifications show."""
    plain = {"type": "plain_text", "text": message.short, "emoji": False}
    button = {"type": "button", "text": {"type": "plain_text", "text": message.label}, "url": message.url}
    blocks: list[object] = [{"type": "section", "text": plain, "accessory": button}]
    if message.brand:
        blocks.append({"type": "context", "elements": [{"type": "plain_text", "text": message.brand, "emoji": False}]})
    fallback = message.short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": fallback, "blocks": blocks, "unfurl_links": False}


def teams(message: Message) -> object:
    """Return a card of text runs: a `TextBlock` would read Markdown in what people wrote."""
    runs = [[{"type": "TextRun", "text": message.short, "weight": "Bolder"}]]
    if message.brand:
        runs.append([{"type": "TextRun", "text": message.brand, "isSubtle": True}])  # type: ignore[dict-item]  # JSON
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [{"type": "RichTextBlock", "inlines": each} for each in runs],
        "actions": [{"type": "Action.OpenUrl", "title": message.label, "url": message.url}],
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "contentUrl": None, "content": card}]}


def discord(message: Message) -> object:
    """Return an embed with its Markdown escaped; nobody is called by what people wrote."""
    embed = {"title": _escaped(message.short)[:256], "url": message.url, "description": _escaped(message.brand)}
    return {"embeds": [embed], "allowed_mentions": {"parse": []}}


def _escaped(words: str) -> str:
    return _MARKDOWN.sub(r"\\\1", words)


SHAPES: Mapping[str, Callable[[Message], object]] = {"slack": slack, "teams": teams, "discord": discord}


def body_of(room: str, message: Message) -> bytes:
    """Return the JSON that the room's chat takes."""
    return json.dumps(SHAPES[room](message), ensure_ascii=False).encode()
