"""What the memory learns from: evidence, motion, turns and flow of every moment, prepared once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from math import radians
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from cubesal.array_files import ArrayFileError, opened_arrays
from cubesal.errors import DAMAGED_ARRAY, TrainingError
from cubesal.fingerprint import file_fingerprint
from cubesal.flow import FlowMeter
from cubesal.fusion import FusionModel, moment_of
from cubesal.geometry import rotate_equirect, rotation
from cubesal.losses import fitted_flow
from cubesal.model_list import model_files
from cubesal.models import load_model
from cubesal.motion import MotionMeter
from cubesal.sphere_cells import SphereCells
from cubesal.sphere_grid import cell_directions
from cubesal.training.config import DataConfig
from cubesal.training.scenes import RATE_HZ, scene
from cubesal.video import ClipReader, sample_indices
from cubesal.whole_files import written_whole

__all__ = [
    "FLOW_ROWS",
    "MomentMaker",
    "Moments",
    "load_panoramas",
    "read_panorama",
    "scene_rate_fits",
]

#: Rows of the flow that is kept: losses compare maps of this size.
FLOW_ROWS: Final = 60
#: To be raised whenever the same settings give other moments than before.
_VERSION: Final = 1
#: How each clip is seen: speed, and how far the camera is turned meanwhile, degrees per second.
_VARIANTS: Final = ((1.0, 0.0), (1.0, 15.0), (1.5, -10.0))

Frame = NDArray[np.uint8]
FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class Moments:
    """T successive moments of one take, on P cells.

    Attributes:
        evidence, motion, saliency: (T, P), see `fusion.Moment`.
        turns: (T, 3, 3), how the picture turned since the moment before.
        flow: (T, 60, 120, 2), pixels since the moment before, laid out as that one.
        movers: (T, K, P) where each of K known movers is, in 0..1; K = 0 where nobody knows.
    """

    evidence: FloatArray
    motion: FloatArray
    saliency: FloatArray
    turns: FloatArray
    flow: FloatArray
    movers: FloatArray

    def __len__(self) -> int:
        return len(self.evidence)


@dataclass
class _Take:
    """Moments while they are made."""

    evidence: list[FloatArray] = field(default_factory=list)
    motion: list[FloatArray] = field(default_factory=list)
    saliency: list[FloatArray] = field(default_factory=list)
    turns: list[FloatArray] = field(default_factory=list)
    flow: list[FloatArray] = field(default_factory=list)
    movers: list[FloatArray] = field(default_factory=list)

    def whole(self) -> Moments:
        return Moments(*(np.stack(getattr(self, f.name)).astype(np.float32) for f in fields(self)))


class MomentMaker:
    """Makes the moments of clips and scenes with the evidence of one model, or finds them.

    Args:
        data: which model, rate, panoramas and scenes.
        cache: folder that any number of trainings share.

    Raises:
        TrainingError: the model has no motion.
        ModelError: its weights are missing.
    """

    def __init__(self, data: DataConfig, cache: Path, device: torch.device) -> None:
        model = load_model(data.model, device)
        if not isinstance(model, FusionModel):
            raise TrainingError(f"data.model {data.model!r} sees no motion: take default or fast")
        self._data, self._cache, self._model = data, cache, model
        self._grid = SphereCells(model.network.config.cells)
        self._dirs = cell_directions(model.network.config.cells).reshape(-1, 3)
        self._about = {
            "version": _VERSION,
            "evidence": repr(asdict(model.network.config)),
            "fusion": repr(asdict(replace(model.fusion, window=1, full_scale=1.0))),
            "weights": file_fingerprint(model_files(data.model)[0]),
        }

    @property
    def cells(self) -> int:
        """Per edge of a face."""
        return self._model.network.config.cells

    def of_clip(self, clip: Path) -> list[Moments]:
        """Every take of a clip, as it is, turned, and at another speed. MediaError, ExportError."""
        about = {"clip": file_fingerprint(clip), "rate_hz": self._data.rate_hz}
        found = []
        for speed, drift in _VARIANTS:
            frames = self._clip_frames(clip, speed, radians(drift))
            found += self._kept({**about, "speed": speed, "drift": drift}, frames)
        return found

    def of_scene(self, number: int, panoramas: list[Frame], name: str) -> list[Moments]:
        """The moments of a rendered scene; `name` stands for the panoramas' content."""
        about = {"scene": number, "panoramas": name}
        moments = scene(panoramas, self._dirs, number)
        return self._kept(about, ((moment.frame, moment.movers) for moment in moments))

    def _clip_frames(
        self, clip: Path, speed: float, drift: float
    ) -> Iterator[tuple[Frame, FloatArray]]:
        nobody = np.zeros((0, len(self._dirs)), np.float32)
        with ClipReader(clip) as reader:
            indices = sample_indices(reader.times_s, self._data.rate_hz / speed, None).tolist()
            for k, frame in enumerate(reader.frames(indices)):
                rgb = frame.rgb()
                if drift:
                    turn = rotation(yaw=drift * k / self._data.rate_hz)
                    rgb = rotate_equirect(_two_to_one(rgb), turn)
                yield rgb, nobody

    def _kept(
        self, about: dict[str, Any], frames: Iterable[tuple[Frame, FloatArray]]
    ) -> list[Moments]:
        text = json.dumps({**self._about, **about}, sort_keys=True)
        path = self._cache / f"moments_{hashlib.sha256(text.encode()).hexdigest()[:24]}.npz"
        found = _read(path)
        if found is None:
            _write(path, [take.whole() for take in self._takes(frames)])
            found = _read(path)  # as every later training finds them: rounded
        if found is None:
            raise TrainingError(
                f"what was written to {path} cannot be read again: is the disk full?"
            )
        return found

    def _takes(self, frames: Iterable[tuple[Frame, FloatArray]]) -> list[_Take]:
        """The moments of frames; a cut begins another take, as does the first frame."""
        meter, flow_meter, takes = MotionMeter(), FlowMeter(), [_Take()]
        for rgb, movers in frames:
            motion, flow = meter.step(rgb), flow_meter.step(rgb)
            if motion is None or flow is None:
                takes.append(_Take())
                continue
            terms = self._model.terms(rgb)
            with torch.inference_mode():
                moment = moment_of(
                    self._model.network.evidence, terms, motion, self._grid, self._model.fusion
                )
            take = takes[-1]
            take.evidence.append(moment.evidence.cpu().numpy())
            take.motion.append(moment.motion.cpu().numpy())
            take.saliency.append(moment.saliency.cpu().numpy())
            take.turns.append(motion.rotation.astype(np.float32))
            small = fitted_flow(torch.from_numpy(flow)[None, None], FLOW_ROWS)
            take.flow.append(small[0, 0].numpy())
            take.movers.append(movers)
        return [take for take in takes if take.evidence]


def load_panoramas(folder: Path) -> tuple[list[Path], str]:
    """The pictures of a folder in order, and a short name of their content. TrainingError."""
    paths = sorted(p for p in folder.glob("*") if p.suffix.lower() in (".png", ".jpg", ".jpeg"))
    if not paths:
        raise TrainingError(
            f"there are no panoramas in {folder}: name a folder of equirect pictures"
        )
    name = hashlib.sha256("".join(map(file_fingerprint, paths)).encode()).hexdigest()[:24]
    return paths, name


def read_panorama(path: Path) -> Frame:
    """(H, 2H, 3) RGB. MediaError."""
    with ClipReader(path, projection="equirect") as reader:
        return reader.read(0).rgb()


def scene_rate_fits(rate_hz: float) -> bool:
    """Whether scenes are rendered at that rate."""
    return rate_hz == RATE_HZ


def _two_to_one(rgb: Frame) -> Frame:
    height, width = rgb.shape[:2]
    if width == 2 * height:
        return rgb
    return np.asarray(cv2.resize(rgb, (width, width // 2), interpolation=cv2.INTER_AREA), np.uint8)


def _write(path: Path, takes: list[Moments]) -> None:
    arrays: dict[str, Any] = {"count": np.array(len(takes))}
    for number, take in enumerate(takes):
        for name, values in vars(take).items():
            arrays[f"{number}_{name}"] = values if name == "turns" else values.astype(np.float16)
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as part, open(part, "wb") as file:
        np.savez_compressed(file, **arrays)


def _read(path: Path) -> list[Moments] | None:
    """What was written, or None if there is nothing sound."""
    try:
        with opened_arrays(path) as archive:
            return [
                Moments(
                    *(archive[f"{number}_{f.name}"].astype(np.float32) for f in fields(Moments))
                )
                for number in range(int(archive["count"]))
            ]
    except (ArrayFileError, KeyError, *DAMAGED_ARRAY):
        return None
