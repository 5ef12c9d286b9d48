"""Real footage reads the same in order and at random."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest

from cubesal.video import ClipReader, Frame, Layout
from cubesal.video import decoder as decoder_module


def digest(frame: Frame) -> str:
    planes = frame.planes
    return hashlib.sha1(b"".join(map(bytes, (planes.y, planes.u, planes.v)))).hexdigest()


def test_random_access_equals_sequential_reading(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoder_module, "_KEPT_BYTES", 0)
    paths = sorted((shared_data / "clips").glob("*.mp4"))
    assert paths
    for path in paths:
        with ClipReader(path) as reader:
            count = min(reader.info.frame_count, 130)
            in_order = [digest(frame) for frame in reader.frames(range(count))]
            assert reader.damaged == frozenset()
        with ClipReader(path) as reader:
            for index in random.Random(path.name).choices(range(count), k=5):
                assert digest(reader.read(index)) == in_order[index], f"{path.name} frame {index}"


def test_the_stereo_clip_gives_one_eye(shared_data: Path) -> None:
    with ClipReader(shared_data / "clips" / "vrview_congo_stereoTB_1920x1080.mp4") as reader:
        assert reader.info.layout is Layout.STEREO_TB
        assert (reader.info.width, reader.info.height) == (1920, 540)
        assert reader.read(0).rgb().shape == (540, 1920, 3)


def test_the_clip_with_oblong_pixels_is_two_to_one(shared_data: Path) -> None:
    with ClipReader(shared_data / "clips" / "vrview_richoh1_640x322_40s.mp4") as reader:
        assert reader.info.projection_source == "aspect"
        assert reader.info.pixel_aspect * reader.info.width == 2 * reader.info.height
        assert reader.info.frame_count == 1202
