"""A user's own maps: brought onto the frames of the clip, or refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cubesal.errors import CubesalError
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
