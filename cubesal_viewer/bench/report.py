"""The figures of ``--bench``, in lines for people and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

__all__ = ["BenchReport", "Spread", "spread_of"]


@dataclass(frozen=True)
class Spread:
    """Of many milliseconds: median, 99th percentile, largest; zeros where there were none."""

    p50: float
    p99: float
    max: float

    def text(self) -> str:
        """Say it in a line."""
        return f"p50 {self.p50:.1f}, p99 {self.p99:.1f}, max {self.max:.1f} ms"


def spread_of(values_ms: Sequence[float]) -> Spread:
    """The spread of milliseconds."""
    values = np.asarray(values_ms if len(values_ms) else [0.0], float)
    return Spread(
        float(np.percentile(values, 50)), float(np.percentile(values, 99)), float(values.max())
    )


@dataclass(frozen=True)
class BenchReport:
    """What a run with the real window has measured.

    Attributes:
        window_s, picture_s, map_s: from the start of the process until the window was drawn, the
            clip's first picture was painted, and its first map was.
        import_gap: of the event loop, while the inference thread imports and loads the model.
        gap: of the event loop, while the clip plays and is analysed; a timer ticks every 16 ms.
        age: how far the clock was past a picture's own time when it was painted.
        draw: of one pane's picture, upload included.
        due, painted: pictures of the clip in that time, due by the clock that playback follows.
        dropped: those that decoding passed over because newer ones were due.
        maps: analysed in that time.
        scrub, stand_in: from letting go to the exact picture, and to the first one, at random
            places while the clip is paused.
        memory_mb: when ``minutes`` of looping began, after each minute, and at their end.
    """

    window_s: float
    picture_s: float
    map_s: float
    import_s: float
    import_gap: Spread
    seconds: float
    gap: Spread
    age: Spread
    draw: Spread
    due: int
    painted: int
    dropped: int
    maps: int
    scrub: Spread
    stand_in: Spread
    minutes: float = 0.0
    memory_mb: tuple[float, ...] = (0.0, 0.0)

    def text(self) -> str:
        """Say it in some lines."""
        lines = [
            f"from the start: window {self.window_s:.2f} s, first picture {self.picture_s:.2f} s, "
            f"first map {self.map_s:.2f} s",
            f"importing + loading the model ({self.import_s:.1f} s): gap {self.import_gap.text()}",
            f"playing + analysing ({self.seconds:.1f} s)",
            f"  event-loop gap: {self.gap.text()}",
            f"  pictures: {self.painted} painted of {self.due} due, {self.dropped} dropped; "
            f"{self.maps} maps",
            f"  age when painted: {self.age.text()}",
            f"  drawing a pane: {self.draw.text()}",
            f"scrubbing: exact picture {self.scrub.text()}; first one {self.stand_in.text()}",
        ]
        if self.minutes:
            lines.append(f"memory over {self.minutes:g} minutes of looping: {self._memory_text()}")
        return "\n".join(lines)

    def _memory_text(self) -> str:
        """From the beginning, and from when the first minute has loaded what is used later on."""
        first, warm, last = self.memory_mb[0], self.memory_mb[1], self.memory_mb[-1]
        return (
            f"{first:.0f} to {last:.0f} MB ({last / first - 1:+.1%}), at most"
            f" {max(self.memory_mb):.0f};"
            f" {warm:.0f} after the first minute ({last / warm - 1:+.1%})"
        )

    def json(self) -> str:
        """The same for machines."""
        return json.dumps(asdict(self), indent=2)
