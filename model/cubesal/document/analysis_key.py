"""What the maps of an analysis depend on: equal keys, equal maps."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields

from cubesal.track import SaliencyTrack

__all__ = ["AnalysisKey", "grid_digest", "key_from_text", "sampling_in_words"]

_LONGEST = 4096


@dataclass(frozen=True)
class AnalysisKey:
    """A model with its weights and its prior, how the clip is read, and on which grid of it.

    ``weights`` and ``grid`` are digests; ``sampling`` is "5 Hz" or "every 3 frames"; ``projection``
    is empty where the file itself says it.
    """

    model: str
    weights: str
    prior: bool
    sampling: str
    projection: str
    grid: str
    points: int

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            # By name, for annotations are texts here; True would pass for a number.
            if type(value).__name__ != field.type:
                raise ValueError(f"{field.name} is {value!r}")
            if isinstance(value, str) and len(value) > _LONGEST:
                raise ValueError(f"{field.name} is too long")
        if not 0 < self.points < 1 << 31:
            raise ValueError(f"an analysis of {self.points} grid points")

    def text(self) -> str:
        """The same as JSON, equal for equal keys."""
        return json.dumps(asdict(self), sort_keys=True)


def key_from_text(text: str) -> AnalysisKey:
    """The key that :meth:`AnalysisKey.text` wrote. ValueError for anything else."""
    try:
        return AnalysisKey(**json.loads(text))
    except (TypeError, RecursionError) as error:
        raise ValueError(f"not the key of an analysis: {error}") from error


def grid_digest(track: SaliencyTrack) -> str:
    """The grid points of a track, their frames and times, in 20 digits."""
    content = hashlib.sha256(track.frame_index.astype("<i8").tobytes())
    content.update(track.time_s.astype("<f8").tobytes())
    return content.hexdigest()[:20]


def sampling_in_words(rate_hz: float | None, every: int | None) -> str:
    """How the grid was chosen, as a key has it."""
    return f"every {every} frames" if rate_hz is None else f"{rate_hz:g} Hz"
