"""The app's two icons, drawn here: an arch. Pure: PNG bytes, no image files."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

COLOR, OUTLINE = 192, 32  # pixels a side, as the app package wants them
_SAMPLES = 4  # a side, within each pixel: edges come out smooth

_Painter = Callable[[float, float], tuple[int, int, int, int]]

_GROUND = (32, 74, 135, 255)
_WHITE = (255, 255, 255, 255)
_NOTHING = (255, 255, 255, 0)


def color() -> bytes:
    """White on blue, 192 by 192, no transparency."""
    return _png(COLOR, lambda x, y: _WHITE if _arch(x, y, width=0.5, thickness=0.12) else _GROUND)


def outline() -> bytes:
    """White on nothing, 32 by 32."""
    return _png(OUTLINE, lambda x, y: _WHITE if _arch(x, y, width=0.72, thickness=0.11) else _NOTHING)


def _arch(x: float, y: float, width: float, thickness: float) -> bool:
    """Whether a point of the unit square is part of the arch: a half circle on two pillars, each with a foot."""
    outer, inner = width / 2, width / 2 - thickness
    top, ground = 0.5 - width * 0.1, 0.5 + width * 0.55  # where pillars begin and end
    across, down = abs(x - 0.5), y - top
    if down < 0:
        return inner * inner <= across * across + down * down <= outer * outer
    wider = thickness * 0.35 if y > ground - thickness * 0.7 else 0.0
    return y <= ground and inner - wider <= across <= outer + wider


def _png(side: int, painter: _Painter) -> bytes:
    rows = []
    for row in range(side):
        pixels = [_pixel(painter, column, row, side) for column in range(side)]
        rows.append(b"\0" + b"".join(pixels))  # 0: the row is not filtered
    head = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)  # eight bits each of red, green, blue, opacity
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _pixel(painter: _Painter, column: int, row: int, side: int) -> bytes:
    steps = [(step + 0.5) / _SAMPLES for step in range(_SAMPLES)]
    samples = [painter((column + dx) / side, (row + dy) / side) for dy in steps for dx in steps]
    opacity = sum(sample[3] for sample in samples) // len(samples)
    shades = [sum(sample[band] for sample in samples) // len(samples) for band in range(3)]
    return bytes((*shades, opacity))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
