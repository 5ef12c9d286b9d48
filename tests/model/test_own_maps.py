"""A user's own maps: brought onto the frames of the clip, or refused in a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from cubesal.errors import CubesalError, EvaluationError
from cubesal.geometry.axes import dir_from_angles
from cubesal.inspection import named_track, open_own_maps, own_maps_path, own_maps_word
from cubesal.track import write_npz

CLIP, TIMES = Path("beach.mp4"), np.arange(60) / 30


def npz(path: Path, times: np.ndarray, shape: tuple[int, int] = (8, 16), **changes: object) -> Path:
    values = {
        "saliency": np.ones((len(times), *shape), np.float32)
        * np.arange(1, len(times) + 1)[:, None, None],
        "frame_index": np.arange(len(times)),
        "time_s": times,
        "model": np.array("mine"),
        "source": np.array("x"),
    }
    write_npz(path, {**values, **changes})
    return path


def test_maps_lie_on_the_frames_that_are_shown_at_their_moments(tmp_path):
    track = open_own_maps(npz(tmp_path / "mine.npz", np.array([0.0, 0.21, 1.0])), CLIP, TIMES)
    assert track.frame_index.tolist() == [0, 6, 30]
    assert (track.model, track.complete, track.peak) == ("mine.npz", True, 3.0)


def test_a_wild360_folder_is_taken_by_itself_and_in_its_tree(tmp_path):
    folder = tmp_path / "gt" / "beach.mp4"
    folder.mkdir(parents=True)
    for k in range(60):
        np.save(folder / f"{k:04d}.npy", np.full((8, 16), k + 1.0))
    for path in (folder, tmp_path / "gt"):
        track = open_own_maps(path, CLIP, TIMES)
        assert len(track) == 60
        assert track.at(1.0).saliency.max() == 31


def test_a_word_names_content_and_path_and_notices_a_change(tmp_path):
    path = npz(tmp_path / "a:b.npz", np.array([0.0, 1.0]))
    word = own_maps_word(path)
    assert own_maps_path(word) == path
    assert len(named_track(word, CLIP, TIMES)) == 2
    npz(path, np.array([0.0, 0.5, 1.0]))
    with pytest.raises(CubesalError, match="has changed since it was chosen"):
        named_track(word, CLIP, TIMES)


@pytest.mark.parametrize(
    ("name", "times", "changes", "sentence"),
    [
        ("a.npz", [0.0, 9.0], {}, "maps of another clip"),
        ("a.npz", [0.0, 1.0], {"shape": (8, 8)}, "twice as wide as high"),
        ("a.npz", [0.0, 1.0], {"saliency": -np.ones((2, 8, 16))}, "nowhere negative"),
        ("a.txt.npz", [1.0, 0.0], {}, "usable maps"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence(tmp_path, name, times, changes, sentence):
    path = npz(tmp_path / name, np.array(times), **changes)
    with pytest.raises(CubesalError, match=sentence) as told:
        open_own_maps(path, CLIP, TIMES)
    assert "\n" not in str(told.value)


def test_what_is_no_file_of_maps_is_said(tmp_path):
    (tmp_path / "a.txt").write_text("maps")
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "a.txt", tmp_path / "empty", tmp_path / "gone.npz"):
        with pytest.raises(CubesalError, match=path.name):
            open_own_maps(path, CLIP, TIMES)


def peak_deg(values: np.ndarray) -> tuple[float, float]:
    """Yaw and pitch of the largest value, degrees."""
    row, column = np.unravel_index(np.argmax(values), values.shape)
    height = values.shape[0]
    return (column + 0.5) * 180 / height - 180, 90 - (row + 0.5) * 180 / height


def spot(yaw_deg: float, pitch_deg: float, height: int = 90) -> np.ndarray:
    dirs = dir_from_angles(*np.broadcast_arrays(*pixel_angles_of(height)))
    middle = dir_from_angles(np.radians(yaw_deg), np.radians(pitch_deg))
    return np.exp(40 * (dirs @ middle - 1)).astype(np.float32)


def pixel_angles_of(height: int) -> tuple[np.ndarray, np.ndarray]:
    yaw = (np.arange(2 * height) + 0.5) / height * np.pi - np.pi
    return yaw[None, :], (np.pi / 2 - (np.arange(height) + 0.5) / height * np.pi)[:, None]


def spots(path: Path, yaw_deg: float, pitch_deg: float, **changes: object) -> Path:
    return npz(path, np.array([0.0]), saliency=spot(yaw_deg, pitch_deg)[None], **changes)


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (None, (61, 21)),
        ("@60,0,0", (1, 21)),
        ("equirect:left@-150,0,0", (-149, 21)),
        ("@61,21,0", (0, 0)),
        ("@0,90,0", (None, -25)),  # what is above becomes the front, the front goes down
    ],
)
def test_maps_of_the_file_are_turned_to_a_new_front(tmp_path, reading, expected):
    path = spots(tmp_path / "mine.npz", 61, 21)
    track = open_own_maps(path, CLIP, TIMES, reading)
    yaw, pitch = peak_deg(track.at(0.0).saliency)
    if expected[0] is not None:
        assert (yaw, pitch) == pytest.approx(expected, abs=1.6)
    else:
        assert pitch == pytest.approx(expected[1], abs=4)
    assert track.at(0.0).saliency.min() >= 0
    assert track.reading == reading


def test_maps_that_say_how_their_clip_was_read_are_turned_no_further(tmp_path):
    path = spots(tmp_path / "made.npz", 61, 21, reading=np.array("@90,0,0"))
    for reading, yaw in (("@90,0,0", 61), ("@60,0,0", 91), (None, 151)):
        track = open_own_maps(path, CLIP, TIMES, reading)
        assert peak_deg(track.at(0.0).saliency)[0] == pytest.approx(yaw, abs=1.6)
    copy = tmp_path / "copy.npz"
    open_own_maps(path, CLIP, TIMES, "@60,0,0").save_npz(copy)
    again = open_own_maps(copy, CLIP, TIMES, "@60,0,0")
    assert peak_deg(again.at(0.0).saliency)[0] == pytest.approx(91, abs=1.6)


def test_a_folder_says_it_in_its_facts(tmp_path):
    folder = tmp_path / "gt" / "beach.mp4"
    folder.mkdir(parents=True)
    for k in range(60):
        np.save(folder / f"{k:05d}.npy", spot(61, 21))
    (folder / "maps.json").write_text(json.dumps({"projection": "@90,0,0"}))
    for path in (folder, tmp_path / "gt"):
        track = open_own_maps(path, CLIP, TIMES, "@60,0,0")
        assert peak_deg(track.at(1.0).saliency)[0] == pytest.approx(91, abs=1.6)


def test_maps_of_another_projection_are_refused_in_a_sentence(tmp_path):
    path = spots(tmp_path / "eac.npz", 61, 21, reading=np.array("eac@90,0,0"))
    assert len(open_own_maps(path, CLIP, TIMES, "eac")) == 1
    with pytest.raises(EvaluationError, match=r"eac\.npz belongs to the clip read as eac.* vr180"):
        open_own_maps(path, CLIP, TIMES, "vr180-sbs")
    odd = spots(tmp_path / "odd.npz", 61, 21, reading=np.array("@x,y"))
    with pytest.raises(EvaluationError, match=r"odd\.npz was made of a clip read as '@x,y'"):
        open_own_maps(odd, CLIP, TIMES)
