"""HDR clips are shown as SDR: where reference white lands, and that greys and colours hold."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from cubesal.video import ClipReader
from cubesal.video.hdr import sdr_table

TRANSFERS = {"PQ": 16, "HLG": 18}
#: Signals of black, of a grey, of HDR reference white (203 cd/m²) and of the peak (1000 cd/m²).
SIGNALS = {"PQ": (0.0, 0.30, 0.5807, 0.7518), "HLG": (0.0, 0.30, 0.75, 1.0)}


def hdr_clip(path: Path, levels: NDArray[np.float64], transfer: str) -> Path:
    """Bars of RGB signals (N, 3) in [0, 1], 32 pixels each, coded as 10-bit BT.2020."""
    codes = np.rint(levels * 65535).astype(np.uint16)
    picture = np.ascontiguousarray(np.repeat(codes, 32, axis=0)[None].repeat(64, axis=0))
    frame = av.VideoFrame.from_ndarray(picture, "rgb48le")
    frame = frame.reformat(
        format="yuv420p10le", dst_colorspace=9, src_color_range=2, dst_color_range=1
    )
    frame.pts = 0
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx265", rate=10)
        stream.width, stream.height, stream.pix_fmt = picture.shape[1], 64, "yuv420p10le"
        # Without B-frames: x265 leaves the decoding time of a single picture to chance else.
        quiet = "log-level=none:lossless=1:bframes=0"
        stream.options = {"x265-params": quiet, "preset": "ultrafast"}
        context = stream.codec_context
        context.colorspace, context.color_range = 9, 1
        context.color_primaries, context.color_trc = 9, TRANSFERS[transfer]
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def shown(path: Path, transfer: str) -> NDArray[np.float64]:
    """The middle of each bar as RGB."""
    with ClipReader(path, projection="equirect") as reader:
        assert reader.info.transfer == transfer
        assert (reader.info.colour.matrix, reader.info.colour.full_range) == ("bt709", True)
        rgb = reader.read(0).rgb()
    return rgb[32, 16::32].astype(float)


@pytest.mark.parametrize("transfer", TRANSFERS)
def test_white_grey_and_black_land_where_they_should(transfer: str, tmp_path: Path) -> None:
    levels = np.repeat(np.array(SIGNALS[transfer])[:, None], 3, axis=1)
    bars = shown(hdr_clip(tmp_path / "a.mp4", levels, transfer), transfer)
    assert np.ptp(bars, axis=1).max() <= 2  # greys stay grey
    black, grey, white, peak = bars.mean(axis=1)
    assert black <= 2
    assert white / 255 == pytest.approx(0.91, abs=0.015)
    assert peak >= 253
    # Below the knee light is as it was: the grey's cd/m² over those of white, as BT.1886 has it.
    light = {"PQ": 10.04, "HLG": 1000 * (0.3**2 / 3) ** 1.2}[transfer]
    assert grey / 255 == pytest.approx((light / 203) ** (1 / 2.4), abs=0.01)


def test_colours_keep_their_hue(tmp_path: Path) -> None:
    # A red of BT.709 at 100 cd/m², written in BT.2020 primaries, comes back as pure red.
    light = np.array([0.627404, 0.069097, 0.016391]) * 100 / 10000
    c1, c2, c3 = 3424 / 4096, 2413 / 128, 2392 / 128
    power = light ** (2610 / 16384)
    signal = ((c1 + c2 * power) / (1 + c3 * power)) ** (2523 / 32)
    red = shown(hdr_clip(tmp_path / "a.mp4", np.repeat(signal[None], 4, axis=0), "PQ"), "PQ")[0]
    assert red[0] == pytest.approx(255 * (100 / 203) ** (1 / 2.4), abs=8)
    assert red[1:].max() < 45


@pytest.mark.parametrize("transfer", TRANSFERS)
def test_brighter_is_never_shown_darker(transfer: str) -> None:
    table = sdr_table(transfer)
    assert np.all(np.diff(table) >= 0)
    assert (table[0], table[-1]) == pytest.approx((0, 1), abs=1e-6)
