"""The blocking core of analysis: order of work, warm-up, cancelling, and a real model."""

from __future__ import annotations

import numpy as np
import pytest

from cubesal.analysis import analyse, missing_runs
from cubesal.errors import Cancelled
from cubesal.predictor import SaliencyPredictor, create_predictor
from cubesal.track import SaliencyTrack
from cubesal.video import ClipReader, sample_indices
from tests.media import frame_number, make_clip


class RunningSum:
    """A predictor with a memory of ``warmup_frames`` frames: its maps tell what it was shown."""

    def __init__(self, warmup_frames: int = 2) -> None:
        self.warmup_frames = warmup_frames
        self.seen: list[int] = []
        self.observed: list[int] = []
        self.shown: list[int] = []
        self.resets = 0

    def reset(self) -> None:
        self.seen = []
        self.resets += 1

    def observe(self, equirect_rgb: np.ndarray, time_s: float) -> None:
        self.observed.append(self._see(equirect_rgb))

    def _see(self, equirect_rgb: np.ndarray) -> int:
        number = frame_number(equirect_rgb)
        self.seen = [*self.seen, number][-1 - self.warmup_frames :]
        return number

    def step(self, equirect_rgb: np.ndarray, time_s: float) -> np.ndarray:
        self.shown.append(self._see(equirect_rgb))
        return np.full((2, 4), sum(self.seen), np.float32)


@pytest.fixture
def reader(tmp_path):
    with ClipReader(make_clip(tmp_path / "clip.mp4", frames=40, gop=10)) as opened:
        yield opened


@pytest.fixture
def track(reader) -> SaliencyTrack:
    return grid(reader)


def grid(reader: ClipReader, rate_hz: float = 7.5) -> SaliencyTrack:
    indices = sample_indices(reader.times_s, rate_hz)
    return SaliencyTrack(indices, reader.times_s[indices], "clip.mp4", "sum")


def values(track: SaliencyTrack) -> list[float]:
    return [float(m.max()) for m in track.arrays()[2]]


def test_maps_belong_to_the_frames_of_the_grid(reader, track):
    analyse(reader, RunningSum(0), track)
    assert list(track.frame_index) == list(range(0, 40, 4))
    assert values(track) == list(range(0, 40, 4))


def test_work_begins_at_the_playhead_and_then_does_the_rest(reader, track):
    order = []
    analyse(reader, RunningSum(0), track, start_at=6, on_map=lambda k, _map: order.append(k))
    assert order == [6, 7, 8, 9, 0, 1, 2, 3, 4, 5]


def test_results_do_not_depend_on_the_order_of_the_work(reader, track):
    analyse(reader, RunningSum(2), track)
    scattered = grid(reader)
    analyse(reader, RunningSum(2), scattered, only=range(3, 5))
    analyse(reader, RunningSum(2), scattered, start_at=7)
    assert scattered.complete
    assert values(scattered) == values(track)


def test_warm_up_frames_are_observed_and_have_no_map_made(reader, track):
    predictor = RunningSum(2)
    analyse(reader, predictor, track, only=range(5, 7))
    assert (predictor.observed, predictor.shown) == ([12, 16], [20, 24])
    assert predictor.resets == 1
    assert list(np.flatnonzero([track.has(k) for k in range(10)])) == [5, 6]


def test_what_is_analysed_is_not_done_again(reader, track):
    analyse(reader, RunningSum(0), track)
    again = RunningSum(0)
    analyse(reader, again, track)
    assert again.shown == []


def test_work_can_be_cancelled_while_a_predictor_warms_up(reader, track):
    predictor = RunningSum(warmup_frames=4)

    def stop_at_two(_done: int, _total: int) -> None:
        if len(predictor.observed) == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        analyse(reader, predictor, track, start_at=6, progress=stop_at_two)
    assert predictor.shown == []
    assert track.missing().size == len(track)


def test_progress_counts_to_the_end(reader, track):
    calls = []
    analyse(reader, RunningSum(), track, only=range(4), progress=lambda *call: calls.append(call))
    assert calls == [(k, 4) for k in range(5)]


def test_cancelling_keeps_what_was_done(reader, track):
    def stop_at_three(done: int, _total: int) -> None:
        if done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        analyse(reader, RunningSum(), track, progress=stop_at_three)
    assert [track.has(k) for k in range(5)] == [True, True, True, False, False]


def test_runs_are_split_at_the_start_and_at_gaps(track):
    for k in (2, 5):
        track.set(k, np.ones((2, 4)))
    assert missing_runs(track, start_at=4) == [(4, 5), (6, 10), (0, 2), (3, 4)]
    assert missing_runs(track, start_at=5) == [(6, 10), (0, 2), (3, 5)]
    assert missing_runs(track, only=range(1, 7)) == [(1, 2), (3, 5), (6, 7)]


def test_a_real_model_begun_in_the_middle_gives_the_maps_of_one_run(reader):
    track = grid(reader, rate_hz=2)
    analyse(reader, create_predictor("fast", "cpu"), track, start_at=1)
    predictor = create_predictor("fast", "cpu")
    for k, index in enumerate(track.frame_index):
        frame = reader.read(int(index))
        in_order = predictor.step(frame.rgb(), frame.time_s)
        np.testing.assert_allclose(track.get(k), in_order, atol=1e-5)


def test_a_model_is_shown_no_more_columns_than_it_looks_at(tmp_path):
    """And what it makes of the smaller pictures is what it makes of the whole ones."""
    clip = make_clip(tmp_path / "wide.mp4", frames=4, size=(1280, 640))
    predictor = create_predictor("fast", "cpu")
    widths = []

    class Watched(SaliencyPredictor):
        def step(self, equirect_rgb, time_s):
            widths.append(equirect_rgb.shape[1])
            return super().step(equirect_rgb, time_s)

    watched = Watched(predictor.model)
    with ClipReader(clip) as reader:
        track = grid(reader, 15.0)
        analyse(reader, watched, track)
        maps = track.arrays()[2]
        predictor.reset()
        for saliency, frame in zip(maps, reader.frames(range(0, 4, 2)), strict=True):
            whole = predictor.step(frame.rgb(), frame.time_s)
            assert np.corrcoef(whole.ravel(), saliency.ravel())[0, 1] > 0.999
    assert watched.columns == 480
    assert set(widths) == {640}
