"""What ``cubesal batch`` has finished: a record per clip, by which it is known again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from cubesal.cli.arguments import Options
from cubesal.cli.batch_inputs import BatchClip
from cubesal.fingerprint import file_fingerprint
from cubesal.model_identity import model_identity
from cubesal.whole_files import written_whole

__all__ = ["HIDDEN", "BatchRecord", "clip_key", "read_record", "settings_of", "write_record"]

#: In ``--out``: the records, and the folders of the runs that are going on.
HIDDEN = ".cubesal-batch"
_OF_THE_MAPS = ("format", "overlay", "features", "flow", "rate", "every", "projection")
_OF_THE_MODEL = ("window", "carried", "static", "weights")
_OF_THE_OVERLAY = ("colormap", "opacity", "threshold", "range", "inverted", "contours", "smoothing")


@dataclass(frozen=True)
class BatchRecord:
    """A finished clip: its key, and each output (relative to ``--out``) with its size in bytes."""

    key: str
    outputs: dict[str, int]
    maps: int
    damaged_frames: int
    lost_frames: int
    is_cut_off: bool
    resized_frames: int = 0


def settings_of(options: Options) -> dict[str, Any]:
    """What the outputs depend on beside the clip. ModelError."""
    prior = None if options.prior is None else options.prior == "on"
    names = _OF_THE_MAPS + _OF_THE_MODEL + (_OF_THE_OVERLAY if options.overlay else ())
    chosen = {name: getattr(options, name) for name in names}
    return {"model": asdict(model_identity(options.model, prior)), **chosen}


def clip_key(clip: BatchClip, settings: dict[str, Any]) -> str:
    """Equal keys stand for equal outputs. MediaError: the clip cannot be read."""
    parts = [clip.path.name, file_fingerprint(clip.path), settings]
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def read_record(clip: BatchClip, key: str, out: Path) -> BatchRecord | None:
    """The record of a clip if it was finished with this key and its outputs still are there."""
    try:
        stored = json.loads(_place(clip, out).read_text(encoding="utf-8"))
        record = BatchRecord(**stored)
        there = all(size_of(out / name) == size for name, size in record.outputs.items())
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return None  # none, or not of ours: the clip is done anew, and its record replaced
    return record if there and record.key == key and record.outputs else None


def write_record(clip: BatchClip, record: BatchRecord, out: Path) -> None:
    """Last of all, when the outputs are in their places. ExportError."""
    place = _place(clip, out)
    place.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(place) as part:
        part.write_text(json.dumps(asdict(record), indent=1), encoding="utf-8")


def size_of(output: Path) -> int:
    """Bytes of a file, or of all files in a folder. OSError."""
    if output.is_dir():
        return sum(entry.stat().st_size for entry in output.iterdir())
    return output.stat().st_size


def _place(clip: BatchClip, out: Path) -> Path:
    return out / HIDDEN / "done" / clip.stem.parent / f"{clip.stem.name}.json"
