"""How fast the picture itself turns: measured, kept with the maps, known to the planners."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from math import isnan, nan, radians
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cubesal.analysis import analyse
from cubesal.cli.work import planned_path
from cubesal.document import Document, StoredTrack, analyse_into
from cubesal.geometry import rotate_equirect, rotation
from cubesal.inspection.turned_maps import track_turned
from cubesal.picture_turns import known_turns
from cubesal.track import load_npz
from cubesal.turn_meter import TurnMeter, yaw_of_rotation
from tests.documents import grid_of, key_of, map_of, new_document, put_maps

RATE_DEG = 15.0
STEP_S = 0.2


def scene(seed: int = 1, height: int = 240) -> NDArray[np.uint8]:
    """Blobs of a few degrees, grey in three channels, without a seam."""
    noise = np.random.default_rng(seed).normal(size=(height, 2 * height)).astype(np.float32)
    wide = cv2.GaussianBlur(np.concatenate([noise] * 3, axis=1), (0, 0), height / 60)
    smooth = wide[:, 2 * height : 4 * height]
    grey = np.clip(128 + 45 * smooth / smooth.std(), 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def turned(picture: NDArray[np.uint8], yaw_deg: float, pitch_deg: float = 0) -> NDArray[np.uint8]:
    return rotate_equirect(picture, rotation(*np.radians([yaw_deg, pitch_deg, 0.0])))


@dataclass(frozen=True)
class Shown:
    time_s: float
    picture: NDArray[np.uint8]

    def rgb(self, columns: int | None = None) -> NDArray[np.uint8]:
        del columns
        return self.picture


class TurningClip:
    """A scene that turns to the right; read like a clip."""

    def frames(self, indices: Iterable[int]) -> Iterator[Shown]:
        for index in indices:
            now = index / 30
            yield Shown(now, turned(scene(), RATE_DEG * now))


class Plain:
    """A model without a memory, which measures nothing."""

    warmup_frames = 0

    def reset(self) -> None: ...

    def observe(self, equirect_rgb: np.ndarray, time_s: float) -> None: ...

    def step(self, equirect_rgb: np.ndarray, time_s: float) -> NDArray[np.float32]:
        return map_of(round(time_s * 5))


class Knowing(Plain):
    """One that measures turns for itself, and counts how often it is asked."""

    measures_turn = True

    def __init__(self) -> None:
        self.asked = 0

    @property
    def rotation(self) -> NDArray[np.float64]:
        self.asked += 1
        return rotation(radians(3.0), 0.0, 0.0)


@pytest.mark.parametrize("yaw_deg", [-6.0, 0.0, 0.4, 6.0])
def test_a_turn_is_measured_per_second_and_to_the_right(yaw_deg: float) -> None:
    meter = TurnMeter()
    assert isnan(meter.step(scene(), 10.0))
    found = meter.step(turned(scene(), yaw_deg), 10.0 + STEP_S)
    assert np.degrees(found) == pytest.approx(yaw_deg / STEP_S, abs=0.5)


def test_a_predictor_that_measures_turns_is_asked_and_others_are_not() -> None:
    meter = TurnMeter(Knowing())
    assert isnan(meter.step(scene(), 0.0))
    assert np.degrees(meter.step(scene(), STEP_S)) == pytest.approx(15.0)
    own = TurnMeter(Plain())
    own.step(scene(), 0.0)
    assert own.step(scene(), STEP_S) == 0.0


def test_time_that_stands_still_or_runs_back_makes_no_turn() -> None:
    meter = TurnMeter(Knowing())
    for now, is_known in ((0.0, False), (0.0, False), (1.0, True), (0.5, False)):
        assert isnan(meter.step(scene(), now)) is not is_known


@given(st.floats(-20, 20), st.floats(-20, 20))
def test_only_the_part_about_the_vertical_axis_counts(yaw_deg: float, tilt_deg: float) -> None:
    yaw = rotation(radians(yaw_deg), 0.0, 0.0)
    assert np.degrees(yaw_of_rotation(yaw)) == pytest.approx(yaw_deg, abs=0.01)
    assert yaw_of_rotation(rotation(0.0, radians(tilt_deg), 0.0)) == pytest.approx(0, abs=1e-9)


def test_what_is_not_known_is_as_at_the_nearest_map_where_it_is() -> None:
    found = known_turns(np.array([nan, 0.1, nan, nan, 0.4, nan]))
    np.testing.assert_allclose(found[:, 0], [0.1, 0.1, 0.1, 0.4, 0.4, 0.4])
    np.testing.assert_array_equal(found[:, 1], 0)
    np.testing.assert_array_equal(known_turns(np.full(3, nan)), np.zeros((3, 2)))
    assert known_turns(np.zeros(0)).shape == (0, 2)


def test_analysis_measures_the_turn_whatever_the_order_of_the_work() -> None:
    track, scattered = grid_of(6), grid_of(6)
    analyse(TurningClip(), Plain(), track)
    analyse(TurningClip(), Plain(), scattered, only=range(3, 4))
    analyse(TurningClip(), Plain(), scattered, start_at=2)
    assert isnan(track.turn(0))
    assert np.degrees(track.turns[1:]) == pytest.approx(RATE_DEG, abs=0.6)
    np.testing.assert_array_equal(scattered.turns, track.turns)
    np.testing.assert_array_equal(track.known_turns()[0], track.known_turns()[1])


def test_turns_go_to_files_and_documents_and_come_back(tmp_path: Path) -> None:
    grid = grid_of(6)
    track = grid.copy()
    analyse(TurningClip(), Plain(), track)
    track.save_npz(tmp_path / "a.npz")
    np.testing.assert_array_equal(load_npz(tmp_path / "a.npz").turns, track.turns)
    with new_document(tmp_path) as document:
        key = key_of(grid)
        analyse_into(document, key, grid, TurningClip(), Plain)
        found = document.turns(document.analysis(key))
        stored = StoredTrack(grid, document.path, key)
    single = track.turns.astype(np.float32)
    for turns in (found, stored.turns, stored.copy().turns, stored.snapshot(np.arange(6)).turns):
        np.testing.assert_array_equal(turns, single)
    stored.close()


def test_an_npz_whose_turns_fit_no_maps_is_refused(tmp_path: Path) -> None:
    from cubesal.errors import MediaError

    track = grid_of(2)
    track.set(0, map_of(0), 0.1)
    track.set(1, map_of(1), 0.1)
    track.save_npz(tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as stored:
        values = dict(stored)
    np.savez(tmp_path / "b.npz", **{**values, "turn": np.zeros(5)})
    with pytest.raises(MediaError, match="turns"):
        load_npz(tmp_path / "b.npz")


def test_a_document_of_version_1_is_read_and_goes_on_as_one_of_version_2(tmp_path: Path) -> None:
    grid = grid_of(1500)  # two rows of the list of maps
    key = key_of(grid)
    with new_document(tmp_path) as document:
        number = put_maps(document, key, range(1500))
        peaks, path = document.peaks(number), document.path
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        old.execute("PRAGMA user_version = 1")
        for block in (0, 1):
            packed = peaks[block * 1024 : (block + 1) * 1024].astype("<f4").tobytes()
            old.execute("UPDATE peaks SET peaks = ? WHERE block = ?", (packed, block))
    with Document(path) as document:
        number = document.analysis(key)
        np.testing.assert_array_equal(document.peaks(number), peaks)
        assert np.isnan(document.turns(number)).all()
        assert version(path) == 1
        document.put(number, 1400, b"x", 2.0, 0.25)
        document.commit()
    assert version(path) == 2
    with Document(path) as document:
        assert document.turns(document.analysis(key))[1400] == 0.25
        assert document.peaks(document.analysis(key))[:1024] == pytest.approx(peaks[:1024])


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_a_new_front_keeps_the_turn_and_a_new_horizon_does_not() -> None:
    track = grid_of(1)
    track.set(0, map_of(0), 0.3)
    assert track_turned(track, rotation(1.0, 0.0, 0.0)).turn(0) == 0.3
    assert isnan(track_turned(track, rotation(0.0, 0.2, 0.0)).turn(0))


class Asked:
    """Options of the command line."""

    max_speed, calm, zoom = 30.0, 0.5, False


def spot(yaw: float) -> NDArray[np.float32]:
    columns = (np.arange(240) + 0.5) / 240 * 2 * np.pi - np.pi
    away = (columns - yaw + np.pi) % (2 * np.pi) - np.pi
    rows = np.pi / 2 - (np.arange(120) + 0.5) / 120 * np.pi
    near = np.exp(-(away[None] ** 2 + rows[:, None] ** 2) / 0.1)
    return np.asarray(near + 0.02, np.float32)


def test_an_exported_path_turns_with_the_picture() -> None:
    """Where attention fades for a while, the view stays with what it looked at, not with the room.

    The spot is 2 s in view and then gone; the picture turns on by 12 degrees a second.
    """
    rate = radians(12)
    paths = []
    for turn in (nan, rate):
        track = grid_of(40)
        for k, now in enumerate(track.time_s):
            seen = spot(rate * now) if now < 2 else np.full((120, 240), 0.3, np.float32)
            track.set(k, seen, turn)
        paths.append(planned_path(track, Asked(), 16 / 9, radians(65)))  # type: ignore[arg-type]
    still, turning = (path.at(6.0).yaw for path in paths)
    assert abs(turning - rate * 6) < radians(12)
    assert abs(still - rate * 6) > radians(30)
