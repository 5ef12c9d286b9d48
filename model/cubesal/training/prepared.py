"""What is prepared from a clip: class activation maps and flow on disk, item by item.

Nothing says that a clip is done. Each item is written whole, and every time a training begins each
one is looked at: what is missing, damaged, of another shape or undefined is made again.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cubesal.errors import ExportError, TrainingError
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
        """Whether the item is there in full and holds numbers only."""
        try:
            values = self._read(item, moment)
        except (OSError, ValueError):
            return False
        return bool(np.isfinite(values).all())

    def missing(self) -> list[int]:
        """Moments of which an item is missing or unsound."""
        return [
            moment
            for moment in range(len(self.frames))
            if not all(self.is_sound(item, moment) for item in self.wanted(moment))
        ]

    def save(self, item: Item, moment: int, values: NDArray[Any]) -> None:
        """Write an item whole.

        Raises:
            TrainingError: it holds undefined values, and would be made again for ever.
            ExportError: it cannot be written.
        """
        path = self.path(item, moment)
        stored = np.ascontiguousarray(values, self._type(item))
        if not np.isfinite(stored).all():
            raise TrainingError(
                f"the {item} of {self.source} at frame {self.frames[moment]} came out undefined:"
                " the clip or the weights of the backbone cannot be used"
            )
        _made_room_for(path)
        with written_whole(path) as part, part.open("wb") as file:
            np.save(file, stored)

    def load(self, item: Item, moment: int) -> NDArray[Any]:
        """Read an item.

        Raises:
            TrainingError: it is gone, damaged or holds undefined values.
        """
        path = self.path(item, moment)
        remedy = "start the training again, which makes anew what is missing or damaged"
        try:
            values = self._read(item, moment)
        except (OSError, ValueError) as error:
            raise TrainingError(
                f"the prepared {item} {path} of {self.source} can no longer be read: {remedy}"
            ) from error
        if not np.isfinite(values).all():
            raise TrainingError(
                f"{path}, the {item} of {self.source}, holds undefined values: {remedy}"
            )
        return values

    def _read(self, item: Item, moment: int) -> NDArray[Any]:
        """The values of an item. OSError or ValueError unless it is what `save` writes.

        The header is compared rather than interpreted: whatever a damaged one may claim, no more is
        read than an item has.
        """
        path, shape, kind = self.path(item, moment), self._shape(item), self._type(item)
        header = _header(shape, kind)
        if not path.is_file() or path.stat().st_size != len(header) + math.prod(shape) * (
            kind.itemsize
        ):
            raise ValueError(f"{path} is no file of the right length")
        content = path.read_bytes()
        if not content.startswith(header):
            raise ValueError(f"{path} has another header")
        # A copy, since torch asks for arrays that may be written to.
        return np.frombuffer(content, kind, offset=len(header)).reshape(shape).copy()

    def save_facts(self, settings: Mapping[str, Any]) -> None:
        """Say in the folder what it holds, for people. ExportError."""
        _made_room_for(self.folder / _FACTS)
        facts = {"source": self.source, "settings": dict(settings), "moments": len(self.frames)}
        with written_whole(self.folder / _FACTS) as part:
            part.write_text(json.dumps(facts, indent=1), encoding="utf-8")

    def _shape(self, item: Item) -> tuple[int, ...]:
        return {"maps": self.map_shape, "flow": self.flow_shape, "turn": (3, 3)}[item]

    def _type(self, item: Item) -> np.dtype[Any]:
        return np.dtype({"maps": "float32", "flow": self.flow_type, "turn": "float64"}[item])


def _header(shape: tuple[int, ...], kind: np.dtype[Any]) -> bytes:
    """What `numpy.save` puts before the values of an array in C order."""
    file = io.BytesIO()
    described = {"descr": kind.str, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, described)
    return file.getvalue()


def _made_room_for(path: Path) -> None:
    """Create the folder of a file; an empty folder in the file's place goes. ExportError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
    except OSError as error:
        raise ExportError(
            f"cannot write {path}: {error.strerror or error}; remove what is in its place, and it"
            " is made again"
        ) from error
