"""Optical flow over the whole frame, the seam included."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from cubesal.errors import CubesalError
from cubesal.flow import FlowMeter, grey_equirect, require_flow_method


def scene(shift: int, height: int = 120) -> NDArray[np.uint8]:
    """Blobs on an RGB frame that turns to the right by ``shift`` pixels."""
    noise = np.random.default_rng(0).normal(size=(height, 6 * height, 3)).astype(np.float32)
    noise[:, 2 * height :] = np.concatenate([noise[:, : 2 * height]] * 2, axis=1)
    smooth = cv2.GaussianBlur(noise, (0, 0), 3)[:, 2 * height : 4 * height]
    frame = np.clip(128 + 45 * smooth / smooth.std(), 0, 255).astype(np.uint8)
    return np.roll(frame, shift, axis=1)


def test_the_first_frame_has_no_flow_and_the_next_one_says_where_things_went() -> None:
    meter = FlowMeter(120)
    assert meter.step(scene(0)) is None
    flow = meter.step(scene(4))
    assert flow is not None
    assert flow.shape == (120, 240, 2)
    assert flow.dtype == np.float32
    np.testing.assert_allclose(np.median(flow, axis=(0, 1)), [4, 0], atol=0.1)


def test_motion_over_the_seam_is_found_only_where_the_frame_is_continued() -> None:
    still, shift = scene(0), 8
    columns = np.arange(-20, 20)
    moved = still.copy()
    moved[:, (columns + shift) % 240] = still[:, columns]
    errors = {}
    for convention in ("exact", "cp360"):
        meter = FlowMeter(120, convention=convention)
        meter.step(still)
        flow = meter.step(moved)
        assert flow is not None
        errors[convention] = np.abs(flow[20:-20, -shift:, 0] - shift).mean()
    assert errors["exact"] < 0.5
    assert errors["cp360"] > 2


def test_the_published_grey_takes_red_for_blue() -> None:
    red = np.zeros((4, 8, 3), np.uint8)
    red[..., 0] = 200
    assert grey_equirect(red, 4)[0, 0] == round(0.299 * 200)
    assert grey_equirect(red, 4, "cp360")[0, 0] == round(0.114 * 200)


def test_after_a_reset_the_next_frame_is_a_first_one() -> None:
    meter = FlowMeter(60)
    meter.step(scene(0))
    meter.reset()
    assert meter.step(scene(1)) is None


def test_an_unknown_method_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="dis and deepflow"):
        FlowMeter(60, "farneback")  # type: ignore[arg-type]


def test_frames_too_small_for_the_search_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 rows, not 15"):
        FlowMeter(15)
    meter = FlowMeter(16)
    meter.step(scene(0))
    assert meter.step(scene(0)) is not None


@pytest.mark.skipif(hasattr(cv2, "optflow"), reason="OpenCV's contrib modules are installed")
def test_deepflow_without_its_modules_says_what_to_install() -> None:
    with pytest.raises(CubesalError, match="opencv-contrib-python-headless"):
        require_flow_method("deepflow")


@pytest.mark.skipif(not hasattr(cv2, "optflow"), reason="needs OpenCV's contrib modules")
def test_deepflow_finds_the_same_motion() -> None:
    meter = FlowMeter(60, "deepflow")
    meter.step(scene(0, 60))
    flow = meter.step(scene(3, 60))
    assert flow is not None
    np.testing.assert_allclose(np.median(flow, axis=(0, 1)), [3, 0], atol=0.2)
