"""The inference thread: runs the model over a clip and sends each map to the GUI."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from cubesal.analysis import DEFAULT_RATE_HZ, analyse, grid_track
from cubesal.predictor import SaliencyPredictor, create_predictor
from cubesal.video import ClipReader
from cubesal_viewer.state import ModelChoice
from cubesal_viewer.worker import Worker, one_sentence

__all__ = ["AnalysisRequest", "Inference", "ModelLoaded"]


@dataclass(frozen=True)
class AnalysisRequest:
    """Which clip to analyse, with what, on which grid of file time (Hz)."""

    path: Path
    projection: str | None
    choice: ModelChoice
    rate_hz: float = DEFAULT_RATE_HZ


@dataclass(frozen=True)
class ModelLoaded:
    """What was loaded, where it runs, and how long importing and loading took."""

    name: str
    device: str
    seconds: float
    devices: tuple[str, ...]


class _Overtaken(Exception):  # noqa: N818 - a change of plan, not an error
    """The order of work changed, or the work itself is no longer wanted."""


class Inference(QObject):
    """Runs ``cubesal.analysis.analyse`` on its own thread with a reader of its own.

    Signals arrive on the GUI thread; all carry the generation that :meth:`start` returned.
    ``gridded`` brings an empty track of the clip's grid, ``mapped`` each map as (k, array).
    """

    model_loaded = Signal(int, object)
    gridded = Signal(int, object)
    mapped = Signal(int, int, object)
    finished = Signal(int)
    failed = Signal(int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker = Worker("inference")
        self._generation = 0
        self._start_at = 0
        self._reordered = False
        self._loaded: tuple[ModelChoice, SaliencyPredictor, ModelLoaded] | None = None

    def start(self, request: AnalysisRequest) -> int:
        """Analyse a clip from its beginning; whatever ran before is abandoned."""
        self._generation += 1
        generation = self._generation
        self._start_at = 0
        self._worker.submit(lambda: self._run(generation, request), replace=True)
        return generation

    def prioritise(self, k: int) -> None:
        """Continue with grid point ``k``; what is done stays done."""
        self._start_at = k
        self._reordered = True

    def cancel(self) -> None:
        """Abandon the present work; maps already sent stay valid."""
        self._generation += 1

    def stop(self) -> bool:
        """End the thread; True if it ended in time."""
        self.cancel()
        return self._worker.stop(timeout_s=15.0)

    # Everything below runs on the inference thread.

    def _run(self, generation: int, request: AnalysisRequest) -> None:
        try:
            predictor = self._predictor(generation, request.choice)
            with ClipReader(request.path, projection=request.projection) as reader:
                self._analyse(generation, request, reader, predictor)
            self.finished.emit(generation)
        except _Overtaken:
            return
        except Exception as error:
            self.failed.emit(generation, one_sentence(error))

    def _predictor(self, generation: int, choice: ModelChoice) -> SaliencyPredictor:
        if self._loaded is None or self._loaded[0] != choice:
            self._loaded = (choice, *_load(choice))
        # Said anew for every request: an earlier one may have been overtaken while it loaded.
        self.model_loaded.emit(generation, self._loaded[2])
        return self._loaded[1]

    def _analyse(
        self,
        generation: int,
        request: AnalysisRequest,
        reader: ClipReader,
        predictor: SaliencyPredictor,
    ) -> None:
        # Two tracks of one grid: this thread fills its own, the other goes to the GUI empty.
        track, for_gui = (
            grid_track(reader, request.choice.model, request.rate_hz) for _ in range(2)
        )
        self.gridded.emit(generation, for_gui)

        def check(_done: int, _total: int) -> None:
            if generation != self._generation or self._reordered:
                raise _Overtaken

        def send(k: int, saliency: NDArray[np.float32]) -> None:
            self.mapped.emit(generation, k, saliency)

        while not track.complete:
            self._reordered = False
            try:
                analyse(
                    reader, predictor, track, start_at=self._start_at, progress=check, on_map=send
                )
            except _Overtaken:
                if generation != self._generation:
                    raise


def _load(choice: ModelChoice) -> tuple[SaliencyPredictor, ModelLoaded]:
    began = time.perf_counter()
    _leave_a_core_for_the_window()
    from cubesal.device import available_devices  # asks torch, so not before it is here

    predictor = create_predictor(choice.model, choice.device, prior=choice.prior)
    seconds = time.perf_counter() - began
    devices = tuple(available_devices())
    return predictor, ModelLoaded(choice.model, str(predictor.device), seconds, devices)


def _leave_a_core_for_the_window() -> None:
    """Keep torch's threads off one core: drawing and decoding need it while a network runs."""
    import torch  # here, on this thread: importing it takes seconds that the window must not wait

    torch.set_num_threads(max(1, (os.cpu_count() or 2) - 1))
