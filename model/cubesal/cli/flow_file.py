"""The npz of ``cubesal flow``: written as it is computed, and known again by its settings."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cubesal.array_files import ArrayFileError, opened_arrays
from cubesal.errors import DAMAGED_ARRAY
from cubesal.whole_files import written_whole

__all__ = ["holds_flow", "write_flow"]

_SETTINGS = "settings.npy"


def write_flow(
    target: Path,
    flows: Iterable[NDArray[np.float32]],
    shape: tuple[int, int, int, int],
    settings: Mapping[str, Any],
    **arrays: NDArray[Any],
) -> None:
    """Write ``flow`` (T-1, H, 2H, 2) float16 one by one, so that clips may be of any length.

    Args:
        flows: T - 1 of them, (H, 2H, 2).
        shape: of all together.
        settings: what they depend on; kept beside them as JSON text.
        arrays: the other entries.

    Raises:
        ExportError: the file cannot be written.
    """
    others = {f"{name}.npy": values for name, values in arrays.items()}
    others[_SETTINGS] = np.array(json.dumps(settings, sort_keys=True))
    with written_whole(target) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as file:
        with file.open("flow.npy", "w", force_zip64=True) as entry:
            header = {"descr": "<f2", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(entry, header)
            for flow in flows:
                entry.write(np.ascontiguousarray(flow, "<f2").data)
        for name, values in others.items():
            with file.open(name, "w") as entry:
                np.lib.format.write_array(entry, values, allow_pickle=False)


def holds_flow(target: Path, settings: Mapping[str, Any]) -> bool:
    """Whether the file is there, whole, and of these settings."""
    try:
        with opened_arrays(target) as archive:
            stored = str(archive[_SETTINGS.removesuffix(".npy")])
    except (*DAMAGED_ARRAY, ArrayFileError, KeyError):
        return False
    return stored == json.dumps(settings, sort_keys=True)
