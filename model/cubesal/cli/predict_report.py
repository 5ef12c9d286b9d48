"""What became of each input of ``cubesal predict``, for people and for machines."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from cubesal.class_map_model import ClassMapModel
from cubesal.cli.console import Console
from cubesal.cli.exits import DONE, PARTIAL, UNUSABLE
from cubesal.saliency_model import SaliencyModel
from cubesal.stages import Stopwatch
from cubesal.temporal import WINDOW

__all__ = [
    "PredictReport",
    "damage_in_words",
    "exit_code",
    "memory_in_words",
    "model_label",
    "reports_as_json",
    "resizing_in_words",
    "show_timings",
]


@dataclass
class PredictReport:
    """One input, as ``--json`` prints it."""

    input: str
    outputs: list[str] = field(default_factory=list)
    maps: int = 0
    seconds: float = 0.0
    damaged_frames: int = 0
    #: Before the first that can be decoded, or behind the end of a clip that was cut off.
    lost_frames: int = 0
    is_cut_off: bool = False
    #: Of the frames read: those stored in another size than the first one.
    resized_frames: int = 0
    error: str | None = None
    #: Of the maps: how many an earlier run had made.
    kept: int = 0
    #: Frames shown to the model, those of its warm-up too, and the mean time of each stage of them.
    frames_shown: int = 0
    ms_per_frame: dict[str, float] = field(default_factory=dict)
    #: How the model remembers frames, "none" if it does not.
    memory: str = ""

    @property
    def is_partial(self) -> bool:
        """Whether the file had more frames than could be read."""
        return self.damaged_frames > 0 or self.lost_frames > 0 or self.is_cut_off

    def time(self, watch: Stopwatch, steps: int) -> None:
        """Take over the time of each stage, per frame of the ``steps`` frames worked on."""
        self.frames_shown = steps
        if steps:
            self.ms_per_frame = {k: round(ms, 3) for k, ms in watch.ms_per(steps).items()}


def exit_code(reports: list[PredictReport]) -> int:
    """2 if nothing was usable, 1 if something was not, else 0."""
    failed = sum(report.error is not None for report in reports)
    if failed == len(reports):
        return UNUSABLE
    return PARTIAL if failed or any(report.is_partial for report in reports) else DONE


def damage_in_words(damaged_frames: int, lost_frames: int, is_cut_off: bool = False) -> str:
    """What is missing of a clip, and what the outputs have instead."""
    words = []
    if damaged_frames:
        words.append(
            f"{damaged_frames} frames could not be decoded and are replaced by the ones before them"
        )
    if lost_frames:
        words.append(f"{lost_frames} frames at its start or end are lost, and the maps lack them")
    if is_cut_off:
        words.append("the file was cut off, and the maps are those of what is there")
    return "; ".join(words)


def resizing_in_words(resized_frames: int) -> str:
    """What became of a clip whose pictures change their size on the way: that is no damage."""
    return (
        f"the size of its pictures changes on the way: {resized_frames} of the frames read were"
        " scaled to that of the first"
    )


def reports_as_json(reports: list[PredictReport]) -> str:
    """The list of reports."""
    return json.dumps([asdict(report) for report in reports], indent=1)


def show_timings(report: PredictReport, device: str, console: Console) -> None:
    """Milliseconds per frame and stage as a small table."""
    if not report.ms_per_frame:
        return
    total = sum(report.ms_per_frame.values())
    width = max(map(len, report.ms_per_frame))
    lines = [f"ms per frame on {device}, mean of {report.frames_shown} frames:"]
    for name, ms in [*report.ms_per_frame.items(), ("sum", total)]:
        lines.append(f"  {name:<{width}} {ms:9.2f}")
    console.note("\n".join(lines))


def memory_in_words(model: SaliencyModel) -> str:
    """How the model remembers: what tells published maps from others."""
    if not isinstance(model, ClassMapModel) or model.memory is None:
        return "none"
    if model.memory == "window":
        return f"window of {model.window} frames"
    return "state carried from frame to frame"


def model_label(model: SaliencyModel) -> str:
    """The model's name in a file of maps; a memory used otherwise than published is said."""
    is_temporal = isinstance(model, ClassMapModel) and model.memory is not None
    if not is_temporal or memory_in_words(model) == f"window of {WINDOW} frames":
        return model.name
    return f"{model.name} ({memory_in_words(model)})"
