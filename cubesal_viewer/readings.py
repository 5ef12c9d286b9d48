"""How the open clip is read: its projection, the eye, and where its front and its horizon are.

A change reads the clip anew at the same moment.  What was made of it - keys, areas, the view - is
expressed in the new frame at once, so that it goes on showing the same; undo brings both back.
"""

from __future__ import annotations

from dataclasses import replace
from math import pi
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand
from PySide6.QtWidgets import QMenu

from cubesal.autopilot.turning import areas_turned, camera_turned, keys_turned
from cubesal.camera import Camera
from cubesal.document import SUFFIX, regions_turned
from cubesal.geometry import rotation
from cubesal.video import ClipInfo, Eye, Layout
from cubesal.video.projection import PROJECTIONS
from cubesal.video.reading import Reading
from cubesal_viewer.document.controller import DocumentController
from cubesal_viewer.editing.editor import Editor
from cubesal_viewer.playback.decoder import OpenedClip
from cubesal_viewer.playback.transport import Transport
from cubesal_viewer.state import Edits, ViewerState
from cubesal_viewer.widgets.choice_menu import ChoiceMenu
from cubesal_viewer.widgets.commands import Command
from cubesal_viewer.widgets.main_window import MainWindow

__all__ = ["Readings"]

_AS_FILE = ""


def _tr(text: str) -> str:
    """Mark a text for translation; it is translated when the commands are installed."""
    return text


class _Step(QUndoCommand):
    """One change of the reading, with what was made of the clip before and after it."""

    def __init__(
        self,
        text: str,
        readings: Readings,
        before: tuple[Reading, Edits],
        after: tuple[Reading, Edits],
    ) -> None:
        super().__init__(text)
        self._readings, self._before, self._after = readings, before, after

    def redo(self) -> None:
        self._readings.read_as(*self._after)

    def undo(self) -> None:
        self._readings.read_as(*self._before)


class Readings(QObject):
    """Turns intent into readings.  Lives on the GUI thread.

    ``open_wanted`` asks for a clip that was refused, as the projection that was chosen for it.
    """

    open_wanted = Signal(object, str)

    def __init__(
        self,
        state: ViewerState,
        transport: Transport,
        documents: DocumentController,
        editor: Editor,
        window: MainWindow,
    ) -> None:
        super().__init__(window)
        self._state, self._transport, self._documents = state, transport, documents
        self._editor, self._window = editor, window
        #: How the pictures on show are read, and how they are about to be, while that takes.
        self._shown = Reading()
        self._wanted: Reading | None = None
        self._resume = (0, False)
        #: What was asked for last, and whether it is what could not be opened.
        self._asked: Path | None = None
        self._is_refused = False
        self._projections = ChoiceMenu(self.tr("P&rojection"), self._projection_names(), window)
        self._eyes = ChoiceMenu(
            self.tr("&Eye"),
            [("left", self.tr("&Left eye")), ("right", self.tr("&Right eye"))],
            window,
        )
        self._projections.chosen.connect(self.choose_projection)
        self._eyes.chosen.connect(self.choose_eye)
        state.clip_changed.connect(self._show)
        self._show(None)

    def commands(self) -> list[Command]:
        """The commands of the menu in which the choices stand, too."""
        menu = _tr("C&lip")
        return [
            Command(menu, _tr("Set the &front here"), (), self.set_front),
            Command(menu, _tr("Level the &horizon here"), (), self.level_horizon),
            Command(menu, _tr("Rese&t front and horizon"), (), self.reset_front),
        ]

    def insert_menus(self, menu: QMenu) -> None:
        """Put the choices before the commands of a menu."""
        first = menu.actions()[0]
        menu.insertMenu(first, self._projections)
        menu.insertMenu(first, self._eyes)
        menu.insertSeparator(first)

    # ---- what the person can ask for -----------------------------------------------------------

    @property
    def reading(self) -> Reading:
        """How the clip is read, or is about to be."""
        return self._wanted or self._shown

    @property
    def is_rereading(self) -> bool:
        """Whether the clip on show is on its way to be read in another way."""
        return self._wanted is not None

    def problem(self) -> str:
        """Why nothing can be exported now, in one sentence; empty if something can.

        Keys and areas are turned at once, picture and maps when they have been read.
        """
        if not self.is_rereading:
            return ""
        return self.tr("The clip is just being read in another way: try again in a moment.")

    @property
    def _camera(self) -> Camera:
        """The view, in the frame of how the clip is read or is about to be."""
        return camera_turned(self._state.camera, _turn(self._shown, self.reading))

    def choose_projection(self, name: str) -> None:
        """Take the clip for something else; "" for what the file says.

        Of a clip that could just not be opened, what it is may have been all that was wrong.
        """
        if self._is_refused and self._asked is not None and name:
            self.open_wanted.emit(self._asked, name)
            return
        self._change(self.tr("Projection"), replace(self.reading, projection=name or None))

    def choose_eye(self, name: str) -> None:
        """Read the other eye's view of a stereo clip."""
        self._change(self.tr("Eye"), replace(self.reading, eye=Eye(name)))

    def set_front(self) -> None:
        """What the view looks at becomes yaw 0; the horizon stays."""
        turn = self.reading.source_from_view @ rotation(self._camera.yaw)
        self._change(self.tr("Set the front"), self._in_columns(self.reading.turned_to(turn)))

    def level_horizon(self) -> None:
        """The view's middle comes to lie on the horizon, and the view level, at the same yaw."""
        camera = self._camera
        turn = self.reading.source_from_view @ camera.world_from_camera @ rotation(camera.yaw).T
        self._change(self.tr("Level the horizon"), self.reading.turned_to(turn))

    def reset_front(self) -> None:
        """Front and horizon as the file has them."""
        words = self.tr("Reset front and horizon")
        self._change(words, self.reading.turned_to(np.eye(3)))

    def _in_columns(self, reading: Reading) -> Reading:
        """Yaw alone rounded to whole chroma columns, which are moved without resampling."""
        clip = self._state.clip
        if clip is None or reading.pitch or reading.roll or clip.projection != "equirect":
            return reading
        step = 4 * pi / clip.width
        return replace(reading, yaw=step * round(reading.yaw / step))

    def _change(self, words: str, reading: Reading) -> None:
        if self._state.clip is None or reading.text == self.reading.text:
            self._show(self._state.clip)
            return
        edits = _turned(self._state.edits, _turn(self.reading, reading))
        before = (self.reading, self._state.edits)
        self._editor.history.stack.push(_Step(words, self, before, (reading, edits)))

    # ---- reading anew ---------------------------------------------------------------------------

    def read_as(self, reading: Reading, edits: Edits) -> None:
        """Read the clip anew, with what was made of it as it is in that frame."""
        clip = self._state.clip
        if clip is None:
            return
        self._editor.reread(reading.text)
        self._state.set_edits(edits)
        self._documents.reread(reading.text)
        self._reopen(clip.path, reading)

    def follow(self) -> bool:
        """Read the clip as its document says, if it is not; False if it is."""
        wanted = Reading.parse(self._documents.projection)
        clip = self._state.clip
        if clip is None or wanted.text == self.reading.text:
            return False
        self._editor.reread(wanted.text)
        self._reopen(clip.path, wanted)
        return True

    def _reopen(self, path: Path, reading: Reading) -> None:
        if self._wanted is None:
            playhead = self._state.playhead
            self._resume = (playhead.index, playhead.playing)
        self._wanted = reading
        self._transport.open(path, reading.text)

    def took(self, clip: OpenedClip) -> bool:
        """Whether a clip that was opened is the one on show, read anew; it then goes on there."""
        before, self._shown = self._shown, Reading.parse(clip.projection)
        self._is_refused = False
        if self._wanted is None:
            self._show(clip.info)
            return False
        self._state.set_camera(camera_turned(self._state.camera, _turn(before, self._shown)))
        if clip.projection == self._wanted.text:
            self._wanted = None
            index, playing = self._resume
            self._transport.seek(index)
            if playing:
                self._transport.play()
        self._show(clip.info)
        return True

    def opening(self, path: Path) -> None:
        """Another clip is asked for: what is on its way is not this one, read anew."""
        self._wanted = None
        self._asked, self._is_refused = path, False

    def failed(self) -> bool:
        """The clip could not be opened; True if it was to be read anew, which is taken back."""
        wanted, self._wanted = self._wanted, None
        if wanted is None:
            self._is_refused = self._asked is not None and self._asked.suffix != SUFFIX
            self._show(self._state.clip)
            return False
        self._state.set_edits(_turned(self._state.edits, _turn(wanted, self._shown)))
        self._documents.reread(self._shown.text)
        self._editor.reset(self._shown.text)
        self._show(self._state.clip)
        return True

    # ---- showing --------------------------------------------------------------------------------

    def _show(self, clip: ClipInfo | None) -> None:
        """Mark what holds, and say what it was concluded from."""
        self._projections.setEnabled(clip is not None or self._is_refused)
        words = self.tr("As the &file says")
        if clip is not None and self._shown.projection is None:
            words = f"{words}: {self._label(clip)} ({self._evidence(clip.projection_source)})"
        self._projections.entry(_AS_FILE).setText(words)
        self._projections.set_chosen(self.reading.projection or _AS_FILE)
        self._eyes.set_chosen(self.reading.eye.value)
        is_stereo = clip is not None and clip.layout is not Layout.MONO
        self._eyes.setEnabled(is_stereo)

    def _label(self, clip: ClipInfo) -> str:
        if clip.projection == "part":
            return self.tr("a part of the sphere")
        eyes = {Layout.MONO: "", Layout.STEREO_TB: "-tb", Layout.STEREO_SBS: "-sbs"}[clip.layout]
        labels = dict(self._projection_names())
        return labels.get(clip.projection + eyes, labels[clip.projection]).replace("&", "")

    def _evidence(self, source: str) -> str:
        words = {
            "aspect": self.tr("by its aspect"),
            "name": self.tr("by its name"),
            "override": self.tr("as asked for"),
        }
        return words.get(source, self.tr("by its metadata"))

    def _projection_names(self) -> list[tuple[str, str]]:
        words = {
            "equirect": self.tr("E&quirectangular"),
            "equirect-tb": self.tr("Equirectangular, stereo top-&bottom"),
            "equirect-sbs": self.tr("Equirectangular, stereo &side by side"),
            "vr180": self.tr("&Half sphere (VR180)"),
            "vr180-sbs": self.tr("Half sphere (VR180), si&de by side"),
            "vr180-tb": self.tr("Half sphere (VR180), &top-bottom"),
            "cube-3x2": self.tr("&Cube map 3×2"),
            "cube-6x1": self.tr("Cube map 6×&1"),
            "eac": self.tr("&EAC (as YouTube has it)"),
        }
        return [(_AS_FILE, self.tr("As the &file says")), *((n, words[n]) for n in PROJECTIONS)]


def _turn(before: Reading, after: Reading) -> NDArray[np.float64]:
    """What takes directions as read before to those as read after."""
    return np.asarray(after.source_from_view.T @ before.source_from_view, np.float64)


def _turned(edits: Edits, turn: NDArray[np.float64]) -> Edits:
    if np.allclose(turn, np.eye(3), atol=1e-12):
        return edits
    return replace(
        edits,
        path=keys_turned(edits.path, turn),
        areas=areas_turned(edits.areas, turn),
        regions=regions_turned(edits.regions, turn),
    )
