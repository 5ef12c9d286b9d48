"""A map as few bytes: eight bits with a scale, differences of neighbours, deflated."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

__all__ = ["LARGEST_BLOB", "LEVELS", "decode_map", "encode_map"]

#: A value is a whole number of 1/255 of the map's peak, so the error is at most half of that.
LEVELS = 255
#: Of a map that cannot be compressed at all; nothing larger is taken for one.
LARGEST_BLOB = 1 << 20
_HEADER = struct.Struct("<BfHH")  # codec, peak, height, width
_CODEC = 1
# Of zlib's strategies the run-length one is both the smallest and the quickest here: residuals are
# mostly runs of zeros, and looking for longer matches finds none.
_STRATEGY = zlib.Z_RLE
_MOST_PIXELS = 1 << 20


def encode_map(saliency: NDArray[np.float32]) -> bytes:
    """A map (H, W) float32 >= 0 as bytes; ValueError if it is none.

    The predictor of a pixel is left + above - above left, as in lossless pictures: maps are
    smooth, so what remains are small numbers.
    """
    if saliency.ndim != 2 or saliency.dtype != np.float32 or not saliency.size:
        raise ValueError(f"a map is (H, W) float32, not {saliency.shape} {saliency.dtype}")
    if saliency.size > _MOST_PIXELS or max(saliency.shape) > 0xFFFF:
        raise ValueError(f"a map of {saliency.shape} is larger than any model makes")
    low, peak = float(saliency.min()), float(saliency.max())
    if not (np.isfinite(low) and np.isfinite(peak)) or low < 0.0:
        raise ValueError("a map must be finite and nowhere negative")
    levels = np.zeros(saliency.shape, np.uint8)
    if peak > 0.0:
        # Double precision: a half must not be rounded twice, nor a denormal peak be divided by.
        levels = np.rint(saliency.astype(np.float64) / peak * LEVELS).astype(np.uint8)
    rows = levels.copy()
    rows[1:] -= levels[:-1]
    residual = rows.copy()
    residual[:, 1:] -= rows[:, :-1]
    packer = zlib.compressobj(6, zlib.DEFLATED, -15, 8, _STRATEGY)
    packed = packer.compress(residual.tobytes()) + packer.flush()
    check = struct.pack("<I", zlib.adler32(levels.tobytes()))
    return _HEADER.pack(_CODEC, peak, *saliency.shape) + check + packed


def decode_map(blob: bytes) -> NDArray[np.float32]:
    """The map (H, W) of :func:`encode_map`, read-only, within half a level of what was encoded.

    ValueError for anything else; never more memory than the largest map needs, whatever the bytes
    claim or inflate to.
    """
    start = _HEADER.size + 4
    if len(blob) < start or len(blob) > LARGEST_BLOB:
        raise ValueError("no map has this many bytes")
    codec, peak, height, width = _HEADER.unpack_from(blob)
    pixels = height * width
    if codec != _CODEC or not 0 < pixels <= _MOST_PIXELS or not 0.0 <= peak < float("inf"):
        raise ValueError("not a map, or one of a newer version")
    levels = _levels(blob[start:], height, width)
    if struct.pack("<I", zlib.adler32(levels.tobytes())) != blob[_HEADER.size : start]:
        raise ValueError("a map is damaged")
    saliency = (levels * np.float64(peak / LEVELS)).astype(np.float32)
    saliency.flags.writeable = False
    return saliency


def _levels(packed: bytes, height: int, width: int) -> NDArray[np.uint8]:
    unpacker = zlib.decompressobj(-15)
    try:
        residual = unpacker.decompress(packed, height * width + 1)
    except zlib.error as error:
        raise ValueError("a map is damaged") from error
    if len(residual) != height * width or not unpacker.eof:
        raise ValueError("a map is damaged")
    rows = np.frombuffer(residual, np.uint8).reshape(height, width)
    rows = np.cumsum(rows, axis=1, dtype=np.uint8)
    return np.cumsum(rows, axis=0, dtype=np.uint8)
