"""Side views hold the peaks beside the camera, and stay calm while maps flicker."""

from __future__ import annotations

from math import degrees, radians

import numpy as np
import pytest

from cubesal import geometry
from cubesal.autopilot import SideView, side_views
from cubesal.camera import Camera

RAYS = geometry.equirect_rays(60)


def peaks(*places: tuple[float, float, float]) -> np.ndarray:
    """A map with bumps at (yaw_deg, pitch_deg, height)."""
    total = np.zeros(RAYS.shape[:2], np.float32)
    for yaw, pitch, height in places:
        centre = geometry.dir_from_angles(radians(yaw), radians(pitch))
        total += height * np.exp((RAYS @ centre - 1) / radians(7) ** 2).astype(np.float32)
    return total


def places(views: tuple[SideView, ...]) -> list[tuple[float, float]]:
    return [(degrees(v.camera.yaw), degrees(v.camera.pitch)) for v in views]


def apart_deg(a: Camera, b: Camera) -> float:
    rays = [geometry.dir_from_angles(c.yaw, c.pitch) for c in (a, b)]
    return degrees(np.arccos(np.clip(rays[0] @ rays[1], -1, 1)))


SCENE = ((0, 0, 3.0), (92, 10, 2.0), (-92, -10, 1.5), (180, 0, 1.0))


def test_each_view_holds_a_peak_that_the_others_leave() -> None:
    views = side_views(peaks(*SCENE), Camera(), 3)
    for (yaw, pitch), (want_yaw, want_pitch, _) in zip(places(views), SCENE[1:], strict=True):
        target = Camera(radians(want_yaw), radians(want_pitch))
        assert apart_deg(Camera(radians(yaw), radians(pitch)), target) < 8
    assert [round(v.share, 1) for v in views] == [0.3, 0.2, 0.1]


def test_no_view_looks_where_another_does() -> None:
    views = side_views(np.random.default_rng(4).random((60, 120)), Camera(1.0, 0.3), 3)
    cameras = [Camera(1.0, 0.3), *(v.camera for v in views)]
    for k, one in enumerate(cameras):
        for other in cameras[k + 1 :]:
            assert apart_deg(one, other) > 0.5 * 90


def test_a_view_follows_its_peak_and_keeps_its_place_in_the_order() -> None:
    before: tuple[Camera, ...] = ()
    for step in range(12):
        strong = 2.0 if step % 2 else 1.7  # which of the two is stronger flickers
        scene = peaks((0, 0, 3), (80 + 4 * step, 0, strong), (-120, 0, 3.7 - strong))
        views = side_views(scene, Camera(), 2, before)
        if before:
            moved = [apart_deg(a.camera, b) for a, b in zip(views, before, strict=True)]
            assert max(moved) <= 10
        before = tuple(v.camera for v in views)
    for held, yaw_deg in zip(before, (-120, 124), strict=True):
        assert apart_deg(held, Camera(radians(yaw_deg))) < 8


def test_a_place_that_holds_clearly_more_is_gone_to() -> None:
    first = side_views(peaks((0, 0, 3), (90, 0, 1)), Camera(), 1)
    held = tuple(v.camera for v in first)
    little = side_views(peaks((0, 0, 3), (90, 0, 1), (-90, 0, 1.2)), Camera(), 1, held)
    much = side_views(peaks((0, 0, 3), (90, 0, 1), (-90, 0, 2.0)), Camera(), 1, held)
    assert apart_deg(little[0].camera, held[0]) < 6
    assert apart_deg(much[0].camera, Camera(radians(-90))) < 6


def test_a_view_that_the_camera_comes_to_goes_elsewhere() -> None:
    scene = peaks(*SCENE)
    held = tuple(v.camera for v in side_views(scene, Camera(), 1))
    now = side_views(scene, held[0], 1, held)
    assert apart_deg(now[0].camera, Camera()) < 8  # what was the camera's before


def test_there_are_as_many_views_as_asked_for_even_without_attention() -> None:
    assert len(side_views(np.zeros((60, 120)), Camera(), 3)) == 3
    assert side_views(peaks(*SCENE), Camera(), 0) == ()
    with pytest.raises(ValueError, match="-1"):
        side_views(peaks(*SCENE), Camera(), -1)
