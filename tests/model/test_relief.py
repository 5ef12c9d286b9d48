"""Memory that runs out in inference: tried again, then on the CPU, and said in one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from cubesal.analysis import analyse
from cubesal.errors import DeviceError
from cubesal.models import load_model
from cubesal.predictor import SaliencyPredictor, loaded_predictor
from cubesal.relief import is_exhausted
from cubesal.track import SaliencyTrack

CUDA = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
CPU = RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to")


class Running:
    """A model whose maps are the sum of what it saw last; memory runs out at some calls."""

    prior, complete, last_raw, name, columns, batch = False, True, None, "sum", None, 1

    def __init__(self, device: str, fails_at: set[int], error: Exception, warmup: int = 2) -> None:
        self.device, self.warmup_frames = device, warmup
        self._fails_at, self._error = fails_at, error
        self._calls, self._seen = 0, []

    def reset(self) -> None:
        self._seen = []

    def observe(self, frame: np.ndarray) -> None:
        self._see(frame)

    def _see(self, frame: np.ndarray) -> None:
        self._seen = [*self._seen, int(frame[0, 0, 0])][-1 - self.warmup_frames :]
        self._calls += 1
        if self._calls in self._fails_at:
            raise self._error

    def step(self, frame: np.ndarray) -> np.ndarray:
        self._see(frame)
        return np.full((2, 4), sum(self._seen), np.float32)


class Roomy(Running):
    """One that is shown several frames at once, and has room for so many on its device."""

    batch = 8

    def __init__(self, device: str, room: int, error: Exception) -> None:
        super().__init__(device, set(range(1, 1000)) if room == 0 else set(), error)
        self._room, self._error = room, error
        self.batch = 8 if device != "cpu" else 1
        self.together: list[int] = []
        self._ready: list[np.ndarray] = []
        self.used = 0

    def reset(self) -> None:
        super().reset()
        self.unprepare()

    def prepare(self, frames: list[np.ndarray]) -> None:
        self.together.append(len(frames))
        self._ready += frames
        if len(frames) > self._room:
            raise self._error

    def unprepare(self) -> None:
        self._ready = []

    def _see(self, frame: np.ndarray) -> None:
        self.used += any(frame is ready for ready in self._ready)
        super()._see(frame)


def analysed(predictor: SaliencyPredictor, count: int = 8) -> list[float]:
    """As `maps_of`, by way of an analysis."""
    times = np.arange(count) / 5
    track = SaliencyTrack(np.arange(count), times, "clip", "sum")
    analyse(Stills(times), predictor, track)
    return [float(saliency.max()) for saliency in track.arrays()[2]]


class Stills:
    """Frames each of which shows its number."""

    def __init__(self, times: np.ndarray) -> None:
        self._times = times

    def frames(self, indices: Iterable[int]) -> Iterator[Still]:
        for k in indices:
            yield Still(float(self._times[k]), np.full((2, 4, 3), k + 1, np.uint8))


@dataclass(frozen=True)
class Still:
    time_s: float
    picture: np.ndarray

    def rgb(self, columns: int | None = None) -> np.ndarray:
        del columns
        return self.picture


def maps_of(predictor: SaliencyPredictor, count: int = 8) -> list[float]:
    frames = [np.full((2, 4, 3), k, np.uint8) for k in range(1, count + 1)]
    predictor.reset()
    return [float(predictor.step(frame, k).max()) for k, frame in enumerate(frames)]


EXPECTED = maps_of(SaliencyPredictor(Running("cpu", set(), CPU)))
ALWAYS = set(range(4, 1000))


def on(fails: dict[str, set[int]], error: Exception = CUDA, heard: list[str] | None = None):
    loads: list[str] = []

    def load(device: str) -> Running:
        loads.append(device)
        return Running(device, fails.get(device, set()), error)

    predictor = loaded_predictor(load, "cuda:0")
    predictor.on_relief = (heard if heard is not None else []).append
    return predictor, loads


@pytest.mark.parametrize("error", [CUDA, RuntimeError("MPS backend out of memory"), MemoryError()])
def test_the_cpu_goes_on_where_the_device_ran_out_and_the_maps_are_the_same(error):
    heard: list[str] = []
    predictor, loads = on({"cuda:0": ALWAYS}, error, heard)
    assert maps_of(predictor) == EXPECTED
    assert loads == ["cuda:0", "cpu"]
    assert predictor.device == "cpu"
    assert heard == [predictor.relieved]
    assert "cuda:0 has run out of memory" in predictor.relieved
    assert maps_of(predictor) == EXPECTED  # and stays there


def test_a_device_that_has_room_again_is_kept():
    heard: list[str] = []
    predictor, loads = on({"cuda:0": {4}}, heard=heard)
    assert maps_of(predictor) == EXPECTED
    assert (loads, heard) == (["cuda:0"], [])


@pytest.mark.parametrize("error", [CPU, MemoryError(), RuntimeError("std::bad_alloc")])
def test_where_the_cpu_has_no_room_either_one_sentence_says_so(error):
    predictor, _ = on({"cuda:0": ALWAYS, "cpu": {1}}, error)
    with pytest.raises(DeviceError, match="too little memory"):
        maps_of(predictor)


def test_other_errors_are_told_as_they_are():
    predictor, _ = on({"cuda:0": {3}}, RuntimeError("shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="multiplied"):
        maps_of(predictor)


def test_a_model_that_does_not_fit_the_device_is_loaded_on_the_cpu():
    def load(device: str) -> Running:
        if device != "cpu":
            raise CUDA
        return Running(device, set(), CPU)

    predictor = loaded_predictor(load, "auto")
    assert "auto has run out of memory" in predictor.relieved
    assert maps_of(predictor) == EXPECTED


def test_what_torch_really_raises_is_known():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60, dtype=torch.uint8)
    assert is_exhausted(caught.value)
    assert not is_exhausted(RuntimeError("CUDA error: device-side assert"))


@pytest.mark.parametrize(
    ("room", "together", "words"),
    [
        (8, [8], ""),
        (3, [8, 4, 2, 2, 2, 2], "2 at a time, not 8"),
        (1, [8, 4, 2], "one by one"),
    ],
)
def test_fewer_frames_at_once_where_memory_is_short(room, together, words):
    heard: list[str] = []
    model = Roomy("cuda:0", room, CUDA)
    predictor = SaliencyPredictor(model, reload=None)
    predictor.on_relief = heard.append
    assert analysed(predictor) == EXPECTED
    assert model.together == together
    assert model.used == (8 if room > 1 else 0)
    assert heard == ([predictor.relieved] if words else [])
    assert words in predictor.relieved
    assert analysed(predictor) == EXPECTED  # with as many at once as went well
    assert all(n <= room for n in model.together[len(together) :])
    assert predictor.device == "cuda:0"


def test_the_cpu_goes_on_where_not_even_one_frame_has_room():
    heard: list[str] = []
    predictor = loaded_predictor(
        lambda device: Roomy(device, 0, CUDA) if device != "cpu" else Running(device, set(), CPU),
        "cuda:0",
    )
    predictor.on_relief = heard.append
    assert analysed(predictor) == EXPECTED
    assert predictor.device == "cpu"
    assert predictor.batch == 1
    assert ["one by one" in heard[0], "on the CPU" in heard[1]] == [True, True]


def test_other_errors_of_several_frames_at_once_are_told_as_they_are():
    predictor = SaliencyPredictor(Roomy("cuda:0", 3, RuntimeError("shapes cannot be multiplied")))
    with pytest.raises(RuntimeError, match="multiplied"):
        analysed(predictor)


@pytest.mark.parametrize("name", ["default", "fast"])
def test_frames_that_go_through_the_network_together_have_the_maps_of_frames_alone(
    name, monkeypatch
):
    monkeypatch.setenv("CUBESAL_PRECISION", "float32")  # shorter numbers may round otherwise
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 256, (64, 128, 3), dtype=np.uint8) for _ in range(5)]
    model = load_model(name, "cpu")
    alone = [model.step(frame) for frame in frames]
    model.reset()
    counts: list[int] = []
    model.network.backbone.register_forward_pre_hook(lambda _, given: counts.append(len(given[0])))
    model.prepare(frames[:3])
    model.prepare(frames[3:4])
    together = [model.step(frame) for frame in frames]
    scales = len(model.face_ws)
    assert counts == [18] * scales + [6] * scales + [6] * scales
    assert np.allclose(alone, together, rtol=0, atol=1e-4)
    model.prepare(frames[:2])
    model.reset()  # drops what was prepared: a run begins anew
    counts.clear()
    assert np.allclose(model.step(frames[0]), alone[0], rtol=0, atol=1e-4)
    assert counts == [6] * scales
