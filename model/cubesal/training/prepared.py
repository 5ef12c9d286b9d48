"""What is prepared from a clip: class activation maps and flow on disk, item by item.

Nothing says that a clip is done. Each item is written whole, and every time a training begins each
one is looked at: what is missing, cut short or of another shape is made again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cubesal.errors import TrainingError
from cubesal.whole_files import written_whole

__all__ = ["Item", "PreparedClip", "clip_folder"]

Item = Literal["maps", "flow", "turn"]
_FACTS = "clip.json"


def clip_folder(cache: Path, fingerprint: str, settings: Mapping[str, Any]) -> Path:
    """Where the items of a clip of that content, made with those settings, lie."""
    text = json.dumps({"clip": fingerprint, **settings}, sort_keys=True)
    return cache / hashlib.sha256(text.encode()).hexdigest()[:24]


@dataclass(frozen=True)
class PreparedClip:
    """The items of one clip.

    Attributes:
        folder: where they lie.
        source: the clip's name, for messages.
        frames: the frames of the clip that they belong to, ascending.
        map_shape: (6, C, w, w).
        flow_shape: (H, 2H, 2).
        flow_type: of the flow; maps are float32.
        turns: whether there are orientations of the camera as well.
    """

    folder: Path
    source: str
    frames: tuple[int, ...]
    map_shape: tuple[int, ...]
    flow_shape: tuple[int, ...]
    flow_type: str
    turns: bool

    def __len__(self) -> int:
        return len(self.frames)

    def wanted(self, moment: int) -> list[Item]:
        """The items of a moment; the flow leads to the next one, so the last moment has none."""
        items: list[Item] = ["maps"]
        if moment + 1 < len(self.frames):
            items.append("flow")
        return [*items, "turn"] if self.turns else items

    def path(self, item: Item, moment: int) -> Path:
        """The file of an item."""
        return self.folder / item / f"{self.frames[moment]:06d}.npy"

    def is_sound(self, item: Item, moment: int) -> bool:
        """Whether the item is there in full, by its header and its length."""
        try:
            array = np.load(self.path(item, moment), mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return False
        return bool(array.shape == self._shape(item) and array.dtype == self._type(item))

    def missing(self) -> list[int]:
        """Moments of which an item is missing or unsound."""
        return [
            moment
            for moment in range(len(self.frames))
            if not all(self.is_sound(item, moment) for item in self.wanted(moment))
        ]

    def save(self, item: Item, moment: int, values: NDArray[Any]) -> None:
        """Write an item whole. ExportError."""
        path = self.path(item, moment)
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as part, part.open("wb") as file:
            np.save(file, values.astype(self._type(item)))

    def load(self, item: Item, moment: int) -> NDArray[Any]:
        """Read an item.

        Raises:
            TrainingError: it is gone, damaged or holds undefined values.
        """
        path = self.path(item, moment)
        try:
            values: NDArray[Any] = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise TrainingError(
                f"the prepared {item} {path} of {self.source} can no longer be read: start the"
                " training again, which completes what is missing"
            ) from error
        if values.shape != self._shape(item):
            raise TrainingError(f"{path} has the shape {values.shape}, not {self._shape(item)}")
        if not np.isfinite(values).all():
            raise TrainingError(
                f"{path}, the {item} of {self.source}, holds undefined values: remove the file, and"
                " it is made again"
            )
        return values

    def save_facts(self, settings: Mapping[str, Any]) -> None:
        """Say in the folder what it holds, for people. ExportError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        facts = {"source": self.source, "settings": dict(settings), "moments": len(self.frames)}
        with written_whole(self.folder / _FACTS) as part:
            part.write_text(json.dumps(facts, indent=1), encoding="utf-8")

    def _shape(self, item: Item) -> tuple[int, ...]:
        return {"maps": self.map_shape, "flow": self.flow_shape, "turn": (3, 3)}[item]

    def _type(self, item: Item) -> np.dtype[Any]:
        return np.dtype({"maps": "float32", "flow": self.flow_type, "turn": "float64"}[item])
