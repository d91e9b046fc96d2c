"""A brand's logo: what comes in, where it is shown, and that nothing else is served at its address."""

import io
import re
import uuid
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import text
from support.desk import Desk
from support.letters import forget_what_others_wrote
from support.pictures import bomb, noise, picture
from support.world import build_world

from tenants.brands import Brand
from tenants.context import acting_for
from tenants.domains import AgencyDomain
from unisson.agency import logos
from unisson.devmail.box import KeptMail, Mailbox
from unisson.media.decoder import ROOMS
from unisson.media.reading import picture_key
from unisson.notifications.letters import write
from unisson.notifications.post import send_due
from unisson.runtime import Runtime
from unisson.storage import storage_of


@pytest.fixture(autouse=True)
def empty_queue(worker: Runtime) -> None:
    with worker.database.everywhere() as session:
        session.execute(text("delete from app.dispatch where queue = 'mail'"))
        session.execute(text("update app.identity_letters set sent_at = now() where sent_at is null"))


FORM = {"name": "Marque", "sector": "food", "timezone": "Europe/Paris", "language": "fr", "accent": "ocean"}
CLEAR = picture("PNG", (400, 120), "RGBA")


def upload(desk: Desk, content: bytes, filename: str = "logo.png", role: str = "account_manager", **more: object):
    data = FORM | more | {"logo": (io.BytesIO(content), filename)}
    answer = desk.post(role, "/brands/marque/edit", data, content_type="multipart/form-data", buffered=True)
    answer.request.environ["wsgi.input"].close()
    return answer


def brand_of(desk: Desk) -> Brand:
    with desk.session() as session:
        return session.get_one(Brand, (desk.world.agency_id, desk.world.brand_id))


def address(desk: Desk, digest: str | None = None) -> str:
    return f"/logos/{desk.world.slug}/{digest or brand_of(desk).logo_digest}"


def fetch(desk: Desk, path: str):
    return desk.browser(None).get(path, base_url="https://localhost")


@pytest.mark.parametrize(
    ("content", "name", "mime"),
    [
        (CLEAR, "logo.png", "image/png"),
        (picture("JPEG"), "logo.JPG", "image/jpeg"),
        (picture("WEBP"), "logo.webp", "image/png"),
        (picture("GIF", mode="P"), "logo.gif", "image/png"),
    ],
)
def test_a_logo_is_made_anew_in_a_form_that_every_mail_program_shows(
    desk: Desk, content: bytes, name: str, mime: str
) -> None:
    assert upload(desk, content, name).status_code == 303
    brand = brand_of(desk)
    assert brand.logo_mime == mime
    shown = fetch(desk, address(desk))
    assert shown.status_code == 200
    assert shown.mimetype == mime
    assert shown.data != content
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert Image.open(io.BytesIO(shown.data)).size == (brand.logo_width, brand.logo_height)


def test_a_large_logo_is_made_small_enough_for_mails(desk: Desk) -> None:
    assert upload(desk, noise("PNG", (1600, 700))).status_code == 303
    brand = brand_of(desk)
    assert max(brand.logo_width or 0, brand.logo_height or 0) <= ROOMS["logo"].longest_side
    assert len(fetch(desk, address(desk)).data) <= ROOMS["logo"].most_bytes


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (SVG, "logo.svg"), (SVG, "logo.png"), (b"", "logo.png"), (CLEAR[:60], "logo.png"), (CLEAR, "logo.jpg"),
        (CLEAR, "logo.exe"), (b"%PDF-1.7", "logo.pdf"), (bomb(), "logo.png"), (CLEAR + bytes(logos.MOST_BYTES), "logo.png"),
    ],
    ids=["svg", "svg named png", "empty", "cut", "png named jpg", "exe", "pdf", "bomb", "heavy"],
)  # fmt: skip
def test_what_is_no_logo_is_refused_beside_its_field_and_the_rest_is_kept(
    desk: Desk, content: bytes, name: str
) -> None:
    answer = upload(desk, content, name, name="Un nom tout neuf")
    assert answer.status_code == 422
    assert re.search(r'id="logo-error".*?<span>.{10,}</span>', answer.text)
    assert 'value="Un nom tout neuf"' in answer.text
    assert "Un fichier choisi est à choisir de nouveau." in answer.text
    without = desk.post("owner", "/brands/marque/edit", {"name": ""})
    assert without.status_code == 422
    assert "à choisir de nouveau" not in without.text
    assert brand_of(desk).name == "Marque"
    assert brand_of(desk).logo_digest is None


def test_a_brand_is_opened_with_its_logo_or_not_at_all(desk: Desk) -> None:
    name = f"Neuve {uuid.uuid4().hex[:6]}"
    data = FORM | {"name": name, "logo": (io.BytesIO(SVG), "logo.svg")}
    assert desk.post("owner", "/brands/new", data, content_type="multipart/form-data").status_code == 422
    assert name not in desk.get("owner", "/brands").text
    data = FORM | {"name": name, "logo": (io.BytesIO(CLEAR), "logo.png")}
    assert desk.post("owner", "/brands/new", data, content_type="multipart/form-data").status_code == 303
    with desk.session() as session:
        digest = session.execute(text("select logo_digest from app.brands where name = :n"), {"n": name}).scalar_one()
    assert fetch(desk, address(desk, digest)).status_code == 200


def test_who_may_not_change_the_brand_changes_no_logo(desk: Desk) -> None:
    for role in ("cm", "rp", "client_approver"):
        assert upload(desk, CLEAR, role=role).status_code == 403
    assert brand_of(desk).logo_digest is None


def test_a_logo_is_replaced_and_removed(desk: Desk) -> None:
    upload(desk, CLEAR)
    first = address(desk)
    assert 'name="logo_removal"' in desk.get("owner", "/brands/marque/edit").text
    upload(desk, picture("PNG", (90, 90)))
    assert fetch(desk, first).status_code == 404
    second = address(desk)
    assert fetch(desk, second).status_code == 200
    desk.post("owner", "/brands/marque/edit", FORM)
    assert fetch(desk, second).status_code == 200, "saving the rest leaves the logo"
    desk.post("owner", "/brands/marque/edit", FORM | {"logo_removal": "y"})
    assert fetch(desk, second).status_code == 404
    assert brand_of(desk).logo_digest is None


def test_no_other_picture_is_served_at_a_logo_s_address(desk: Desk, runtime: Runtime) -> None:
    """Nor a logo at another agency's, nor an archived brand's."""
    _media_id, digest = desk.picture(picture("JPEG"))
    assert fetch(desk, address(desk, digest)).status_code == 404
    upload(desk, CLEAR)
    mine, stranger = brand_of(desk).logo_digest, build_world(runtime)
    with acting_for(stranger.agency_id):
        storage_of(runtime.settings).put(b"\x89PNG", *picture_key(str(mine)))
    assert fetch(desk, f"/logos/{stranger.slug}/{mine}").status_code == 404
    for odd in ("0" * 64, "..%2f..", "%00", "é"):
        assert fetch(desk, address(desk, odd)).status_code in {404, 422}
    with desk.session() as session:
        session.execute(text("update app.brands set archived_at = now() where id = :b"), {"b": desk.world.brand_id})
    assert fetch(desk, address(desk, mine)).status_code == 404


def test_clients_and_the_public_see_it_with_the_brand_s_name(desk: Desk) -> None:
    upload(desk, CLEAR)
    _link, token = desk.link(desk.in_state("client_turn"))
    pages = [
        desk.get(None, f"/approve/{token}").text,
        fetch(desk, f"/newsroom/{desk.world.slug}/marque/").text,
        desk.get("owner", "/brands/marque/edit").text,
    ]
    for page in pages:
        assert re.search(rf'<img src="{address(desk)}" alt="Marque" width="400" height="120"', page)


def mail_of(desk: Desk, worker: Runtime, folder: Path, role: str = "client_approver") -> KeptMail:
    box = Mailbox(folder)
    forget_what_others_wrote(worker)
    content_id = desk.in_state("client_turn")
    with desk.session() as session:
        write(session, desk.world.people["cm"].membership_id, "missed", {"content_id": str(content_id)})
    with worker.database.everywhere() as session:
        session.execute(text("update app.dispatch set due_at = now() where queue = 'mail'"))
    send_due(worker, 20, box)
    return next(mail for mail in box.newest() if mail.header("Delivered-To") == desk.world.people[role].email)


def test_a_client_s_mail_carries_it(desk: Desk, worker: Runtime, tmp_path: Path) -> None:
    upload(desk, CLEAR)
    mail = mail_of(desk, worker, tmp_path)
    image = re.search(r'<img src="cid:([^"]+)" alt="Marque" width="(\d+)" height="(\d+)"', mail.text("html"))
    assert image is not None
    assert (int(image[2]), int(image[3])) == (187, 56)
    (part,) = [each for each in mail.message.walk() if each.get_content_maintype() == "image"]
    assert part["Content-ID"] == f"<{image[1]}>"
    assert part.get_payload(decode=True) == fetch(desk, address(desk)).data
    assert part.get_content_disposition() == "inline"


def test_the_agency_s_own_people_get_no_logo(desk: Desk, worker: Runtime, tmp_path: Path) -> None:
    upload(desk, CLEAR)
    assert "cid:" not in mail_of(desk, worker, tmp_path, "cm").text("html")


def test_no_mail_waits_for_a_logo_that_is_gone(desk: Desk, worker: Runtime, tmp_path: Path) -> None:
    upload(desk, CLEAR)
    with desk.session() as session:
        session.execute(
            text("update app.brands set logo_digest = :d where id = :b"), {"d": "0" * 64, "b": desk.world.brand_id}
        )
    assert "<img" not in mail_of(desk, worker, tmp_path).text("html")


def test_a_logo_is_seen_at_the_agency_s_own_name(desk: Desk) -> None:
    upload(desk, CLEAR)
    host = f"clients-{uuid.uuid4().hex[:10]}.agence.fr"
    with desk.session() as session:
        domain = AgencyDomain(host=host, token="x", added_by=desk.world.people["owner"].membership_id)
        session.add(domain)
        session.flush()
        session.execute(
            text("insert into app.trusted_hosts (host, agency_id, domain_id) values (:h, :a, :d)"),
            {"h": host, "a": desk.world.agency_id, "d": domain.id},
        )
    assert desk.browser(None).get(address(desk), base_url=f"https://{host}").status_code == 200
