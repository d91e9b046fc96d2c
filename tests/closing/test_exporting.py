"""An export holds all of one brand, nothing of another agency or brand, no secret, and is handed out for an hour."""

import csv
import io
import json
import re
import uuid
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from support.estate import build_estate
from support.pictures import noise

from tenants.context import acting_for
from unisson.activity.models import Event
from unisson.closing import exporting, packing
from unisson.closing.exporting import pack_due, part_key
from unisson.closing.models import BrandExport
from unisson.closing.scope import held
from unisson.media.reading import picture_key
from unisson.storage import storage_of


@pytest.fixture(autouse=True)
def empty_queue(worker):
    with worker.database.everywhere() as session:
        session.execute(text("delete from app.dispatch where kind = 'export'"))


def packed(world, runtime, worker, post):
    """Ask for an export, have it packed, and return it with its ZIPs."""
    assert post(world).status_code == 303
    assert pack_due(worker) == 1
    with runtime.database.agency(world.agency_id) as session:
        export = session.scalars(select(BrandExport).order_by(BrandExport.created_at.desc()).limit(1)).one()
    storage = storage_of(runtime.settings)
    with acting_for(world.agency_id):
        parts = [storage.get(*part_key(export.id, number)) for number in range(1, len(export.parts) + 1)]
    return export, [zipfile.ZipFile(io.BytesIO(each)) for each in parts]


def exported(desk, worker):
    return packed(
        desk.world, desk.runtime, worker, lambda world: desk.post("owner", f"/brands/{world.brand_slug}/exports")
    )


def rows(archive, name):
    return json.loads(archive.read(f"data/{name}.json"))


def test_everything_of_the_brand_is_in_it(desk, worker):
    media_id, digest = desk.picture(noise("JPEG", (300, 200)))
    content_id = desk.in_state("scheduled", title="=SUM(A1)")
    export, (archive,) = exported(desk, worker)
    assert (export.state, export.missing, export.plan) == ("ready", 0, [])
    manifest = json.loads(archive.read("manifest.json"))
    assert (manifest["brand"], manifest["format"], manifest["parts"]) == ("Marque", 1, 1)
    assert {each["id"] for each in rows(archive, "contents")} == {str(content_id)}
    assert [each["id"] for each in rows(archive, "media")] == [str(media_id)]
    assert len(rows(archive, "decisions")) == 2
    assert rows(archive, "revisions")[0]["payload"]["title"] == "=SUM(A1)"
    assert {each["verb"] for each in rows(archive, "events")} >= {"content.written", "content.approved"}
    assert {each["name"] for each in rows(archive, "people")} >= {"Cm", "Rp", "Client Approver"}
    sheet = list(csv.reader(io.StringIO(archive.read("csv/contents.csv").decode("utf-8-sig"))))
    assert sheet[1][2] == "'=SUM(A1)"
    assert len(archive.read(f"media/{digest}.jpg")) > 1000
    assert b"data/decisions.json" in archive.read("README.txt")
    assert manifest["rows"]["contents"] == 1
    assert {f"data/{name}.json" for name in manifest["rows"]} <= set(archive.namelist())


def test_nothing_of_others_and_no_secret_is_in_it(app, runtime, worker):
    mine, theirs = f"CANARI-{uuid.uuid4().hex[:8]}", f"CANARI-{uuid.uuid4().hex[:8]}"
    here, _there = build_estate(runtime, worker, mine), build_estate(runtime, worker, theirs)
    sibling = f"FRATRIE-{uuid.uuid4().hex[:8]}"
    with runtime.database.agency(here.world.agency_id) as session:
        for table in ("contents", "channels", "topics", "media", "strategies"):
            column = {"channels": "name", "media": "credit"}.get(table, "title")
            session.execute(
                text(f"update app.{table} set {column} = :s where brand_id = :b"),
                {"s": sibling, "b": here.world.sibling_id},
            )
        session.execute(
            text("update app.brands set name = :s where id = :b"), {"s": sibling, "b": here.world.sibling_id}
        )
        hashes = session.scalars(text("select encode(token_hash, 'hex') from app.approval_links")).all()
    browser = here.world.sign_in(app.test_client(), "owner")
    way = f"/{here.world.slug}/brands/{here.world.brand_slug}/exports"
    _export, archives = packed(
        here.world, runtime, worker, lambda _world: browser.post(way, base_url="https://localhost")
    )
    whole = b"".join(archive.read(name) for archive in archives for name in archive.namelist())
    assert mine.encode() in whole
    assert theirs.encode() not in whole
    assert sibling.encode() not in whole
    assert not [each for each in hashes if each and each.encode() in whole]
    assert not re.search(rb'"(secret|tokens|token_hash)"', whole)


def test_every_table_of_a_brand_is_in_it_or_left_out_on_purpose(desk, worker):
    _export, (archive,) = exported(desk, worker)
    there = {
        name.removeprefix("data/").removesuffix(".json") for name in archive.namelist() if name.startswith("data/")
    }
    assert {each.table.name for each in held()} - packing.LEFT_OUT <= there


def test_files_are_put_in_parts_in_their_order():
    def piece(size):
        return packing.Piece(f"media/{size}", ("media", str(size)), size)

    sizes = [[each.size for each in part] for part in packing.grouped(map(piece, (4, 5, 3, 20, 1, 9)), 10)]
    assert sizes == [[4, 5], [3], [20], [1, 9]]
    assert packing.grouped([], 10) == [[]]


def test_each_further_part_is_packed_by_itself(desk, worker):
    digests = [desk.picture(noise("JPEG", (300 + n, 200)), f"{n}.jpg")[1] for n in range(2)]
    desk.post("owner", "/brands/marque/exports")
    pieces = [[f"media/{digest}.jpg", list(picture_key(digest)), 9] for digest in digests]
    lost = ["media/lost.jpg", list(picture_key("0" * 64)), 9]
    with desk.session() as session:
        session.execute(update(BrandExport).values(plan=[[], pieces, [lost]], parts=[5]))
    while pack_due(worker):
        pass
    with desk.session() as session:
        export = session.scalars(select(BrandExport)).one()
    assert (export.state, len(export.parts), export.missing) == ("ready", 3, 1)
    with acting_for(desk.world.agency_id):
        second = storage_of(desk.runtime.settings).get(*part_key(export.id, 2))
    assert zipfile.ZipFile(io.BytesIO(second)).namelist() == [path for path, _key, _size in pieces]


def test_a_worker_that_died_is_followed_by_one_that_packs_the_same_part(desk, worker):
    desk.post("owner", "/brands/marque/exports")
    with worker.database.everywhere() as session:
        session.execute(
            text("update app.dispatch set fence = 3, lease_until = now() - interval '1 s' where kind = 'export'")
        )
    assert pack_due(worker) == 1
    with desk.session() as session:
        assert session.scalars(select(BrandExport.state)).one() == "ready"


def test_one_at_a_time(desk):
    desk.speak_english()
    assert desk.post("owner", "/brands/marque/exports").status_code == 303
    again = desk.post("owner", "/brands/marque/exports")
    assert again.status_code == 422
    assert "being packed already" in again.text


def test_a_part_is_handed_out_by_a_link_of_the_page_and_noted(desk, worker):
    export, _archives = exported(desk, worker)
    page = desk.get("account_manager", "/brands/marque/closing").text
    (href,) = re.findall(r'href="([^"]+/brand-exports/[^"]+)"', page)
    href = href.replace("&amp;", "&")
    answer = desk.browser("account_manager").get(href, base_url="https://localhost")
    assert (answer.status_code, len(answer.data)) == (200, export.parts[0])
    assert answer.headers["Cache-Control"] == "private, no-store"
    with desk.session() as session:
        (event,) = session.scalars(select(Event).where(Event.verb == "brand.export_taken"))
    assert event.actor_name == "Account Manager"
    for stolen in (desk.browser("owner"), desk.browser("admin")):
        assert stolen.get(href, base_url="https://localhost").status_code == 303
    assert desk.browser("cm").get(href, base_url="https://localhost").status_code == 403
    assert desk.get("owner", f"/brand-exports/{export.id}/1?sign=x").status_code == 303
    assert desk.get("owner", f"/brand-exports/{export.id}/2?sign=x").status_code == 404


def test_its_bytes_go_after_a_week(desk, worker):
    export, _archives = exported(desk, worker)
    assert timedelta(days=6) < export.expires_at - export.created_at < timedelta(days=8)
    with worker.database.everywhere() as session:
        session.execute(text("update app.dispatch set due_at = now() where item_id = :i"), {"i": export.id})
    assert pack_due(worker) == 1
    with desk.session() as session:
        assert session.get_one(BrandExport, (desk.world.agency_id, export.id)).state == "over"
    with acting_for(desk.world.agency_id):
        assert not storage_of(desk.runtime.settings).exists(*part_key(export.id, 1))
    assert desk.get("owner", f"/brand-exports/{export.id}/1").status_code == 404


def test_packing_many_rows_takes_little_memory(desk, worker):
    """Rows go to the disk as they come: ten thousand more of them leave hardly a trace."""
    import tracemalloc

    with desk.session() as session:
        session.execute(
            text(
                "insert into app.contents (agency_id, id, brand_id, author_id, title, body, zone)"
                " select :a, uuidv7(), :b, :m, 'n ' || n, repeat('mot ', 500), 'UTC' from generate_series(1, 10000) n"
            ),
            {"a": desk.world.agency_id, "b": desk.world.brand_id, "m": desk.world.people["cm"].membership_id},
        )
    desk.post("owner", "/brands/marque/exports")
    tracemalloc.start()
    assert exporting.pack_due(worker) == 1
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12_000_000  # the bodies alone are twenty
