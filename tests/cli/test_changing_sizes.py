"""Pictures whose size changes on the way are told, as a note; half a file, as damage."""

from __future__ import annotations

import json
from pathlib import Path

import av
import cv2
import pytest

from cubesal.video import ClipReader
from tests.media import make_still, picture, truncated

QUICK = ("--model", "fast", "--device", "cpu")


@pytest.fixture
def growing(tmp_path: Path) -> Path:
    """Ten pictures a second: five of 128x64, then five of 256x128."""
    path = tmp_path / "growing.mkv"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 128, 64, "yuvj420p"
        output.start_encoding()
        for number in range(10):
            shown = picture(number, (128, 64) if number < 5 else (256, 128))
            packet = av.Packet(cv2.imencode(".jpg", shown)[1].tobytes())
            packet.stream, packet.time_base = stream, stream.time_base
            packet.pts = packet.dts = round(number / 10 / stream.time_base)
            packet.is_keyframe = True
            output.mux(packet)
    return path


def test_the_reader_counts_what_it_scaled(growing: Path) -> None:
    with ClipReader(growing) as reader:
        assert reader.info.frame_count == 10
        assert reader.read(2).rgb().shape == (64, 128, 3)
        assert reader.resized == frozenset()
        sizes = {frame.rgb().shape for frame in reader.frames()}
        assert sizes == {(64, 128, 3)}
        assert reader.resized == frozenset(range(5, 10))
        assert reader.damaged == frozenset()


def test_predict_analyze_and_batch_note_it_and_do_not_call_it_damage(
    cubesal, growing: Path, tmp_path: Path
) -> None:
    words = "the size of its pictures changes on the way: 5 of the frames read"
    every = ("--every", "1")
    done = cubesal("predict", growing, "--out", tmp_path / "p", "--json", *every, *QUICK)
    assert (done.code, done.errors) == (0, [])
    assert words in done.err
    (report,) = json.loads(done.out)
    assert (report["resized_frames"], report["damaged_frames"]) == (5, 0)
    done = cubesal("analyze", growing, "--json", *every, *QUICK)
    assert done.code == 0
    assert words in done.err
    assert json.loads(done.out)["resized_frames"] == 5


def test_half_a_picture_is_damaged_in_an_export_too(cubesal, tmp_path: Path) -> None:
    half = truncated(make_still(tmp_path / "still.jpg"), tmp_path / "half.jpg", 0.5)
    wish = ("--what", "snapshot", "-o", tmp_path / "shot.png")
    done = cubesal("export", half, *wish, *QUICK)
    assert done.code == 1
    assert "half.jpg is damaged: the file was cut off" in done.err
