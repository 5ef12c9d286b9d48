"""Files as the code published with CP-360 writes them: which frames, which numbers, which overlay.

Its static stage calls the first frame 2 and never reaches the last one; its temporal stage counts
from 0, has nothing before its window is full, and misses one more window at the end. ``true``
numbers are those of the Wild-360 ground truth: 0-based frames, none left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["NUMBERINGS", "FrameNumbers", "Numbering", "jet_overlay", "jet_table"]

Numbering = Literal["true", "published"]
NUMBERINGS: Final[tuple[Numbering, ...]] = ("true", "published")

#: Number that the published static stage gives to frame 0.
_STATIC_FIRST: Final = 2

#: The corners of the colour map that papers call jet: positions and values of red, green, blue.
_JET: Final[tuple[tuple[list[float], list[float]], ...]] = (
    ([0, 0.35, 0.66, 0.89, 1], [0, 0, 1, 1, 0.5]),
    ([0, 0.125, 0.375, 0.64, 0.91, 1], [0, 0, 1, 1, 0, 0]),
    ([0, 0.11, 0.34, 0.65, 1], [0.5, 1, 1, 0, 0]),
)


@dataclass(frozen=True)
class FrameNumbers:
    """How the files of a clip are numbered, and which of its frames have one.

    Attributes:
        numbering: by 0-based frame ("true"), or as the published code does.
        temporal: whether the maps are those of the temporal stage.
        warmup: frames at the start of a clip for which the model has no map of its own.
    """

    numbering: Numbering = "true"
    temporal: bool = False
    warmup: int = 0

    @property
    def first_map_number(self) -> int:
        """The number of the map of frame 0."""
        return _STATIC_FIRST if self.numbering == "published" and not self.temporal else 0

    @property
    def first_feature_number(self) -> int:
        """The number of the features, and of the flow, of frame 0."""
        return _STATIC_FIRST if self.numbering == "published" else 0

    def has_map(self, frame: int, frame_count: int) -> bool:
        """Whether ``frame`` of a clip of ``frame_count`` frames gets a map."""
        left_out = 0
        if self.numbering == "published":
            left_out = 2 if self.temporal else 1
        return self.warmup <= frame < frame_count - left_out

    def has_features(self, frame: int, frame_count: int) -> bool:
        """Whether ``frame`` has features: with published numbers, all that its static stage does.

        More frames than have a map of the temporal stage, which learns of them all.
        """
        return frame < frame_count - (1 if self.numbering == "published" else 0)

    def map_name(self, frame: int, suffix: str = ".npy") -> str:
        """The file of a frame's map or overlay."""
        return self._name(frame + self.first_map_number, suffix)

    def feature_name(self, frame: int) -> str:
        """The file of a frame's features, or of the flow from it to the next."""
        return self._name(frame + self.first_feature_number, ".npy")

    def _name(self, number: int, suffix: str) -> str:
        digits = 6 if self.numbering == "published" else 5
        return f"{number:0{digits}d}{suffix}"

    def in_words(self) -> str:
        """The choice as one sentence for a person."""
        if self.numbering == "true":
            return "files are numbered by frame, from 0"
        words = "files are numbered as the code published with CP-360 does: "
        if self.temporal:
            return words + (
                "maps by frame, features and flow by frame + 2, and the last two have no map"
            )
        return words + "by frame + 2, and the last one has no map"


def jet_overlay(
    equirect_rgb: NDArray[np.uint8], saliency: NDArray[np.float32], alpha: float = 0.5
) -> NDArray[np.uint8]:
    """The overlay as the published code draws it: (h, w) map over (H, W, 3) uint8.

    The map is stretched to [0, 1], coloured at its own size, and the *colours* are enlarged
    bicubically and mixed with the picture everywhere; a constant map is coloured as 0.
    """
    low, high = float(saliency.min()), float(saliency.max())
    scaled = (saliency - low) / (high - low) if high > low else np.zeros_like(saliency)
    index = np.minimum((scaled * 256).astype(np.int64), 255)
    colours = jet_table()[index].astype(np.float32)
    height, width = equirect_rgb.shape[:2]
    rows, columns = (_cubic(n, m) for n, m in zip((height, width), saliency.shape, strict=True))
    # Columns first, each pass rounded to 8 bits, as the picture library of that code has it.
    wide = _rounded(np.matmul(columns, colours))
    large = _rounded(rows @ wide.reshape(len(wide), -1)).reshape(height, width, 3)
    return (np.float32(1 - alpha) * equirect_rgb + np.float32(alpha) * large).astype(np.uint8)


def _rounded(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.clip(np.rint(values), 0, 255)


@lru_cache(maxsize=1)
def jet_table() -> NDArray[np.uint8]:
    """(256, 3) uint8 RGB of jet."""
    ramp = np.linspace(0, 1, 256)
    columns = [np.interp(ramp, positions, values) for positions, values in _JET]
    return (np.stack(columns, axis=-1) * 255).astype(np.uint8)


@lru_cache(maxsize=8)
def _cubic(target: int, source: int) -> NDArray[np.float32]:
    """(target, source) weights of cubic convolution (Keys 1981, a = -1/2) when enlarging.

    Taps beyond the border are left out and the others made to sum to one.
    """
    centre = (np.arange(target) + 0.5) * source / target - 0.5
    x = np.abs(centre[:, None] - np.arange(source)[None, :])
    near = (1.5 * x - 2.5) * x**2 + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    weights = np.where(x < 1, near, np.where(x < 2, far, 0.0))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)
