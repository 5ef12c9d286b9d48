"""The one formula of the overlay, against a plain transcription of it."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest

from cubesal.geometry import cube_rays, dir_from_angles, equirect_rays
from cubesal.overlay import (
    COLORMAPS,
    SOFT_EDGE,
    OverlayStyle,
    blend_overlay,
    blend_overlay_at,
    colormap_lut,
    saliency_at,
    saliency_on_equirect,
)


def noise(height: int = 30, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((height, 2 * height)).astype(np.float32)


def picture(height: int = 60) -> np.ndarray:
    rng = np.random.default_rng(1)
    return rng.integers(0, 256, (height, 2 * height, 3), dtype=np.uint8)


def formula(rgb, values, scale, style):
    s = np.clip(values.astype(np.float64) / scale, 0, 1)
    t = np.clip((s - style.threshold) / SOFT_EDGE, 0, 1)
    alpha = (style.opacity * t * t * (3 - 2 * t))[..., None]
    colour = colormap_lut(style.colormap, style.inverted)[np.rint(s * 255).astype(int)]
    return rgb * (1 - alpha) + colour * alpha


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("colormap", COLORMAPS)
def test_the_blend_is_the_documented_formula(colormap, inverted):
    style = OverlayStyle(colormap, opacity=0.8, threshold=0.2, inverted=inverted)
    rgb, saliency = picture(), noise()
    values = saliency_on_equirect(saliency, 60, 120)
    out = blend_overlay(rgb, saliency, 0.8, style)
    # An index may round the other way where 255 s is within single precision of a half.
    difference = np.abs(out - formula(rgb, values, 0.8, style))
    assert np.percentile(difference, 99.9) <= 0.51
    assert difference.max() <= 4


@pytest.mark.parametrize("width", [120, 240, 250, 644])
def test_resampling_agrees_with_lookup_by_direction_for_every_size(width):
    saliency = noise()
    by_direction = saliency_at(saliency, equirect_rays(width // 2))
    np.testing.assert_allclose(
        saliency_on_equirect(saliency, width // 2, width), by_direction, atol=2e-5
    )


def test_the_seam_is_interpolated_like_any_other_place():
    saliency = noise()
    turned = np.roll(saliency, 20, axis=1)
    expected = np.roll(saliency_on_equirect(saliency, 60, 120), 40, axis=1)
    np.testing.assert_allclose(saliency_on_equirect(turned, 60, 120), expected, atol=1e-6)


def test_rows_are_clamped_at_the_poles():
    saliency = noise()
    straight_up = saliency_at(saliency, dir_from_angles(0.0, np.pi / 2))
    assert saliency[0].min() <= straight_up <= saliency[0].max()


def test_any_other_picture_is_blended_along_its_rays():
    saliency, rays = noise(), cube_rays(16)[2]
    rgb = picture(16)[:, :16]
    out = blend_overlay_at(rgb, rays, saliency, 1.0, OverlayStyle())
    expected = formula(rgb, saliency_at(saliency, rays), 1.0, OverlayStyle())
    assert np.abs(out - expected).max() <= 4


def test_below_the_threshold_the_picture_is_untouched():
    rgb = picture()
    out = blend_overlay(rgb, np.full((30, 60), 0.1, np.float32), 1.0, OverlayStyle(threshold=0.15))
    np.testing.assert_array_equal(out, rgb)


@pytest.mark.parametrize("scale", [0.0, -1.0])
def test_without_a_scale_nothing_is_drawn(scale):
    rgb = picture()
    out = blend_overlay(rgb, noise(), scale, OverlayStyle())
    np.testing.assert_array_equal(out, rgb)
    assert out is not rgb


def test_values_above_the_scale_take_the_last_colour():
    style = OverlayStyle(opacity=1.0, threshold=0.0)
    out = blend_overlay(picture(), np.full((30, 60), 7.0, np.float32), 1.0, style)
    assert np.abs(out.astype(int) - colormap_lut("inferno")[255]).max() <= 1


def test_inverted_tables_run_backwards_and_cannot_be_changed():
    np.testing.assert_array_equal(colormap_lut("jet", True), colormap_lut("jet")[::-1])
    with pytest.raises(ValueError, match="read-only"):
        colormap_lut("jet")[0] = 0


@pytest.mark.parametrize("name", ["inferno", "viridis", "cividis"])
def test_the_perceptual_tables_grow_brighter_all_the_way(name):
    luma = colormap_lut(name).astype(float) @ [0.2126, 0.7152, 0.0722]
    assert luma[-1] - luma[0] > 120
    assert np.all(np.diff(luma) > -1.0)


@pytest.mark.parametrize(
    "settings", [{"opacity": 1.5}, {"threshold": -0.1}, {"colormap": "rainbow"}]
)
def test_impossible_styles_are_refused(settings):
    with pytest.raises(ValueError, match=r"opacity|threshold|colour map"):
        OverlayStyle(**settings)


def test_a_style_is_what_its_json_says_and_refuses_what_cannot_be() -> None:
    style = OverlayStyle(range_mode="manual", top=0.3, contours=(0.5,), smoothing=0.1)
    assert OverlayStyle(**json.loads(json.dumps(asdict(style)))) == style
    assert style.scale_of(noise(), 9.0) == 0.3
    for wrong in (
        {"contours": (0.1, 0.2, 0.3, 0.4, 0.5)},
        {"contours": (1.5,)},
        {"top": 0.0},
        {"range_mode": "other"},
        {"smoothing": -1.0},
    ):
        with pytest.raises(ValueError, match=r"contours|range|smoothing"):
            OverlayStyle(**wrong)


def test_smoothing_keeps_the_mean_and_lowers_the_peak() -> None:
    rough = noise()
    smooth = OverlayStyle(smoothing=0.1).smoothed(rough)
    assert smooth.dtype == np.float32
    assert smooth.max() < rough.max()
    assert OverlayStyle().smoothed(rough) is rough
