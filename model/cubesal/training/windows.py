"""Windows of successive moments, the samples of a training, and the order in which they come."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cubesal.convention import Convention
from cubesal.errors import TrainingError
from cubesal.training.prepared import PreparedClip

__all__ = ["ClipWindows", "SampleSource", "WindowBatch", "epoch_order"]

BatchT_co = TypeVar("BatchT_co", covariant=True)

#: The published code asks for one moment more than a window needs.
_DROPPED: dict[Convention, int] = {"exact": 0, "cp360": 1}


class SampleSource(Protocol[BatchT_co]):
    """Samples by number; what a batch is, is between it and the task that learns from it."""

    def __len__(self) -> int:
        """How many samples there are."""

    def batch(self, numbers: Sequence[int], device: torch.device) -> BatchT_co:
        """These samples as one batch. TrainingError if one cannot be read."""

    def fingerprint(self) -> str:
        """A short name of which samples these are: a training goes on with the same ones only."""


@dataclass(frozen=True)
class WindowBatch:
    """N windows of T moments.

    Attributes:
        cams: (T, N, 6, C, w, w) class activation maps.
        flow: (T - 1, N, H, 2H, 2) pixels to the right and down, from each moment to the next.
    """

    cams: Tensor
    flow: Tensor


class ClipWindows:
    """All windows of prepared clips.

    Args:
        clips: at least one of them with a whole window.
        window: moments per window.
        stride: moments from the start of one to the start of the next.

    Raises:
        TrainingError: there is no window.
    """

    def __init__(
        self,
        clips: Sequence[PreparedClip],
        window: int,
        stride: int = 1,
        convention: Convention = "exact",
    ) -> None:
        self._clips, self._window = clips, window
        dropped = _DROPPED[convention]
        self._starts = [
            (number, start)
            for number, clip in enumerate(clips)
            for start in range(0, len(clip) - window + 1 - dropped, stride)
        ]
        if not self._starts:
            longest = max((len(clip) for clip in clips), default=0)
            raise TrainingError(
                f"no clip is long enough: a window needs {window + dropped} moments, the longest"
                f" clip has {longest}; take frames more often or a shorter window"
            )

    def __len__(self) -> int:
        return len(self._starts)

    def batch(self, numbers: Sequence[int], device: torch.device) -> WindowBatch:
        """These windows. TrainingError if an item cannot be read."""
        cams, flow = [], []
        for number in numbers:
            clip_number, start = self._starts[number]
            clip = self._clips[clip_number]
            moments = range(start, start + self._window)
            cams.append(np.stack([clip.load("maps", k) for k in moments]))
            flow.append(np.stack([clip.load("flow", k).astype(np.float32) for k in moments[:-1]]))
        return WindowBatch(_stacked(cams, device), _stacked(flow, device))

    def fingerprint(self) -> str:
        """Of the clips' content, the settings they were prepared with, and the windows."""
        text = repr([(c.folder.name, c.frames) for c in self._clips] + self._starts)
        return hashlib.sha256(text.encode()).hexdigest()[:24]


def _stacked(samples: list[NDArray[Any]], device: torch.device) -> Tensor:
    return torch.from_numpy(np.stack(samples, axis=1)).to(device)


def epoch_order(count: int, seed: int, epoch: int) -> list[int]:
    """A permutation of `count` samples that depends on nothing but the arguments."""
    return [int(k) for k in np.random.default_rng((seed, epoch)).permutation(count)]
