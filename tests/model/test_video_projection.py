"""The projection is concluded from metadata, then aspect, then name; others are named."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from cubesal.errors import MediaError
from cubesal.video import ClipReader, Layout
from cubesal.video.projection import Packing, SphereTags, choose_packing
from cubesal.video.spheres import HALF, Bounds, Region
from cubesal.video.spherical import PARTIAL
from tests.media import make_clip

SQUARE = Fraction(1)


def choose(
    name: str,
    size: tuple[int, int] = (1920, 960),
    pixel_aspect: Fraction = SQUARE,
    override: str | None = None,
    **tags: object,
) -> Packing:
    return choose_packing(name, *size, pixel_aspect, SphereTags(**tags), override)


def test_two_to_one_is_mono_equirect() -> None:
    assert choose("a.mp4") == Packing(Layout.MONO, "aspect")


def test_pixel_aspect_counts() -> None:
    assert choose("a.mp4", (640, 322), Fraction(161, 160)).layout is Layout.MONO
    with pytest.raises(MediaError):
        choose("a.mp4", (640, 320), Fraction(9, 8))


@pytest.mark.parametrize("height", [946, 974])
def test_the_aspect_may_deviate_by_one_and_a_half_per_cent(height: int) -> None:
    assert choose("a.mp4", (1920, height)).source == "aspect"


@pytest.mark.parametrize("height", [940, 980])
def test_more_deviation_is_refused(height: int) -> None:
    with pytest.raises(MediaError, match="not a 2:1 equirectangular"):
        choose("a.mp4", (1920, height))


@pytest.mark.parametrize("name", ["a_TB.mp4", "congo_stereoTB_1080.mp4", "x-over-under.mov"])
def test_names_tell_top_bottom_where_the_aspect_fits(name: str) -> None:
    assert choose(name, (1920, 1920)) == Packing(Layout.STEREO_TB, "name")


def test_names_tell_side_by_side_where_the_aspect_fits() -> None:
    assert choose("a_SBS.mp4", (3840, 960)) == Packing(Layout.STEREO_SBS, "name")


def test_the_aspect_goes_before_a_stereo_hint() -> None:
    assert choose("a_TB.mp4").layout is Layout.MONO


def test_letters_inside_a_word_are_no_hint() -> None:
    with pytest.raises(MediaError, match="equirect-tb"):
        choose("outback.mp4", (1920, 1920))


def test_metadata_goes_before_aspect_and_name() -> None:
    packing = choose(
        "a_EAC.mp4",
        (1920, 1080),
        projection="equirectangular",
        stereo=Layout.STEREO_TB,
        source="V2 metadata",
    )
    assert packing == Packing(Layout.STEREO_TB, "V2 metadata")


def test_stereo_metadata_alone_tells_the_packing_of_a_fitting_picture() -> None:
    assert choose("a.mkv", (960, 960), stereo=Layout.STEREO_TB).layout is Layout.STEREO_TB


@pytest.mark.parametrize(
    ("name", "size", "kind", "layout"),
    [
        ("a_EAC.mp4", (3840, 2160), "eac", Layout.MONO),
        ("a_EAC.webm", (2880, 1920), "eac", Layout.MONO),
        ("a_180.mp4", (5760, 2880), "vr180", Layout.STEREO_SBS),
        ("VR180_b.mp4", (2880, 2880), "vr180", Layout.MONO),
        ("a_180_SBS.mp4", (3840, 1920), "vr180", Layout.STEREO_SBS),
        ("a_180_TB.mp4", (1920, 3840), "vr180", Layout.STEREO_TB),
        ("my-cubemap.mp4", (2304, 1536), "cube-3x2", Layout.MONO),
        ("cube_map.mp4", (6144, 1024), "cube-6x1", Layout.MONO),
    ],
)
def test_other_projections_are_told_by_names_that_the_aspect_fits(
    name: str, size: tuple[int, int], kind: str, layout: Layout
) -> None:
    packing = choose(name, size)
    assert (packing.kind, packing.layout, packing.source) == (kind, layout, "name")


@pytest.mark.parametrize(
    ("name", "words"), [("a_EAC.mp4", "EAC"), ("a_180.mp4", "VR180"), ("cubemap.mp4", "cube map")]
)
def test_names_that_the_aspect_does_not_fit_are_not_believed(name: str, words: str) -> None:
    with pytest.raises(MediaError, match=words) as caught:
        choose(name, (1000, 800))
    assert "--projection" in str(caught.value)


def test_fisheye_pictures_are_to_be_stitched_first() -> None:
    with pytest.raises(MediaError, match="fisheye picture by its name; stitch it first"):
        choose("x_fisheye190.mp4")
    with pytest.raises(MediaError, match="by its metadata; stitch it first"):
        choose("a.mp4", projection="a fisheye picture")


@pytest.mark.parametrize(("size", "flag"), [((1500, 1000), "eac"), ((1200, 200), "cube-6x1")])
def test_refusals_name_the_projections_of_that_aspect(size: tuple[int, int], flag: str) -> None:
    with pytest.raises(MediaError, match=flag):
        choose("holiday.mp4", size)


@pytest.mark.parametrize("name", ["take_1800.mp4", "peaceful.mp4", "180 days.mp4"])
def test_ordinary_names_are_no_hint(name: str) -> None:
    assert choose(name).layout is Layout.MONO


def test_projections_that_cannot_be_read_are_named_from_metadata() -> None:
    with pytest.raises(MediaError, match="a cube map with padding by its V2 metadata"):
        choose("a.mp4", projection="a cube map with padding", source="V2 metadata")


def test_metadata_tells_cube_maps_and_half_spheres() -> None:
    cube = choose("a.mp4", (960, 640), projection="a cube map", source="V2 metadata")
    assert (cube.kind, cube.source) == ("cube-3x2", "V2 metadata")
    half = choose("a.mp4", projection=PARTIAL, bounds=HALF, stereo=Layout.STEREO_SBS)
    assert (half.kind, half.layout, half.sphere) == ("vr180", Layout.STEREO_SBS, Region(HALF))
    part = choose("a.mp4", projection=PARTIAL, bounds=Bounds(top=0.2))
    assert (part.kind, part.sphere) == ("part", Region(Bounds(top=0.2)))


def test_a_name_says_what_a_mesh_stands_for() -> None:
    assert choose("a_180.mp4", projection="a mesh projection (...)").kind == "vr180"
    with pytest.raises(MediaError, match="mesh"):
        choose("a.mp4", projection="a mesh projection (...)")


def test_an_override_goes_before_everything() -> None:
    packing = choose("a_EAC.mp4", (320, 180), override="equirect-sbs", projection="a cube map")
    assert packing == Packing(Layout.STEREO_SBS, "override")


def test_a_flat_clip_opens_with_the_override(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "flat.mp4", frames=1, size=(320, 180))
    with ClipReader(path, projection="equirect") as reader:
        assert (reader.info.width, reader.info.height) == (320, 180)
        assert reader.info.projection_source == "override"


def test_rotation_turns_the_pixel_aspect_too(tmp_path: Path) -> None:
    path = make_clip(
        tmp_path / "a.mp4", frames=1, size=(128, 192), rotation=90, pixel_aspect=Fraction(3, 4)
    )
    with ClipReader(path) as reader:
        assert (reader.info.width, reader.info.height) == (192, 128)
        assert reader.info.pixel_aspect == Fraction(4, 3)
        assert reader.info.rotation == 90
