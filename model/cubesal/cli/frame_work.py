"""The frames of one clip, stepped through a model: which are missing, and the files of each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cubesal.class_map_model import ClassMapModel
from cubesal.cli.arguments import Options
from cubesal.errors import MediaError
from cubesal.exporting.frame_folder import FrameFolder
from cubesal.exporting.published import FrameNumbers, jet_overlay
from cubesal.flow import PUBLISHED_FLOW_HEIGHT, FlowMeter
from cubesal.predictor import SaliencyPredictor
from cubesal.progress import ProgressFn
from cubesal.saliency_model import SaliencyModel
from cubesal.stages import stage, staged
from cubesal.video import ClipReader, sample_indices
from cubesal.video.coverage import only_shown, whole_rgb

__all__ = ["FrameWork"]

FloatArray = NDArray[np.float32]
Picture = NDArray[np.uint8]


class FrameWork:
    """What is to be done for one clip.

    A model of class activation maps stores its map as it is, small and of any range, and its class
    activation maps as features; any other model stores the map of its predictor, (120, 240).

    Attributes:
        frames: positions on the clip's grid that get a map; MediaError if there are none.
        missing: those of them whose map is not in the folder, once there is one.
        todo: positions that lack a map, features or flow.
        steps: frames shown to the model so far.
    """

    def __init__(
        self,
        reader: ClipReader,
        predictor: SaliencyPredictor,
        model: SaliencyModel,
        options: Options,
    ) -> None:
        self._reader, self._options = reader, options
        self._predictor, self._model = predictor, model
        self._is_temporal = isinstance(model, ClassMapModel) and model.memory is not None
        window = model.window if isinstance(model, ClassMapModel) else 1
        self.numbers = FrameNumbers(options.numbering, self._is_temporal, window - 1)
        self._grid = sample_indices(reader.times_s, options.rate, options.every)
        self._meter = FlowMeter(PUBLISHED_FLOW_HEIGHT, convention=model.convention)
        self.frames = [k for k in range(len(self._grid)) if self._has_map(k)]
        if not self.frames:
            raise MediaError(
                f"{reader.info.path.name} is too short: of its {len(self._grid)} frames none has "
                f"the {window} frames that a map needs"
            )
        self.missing: list[int] = []
        self.todo: list[int] = []
        self.steps = 0

    def fill(self, folder: FrameFolder) -> None:
        """Set the folder that results go to."""
        self._folder = folder
        if not folder.complete:
            lacking = [
                [name for name in self._files_of(k) if not folder.has(name)]
                for k in range(len(self._grid))
            ]
            self.todo = [k for k, names in enumerate(lacking) if names]
            self.missing = [k for k in self.frames if self._map_name(k) in lacking[k]]

    def _has_map(self, k: int) -> bool:
        return self.numbers.has_map(k, len(self._grid))

    def _has_features(self, k: int) -> bool:
        return self._options.features and self.numbers.has_features(k, len(self._grid))

    def _has_flow(self, k: int) -> bool:
        return self._options.flow and k + 1 < len(self._grid)

    def _map_name(self, k: int) -> str:
        return self.numbers.map_name(int(self._grid[k]))

    def _files_of(self, k: int) -> list[str]:
        """The arrays that belong to a position."""
        name = self.numbers.feature_name(int(self._grid[k]))
        files = [self._map_name(k)] if self._has_map(k) else []
        files += [f"features/{name}"] if self._has_features(k) else []
        return files + ([f"flow/{name}"] if self._has_flow(k) else [])

    def run(self, progress: ProgressFn) -> None:
        """Predict from the first position that lacks something, with a predictor warmed up."""
        if not self.todo:
            return
        start, stop = self.todo[0], self._last_needed() + 1
        first = max(start - self._warmup(start), 0)
        self._predictor.reset()
        progress(0, stop - start)
        frames = staged(self._reader.frames(self._grid[first:stop].tolist()), "decode")
        for k, frame in zip(range(first, stop), frames, strict=True):
            with stage("decode"):
                rgb = whole_rgb(frame.rgb(self._predictor.columns), self._reader.info.coverage)
            if self._options.flow:
                self._save_flow(k, rgb)
            if k < start or not (self._has_map(k) or self._has_features(k)):
                self._predictor.observe(rgb, frame.time_s)
            else:
                self._save(k, rgb, frame.time_s)
            self.steps += 1
            progress(max(k + 1 - start, 0), stop - start)

    def _warmup(self, start: int) -> int:
        """Frames to look at before ``start``, so that results equal those of one run.

        A carried state depends on all of them; flow, on one.
        """
        if isinstance(self._model, ClassMapModel) and self._model.memory == "carried":
            return start
        return max(self._predictor.warmup_frames, 1 if self._options.flow else 0)

    def _last_needed(self) -> int:
        """The last position to look at: with flow the end of the last pair, so the clip's."""
        count = len(self._grid)
        if self._options.flow:
            return count - 1
        return max(k for k in range(count) if self._has_map(k) or self._has_features(k))

    def _save(self, k: int, rgb: Picture, time_s: float) -> None:
        saliency, features = self._results(k, rgb, time_s)
        frame = int(self._grid[k])
        if features is not None:
            with stage("write"):
                name = self.numbers.feature_name(frame)
                self._folder.save_array(f"features/{name}", features)
        if saliency is None:
            return
        if self._options.overlay:
            self._save_overlay(frame, rgb, saliency)
        with stage("write"):  # last of all: a frame whose map is there has its overlay, too
            self._folder.save_array(self.numbers.map_name(frame), saliency)

    def _results(
        self, k: int, rgb: Picture, time_s: float
    ) -> tuple[FloatArray | None, FloatArray | None]:
        """The map and the features to store, as far as there are any, both from one pass."""
        model, wanted = self._model, self._has_features(k)
        if not isinstance(model, ClassMapModel):
            saliency = only_shown(self._predictor.step(rgb, time_s), self._reader.info.coverage)
            return saliency, model.features(rgb) if wanted else None
        cams = model.class_maps(rgb)
        model.check_finite(cams)
        features = cams.float().cpu().numpy() if wanted else None
        if not self._has_map(k):
            model.observe_maps(cams)
            return None, features
        model.step_maps(cams)
        raw = model.last_raw
        return None if raw is None else only_shown(raw, self._reader.info.coverage), features

    def _save_flow(self, k: int, rgb: Picture) -> None:
        """The flow that leads here is that of the frame before, whose file it is."""
        with stage("flow"):
            flow = self._meter.step(rgb)
        if flow is not None:  # from the second frame shown on, so that there is one before
            with stage("write"):
                name = self.numbers.feature_name(int(self._grid[k - 1]))
                self._folder.save_array(f"flow/{name}", flow)

    def _save_overlay(self, frame: int, rgb: Picture, saliency: FloatArray) -> None:
        """On the frame itself; of the temporal stage the square is shown, as published."""
        with stage("overlay"):
            picture = jet_overlay(rgb, saliency**2 if self._is_temporal else saliency)
        with stage("write"):
            self._folder.save_jpeg(f"overlay/{self.numbers.map_name(frame, '.jpg')}", picture)

    def facts(self) -> dict[str, Any]:
        """What ``maps.json`` says of the finished folder."""
        index = self._grid[self.frames]
        return {
            "source": self._reader.info.path.name,
            "model": self._model.name,
            "numbering": self.numbers.numbering,
            "numbering_in_words": self.numbers.in_words(),
            "first_number": self.numbers.first_map_number,
            "frame_index": index.tolist(),
            "time_s": np.round(self._reader.times_s[index], 6).tolist(),
        }
