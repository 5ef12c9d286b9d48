"""Colours are those of the stream: its matrix, its range, its depth."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from cubesal.video import ClipReader, ColourSpec, Frame, YuvPlanes
from cubesal.video.colour import Matrix
from tests.media import make_clip

H273: dict[Matrix, int] = {"bt601": 6, "bt709": 1, "bt2020": 9}
SPECS = [ColourSpec(matrix, full) for matrix in H273 for full in (False, True)]
LOSSLESS = {"qp": "0"}


def smooth(height: int = 64) -> NDArray[np.uint8]:
    """A saturated picture (H, 2H, 3) without fine detail that 4:2:0 would lose."""
    v, u = np.mgrid[0 : 1 : height * 1j, 0 : 1 : 2 * height * 1j]
    rgb = np.stack([255 * u, 255 * v, 127.5 + 127.5 * np.cos(4 * u + 3 * v)], axis=-1)
    return rgb.astype(np.uint8)


def mean_difference(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    return float(np.abs(a.astype(int) - b).mean())


@pytest.mark.parametrize("spec", SPECS)
def test_white_black_and_grey_have_no_colour(spec: ColourSpec) -> None:
    matrix, offset = spec.rgb_from_yuv
    low, high = (0, 255) if spec.full_range else (16, 235)
    for luma, level in ((low, 0.0), (high, 1.0), ((low + high) / 2, 0.5)):
        rgb = matrix @ (np.array([luma, 128, 128]) / 255) + offset
        assert np.allclose(rgb, level, atol=1e-12)


def test_red_has_the_code_values_of_the_standards() -> None:
    for matrix, codes in (("bt601", (81, 90, 240)), ("bt709", (63, 102, 240))):
        to_rgb, offset = ColourSpec(matrix, False).rgb_from_yuv
        assert np.allclose(to_rgb @ (np.array(codes) / 255) + offset, [1, 0, 0], atol=0.006)


@pytest.mark.parametrize("spec", SPECS)
def test_the_cpu_conversion_is_the_formula(spec: ColourSpec) -> None:
    rng = np.random.default_rng(3)
    y = rng.integers(0, 256, (40, 80), dtype=np.uint8)
    u, v = (np.full((20, 40), value, np.uint8) for value in rng.integers(0, 256, 2))
    matrix, offset = spec.rgb_from_yuv
    yuv = np.stack(np.broadcast_arrays(y, u[0, 0], v[0, 0]), axis=-1) / 255
    expected = np.clip(yuv @ matrix.T + offset, 0, 1) * 255
    assert np.abs(YuvPlanes(y, u, v, spec).rgb() - expected).max() <= 1.0


@pytest.mark.parametrize("size", [(200, 150), (201, 151), (129, 64), (3, 65), (1, 1)])
def test_chroma_is_upsampled_bilinearly_without_joints(size: tuple[int, int]) -> None:
    width, height = size
    rng = np.random.default_rng(1)
    y = np.full((height, width), 120, np.uint8)
    u, v = rng.integers(96, 160, (2, (height + 1) // 2, (width + 1) // 2), dtype=np.uint8)
    spec = ColourSpec("bt601", True)
    matrix, offset = spec.rgb_from_yuv
    planes = [y / 1.0, bilinear(u, height, width), bilinear(v, height, width)]
    expected = np.clip(np.stack(planes, axis=-1) @ matrix.T + 255 * offset, 0, 255)
    assert np.abs(YuvPlanes(y, u, v, spec).rgb() - expected).max() <= 2.0


def bilinear(chroma: NDArray[np.uint8], height: int, width: int) -> NDArray[np.float64]:
    """What a linearly filtered, edge-clamped texture returns at the luma pixels' centres."""
    for axis, length in enumerate((height, width)):
        at = (np.arange(length) + 0.5) / 2 - 0.5
        samples = np.arange(chroma.shape[axis])
        chroma = np.apply_along_axis(lambda line: np.interp(at, samples, line), axis, chroma)  # noqa: B023 - used at once
    return chroma


@pytest.mark.parametrize("spec", SPECS)
def test_half_the_size_is_the_mean_of_the_whole(spec: ColourSpec) -> None:
    planes = YuvPlanes.from_rgb(smooth(), spec)
    half = planes.half_rgb()
    whole = planes.rgb().astype(np.float64)
    rows, columns = whole.shape[:2]
    means = whole.reshape(rows // 2, 2, columns // 2, 2, 3).mean(axis=(1, 3))
    assert half.shape == means.shape
    assert np.abs(half - means)[1:-1, 1:-1].max() <= 2.5


def test_half_the_size_is_given_where_it_has_as_many_columns_as_wanted() -> None:
    def width(width: int, height: int, columns: int | None) -> int:
        y = np.zeros((height, width), np.uint8)
        chroma = np.zeros(((height + 1) // 2, (width + 1) // 2), np.uint8)
        planes = YuvPlanes(y, chroma, chroma, ColourSpec("bt709", False))
        return Frame(0, 0.0, 0, planes).rgb(columns).shape[1]

    assert [width(1920, 960, c) for c in (None, 900, 960, 961)] == [1920, 960, 960, 1920]
    assert width(1921, 960, 500) == 1921
    assert width(1920, 961, 500) == 1920


@pytest.mark.parametrize("spec", SPECS)
def test_rgb_survives_the_way_to_planes_and_back(spec: ColourSpec) -> None:
    rgb = smooth()
    assert mean_difference(YuvPlanes.from_rgb(rgb, spec).rgb(), rgb) < 1.0


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le"])
def test_a_tagged_clip_shows_the_colours_that_went_in(
    spec: ColourSpec, pix_fmt: str, tmp_path: Path
) -> None:
    path = make_clip(
        tmp_path / "a.mp4",
        frames=1,
        size=(128, 64),
        pictures=[smooth()],
        pix_fmt=pix_fmt,
        colorspace=H273[spec.matrix],
        full_range=spec.full_range,
        options=LOSSLESS,
    )
    with ClipReader(path) as reader:
        assert reader.info.colour == spec
        frame = reader.read(0)
    assert frame.planes.colour == spec
    assert mean_difference(frame.rgb(), smooth()) < 1.6


def test_a_wrong_matrix_or_range_would_show() -> None:
    planes = YuvPlanes.from_rgb(smooth(), ColourSpec("bt709", False))
    for wrong in (ColourSpec("bt601", False), ColourSpec("bt709", True)):
        shown = YuvPlanes(planes.y, planes.u, planes.v, wrong).rgb()
        assert mean_difference(shown, smooth()) > 4.0


@pytest.mark.parametrize(
    ("size", "matrix"), [((1440, 720), "bt709"), ((1424, 712), "bt601"), ((256, 128), "bt601")]
)
def test_untagged_clips_are_judged_by_their_lines(
    size: tuple[int, int], matrix: str, tmp_path: Path
) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=1, size=size, colorspace=2)
    with ClipReader(path) as reader:
        assert reader.info.colour == ColourSpec(matrix, False)


def test_rgb_sources_keep_their_colours(tmp_path: Path) -> None:
    path = make_clip(
        tmp_path / "a.mkv",
        frames=1,
        size=(128, 64),
        pictures=[smooth()],
        codec="ffv1",
        pix_fmt="bgr0",
        colorspace=0,
    )
    with ClipReader(path) as reader:
        assert mean_difference(reader.read(0).rgb(), smooth()) < 1.6


def test_grey_pictures_stay_grey(tmp_path: Path) -> None:
    grey = np.linspace(0, 255, 128).astype(np.uint8)[None].repeat(64, axis=0)
    frame = av.VideoFrame.from_ndarray(grey, "gray")
    with av.open(str(tmp_path / "a.png"), "w", format="image2") as output:
        stream = output.add_stream("png")
        stream.width, stream.height, stream.pix_fmt = 128, 64, "gray"
        output.mux(stream.encode(frame))
    with ClipReader(tmp_path / "a.png") as reader:
        assert mean_difference(reader.read(0).rgb(), grey[..., None].repeat(3, axis=2)) < 1.0
