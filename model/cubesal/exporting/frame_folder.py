"""Results of a clip frame by frame, in a folder that appears when it is complete.

Until then they gather in a hidden folder beside it, each file whole, so that whoever is stopped in
the middle, even by a power cut, continues with the frame that is missing. ``maps.json`` says with
which settings the files were made: results of different settings never mix.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.errors import ExportError
from cubesal.exporting.files import FACTS_NAME, check_maps_folder
from cubesal.whole_files import written_whole

__all__ = ["FrameFolder"]

_JPEG_QUALITY = 90


class FrameFolder:
    """The folder ``target`` being filled, or found complete.

    Args:
        target: the folder that appears in the end.
        settings: everything that the results depend on, as JSON values.
        begin_anew: replace whatever earlier results are there, of whatever settings.

    Raises:
        ExportError: the folder holds foreign things, or results of other settings.

    Attributes:
        complete: whether these results lie there already; then nothing may be added.
    """

    def __init__(
        self, target: Path, settings: Mapping[str, Any], *, begin_anew: bool = False
    ) -> None:
        self.target = target
        self.part = target.with_name(f".{target.name}.unfinished")
        self._settings = json.loads(json.dumps(settings))
        self.complete = False
        try:
            check_maps_folder(target)
            if not begin_anew:
                self.complete = target.is_dir() and self._holds_ours(target)
            if not self.complete:
                self._open_part(begin_anew)
        except OSError as error:
            raise ExportError(f"cannot write {target}: {error.strerror or error}") from error

    def _holds_ours(self, folder: Path) -> bool:
        """Whether results of our settings are in there; False if there are none at all."""
        facts = _facts(folder)
        if facts is None:
            return False
        stored = facts.get("settings")
        theirs = stored if isinstance(stored, dict) else {}
        if theirs == self._settings:
            return True
        raise ExportError(
            f"{self.target} holds results of other settings ({_changes(theirs, self._settings)}); "
            "choose another folder, or replace them with --overwrite"
        )

    def _open_part(self, begin_anew: bool) -> None:
        if begin_anew or not (self.part.is_dir() and self._holds_ours(self.part)):
            shutil.rmtree(self.part, ignore_errors=True)
        self.part.mkdir(parents=True, exist_ok=True)
        for scrap in self.part.rglob(".*.part"):
            scrap.unlink(missing_ok=True)
        self._write_facts({"complete": False})

    def has(self, name: str) -> bool:
        """Whether the file ``name`` (may lie in a subfolder) is there."""
        return (self.part / name).is_file()

    def save_array(self, name: str, values: NDArray[Any]) -> None:
        """Write an array as npy. ExportError."""
        with written_whole(self._place(name)) as part, part.open("wb") as file:
            np.save(file, values)

    def save_jpeg(self, name: str, rgb: NDArray[np.uint8]) -> None:
        """Write RGB (H, W, 3) uint8. ExportError."""
        quality = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
        done, data = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), quality)
        if not done:
            raise ValueError(f"a picture of shape {rgb.shape} cannot be stored as JPEG")
        with written_whole(self._place(name)) as part:
            part.write_bytes(data.tobytes())

    def _place(self, name: str) -> Path:
        path = self.part / name
        if path.parent != self.part:
            path.parent.mkdir(exist_ok=True)
        return path

    def finish(self, facts: Mapping[str, Any]) -> None:
        """Give the folder its name, with ``facts`` in ``maps.json``. ExportError."""
        self._write_facts(facts)
        try:
            check_maps_folder(self.target)
            if self.target.exists():
                shutil.rmtree(self.target)
            os.replace(self.part, self.target)
        except OSError as error:
            raise ExportError(f"cannot write {self.target}: {error.strerror or error}") from error
        self.complete = True

    def _write_facts(self, facts: Mapping[str, Any]) -> None:
        text = json.dumps({**facts, "settings": self._settings}, indent=1)
        with written_whole(self.part / FACTS_NAME) as part:
            part.write_text(text, encoding="utf-8")


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """What differs, in words."""
    if not before:
        return "it does not say which"
    keys = [key for key in {**before, **now} if before.get(key) != now.get(key)]
    return ", ".join(f"{key}: {before.get(key)}, now {now.get(key)}" for key in keys)


def _facts(folder: Path) -> dict[str, Any] | None:
    """What the ``maps.json`` of a folder says; None without a usable one."""
    try:
        facts = json.loads((folder / FACTS_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return facts if isinstance(facts, dict) else None
