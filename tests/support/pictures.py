"""Pictures of every kind, good and bad, made as the tests need them."""

import struct
import zlib
from io import BytesIO

from PIL import Image


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), mode: str = "RGB", **how: object) -> bytes:
    """Return a small picture of one colour."""
    out = BytesIO()
    Image.new(mode, size, 120 if mode in {"L", "P", "I;16"} else None).save(out, kind, **how)
    return out.getvalue()


def noise(kind: str = "PNG", size: tuple[int, int] = (1600, 1200), mode: str = "RGB", **how: object) -> bytes:
    """Return a picture that hardly compresses."""
    out = BytesIO()
    bands = [Image.effect_noise(size, 90 + 20 * band) for band in range(len(mode))]
    Image.merge(mode, bands).save(out, kind, **how)
    return out.getvalue()


def bomb(side: int = 50_000) -> bytes:
    """Return a PNG of `side` × `side` pixels, one bit each, whose few bytes really hold them all."""
    packer, row = zlib.compressobj(9), bytes(1 + side // 8)
    rows = b"".join(packer.compress(row * 1000) for _ in range(side // 1000)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
