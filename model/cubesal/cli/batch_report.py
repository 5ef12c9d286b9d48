"""What became of the clips of ``cubesal batch``: errors as they come, a summary at the end."""

from __future__ import annotations

import json
import time
from dataclasses import asdict

from cubesal.cli.batch_job import ClipOutcome
from cubesal.cli.console import Console
from cubesal.cli.exits import DONE, PARTIAL, UNUSABLE
from cubesal.cli.predict_report import damage_in_words, resizing_in_words

__all__ = ["BatchReport"]


class BatchReport:
    """Collects the outcomes of one run."""

    def __init__(self, console: Console, is_cluster: bool) -> None:
        self.clips: list[ClipOutcome] = []
        self._console, self._is_cluster = console, is_cluster
        self._began = time.perf_counter()

    def add(self, outcome: ClipOutcome) -> None:
        """Take an outcome; a failed or partial one is named at once."""
        self.clips.append(outcome)
        if outcome.error is not None:
            # In thousands of clips a name alone may stand for several.
            is_named = outcome.input in outcome.error
            words = outcome.error if is_named else f"{outcome.input}: {outcome.error}"
            self._console.error(words)
        elif outcome.is_partial:
            words = damage_in_words(outcome.damaged_frames, outcome.lost_frames, outcome.is_cut_off)
            self._console.error(f"{outcome.input} is damaged: {words}")
        if outcome.resized_frames:
            self._console.note(f"{outcome.input}: {resizing_in_words(outcome.resized_frames)}")
        if outcome.state == "done" and not outcome.is_partial:
            self._console.detail(f"{outcome.input}: {outcome.maps} maps, {outcome.seconds} s")

    def finish(self, as_json: bool) -> int:
        """Print the summary; returns the exit code."""
        seconds = time.perf_counter() - self._began
        counts = {state: self._count(state) for state in ("done", "skipped", "failed")}
        partial = sum(clip.is_partial for clip in self.clips)
        rate = counts["done"] / seconds
        if as_json:
            summary = {
                **counts,
                "partial": partial,
                "seconds": round(seconds, 3),
                "clips_per_s": round(rate, 4),
                "clips": [self._as_json(clip) for clip in self.clips],
            }
            self._console.result(json.dumps(summary, indent=1))
        words = ", ".join(f"{count} {state}" for state, count in counts.items())
        words += f" ({partial} of them partial)" if partial else ""
        where = "the cluster" if self._is_cluster else "this machine"
        self._console.note(f"{words}: {seconds:.1f} s on {where}, {rate:.2f} clips/s")
        if counts["failed"] == len(self.clips) and self.clips:
            return UNUSABLE
        return PARTIAL if counts["failed"] or partial else DONE

    def _count(self, state: str) -> int:
        return sum(clip.state == state for clip in self.clips)

    @staticmethod
    def _as_json(clip: ClipOutcome) -> dict[str, object]:
        return {key: value for key, value in asdict(clip).items() if key != "is_hopeless"}
