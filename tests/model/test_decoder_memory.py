"""What a reader holds in memory of a picture whose decoded form is far larger than its planes."""

from __future__ import annotations

import gc

import cv2
import numpy as np
from av.video.frame import VideoFrame

from cubesal.video import ClipReader


def test_a_still_is_let_go_of_once_it_was_read(tmp_path) -> None:
    path = tmp_path / "still.png"
    cv2.imwrite(str(path), np.zeros((64, 128, 4), np.uint8))
    gc.collect()
    before = _pictures()
    gc.disable()  # nothing may depend on Python looking for rings
    try:
        with ClipReader(path) as reader:
            frame = reader.read(0)
            held = [new for new in _pictures() if not any(new is old for old in before)]
            assert [picture.format.name for picture in held] == ["yuv420p"]
            assert reader.read(0) is frame
            assert reader.quick_stand_in(0) is None
        reader.close()
        assert frame.rgb().shape == (64, 128, 3)
    finally:
        gc.enable()


def _pictures() -> list[VideoFrame]:
    # By type(): isinstance asks some lazy things of torch for their class, and they warn.
    return [thing for thing in gc.get_objects() if type(thing) is VideoFrame]
