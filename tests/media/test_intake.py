"""What comes in as a picture, what comes out, and what does not come in at all."""

import io
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from PIL.ExifTags import Base as Exif
from sqlalchemy import func, select
from support.pictures import bomb, noise, picture
from support.world import World

from tenants.access import Actor
from tenants.context import acting_for
from tenants.errors import ForbiddenError, GoneError, NotFoundError, RefusedError
from tenants.permissions import AgencyRole, BrandRole
from unisson.media import intake, sandbox
from unisson.media.models import Media
from unisson.media.reading import picture_key, read_bytes
from unisson.runtime import Runtime
from unisson.storage import KeptBytes, StorageAwayError

TakeIn = Callable[..., Media]


@pytest.fixture
def kept(tmp_path: Path) -> KeptBytes:
    return KeptBytes((tmp_path / "kept").as_uri())


def actor_of(world: World, role: str = "cm") -> Actor:
    person = world.people[role]
    brand_roles = {world.brand_id: frozenset({BrandRole(role)})}
    return Actor(
        world.agency_id, person.membership_id, person.identity_id, role, person.email, AgencyRole.MEMBER, brand_roles
    )


@pytest.fixture
def take(runtime: Runtime, world: World, kept: KeptBytes) -> TakeIn:
    def act(content: bytes, name: str = "photo.jpg", *, role: str = "cm", brand: object = None) -> Media:
        with runtime.database.agency(world.agency_id) as session:
            return intake.take_in(
                session, actor_of(world, role), brand or world.brand_id, name, io.BytesIO(content), storage=kept
            )

    return act


def opened(kept: KeptBytes, world: World, media: Media) -> Image.Image:
    return Image.open(io.BytesIO(read_bytes(kept, world.agency_id, media.digest)))


@pytest.mark.parametrize(
    ("name", "mime"),
    [
        ("photo.jpg", "image/jpeg"),
        ("PHOTO.JPEG", "image/jpeg"),
        ("drawing.png", "image/png"),
        ("photo.webp", "image/webp"),
        ("still.gif", "image/png"),
    ],
)
def test_a_picture_is_taken_in(take: TakeIn, kept: KeptBytes, world: World, name: str, mime: str) -> None:
    media = take(picture(intake.FORMATS["." + name.lower().rpartition(".")[2]]), name)
    assert (media.mime, media.width, media.height) == (mime, 64, 48)
    assert opened(kept, world, media).size == (64, 48)
    assert media.size == len(read_bytes(kept, world.agency_id, media.digest))


def test_the_same_picture_is_kept_once(take: TakeIn, runtime: Runtime, world: World) -> None:
    assert take(picture()).id == take(picture(), "again.jpg").id
    with runtime.database.agency(world.agency_id) as session:
        assert session.scalar(select(func.count()).select_from(Media)) == 1


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "I;16", "RGBA"])
def test_every_way_of_holding_pixels_comes_out_plain(take: TakeIn, kept: KeptBytes, world: World, mode: str) -> None:
    assert opened(kept, world, take(picture("PNG", mode=mode), "a.png")).mode in {"RGB", "RGBA"}


def test_a_printer_s_jpeg_comes_out_for_screens(take: TakeIn, kept: KeptBytes, world: World) -> None:
    assert opened(kept, world, take(picture("JPEG", mode="CMYK"))).mode == "RGB"


def test_it_stands_upright_and_tells_nothing_of_its_author(take: TakeIn, kept: KeptBytes, world: World) -> None:
    exif = Image.Exif()
    exif[Exif.Orientation] = 6
    exif[Exif.Artist] = "Camille Secret"
    exif.get_ifd(0x8825)[2] = (48.0, 51.0, 24.0)
    media = take(picture(size=(80, 40), exif=exif, comment=b"planted comment"))
    stored = read_bytes(kept, world.agency_id, media.digest)
    assert (media.width, media.height) == (40, 80)
    assert not Image.open(io.BytesIO(stored)).getexif()
    assert b"Secret" not in stored
    assert b"planted" not in stored


def test_what_hides_behind_a_picture_is_left_behind(take: TakeIn, kept: KeptBytes, world: World) -> None:
    for tail in (b"<script>alert(1)</script>", b"%PDF-1.7 trailer", b"PK\x03\x04 archive"):
        stored = read_bytes(kept, world.agency_id, take(picture("GIF") + tail, "a.gif").digest)
        assert tail not in stored


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize(("kind", "name"), [("PNG", "a.png"), ("WEBP", "a.webp")])
def test_a_heavy_picture_fits_every_channel(take: TakeIn, kind: str, name: str, mode: str) -> None:
    media = take(noise(kind, mode=mode), name)
    assert media.size <= 950_000
    assert media.mime in {"image/png", "image/webp", "image/jpeg"}


def test_a_wide_picture_is_made_smaller(take: TakeIn) -> None:
    assert take(picture(size=(6000, 3000))).width == 4096


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", intake.VECTOR),
        (b"<?xml version='1.0'?><svg onload='alert(1)'/>", "a.png", intake.VECTOR),
        (b"<html><script>alert(1)</script>", "a.jpg", intake.WRONG_KIND),
        (b"%PDF-1.7", "a.pdf", intake.WRONG_KIND),
        (picture("PNG"), "a.html", intake.WRONG_KIND),
        (picture("PNG"), "a.jpg", sandbox.UNREADABLE),
        (picture("JPEG"), "a.png", sandbox.UNREADABLE),
        (b"\xff\xd8\xff<script>alert(1)</script>", "a.jpg", sandbox.UNREADABLE),
        (b"GIF89a/*<svg onload=alert(1)>*/=1;", "a.gif", sandbox.UNREADABLE),
        (picture("BMP"), "a.bmp", intake.WRONG_KIND),
        (noise("JPEG")[:40_000], "a.jpg", sandbox.UNREADABLE),
        (picture("PNG", size=(10_000, 4_001), mode="1"), "a.png", sandbox.TOO_MANY_PIXELS),
        (b"", "a.png", intake.NOTHING),
        (picture("JPEG") + bytes(intake.MOST_BYTES), "a.jpg", intake.TOO_HEAVY),
    ],
)
def test_what_is_no_picture_is_refused(take: TakeIn, app: object, content: bytes, name: str, sentence: object) -> None:
    with pytest.raises(RefusedError) as refusal:
        take(content, name)
    assert refusal.value.sentence is sentence


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.jpg", "a\r\nSet-Cookie: x=1.jpg", "\u202egpj.exe.jpg", "C:\\x\\y.jpg", "\x00.jpg"]
)
def test_a_name_can_t_lead_anywhere(take: TakeIn, name: str) -> None:
    kept = take(picture(), name).filename
    assert kept.isprintable()
    assert not set(kept) & set("/\\\r\n\u202e\x00")


def test_who_may_not_write_adds_no_picture(take: TakeIn, world: World) -> None:
    with pytest.raises(ForbiddenError):
        take(picture(), role="client_approver")
    with pytest.raises(NotFoundError):
        take(picture(), brand=world.sibling_id)


def test_an_archived_brand_takes_nothing(take: TakeIn, runtime: Runtime, world: World) -> None:
    from tenants.base import utcnow
    from tenants.brands import Brand

    with runtime.database.agency(world.agency_id) as session:
        session.get_one(Brand, (world.agency_id, world.brand_id)).archived_at = utcnow()
    with pytest.raises(GoneError):
        take(picture())


def test_a_picture_made_to_burst_costs_little_memory(tmp_path: Path) -> None:
    """50,000 × 50,000 pixels: 2.5 thousand million, really in the file."""
    made = tmp_path / "bomb.png"
    made.write_bytes(bomb())
    script = textwrap.dedent(
        """
        import resource, sys
        from pathlib import Path
        from tenants.errors import RefusedError
        from unisson.media import sandbox
        try:
            sandbox.reencode(Path(sys.argv[1]).read_bytes(), "PNG")
        except RefusedError as refusal:
            assert refusal.sentence is sandbox.TOO_MANY_PIXELS
        # Of its own memory map: ru_maxrss would begin with what the process that started this one held.
        status = Path("/proc/self/status").read_text()
        print(next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) // 1024)
        print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
        """
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, str(made)], capture_output=True, text=True, check=True, timeout=120
    )
    assert all(int(megabytes) < 300 for megabytes in ran.stdout.split()), ran.stdout


def test_a_full_disk_leaves_neither_row_nor_half_a_file(runtime: Runtime, world: World, tmp_path: Path) -> None:
    """The kernel refuses the write (RLIMIT_FSIZE, EFBIG): what a full disk does, without needing to be root."""
    script = textwrap.dedent(
        """
        import resource, signal, sys, uuid
        from tenants.context import acting_for
        from unisson.storage import KeptBytes, StorageAwayError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        with acting_for(uuid.UUID(sys.argv[2])):
            try:
                KeptBytes(sys.argv[1]).put(bytes(5000), "media", "ab", "abcd")
            except StorageAwayError as away:
                print("refused", away.status)
        """
    )
    folder = tmp_path / "full"
    ran = subprocess.run(
        [sys.executable, "-c", script, folder.as_uri(), str(world.agency_id)],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert ran.stdout.splitlines()[-1] == "refused 503"
    with acting_for(world.agency_id):
        assert not KeptBytes(folder.as_uri()).exists("media", "ab", "abcd")


def test_a_store_that_is_away_leaves_no_row(runtime: Runtime, world: World, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.write_text("a file stands where the folder should be")
    with pytest.raises(StorageAwayError) as away, runtime.database.agency(world.agency_id) as session:
        intake.take_in(
            session, actor_of(world), world.brand_id, "a.jpg", io.BytesIO(picture()), storage=KeptBytes(place.as_uri())
        )
    assert away.value.status == 503
    with runtime.database.agency(world.agency_id) as session:
        assert session.scalar(select(func.count()).select_from(Media)) == 0


def test_two_agencies_share_no_file(kept: KeptBytes, world: World, new_world: Callable[[], World]) -> None:
    other = new_world()
    with acting_for(world.agency_id):
        kept.put(b"ours", *picture_key("ab" * 32))
    with pytest.raises(FileNotFoundError):
        read_bytes(kept, other.agency_id, "ab" * 32)
