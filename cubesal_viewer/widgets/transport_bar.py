"""The row under the panes: play, step, time code, speed, and what the picture and map are doing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFontDatabase, QPalette
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QToolButton, QWidget

from cubesal.video import ClipInfo
from cubesal_viewer.state import Playhead
from cubesal_viewer.widgets.commands import with_key
from cubesal_viewer.widgets.curve_keys import CurveKeys
from cubesal_viewer.widgets.icons import transport_icon
from cubesal_viewer.widgets.timecode import clock_text
from cubesal_viewer.widgets.volume_control import VolumeControl

__all__ = ["TransportBar"]


class TransportBar(QWidget):
    """Buttons that emit ``play_toggled`` and ``stepped`` (frames); labels that only show."""

    play_toggled = Signal()
    stepped = Signal(int)
    projection_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._back = self._button(self.tr("One frame back"))
        self._play = self._button(self.tr("Play or pause"))
        self._ahead = self._button(self.tr("One frame on"))
        self._play.clicked.connect(self.play_toggled)
        self._back.clicked.connect(lambda: self.stepped.emit(-1))
        self._ahead.clicked.connect(lambda: self.stepped.emit(1))
        self._time, self._frame, self._speed, self._map = (QLabel() for _ in range(4))
        self._projection = self._chooser()
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        self._time.setFont(fixed)
        self._frame.setFont(fixed)
        self.curves = CurveKeys()
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        for widget in (self._back, self._play, self._ahead, self._time, self._frame, self._speed):
            row.addWidget(widget)
        self.volume = VolumeControl()
        row.addWidget(self.volume)
        row.addStretch(1)
        row.addWidget(self._projection)
        row.addSpacing(12)
        row.addWidget(self.curves)
        row.addSpacing(10)
        row.addWidget(self._map)
        self._info: ClipInfo | None = None
        self._playing = False
        self._draw_icons()
        self.set_clip(None)

    def set_keys(self, back: str, play: str, ahead: str) -> None:
        """Name the keys that do the same as the buttons; empty for none."""
        for button, key in ((self._back, back), (self._play, play), (self._ahead, ahead)):
            button.setToolTip(with_key(button.accessibleName(), key))

    def set_clip(self, info: ClipInfo | None) -> None:
        """Show an open clip's length, or that there is none."""
        self._info = info
        self.setEnabled(info is not None)
        self.set_playhead(Playhead())

    def set_playhead(self, playhead: Playhead) -> None:
        """Show where the playhead is; emits nothing."""
        if playhead.playing != self._playing:
            self._playing = playhead.playing
            self._draw_icons()
        total_s = self._info.duration_s if self._info else 0.0
        count = self._info.frame_count if self._info else 0
        self._time.setText(f"{clock_text(playhead.time_s)} / {clock_text(total_s)}")
        self._frame.setText(
            self.tr("frame %1 / %2")
            .replace("%1", str(playhead.index))
            .replace("%2", str(max(count - 1, 0)))
        )
        self._speed.setText("" if playhead.speed == 1.0 else f"{playhead.speed:g}×")

    def set_projection(self, projection: str) -> None:
        """Show which projection the flat view has; emits nothing."""
        self._projection.blockSignals(True)
        self._projection.setCurrentIndex(self._projection.findData(projection))
        self._projection.blockSignals(False)

    def set_exact(self, exact: bool) -> None:
        """Say whether the picture is that of the playhead, or a key frame near it for now."""
        words = self.tr("The picture is the key frame before it, while this frame is decoded.")
        self._frame.setEnabled(exact)  # greyed: the number is not that of the picture
        self._frame.setToolTip("" if exact else words)

    def set_map_status(self, text: str) -> None:
        """Say whether the heatmap belongs to this moment."""
        self._map.setText(text)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._draw_icons()

    def _draw_icons(self) -> None:
        colour = self.palette().color(QPalette.ColorRole.WindowText)
        quiet = self.palette().color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.WindowText)
        self._back.setIcon(transport_icon("back", colour, quiet))
        self._play.setIcon(transport_icon("pause" if self._playing else "play", colour, quiet))
        self._ahead.setIcon(transport_icon("ahead", colour, quiet))

    def _chooser(self) -> QComboBox:
        chooser = QComboBox(self)
        chooser.setAccessibleName(self.tr("Projection of the flat view"))
        chooser.setToolTip(self.tr("Projection of the flat view (exports are rectilinear)"))
        chooser.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        chooser.addItem(self.tr("rectilinear"), "rectilinear")
        chooser.addItem(self.tr("stereographic"), "stereographic")
        chooser.addItem(self.tr("little planet"), "planet")
        chooser.currentIndexChanged.connect(
            lambda _: self.projection_chosen.emit(chooser.currentData())
        )
        return chooser

    def _button(self, name: str) -> QToolButton:
        button = QToolButton(self)
        button.setToolTip(name)
        button.setAccessibleName(name)
        button.setAutoRaise(True)
        # Reached by Tab, but a click leaves the keyboard with the picture.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button
