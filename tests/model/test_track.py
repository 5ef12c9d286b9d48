"""What a track knows, what holds at a moment, and its file."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from cubesal.errors import ExportError, MediaError
from cubesal.track import SaliencyTrack, load_npz


def flat(value: float, shape: tuple[int, int] = (4, 8)) -> np.ndarray:
    return np.full(shape, value, np.float32)


@pytest.fixture
def track() -> SaliencyTrack:
    """Five grid points, 0.2 s apart, nothing analysed."""
    return SaliencyTrack([0, 6, 12, 18, 24], np.arange(5) * 0.2, "clip.mp4", "fast")


def filled(track: SaliencyTrack, *points: int) -> SaliencyTrack:
    for k in points:
        track.set(k, flat(k + 1.0))
    return track


def test_an_empty_track_has_nothing_to_show(track):
    assert track.at(0.3).status == "none"
    assert track.at(0.3).saliency is None
    assert track.peak == 0.0
    assert track.analysed_ranges() == []
    assert not track.complete
    assert list(track.missing()) == [0, 1, 2, 3, 4]


def test_between_analysed_neighbours_the_map_is_interpolated_and_current(track):
    view = filled(track, 1, 2).at(0.25)
    assert view.status == "current"
    np.testing.assert_allclose(view.saliency, 2.25, atol=1e-5)


def test_on_an_analysed_point_it_is_current_although_the_next_one_is_missing(track):
    assert filled(track, 2).at(track.time_s[2]).status == "current"


def test_where_only_an_earlier_point_is_analysed_its_map_is_stale(track):
    filled(track, 0, 1)
    for time_s in (0.21, 0.5, 3.0):
        view = track.at(time_s)
        assert view.status == "stale"
        assert view.saliency.max() == 2.0


def test_before_the_first_analysed_point_there_is_none(track):
    assert filled(track, 3).at(0.4).status == "none"


def test_after_the_last_grid_point_its_map_holds(track):
    view = filled(track, 4).at(99.0)
    assert view.status == "current"
    assert view.saliency.max() == 5.0


def test_a_moment_before_the_clip_shows_its_first_map(track):
    assert filled(track, 0).at(-1.0).status == "current"


def test_ranges_join_neighbours_and_keep_lone_points(track):
    ranges = np.array(filled(track, 0, 1, 3).analysed_ranges())
    np.testing.assert_allclose(ranges, [(0.0, 0.2), (0.6, 0.6)])


def test_the_peak_follows_replaced_maps(track):
    filled(track, 0, 4)
    assert track.peak == 5.0
    track.set(4, flat(0.5))
    assert track.peak == 1.0


def test_maps_are_copied_and_read_only(track):
    mine = flat(1.0)
    track.set(0, mine)
    mine[:] = 9
    assert track.at(0.0).saliency.max() == 1.0
    with pytest.raises(ValueError, match="read-only"):
        track.get(0)[0, 0] = 2


@pytest.mark.parametrize(
    "bad", [flat(-0.1), flat(np.nan), flat(np.inf), np.zeros((2, 2, 2)), np.zeros((0, 4))]
)
def test_what_is_no_map_is_refused(track, bad):
    with pytest.raises(ValueError, match="map"):
        track.set(0, bad)
    assert not track.has(0)


def test_all_maps_must_have_one_shape(track):
    filled(track, 0)
    with pytest.raises(ValueError, match=r"\(4, 8\)"):
        track.set(1, flat(1.0, (5, 10)))


@pytest.mark.parametrize("k", [-1, 5])
def test_points_outside_the_grid_are_refused(track, k):
    with pytest.raises(ValueError, match="outside"):
        track.set(k, flat(1.0))


@pytest.mark.parametrize(
    ("index", "times"), [([0, 0], [0, 1]), ([0, 1], [1, 1]), ([], []), ([0], [0, 1])]
)
def test_a_grid_must_ascend(index, times):
    with pytest.raises(ValueError, match=r"ascend|length"):
        SaliencyTrack(index, times, "clip", "model")


def test_the_npz_has_exactly_the_documented_content(track, tmp_path):
    filled(track, 0, 1, 2).save_npz(tmp_path / "maps.npz")
    with np.load(tmp_path / "maps.npz") as stored:
        assert set(stored) == {"saliency", "frame_index", "time_s", "model", "source"}
        assert stored["saliency"].shape == (3, 4, 8)
        assert stored["saliency"].dtype == np.float32
        assert list(stored["frame_index"]) == [0, 6, 12]
        assert (str(stored["model"]), str(stored["source"])) == ("fast", "clip.mp4")
    assert [entry.name for entry in tmp_path.iterdir()] == ["maps.npz"]


def test_a_track_survives_its_file(track, tmp_path):
    filled(track, 0, 1, 2, 3, 4).save_npz(tmp_path / "maps.npz")
    again = load_npz(tmp_path / "maps.npz")
    assert again.complete
    assert (again.source, again.model, again.peak) == ("clip.mp4", "fast", 5.0)
    np.testing.assert_array_equal(again.arrays()[2], track.arrays()[2])


def test_saving_where_one_may_not_write_says_so_and_leaves_nothing(track, tmp_path):
    with pytest.raises(ExportError, match="cannot write"):
        filled(track, 0).save_npz(tmp_path / "absent" / "maps.npz")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_save_leaves_no_part(track, tmp_path, monkeypatch):
    def interrupted(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez_compressed", interrupted)
    with pytest.raises(KeyboardInterrupt):
        filled(track, 0).save_npz(tmp_path / "maps.npz")
    assert list(tmp_path.iterdir()) == []


def write(path: Path, **arrays: object) -> Path:
    np.savez(path, **arrays)  # type: ignore[arg-type]  # whatever a user may have stored
    return path


GOOD = {
    "saliency": np.ones((2, 4, 8), np.float32),
    "frame_index": [0, 5],
    "time_s": [0.0, 0.2],
    "model": "mine",
    "source": "clip",
}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"saliency": np.ones((2, 4))}, "shape"),
        ({"saliency": -np.ones((2, 4, 8))}, "negative"),
        ({"saliency": np.ones((3, 4, 8))}, "3 maps but 2 times"),
        ({"time_s": [0.2, 0.0]}, "ascend"),
        ({"saliency": np.array([["a"]])}, "numbers"),
        ({"saliency": np.array([None])}, "readable"),
    ],
)
def test_a_file_of_other_things_gets_a_sentence(tmp_path, changed, words):
    path = write(tmp_path / "maps.npz", **{**GOOD, **changed})
    with pytest.raises(MediaError, match=words) as caught:
        load_npz(path)
    assert "maps.npz" in str(caught.value)


def test_a_file_that_lacks_arrays_names_them(tmp_path):
    path = write(tmp_path / "maps.npz", saliency=GOOD["saliency"])
    with pytest.raises(MediaError, match="lacks frame_index, time_s, model, source"):
        load_npz(path)


def test_files_that_are_no_npz_get_a_sentence(tmp_path):
    (tmp_path / "a.npz").write_bytes(b"")
    (tmp_path / "b.npz").write_text("text")
    with zipfile.ZipFile(tmp_path / "c.npz", "w") as archive:
        archive.writestr("saliency.npy", "not an array")
    for name in ("a.npz", "b.npz", "c.npz", "absent.npz"):
        with pytest.raises(MediaError, match=name):
            load_npz(tmp_path / name)
