"""What a plan says comes in as it was said, whichever way its file was written."""

from datetime import datetime, time
from io import BytesIO

from hypothesis import given, settings
from hypothesis import strategies as some
from support.plans import csv_file, soon, xlsx_file

from tenants.access import Actor
from tenants.base import new_id
from tenants.brands import Brand
from tenants.permissions import AgencyRole
from unisson.editorial.models import ContentKind
from unisson.editorial.writing import Draft, normal_tags
from unisson.editorial.writing_many import Desk
from unisson.imports.columns import guess
from unisson.imports.models import Import
from unisson.imports.rows import RowReader
from unisson.imports.sheets import read_sheet
from unisson.publishing.models import Channel
from unisson.web.forms import lines, one_line

ZONE = "Europe/Paris"
HEADERS = ["Date", "Heure", "Titre", "Texte", "Canaux", "Type", "Tags", "Sujet"]
CHANNELS = {new_id(): name for name in ("Salle de presse", "Bluesky", "La lettre du mois")}
TOPICS = {new_id(): name for name in ("Centenaire", "Rentrée 2027")}
WORDS = some.text(
    some.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn", "Co")) | some.sampled_from("\n;,\"'\t=’é€"),
    max_size=60,
)
FORMATS = ("%d/%m/%Y", "%Y-%m-%d", "%d.%m.%Y", "%d-%m-%y")
CLOCKS = ("%H:%M", "%Hh%M", "%H h %M", "%I:%M %p")


def desk() -> Desk:
    """A brand without a database."""
    agency_id, brand_id = new_id(), new_id()
    actor = Actor(agency_id, new_id(), new_id(), "Inès", "ines@example.org", AgencyRole.OWNER, {})
    brand = Brand(agency_id=agency_id, id=brand_id, timezone=ZONE, name="Marque")
    channels = {
        channel_id: Channel(agency_id=agency_id, id=channel_id, brand_id=brand_id, kind="newsroom", name=name)
        for channel_id, name in CHANNELS.items()
    }
    now = datetime.combine(soon(-30), time(12)).astimezone()
    return Desk(actor, brand, channels, dict(TOPICS), {}, now)


DRAFTS = some.builds(
    Draft,
    kind=some.sampled_from(list(ContentKind)),
    title=WORDS.map(one_line),
    body=WORDS.map(lambda text: lines(text).strip()).filter(bool),
    channel_ids=some.lists(some.sampled_from(list(CHANNELS)), unique=True).map(tuple),
    tags=some.lists(some.sampled_from(["été", "presse", "vrac 2"]), unique=True).map(lambda tags: tuple(normal_tags(tags))),
    topic_id=some.none() | some.sampled_from(list(TOPICS)),
    wall_time=some.none()
    | some.builds(
        lambda day, hour, minute: datetime.combine(soon(day), time(hour, minute)),
        some.integers(1, 1000), some.integers(4, 23), some.integers(0, 59),
    ),
)  # fmt: skip


def exported(draft: Draft, day: str, clock: str) -> list[str]:
    """The row of a draft, its date and time in a way of writing them."""
    at = draft.wall_time
    return [
        at.strftime(day) if at else "", at.strftime(clock) if at else "", draft.title, draft.body,
        ", ".join(CHANNELS[each] for each in draft.channel_ids), draft.kind.value.replace("_", " "),
        ", ".join(draft.tags), TOPICS[draft.topic_id] if draft.topic_id else "",
    ]  # fmt: skip


@given(
    drafts=some.lists(DRAFTS, min_size=1, max_size=5), day=some.sampled_from(FORMATS), clock=some.sampled_from(CLOCKS),
    separator=some.sampled_from(";,\t"), encoding=some.sampled_from(("utf-8-sig", "utf-16", "xlsx")),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_what_was_exported_is_imported(
    drafts: list[Draft], day: str, clock: str, separator: str, encoding: str
) -> None:
    rows = [HEADERS, *(exported(draft, day, clock) for draft in drafts)]
    content = xlsx_file(rows) if encoding == "xlsx" else csv_file(rows, encoding=encoding, separator=separator)
    first, *rest = read_sheet(BytesIO(content))
    about = Import(headers=first.cells, mapping=guess(first.cells), date_order="dmy", default_time="", has_header=True)
    reader = RowReader(desk(), about)
    readings = [reader.read(line.number, line.cells, None) for line in rest]
    assert [reading.faults for reading in readings] == [{}] * len(drafts)
    came = [reading.made.draft for reading in readings]
    assert [(each.title, each.body, each.kind, each.wall_time) for each in came] == [
        (each.title, each.body, each.kind, each.wall_time) for each in drafts
    ]
    assert [set(each.channel_ids) for each in came] == [set(each.channel_ids) for each in drafts]
    assert [tuple(normal_tags(each.tags)) for each in came] == [each.tags for each in drafts]
    assert [each.topic_id for each in came] == [each.topic_id for each in drafts]
