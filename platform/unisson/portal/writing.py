"""The markup of one content that waits, in a client's list.

It is the one piece of the list outside a template: a change of one content has it written anew, and its template took
more than all else that such a change costs. What a person typed is escaped here, by name.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from markupsafe import escape

from unisson.portal.waiting import Waiting
from unisson.web.i18n import said, time_said, zone_said
from unisson.web.joined import slot


def item(told: Waiting, spoken: str, channels: str, picture: str, *, is_chosen: bool) -> str:
    """Return a content's lines in the language `spoken`; `channels` are the icons of its channels, as markup."""
    excerpt = told.excerpt
    shown = escape(told.title or excerpt[:80] or said(spoken, "Untitled"))
    choose = escape(said(spoken, "Choose %(title)s", title=told.title or excerpt))
    image = (
        f'<img class="desk-picture" src="{picture}" alt="" loading="lazy" width="72" height="72">' if picture else ""
    )
    lines = "".join(_lines(told, excerpt, spoken))
    return (
        '<li class="desk-item"><label class="desk-tick"><input type="checkbox" name="item"'
        f' value="{told.ticket}"{" checked" if is_chosen else ""}><span class="visually-hidden">{choose}</span>'
        f'</label><div class="desk-words"><a href="{slot("door")}/contents/{told.id}">{channels}{shown}</a>'
        f"{lines}</div>{image}</li>\n"
    )


def _lines(told: Waiting, excerpt: str, spoken: str) -> Iterator[str]:
    if told.scheduled_at:
        yield f'<p class="desk-when">{_leaving(told.scheduled_at, told.zone, spoken)}</p>'
    yield f"<p>{escape(excerpt)}</p>"
    if told.again == "true":
        again = said(spoken, "Changed since your last decision: open it to see what.")
        yield f"<p>{escape(again)}</p>"
    if told.deadline_at:
        expected, until = said(spoken, "Answer expected by"), datetime.fromisoformat(told.deadline_at)
        yield f"<p>{escape(expected)} {time_said(until, told.zone, 'moment_year', spoken)}</p>"
    if if_late := told.if_late:
        late = said(spoken, "Its date has passed.")
        yield f"<p>{escape(late)} {escape(if_late)}</p>"
    if clause := told.tacit_clause:
        silence = said(
            spoken, "If nobody decides in time, the contract counts silence as a yes: %(clause)s", clause=clause
        )
        yield f"<p>{escape(silence)}</p>"


@lru_cache(maxsize=2_000)
def _leaving(told: str, zone: str, spoken: str) -> str:
    """Return a date as it is shown; kept by how the database wrote it."""
    at = datetime.fromisoformat(told)
    shown, city = time_said(at, zone, "moment_year", spoken), escape(zone_said(zone, spoken))
    return f'<time datetime="{at.isoformat()}">{shown}</time> <span class="muted small">({city})</span>'
