"""Preparing clips: their frames, steadied if asked for, become class activation maps and flow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.camera_motion import estimate_rotation
from cubesal.convention import Convention
from cubesal.errors import TrainingError
from cubesal.fingerprint import file_fingerprint
from cubesal.flow import FlowMeter, grey_equirect
from cubesal.geometry import rotate_equirect
from cubesal.progress import ProgressFn
from cubesal.training.config import DataConfig
from cubesal.training.prepared import PreparedClip, clip_folder
from cubesal.training.static_maps import StaticMaps
from cubesal.video import ClipReader, neighbouring_runs, sample_indices

__all__ = ["Preparation"]

#: The published code stores single precision; half of it still tells hundredths of a pixel.
_FLOW_TYPE: dict[Convention, str] = {"exact": "float16", "cp360": "float32"}
#: To be raised whenever the same settings give other items than before.
_VERSION = 1
#: Greatest width at which frames are steadied: more than any backbone or flow looks at.
_STEADY_WIDTH = 1920


@dataclass(frozen=True)
class Preparation:
    """How clips are prepared, and where to.

    Attributes:
        maps: makes the class activation maps.
        cache: folder that any number of trainings share.
    """

    data: DataConfig
    convention: Convention
    maps: StaticMaps
    cache: Path

    def settings(self) -> dict[str, Any]:
        """Everything that an item depends on, beside the clip."""
        data = self.data
        return {
            "version": _VERSION,
            "convention": self.convention,
            "backbone": data.backbone,
            "weights": self.maps.weights_name,
            "face_w": data.face_w,
            "channels": self.maps.channels,
            "flow_height": data.flow_height,
            "flow_method": data.flow_method,
            "camera_motion": data.camera_motion,
        }

    def of(self, clip: Path, progress: ProgressFn | None = None) -> PreparedClip:
        """Prepare what is still missing of a clip.

        Raises:
            MediaError: the clip cannot be read.
            TrainingError: it is too short, or its frames are too small for the backbone.
            ExportError: the cache cannot be written.
        """
        with ClipReader(clip) as reader:
            prepared = self._layout(clip, reader)
            missing = prepared.missing()
            if missing:
                prepared.save_facts(self.settings())
                self._fill(prepared, reader, missing, progress)
        return prepared

    def _layout(self, clip: Path, reader: ClipReader) -> PreparedClip:
        frames = sample_indices(
            reader.times_s, self.data.rate_hz or None, self.data.every or None
        ).tolist()
        frames = frames[: self.data.frames or None]
        if len(frames) < 2:
            raise TrainingError(f"{clip} has no two frames between which anything could change")
        height = self.data.flow_height
        return PreparedClip(
            folder=clip_folder(self.cache, file_fingerprint(clip), self.settings()),
            source=clip.name,
            frames=tuple(frames),
            map_shape=self.maps.shape,
            flow_shape=(height, 2 * height, 2),
            flow_type=_FLOW_TYPE[self.convention],
            turns=self.data.camera_motion,
        )

    def _fill(
        self,
        prepared: PreparedClip,
        reader: ClipReader,
        missing: list[int],
        progress: ProgressFn | None,
    ) -> None:
        done = 0
        for first, end in neighbouring_runs(missing):
            # One moment more at each end: flow leads to the next, orientations follow the last.
            start, stop = max(first - 1, 0), min(end + 1, len(prepared))
            meter = FlowMeter(self.data.flow_height, self.data.flow_method, self.convention)
            for moment, rgb in self._frames(prepared, reader, start, stop):
                flow = meter.step(rgb)
                if flow is not None and first <= moment - 1 < end:
                    prepared.save("flow", moment - 1, flow)
                if first <= moment < end:
                    prepared.save("maps", moment, self.maps(rgb))
                    done += 1
                    if progress is not None:
                        progress(done, len(missing))

    def _frames(
        self, prepared: PreparedClip, reader: ClipReader, start: int, stop: int
    ) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Moments and their frames, steadied if that is asked for."""
        frames = reader.frames(prepared.frames[start:stop])
        pictures = ((moment, frame.rgb()) for moment, frame in enumerate(frames, start))
        return self._steadied(prepared, pictures) if prepared.turns else pictures

    def _steadied(
        self, prepared: PreparedClip, pictures: Iterator[tuple[int, NDArray[np.uint8]]]
    ) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Every frame turned as the first one of the clip stands.

        Then whatever is made of them, the network's memory too, knows no turns. That small errors
        add up over a clip does not matter: only neighbouring moments are compared.
        """
        before: NDArray[np.uint8] | None = None
        turn = np.eye(3)
        for moment, rgb in pictures:
            grey = grey_equirect(rgb)
            if prepared.is_sound("turn", moment):
                turn = prepared.load("turn", moment)
            else:
                if before is not None:
                    turn = estimate_rotation(before, grey).rotation @ turn
                prepared.save("turn", moment, turn)
            before = grey
            yield moment, rotate_equirect(_fitted(rgb), turn.T)


def _fitted(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The frame at exactly 2:1 and at most as wide as anything looks at."""
    width = min(rgb.shape[1], _STEADY_WIDTH) // 2 * 2
    if rgb.shape[:2] == (width // 2, width):
        return rgb
    size = (width, width // 2)
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
