"""The application's only mutable state: frozen values, one signal each, owned by the GUI thread.

Widgets emit intent, controllers assign new values here, and everyone who shows something follows
the signals.  Nobody else keeps a second copy.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Signal

from cubesal.autopilot import Area, PathKey
from cubesal.camera import Camera
from cubesal.document import Marker, Region
from cubesal.lens import RECTILINEAR, Lens
from cubesal.overlay import OverlayStyle
from cubesal.video import ClipInfo
from cubesal_viewer.preferred import Preferences

__all__ = ["Activity", "Edits", "ModelChoice", "Overlay", "PaneMode", "Playhead", "ViewerState"]

_STYLE = OverlayStyle()

PaneMode = Literal["equirect", "cube"]


@dataclass(frozen=True)
class Playhead:
    """Which frame is shown, when it lies in the clip, and whether time runs."""

    index: int = 0
    time_s: float = 0.0
    playing: bool = False
    speed: float = 1.0


@dataclass(frozen=True)
class Overlay:
    """How the heatmap is drawn, and whether at all."""

    style: OverlayStyle = _STYLE
    visible: bool = True


@dataclass(frozen=True)
class ModelChoice:
    """The network and the device it was asked to run on (``auto`` until somebody chooses).

    ``prior`` None: as the network has it, until somebody chooses.
    """

    model: str = "default"
    device: str = "auto"
    prior: bool | None = None


@dataclass(frozen=True)
class Edits:
    """What a person has made of the clip: all of it can be undone, and is in the document.

    ``path``: the keys insisted on, ascending in time; ``span_s``: the A–B range in seconds;
    ``regions``: the areas of interest.
    """

    path: tuple[PathKey, ...] = ()
    areas: tuple[Area, ...] = ()
    markers: tuple[Marker, ...] = ()
    span_s: tuple[float, float] | None = None
    regions: tuple[Region, ...] = ()


@dataclass(frozen=True)
class Activity:
    """What a background job is doing: a sentence, and how far it is (0 of 0 = unknown)."""

    text: str = ""
    done: int = 0
    total: int = 0
    eta_s: float | None = None

    @property
    def busy(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.text)


class ViewerState(QObject):
    """Every value that more than one part of the window depends on.

    Assign through the ``set_*`` methods; each emits its signal only when the value really changed,
    so that a widget which follows a signal may call the setter without a loop.
    """

    clip_changed = Signal(object)
    playhead_changed = Signal(object)
    camera_changed = Signal(object)
    lens_changed = Signal(object)
    overlay_changed = Signal(object)
    pane_mode_changed = Signal(str)
    model_changed = Signal(object)
    autopilot_changed = Signal(bool)
    analysis_changed = Signal(object)
    export_changed = Signal(object)
    edits_changed = Signal(object)
    recording_changed = Signal(bool)
    looping_changed = Signal(bool)
    preferences_changed = Signal(object)
    truth_changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.clip: ClipInfo | None = None
        self.playhead = Playhead()
        self.camera = Camera()
        self.lens = RECTILINEAR
        self.overlay = Overlay()
        self.pane_mode: PaneMode = "equirect"
        self.model = ModelChoice()
        self.autopilot = False
        self.analysis = Activity()
        self.export = Activity()
        self.edits = Edits()
        self.recording = self.looping = False
        self.preferences = Preferences()
        self.truth: Path | None = None

    def set_clip(self, clip: ClipInfo | None) -> None:
        self._assign("clip", clip, self.clip_changed)

    def set_playhead(self, playhead: Playhead) -> None:
        self._assign("playhead", playhead, self.playhead_changed)

    def set_camera(self, camera: Camera) -> None:
        self._assign("camera", camera.normalised(), self.camera_changed)

    def set_lens(self, lens: Lens) -> None:
        self._assign("lens", lens, self.lens_changed)

    def set_overlay(self, overlay: Overlay) -> None:
        self._assign("overlay", overlay, self.overlay_changed)

    def set_pane_mode(self, mode: PaneMode) -> None:
        self._assign("pane_mode", mode, self.pane_mode_changed)

    def set_model(self, model: ModelChoice) -> None:
        self._assign("model", model, self.model_changed)

    def set_autopilot(self, on: bool) -> None:
        self._assign("autopilot", on, self.autopilot_changed)

    def set_analysis(self, activity: Activity) -> None:
        self._assign("analysis", activity, self.analysis_changed)

    def set_export(self, activity: Activity) -> None:
        self._assign("export", activity, self.export_changed)

    def set_edits(self, edits: Edits) -> None:
        self._assign("edits", edits, self.edits_changed)

    def set_recording(self, on: bool) -> None:
        self._assign("recording", on, self.recording_changed)

    def set_looping(self, on: bool) -> None:
        self._assign("looping", on, self.looping_changed)

    def set_preferences(self, preferences: Preferences) -> None:
        self._assign("preferences", preferences, self.preferences_changed)

    def set_truth(self, path: Path | None) -> None:
        self._assign("truth", path, self.truth_changed)

    def _assign(self, name: str, value: object, signal: object) -> None:
        if getattr(self, name) == value:
            return
        setattr(self, name, value)
        signal.emit(value)  # type: ignore[attr-defined]  # PySide's stubs type bound signals loosely
