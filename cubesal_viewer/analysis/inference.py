"""The inference thread: runs the model over a clip and sends each map to the GUI."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from cubesal.analysis import analyse
from cubesal.document import decode_map, encode_map
from cubesal.inspection import is_own_maps, named_track
from cubesal.predictor import SaliencyPredictor, create_predictor
from cubesal.video import ClipReader
from cubesal_viewer.analysis.linking import link_torch
from cubesal_viewer.analysis.request import AnalysisRequest, ModelLoaded
from cubesal_viewer.analysis.tracks import Tracks, open_tracks
from cubesal_viewer.document.keeper import KeptMap
from cubesal_viewer.state import ModelChoice
from cubesal_viewer.worker import Worker, one_sentence

__all__ = ["AnalysisRequest", "Inference", "KeepFn", "ModelLoaded"]


#: Takes a map for the document of a session.
KeepFn = Callable[[int, KeptMap], None]


class _Overtaken(Exception):  # noqa: N818 - a change of plan, not an error
    """The order of work changed, or the work itself is no longer wanted."""


class Inference(QObject):
    """Runs ``cubesal.analysis.analyse`` on its own thread with a reader of its own.

    Signals arrive on the GUI thread; all carry the generation that :meth:`start` returned.
    ``gridded`` brings a track of the clip's grid, with the maps that its document holds already,
    ``mapped`` each map as (k, array, turn), ``stepped`` the seconds that a step of the model
    took. What is made goes to ``keep`` as well, on this thread. The model is loaded only if there
    is something to predict.
    """

    model_loaded = Signal(int, object)
    gridded = Signal(int, object)
    mapped = Signal(int, int, object, float)
    finished = Signal(int)
    failed = Signal(int, str)
    relieved = Signal(int, str)
    stepped = Signal(int, float)

    def __init__(self, parent: QObject | None = None, keep: KeepFn | None = None) -> None:
        super().__init__(parent)
        self._keep = keep
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
            with ClipReader(request.path, projection=request.projection) as reader:
                if generation != self._generation:
                    return  # opening a vast clip takes long; no more of one passed by is decoded
                if is_own_maps(request.choice.model):
                    track = named_track(
                        request.choice.model, request.path, reader.times_s, request.projection
                    )
                    self.gridded.emit(generation, track)
                    self.finished.emit(generation)
                    return
                tracks = open_tracks(reader, request)
                self.gridded.emit(generation, tracks.shown)
                if not tracks.own.complete:
                    predictor = self._predictor(generation, request.choice)
                    self._analyse(generation, request, tracks, reader, predictor)
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
        predictor = self._loaded[1]
        predictor.on_relief = lambda sentence: self._on_relief(generation, sentence)
        if getattr(predictor, "relieved", ""):
            self.relieved.emit(generation, predictor.relieved)
        return predictor

    def _on_relief(self, generation: int, sentence: str) -> None:
        """Memory has run out, and the work goes on elsewhere."""
        assert self._loaded is not None
        choice, predictor, loaded = self._loaded
        self._loaded = (choice, predictor, replace(loaded, device=predictor.device))
        self.model_loaded.emit(generation, self._loaded[2])
        self.relieved.emit(generation, sentence)

    def _analyse(
        self,
        generation: int,
        request: AnalysisRequest,
        tracks: Tracks,
        reader: ClipReader,
        predictor: SaliencyPredictor,
    ) -> None:
        track = tracks.own
        last_s: float | None = None

        def check(_done: int, _total: int) -> None:
            nonlocal last_s
            now_s = time.perf_counter()
            if last_s is not None:
                self.stepped.emit(generation, now_s - last_s)
            last_s = now_s
            if generation != self._generation or self._reordered:
                raise _Overtaken

        def send(k: int, saliency: NDArray[np.float32]) -> None:
            turn = track.turn(k)
            if request.store is None or tracks.key is None or self._keep is None:
                self.mapped.emit(generation, k, saliency, turn)
                return
            code, peak = encode_map(saliency), float(saliency.max())
            # Shown as it will be when it is opened again; and before the document has it, because
            # the track holds it until it hears that it is committed.
            self.mapped.emit(generation, k, decode_map(code), turn)
            self._keep(request.store.session, KeptMap(tracks.key, k, code, peak, turn))

        while not track.complete:
            self._reordered = False
            last_s = None
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
    where, warmup = str(predictor.device), predictor.warmup_frames
    return predictor, ModelLoaded(choice.model, where, seconds, devices, warmup)


def _leave_a_core_for_the_window() -> None:
    """Keep torch's threads off one core: drawing and decoding need it while a network runs."""
    link_torch()
    import torch  # here, on this thread: importing it takes seconds that the window must not wait

    torch.set_num_threads(max(1, (os.cpu_count() or 2) - 1))
