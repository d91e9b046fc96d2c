"""The markup of one content that waits, in a client's list.

It is the one piece of the list outside a template: a change of one content has it written anew, and its template took
more than all else that such a change costs. What a person typed is escaped here, by name.
"""

from collections.abc import Iterator
from datetime import datetime

from markupsafe import escape

from unisson.portal.waiting import Item
from unisson.web.i18n import said, time_said, zone_said
from unisson.web.joined import slot


def item(item: Item, spoken: str, channels: str, picture: str) -> str:
    """Return a content's lines in the language `spoken`; `channels` are the icons of its channels, as markup."""
    name = item.title or item.excerpt
    shown = escape(item.title or item.excerpt[:80] or said(spoken, "Untitled"))
    choose = escape(said(spoken, "Choose %(title)s")) % {"title": name}
    image = (
        f'<img class="desk-picture" src="{picture}" alt="" loading="lazy" width="72" height="72">' if picture else ""
    )
    lines = "".join(_lines(item, spoken))
    return (
        '<li class="desk-item"><label class="desk-tick"><input type="checkbox" name="item"'
        f' value="{item.ticket}"{" checked" if item.is_chosen else ""}><span class="visually-hidden">{choose}</span>'
        f'</label><div class="desk-words"><a href="{slot("door")}/contents/{item.content_id}">{channels}{shown}</a>'
        f"{lines}</div>{image if picture else ''}</li>\n"
    )


def _lines(item: Item, spoken: str) -> Iterator[str]:
    if item.leaves:
        yield f'<p class="desk-when">{_moment(item.leaves, item.zone, spoken)}</p>'
    yield f"<p>{escape(item.excerpt)}</p>"
    if item.again:
        yield f"<p>{escape(said(spoken, 'Changed since your last decision: open it to see what.'))}</p>"
    if item.deadline:
        until = time_said(item.deadline, item.zone, "moment_year", spoken)
        yield f"<p>{escape(said(spoken, 'Answer expected by'))} {until}</p>"
    if item.late:
        yield f"<p>{escape(said(spoken, 'Its date has passed.'))} {escape(item.if_late)}</p>"
    if item.clause:
        silence = said(spoken, "If nobody decides in time, the contract counts silence as a yes: %(clause)s")
        yield f"<p>{escape(silence) % {'clause': item.clause}}</p>"


def _moment(at: datetime, zone: str, spoken: str) -> str:
    told = time_said(at, zone, "moment_year", spoken)
    city = escape(zone_said(zone, spoken))
    return f'<time datetime="{at.isoformat()}">{told}</time> <span class="muted small">({city})</span>'
