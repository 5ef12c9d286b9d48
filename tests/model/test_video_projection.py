"""The projection is concluded from metadata, then aspect, then name; others are named."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from cubesal.errors import MediaError
from cubesal.video import ClipReader, Layout
from cubesal.video.projection import Packing, SphereTags, choose_packing
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
    ("name", "words"),
    [
        ("a_EAC.mp4", "EAC"),
        ("a_180.mp4", "VR180"),
        ("VR180_b.mp4", "VR180"),
        ("a_180_SBS.mp4", "VR180"),
        ("my-cubemap.mp4", "cube map"),
        ("x_fisheye190.mp4", "fisheye"),
    ],
)
def test_other_projections_are_named_from_the_file_name(name: str, words: str) -> None:
    with pytest.raises(MediaError, match=words) as caught:
        choose(name)
    assert "not supported yet" in str(caught.value)


@pytest.mark.parametrize("name", ["take_1800.mp4", "peaceful.mp4", "180 days.mp4"])
def test_ordinary_names_are_no_hint(name: str) -> None:
    assert choose(name).layout is Layout.MONO


def test_other_projections_are_named_from_metadata() -> None:
    with pytest.raises(MediaError, match="a cube map by its V2 metadata"):
        choose("a.mp4", projection="a cube map", source="V2 metadata")


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
