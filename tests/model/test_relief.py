"""Memory that runs out in inference: tried again, then on the CPU, and said in one sentence."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cubesal.errors import DeviceError
from cubesal.predictor import SaliencyPredictor, loaded_predictor
from cubesal.relief import is_exhausted

CUDA = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
CPU = RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to")


class Running:
    """A model whose maps are the sum of what it saw last; memory runs out at some calls."""

    prior, complete, last_raw, name, columns = False, True, None, "sum", None

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
