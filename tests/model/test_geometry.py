"""Rays, resampling and the cube net, against each other and against py360convert."""

from __future__ import annotations

import statistics
import time
from math import pi, radians
from pathlib import Path

import cv2
import numpy as np
import py360convert
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cubesal.camera import Camera, view_contains, view_outline, wrap_angle
from cubesal.convention import CONVENTIONS, Convention
from cubesal.geometry import (
    FACE_BASES,
    NET_LAYOUT,
    Face,
    angles_from_dir,
    cube_net,
    cube_rays,
    cube_to_equirect,
    dir_from_angles,
    dir_from_net,
    dir_from_uv,
    equirect_rays,
    equirect_to_cube,
    equirect_to_perspective,
    face_coords_from_dir,
    net_from_dir,
    pad_equirect,
    perspective_rays,
    rotate_equirect,
    rotation,
    shrink_as_published,
    sphere_weights,
    uv_from_dir,
)
from cubesal.geometry.cube import cube_from_equirect, equirect_from_cube
from cubesal.geometry.published import (
    PUBLISHED_LOOKUPS,
    cube_places,
    equirect_places,
    equirect_taps,
)
from cubesal.geometry.taps import gather

angles = st.floats(-pi + 1e-6, pi - 1e-6)
pitches = st.floats(-pi / 2 + 1e-4, pi / 2 - 1e-4)


def psnr(a: np.ndarray, b: np.ndarray, peak: float) -> float:
    error = np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2)
    return float(10 * np.log10(peak**2 / error))


def smooth_on_sphere(rays: np.ndarray) -> np.ndarray:
    """Three smooth waves over directions, in [0, 1]."""
    x, y, z = np.moveaxis(rays / np.linalg.norm(rays, axis=-1, keepdims=True), -1, 0)
    waves = [
        0.5 + 0.25 * np.sin(3 * x + 1) + 0.25 * np.cos(4 * y),
        0.5 + 0.5 * np.sin(5 * z),
        0.5 + 0.4 * np.sin(2 * (x + y + z)),
    ]
    return np.stack(waves, axis=-1).astype(np.float32)


@given(angles, pitches)
def test_direction_and_angles_are_inverse(yaw: float, pitch: float) -> None:
    back_yaw, back_pitch = angles_from_dir(dir_from_angles(yaw, pitch))
    assert back_yaw == pytest.approx(yaw, abs=1e-9)
    assert back_pitch == pytest.approx(pitch, abs=1e-9)


@given(angles, pitches)
def test_direction_and_equirect_coordinates_are_inverse(yaw: float, pitch: float) -> None:
    direction = dir_from_angles(yaw, pitch)
    assert dir_from_uv(uv_from_dir(direction)) == pytest.approx(direction, abs=1e-9)


@given(angles, pitches)
def test_face_point_leads_back_to_its_direction(yaw: float, pitch: float) -> None:
    direction = dir_from_angles(yaw, pitch)
    face, a, b = face_coords_from_dir(direction)
    right, down, outward = FACE_BASES[face]
    ray = a * right + b * down + outward
    assert max(abs(a), abs(b)) <= 1
    assert ray / np.linalg.norm(ray) == pytest.approx(direction, abs=1e-9)


def test_axes_are_as_stated() -> None:
    assert dir_from_angles(0, 0) == pytest.approx([0, 0, 1])
    assert dir_from_angles(radians(90), 0) == pytest.approx([1, 0, 0], abs=1e-12)
    assert dir_from_angles(0, radians(90)) == pytest.approx([0, -1, 0], abs=1e-12)
    assert [face.name for face in Face] == ["BACK", "DOWN", "FRONT", "LEFT", "RIGHT", "TOP"]


@pytest.mark.parametrize(
    ("yaw_deg", "pitch_deg", "face"),
    [(0, 0, 2), (90, 0, 4), (-90, 0, 3), (180, 0, 0), (0, 90, 5), (0, -90, 1)],
)
def test_each_axis_meets_its_face(yaw_deg: float, pitch_deg: float, face: int) -> None:
    found, a, b = face_coords_from_dir(dir_from_angles(radians(yaw_deg), radians(pitch_deg)))
    assert (found, round(float(a), 9), round(float(b), 9)) == (face, 0, 0)


@given(angles, pitches, angles)
def test_camera_rotation_looks_where_it_says(yaw: float, pitch: float, roll: float) -> None:
    turn = rotation(yaw, pitch, roll)
    assert turn @ turn.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(turn) == pytest.approx(1)
    assert turn @ [0, 0, 1] == pytest.approx(dir_from_angles(yaw, pitch), abs=1e-12)


def test_positive_roll_turns_the_camera_clockwise() -> None:
    # Head towards the right shoulder: what was to the right of the camera is now below.
    assert rotation(roll=radians(90)) @ [1, 0, 0] == pytest.approx([0, 1, 0], abs=1e-12)


def test_smooth_waves_survive_the_round_trip_at_80_db() -> None:
    frame = smooth_on_sphere(equirect_rays(960))
    faces = equirect_to_cube(frame, 480)
    assert faces.shape == (6, 480, 480, 3)
    assert psnr(faces, smooth_on_sphere(cube_rays(480)), 1) >= 80
    round_trip = psnr(cube_to_equirect(faces, 960), frame, 1)
    print(f"\nsmooth waves: {round_trip:.1f} dB")
    assert round_trip >= 80


def test_round_trip_of_a_real_still_beats_py360convert_and_is_faster(shared_data: Path) -> None:
    still = cv2.imread(str(shared_data / "gt" / "ceap_V1_puppies.jpg"))

    def ours() -> np.ndarray:
        return cube_to_equirect(equirect_to_cube(still, 480), 960)

    def theirs() -> np.ndarray:
        faces = py360convert.e2c(still, 480, mode="bilinear", cube_format="dice")
        return py360convert.c2e(faces, 960, 1920, mode="bilinear", cube_format="dice")

    our_psnr, their_psnr = psnr(ours(), still, 255), psnr(theirs(), still, 255)
    print(f"\nreal still: {our_psnr:.1f} dB, py360convert {their_psnr:.1f} dB")
    assert our_psnr >= their_psnr

    def seconds(run: object) -> float:
        began = time.perf_counter()
        run()  # type: ignore[operator]
        return time.perf_counter() - began

    # The issue asks for this in the test itself; interleaved medians of the same run, as a ratio,
    # and once more where the machine had something else to do meanwhile.
    for _ in range(3):
        pairs = [(seconds(ours), seconds(theirs)) for _ in range(9)]
        ratio = statistics.median(a for a, _ in pairs) / statistics.median(b for _, b in pairs)
        print(f"\nround trip: {ratio:.2f} of py360convert's time")
        if ratio < 1:
            return
    pytest.fail(f"the round trip takes {ratio:.2f} of py360convert's time")


def test_constant_picture_has_no_seam_anywhere() -> None:
    frame = np.full((96, 192, 3), 137, np.uint8)
    faces = equirect_to_cube(frame, 48)
    assert np.unique(faces).tolist() == [137]
    assert np.unique(cube_to_equirect(faces, 96)).tolist() == [137]
    camera = Camera(radians(178), radians(85), radians(20))
    assert np.unique(equirect_to_perspective(frame, camera, 64, 36)).tolist() == [137]


def test_quarter_turn_permutes_the_side_faces() -> None:
    rng = np.random.default_rng(3)
    frame = rng.integers(0, 256, (64, 128, 3), np.uint8)
    faces = equirect_to_cube(frame, 32)
    turned = equirect_to_cube(np.roll(frame, 32, axis=1), 32)
    # What was in front is now to the right, and so on round the horizon.
    for source, target in (
        (Face.FRONT, Face.RIGHT),
        (Face.RIGHT, Face.BACK),
        (Face.BACK, Face.LEFT),
        (Face.LEFT, Face.FRONT),
    ):
        assert np.abs(turned[target].astype(int) - faces[source]).max() <= 1


@settings(max_examples=25)
@given(angles, st.floats(-1.5, 1.5), angles, st.floats(radians(30), radians(120)))
def test_perspective_shows_the_direction_of_each_pixel(
    yaw: float, pitch: float, roll: float, hfov: float
) -> None:
    frame = smooth_on_sphere(equirect_rays(256))
    camera = Camera(yaw, pitch, roll, hfov)
    picture = equirect_to_perspective(frame, camera, 40, 24)
    rays = perspective_rays(40, 24, hfov) @ camera.world_from_camera.T
    assert np.abs(picture - smooth_on_sphere(rays)).max() < 2e-3


@pytest.mark.parametrize(
    "camera",
    [
        Camera(),
        Camera(3.1, 0.2),
        Camera(-2.0, 1.5, 0.3),
        Camera(1.0, -1.57, -2.0, radians(140)),
        Camera(0.0, 0.4, 0.0, radians(20)),
    ],
)
def test_quick_coordinates_are_those_of_double_precision(camera: Camera) -> None:
    noise = np.random.default_rng(2).integers(0, 256, (256, 512, 3), np.uint8)
    frame = cv2.GaussianBlur(noise, (0, 0), 1.5)
    rays = perspective_rays(160, 90, camera.hfov).astype(float) @ camera.world_from_camera.T
    places = (uv_from_dir(rays) * [512, 256] - 0.5 + 2).astype(np.float32)
    exact = cv2.remap(pad_equirect(frame, 2), places[..., 0], places[..., 1], cv2.INTER_LINEAR)
    assert np.abs(equirect_to_perspective(frame, camera, 160, 90).astype(int) - exact).max() <= 1


@pytest.mark.parametrize("convention", CONVENTIONS)
@settings(max_examples=15, deadline=None)
@given(
    level=st.integers(0, 255),
    face_w=st.integers(1, 12),
    height=st.integers(2, 20),
    channels=st.integers(1, 6),
)
def test_a_constant_stays_constant_under_both_conventions(
    convention: Convention, level: int, face_w: int, height: int, channels: int
) -> None:
    frame = np.full((height, 2 * height, channels), level, np.uint8)
    faces = equirect_to_cube(frame, face_w, convention)
    assert faces.shape == (6, face_w, face_w, channels)
    assert np.unique(faces).tolist() == [level]
    back = cube_to_equirect(faces, height, convention)
    assert back.shape == frame.shape
    assert np.unique(back).tolist() == [level]


def test_cp360_reads_one_and_a_half_pixels_right_and_below_a_corner_and_not_over_the_seam() -> None:
    face_w, height, width = 8, 64, 128
    column, row = cube_places(face_w, height, width)
    # Front's middle pixel has its upper left corner straight ahead, which is between four pixels
    # at 63.5, 31.5.
    assert column[Face.FRONT, 4, 4] == pytest.approx(63.5 + 1.5)
    assert row[Face.FRONT, 4, 4] == pytest.approx(31.5 + 1.5)
    assert column.min() >= 1
    assert column.max() == width - 1
    assert column[Face.BACK, 4, 4] == width - 1  # exactly behind: the right side of the seam


def test_cp360_takes_the_centres_of_border_pixels_for_the_edges_of_a_face() -> None:
    columns = np.broadcast_to(np.arange(7, dtype=np.float32)[None, None, :, None], (6, 7, 7, 1))
    equator = cube_to_equirect(columns.copy(), 140, "cp360")[69, :, 0]
    front = equator[105:175]  # 90° about yaw 0
    assert front.min() == pytest.approx(0, abs=0.1)
    assert front.max() == pytest.approx(6, abs=0.1)
    exact = cube_to_equirect(columns.copy(), 140)[69, 106:174, 0]
    assert 0.3 < np.diff(front).max() / np.diff(exact).max() < 1


def test_cubic_lookups_overshoot_near_face_edges_under_cp360_only() -> None:
    faces = np.ones((6, 7, 7, 1), np.float32)
    assert 1.1 < cube_to_equirect(faces, 56, "cp360", "cubic").max() < 1.26
    assert np.allclose(cube_to_equirect(faces, 56, mode="cubic"), 1, atol=1e-6)
    full = cube_to_equirect((faces * 250).astype(np.uint8), 56, "cp360", "cubic")
    assert full.max() == 255  # rounded and held in range, not wrapped around


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("channels", [2, 5, 600])
def test_any_number_of_channels_is_read_as_one_by_one(
    channels: int, convention: Convention
) -> None:
    picture = np.random.default_rng(1).random((14, 28, channels)).astype(np.float32)
    faces = equirect_to_cube(picture, 7, convention)
    back = cube_to_equirect(faces, 14, convention)
    assert back.shape == (14, 28, channels)
    for k in (0, channels - 1):
        one = equirect_to_cube(picture[..., k : k + 1].copy(), 7, convention)
        assert np.allclose(faces[..., k : k + 1], one, atol=1e-6)
        assert np.allclose(back[..., k], cube_to_equirect(one, 14, convention)[..., 0], atol=1e-6)


@pytest.mark.parametrize("mode", ["bilinear", "cubic"])
def test_exact_lookups_written_out_are_those_of_the_picture_functions(mode: str) -> None:
    rng = np.random.default_rng(4)
    frame = cv2.GaussianBlur(rng.random((40, 80, 3)).astype(np.float32), (0, 0), 2)
    (taps,) = cube_from_equirect(9, 40, 80, "exact")
    faces = gather(frame.reshape(-1, 3), taps).reshape(6, 9, 9, 3).astype(np.float32)
    # OpenCV 4 reads at 1/32 of a pixel.
    assert np.allclose(faces, equirect_to_cube(frame, 9), atol=2e-3)
    rows = faces.reshape(-1, 3)
    for taps in equirect_from_cube(26, 9, "exact", mode):
        rows = gather(rows, taps)
    expected = cube_to_equirect(faces, 26, mode=mode)
    assert np.allclose(rows.reshape(26, 52, 3), expected, atol=1e-2)


def test_kept_tables_cannot_be_written_to() -> None:
    for kept in (
        *cube_places(4, 8, 16),
        *equirect_places(8, 4),
        *equirect_taps(8, 4, PUBLISHED_LOOKUPS["bilinear"]),
    ):
        with pytest.raises(ValueError, match="read-only"):
            kept[...] = 0


def test_single_channel_and_plain_maps_keep_their_shape() -> None:
    plain = np.linspace(0, 1, 32 * 64, dtype=np.float32).reshape(32, 64)
    assert equirect_to_perspective(plain, Camera(), 16, 9).shape == (9, 16)
    assert equirect_to_cube(plain[..., None], 8).shape == (6, 8, 8, 1)
    assert equirect_to_cube(plain, 8).shape == (6, 8, 8)


def test_frames_that_are_not_exactly_two_to_one_are_sampled_by_angle() -> None:
    tall = np.repeat(np.linspace(0, 1, 81, dtype=np.float32)[:, None], 160, axis=1)
    straight_ahead = equirect_to_perspective(tall, Camera(hfov=radians(30)), 1, 1)
    assert straight_ahead[0, 0] == pytest.approx(0.5, abs=1e-3)


@settings(max_examples=20)
@given(angles, st.floats(-1.5, 1.5), angles)
def test_turning_the_sphere_and_back_is_the_identity(yaw: float, pitch: float, roll: float) -> None:
    frame = smooth_on_sphere(equirect_rays(96))
    turn = rotation(yaw, pitch, roll)
    back = rotate_equirect(rotate_equirect(frame, turn), turn.T)
    assert np.abs(back - frame).max() < 0.01


def test_turning_the_sphere_moves_what_is_ahead_to_the_rotated_place() -> None:
    frame = np.zeros((180, 360), np.float32)
    frame[89:91, 179:181] = 1  # yaw 0, pitch 0
    turned = rotate_equirect(frame, rotation(radians(60), radians(30)))
    row, column = np.unravel_index(int(turned.argmax()), turned.shape)
    assert column - 179.5 == pytest.approx(60, abs=1)
    assert 89.5 - row == pytest.approx(30, abs=1)


def test_sphere_weights_are_the_areas_of_the_pixels() -> None:
    weights = np.broadcast_to(sphere_weights(60), (60, 120))
    assert weights.sum() == pytest.approx(1)
    pitch = np.radians(89.5)
    assert sphere_weights(180)[0, 0] / sphere_weights(180)[90, 0] == pytest.approx(
        np.cos(pitch), rel=0.01
    )


def test_net_puts_neighbours_of_the_front_around_it() -> None:
    faces = np.stack([np.full((4, 4, 1), face + 1, np.uint8) for face in Face])
    net = cube_net(faces, fill=0)
    assert net.shape == (12, 16, 1)
    for face, (row, column) in NET_LAYOUT.items():
        assert net[4 * row + 2, 4 * column + 2, 0] == face + 1
    assert net[0, 0, 0] == 0


@given(angles, pitches)
def test_net_point_and_direction_are_inverse(yaw: float, pitch: float) -> None:
    direction = dir_from_angles(yaw, pitch)
    x, y = net_from_dir(direction)
    ray = dir_from_net(float(min(x, 1 - 1e-12)), float(min(y, 1 - 1e-12)))
    assert ray is not None
    assert ray / np.linalg.norm(ray) == pytest.approx(direction, abs=1e-6)


def test_beside_the_net_there_is_no_direction() -> None:
    assert dir_from_net(0.05, 0.05) is None


@given(st.floats(-50, 50))
def test_wrapped_angle_differs_by_whole_turns(angle: float) -> None:
    wrapped = wrap_angle(angle)
    assert -pi <= wrapped < pi
    turns = (angle - wrapped) / (2 * pi)
    assert turns == pytest.approx(round(turns), abs=1e-9)


@settings(max_examples=50)
@given(angles, st.floats(-1.4, 1.4), angles, st.floats(radians(25), radians(130)))
def test_outline_separates_what_the_camera_sees(
    yaw: float, pitch: float, roll: float, hfov: float
) -> None:
    camera, aspect = Camera(yaw, pitch, roll, hfov), 16 / 9
    outline = view_outline(camera, aspect, 8)
    dirs = dir_from_angles(outline[:, 0], outline[:, 1])
    centre = dir_from_angles(yaw, pitch)
    inward = dirs + 0.01 * (centre - dirs)
    outward = dirs - 0.01 * (centre - dirs)
    assert view_contains(camera, aspect, inward).all()
    assert not view_contains(camera, aspect, outward).any()


def test_camera_limits_wrap_yaw_and_clamp_pitch_and_field_of_view() -> None:
    camera = Camera(radians(190), radians(100), radians(-190), radians(300)).normalised()
    assert camera.yaw == pytest.approx(radians(-170))
    assert camera.pitch == pytest.approx(radians(90))
    assert camera.roll == pytest.approx(radians(170))
    assert camera.hfov == pytest.approx(radians(140))


@pytest.mark.parametrize(
    "call",
    [
        lambda: equirect_to_cube(np.zeros((8, 16, 3), np.uint8), 0),
        lambda: cube_to_equirect(np.zeros((5, 8, 8, 3), np.uint8), 16),
        lambda: cube_to_equirect(np.zeros((6, 8, 8, 3), np.uint8), 16, mode="nearest"),
        lambda: cube_to_equirect(np.zeros((6, 8, 8, 3), np.uint8), 16, "cp360", "nearest"),
        lambda: cube_to_equirect(np.zeros((6, 8, 8, 3), np.uint8), 16, mode="cubic_q32"),
        lambda: cube_to_equirect(np.zeros((6, 8, 8, 3), np.uint8), 16, "paper"),
        lambda: cube_to_equirect(np.zeros((6, 8, 8, 3), np.uint8), 0),
        lambda: equirect_to_cube(np.zeros((8, 16, 3), np.uint8), 8, "paper"),
        lambda: equirect_to_cube(np.zeros((8,), np.uint8), 4, "cp360"),
        lambda: shrink_as_published(np.zeros((8, 16), np.uint8), 4),
        lambda: shrink_as_published(np.zeros((8, 16, 3), np.uint8), 0),
        lambda: rotate_equirect(np.zeros((8, 8), np.float32), np.eye(3)),
        lambda: equirect_to_cube(np.zeros((8,), np.uint8), 4),
    ],
)
def test_wrong_arguments_are_refused_in_words(call: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        call()  # type: ignore[operator]
