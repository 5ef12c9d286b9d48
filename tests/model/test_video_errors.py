"""Bad files get one clear sentence that names them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from cubesal.errors import MediaError
from cubesal.video import ClipReader
from tests.media import (
    make_audio,
    make_clip,
    make_damaged,
    make_still,
    make_text,
    make_zero_byte,
    truncated,
)


def message(path: Path, **options: str) -> str:
    with pytest.raises(MediaError) as caught:
        ClipReader(path, **options)
    text = str(caught.value)
    assert path.name in text
    assert "\n" not in text
    assert "Errno" not in text
    return text


def test_a_missing_file(tmp_path: Path) -> None:
    assert "does not exist" in message(tmp_path / "absent.mp4")


def test_an_address_is_not_opened() -> None:
    with pytest.raises(MediaError, match="does not exist"):
        ClipReader("http://localhost:1/a.mp4")


def test_a_folder(tmp_path: Path) -> None:
    assert "is a folder" in message(tmp_path)


def test_an_empty_file(tmp_path: Path) -> None:
    assert "is empty" in message(make_zero_byte(tmp_path / "a.mp4"))


def test_text_under_the_name_of_a_video(tmp_path: Path) -> None:
    assert "not a video file or picture" in message(make_text(tmp_path / "a.mp4"))


@pytest.mark.parametrize("name", ["a.m4a", "a.mp4", "a.mkv"])
def test_sound_only(name: str, tmp_path: Path) -> None:
    assert "sound but no picture" in message(make_audio(tmp_path / name, 0.2))


def test_a_file_cut_off_before_its_index(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "a.mp4", frames=30)
    assert "damaged or incomplete" in message(truncated(whole, tmp_path / "cut.mp4"))


def test_a_file_without_one_decodable_frame(tmp_path: Path) -> None:
    path = make_damaged(tmp_path / "a.mp4", packets=range(10), frames=10, codec="libx265", gop=10)
    assert "no frame that can be decoded" in message(path)


def test_a_truncated_still(tmp_path: Path) -> None:
    whole = make_still(tmp_path / "a.png")
    message(truncated(whole, tmp_path / "cut.png", 0.002))


@pytest.mark.parametrize(("size", "aspect"), [((320, 180), "16:9"), ((256, 102), "2.51:1")])
def test_a_flat_picture_is_named_with_the_way_out(
    size: tuple[int, int], aspect: str, tmp_path: Path
) -> None:
    text = message(make_clip(tmp_path / "flat.mp4", frames=1, size=size))
    assert f"{size[0]}x{size[1]} ({aspect})" in text
    assert "--projection equirect" in text


@pytest.mark.parametrize("suffix", [".insv", ".360"])
def test_a_raw_camera_file_is_to_be_stitched(suffix: str, tmp_path: Path) -> None:
    assert "stitch it first" in message(make_text(tmp_path / f"VID_001{suffix}"))


def test_avi_with_reordered_frames_has_no_usable_times(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.avi", codec="mpeg4", b_frames=2, frames=30)
    assert "convert it to MP4" in message(path)


def test_a_picture_of_hardly_any_pixels(tmp_path: Path) -> None:
    path = tmp_path / "dot.png"
    cv2.imwrite(str(path), np.zeros((1, 2, 3), np.uint8))
    assert "dot.png is only 2x1 pixels; an equirect picture needs at least 16x8" in message(path)
    cv2.imwrite(str(path), np.zeros((8, 16, 3), np.uint8))
    with ClipReader(path) as reader:
        assert reader.info.frame_count == 1


def test_an_unknown_projection_is_the_callers_mistake(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=1)
    with pytest.raises(ValueError, match="equirect-tb"):
        ClipReader(path, projection="mercator")
