"""What comes in as a video, what comes out, and what does not come in at all."""

import io
import struct
import subprocess
import sys
from pathlib import Path

import av
import pytest
from PIL import Image
from support.videos import video

from unisson.media.video_pages import REASONS
from unisson.media.video_sandbox import READER, RefusedVideoError, RemadeVideo, remake

MINUTES = 600.0
UPRIGHT = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def read(folder: Path, content: bytes, shape: str = "mov", most_seconds: float = MINUTES) -> RemadeVideo:
    source = folder / "source"
    source.write_bytes(content)
    return remake(source, folder, shape=shape, most_seconds=most_seconds)


def turned(content: bytes, *, width: int) -> bytes:
    """The same video, to be seen turned by a quarter to the right, as phones write it (ISO 14496-12 §8.3.2)."""
    quarter = struct.pack(">9I", 0, 0x10000, 0, 0xFFFF0000, 0, 0, width << 16, 0, 0x40000000)
    of_film = content.index(UPRIGHT)
    of_track = content.index(UPRIGHT, of_film + 1)
    return content[:of_track] + quarter + content[of_track + len(UPRIGHT) :]


@pytest.mark.parametrize(
    ("container", "codec", "sound", "shape", "mime"),
    [
        ("mp4", "libx264", "aac", "mov", "video/mp4"),
        ("mov", "libx264", "aac", "mov", "video/mp4"),
        ("mp4", "libx264", None, "mov", "video/mp4"),
        ("webm", "libvpx", "libopus", "matroska", "video/webm"),
        ("webm", "libvpx-vp9", "libopus", "matroska", "video/webm"),
    ],
)
def test_a_video_is_read_and_written_anew(
    tmp_path: Path, container: str, codec: str, sound: str | None, shape: str, mime: str
) -> None:
    made = read(tmp_path, video(container, codec, sound), shape)
    assert (made.mime, made.width, made.height) == (mime, 160, 90)
    assert 1900 <= made.duration_ms <= 2100
    with av.open(str(made.path)) as written:
        assert [each.type for each in written.streams] == ["video", "audio"][: 2 if sound else 1]
        assert sum(1 for _frame in written.decode(video=0)) == 20
    with Image.open(made.poster) as poster:
        assert (poster.format, poster.size) == ("JPEG", (160, 90))


def test_the_same_video_comes_out_the_same(tmp_path: Path) -> None:
    content, outcomes = video(), []
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
        outcomes.append(read(tmp_path / place, content).path.read_bytes())
    assert outcomes[0] == outcomes[1]


def test_it_plays_before_it_is_there_whole(tmp_path: Path) -> None:
    written = read(tmp_path, video()).path.read_bytes()
    assert written.index(b"moov") < written.index(b"mdat")


def test_it_tells_nothing_of_its_author(tmp_path: Path) -> None:
    told = {"title": "Secret title", "artist": "Camille Secret", "location": "+48.8577+002.295/", "comment": "Secret"}
    content = video("mov", metadata=told)
    assert b"Secret" in content
    written = read(tmp_path, content).path.read_bytes()
    for word in (b"Secret", b"48.8577", b"Camille"):
        assert word not in written


def test_what_hides_behind_its_end_is_left_behind(tmp_path: Path) -> None:
    tail = struct.pack(">I4s", 8 + 40, b"free") + b"<script>alert(1)</script>".ljust(40)
    assert b"<script>" not in read(tmp_path, video() + tail).path.read_bytes()


def test_one_that_a_phone_held_upright_stays_upright(tmp_path: Path) -> None:
    made = read(tmp_path, turned(video(sound=None), width=90))
    assert (made.width, made.height) == (90, 160)
    with Image.open(made.poster) as poster:
        assert poster.size == (90, 160)
    with av.open(str(made.path)) as written:
        assert abs(next(written.decode(video=0)).rotation) == 90


@pytest.mark.parametrize(
    ("content", "shape", "reason"),
    [
        (video(codec="libx265"), "mov", "codec"),
        (video(pixels="yuv422p"), "mov", "codec"),
        (video("mov", sound="pcm_s16le"), "mov", "sound"),
        (video(size=(4096, 2304), seconds=0.2, sound=None), "mov", "too_large"),
        (video("webm", "libvpx", "libopus"), "mov", "unreadable"),
        (video(), "matroska", "unreadable"),
        (b"\0\0\0\x18ftypmp42" + b"x" * 5_000, "mov", "unreadable"),
        (b"\x1a\x45\xdf\xa3" + b"x" * 5_000, "matroska", "unreadable"),
        (video()[:2_000], "mov", None),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "mov", "unreadable"),
    ],
)
def test_what_no_browser_or_nobody_plays_is_refused(
    tmp_path: Path, content: bytes, shape: str, reason: str | None
) -> None:
    with pytest.raises(RefusedVideoError) as refusal:
        read(tmp_path, content, shape)
    assert str(refusal.value) in REASONS
    assert reason in {None, str(refusal.value)}


def test_one_that_is_too_long_is_refused_whatever_its_header_says(tmp_path: Path) -> None:
    content = video(seconds=4, sound=None)
    with pytest.raises(RefusedVideoError, match="too_long"):
        read(tmp_path, content, most_seconds=3)
    # The length of the film as its header tells it, in the box mvhd and those of its track: a tenth of a second.
    told = struct.pack(">I", 4000)
    assert told in content
    lied = content.replace(told, struct.pack(">I", 100))
    with pytest.raises(RefusedVideoError, match="too_long"):
        read(tmp_path, lied, most_seconds=2)


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as made:
        heard = made.add_stream("aac", rate=48_000)
        frame = av.AudioFrame(format="fltp", layout="stereo", samples=1024)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate = 48_000
        made.mux(heard.encode(frame))
        made.mux(heard.encode())
    with pytest.raises(RefusedVideoError, match="no_picture"):
        read(tmp_path, out.getvalue())


def test_its_reader_writes_no_more_than_it_may_and_uses_little_memory(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(video(size=(3840, 2160), seconds=0.5, sound=None))
    script = (
        "import resource, subprocess, sys\n"
        "ran = subprocess.run([sys.executable, '-I', *sys.argv[1:]], capture_output=True, text=True)\n"
        "print(ran.stdout.strip())\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)\n"
    )

    def ran(most_bytes: int) -> list[str]:
        told = [str(READER), str(source), str(tmp_path / "out"), str(tmp_path / "poster"), "mov", str(most_bytes), "60"]
        done = subprocess.run(
            [sys.executable, "-c", script, *told], capture_output=True, text=True, check=True, timeout=60
        )
        return done.stdout.splitlines()

    answer, megabytes = ran(50_000_000)
    assert '"width": 3840' in answer
    assert int(megabytes) < 400
    answer, _megabytes = ran(1_000)
    assert '"refused"' in answer
    assert (tmp_path / "out").stat().st_size <= 1_000
