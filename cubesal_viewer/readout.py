"""Reads out what lies under the mouse: where on the sphere, and the value of the map there."""

from __future__ import annotations

from math import degrees

import numpy as np
from PySide6.QtCore import QObject

from cubesal.geometry import dir_from_angles, uv_from_dir
from cubesal.overlay import sample_uv
from cubesal_viewer.widgets.main_window import MainWindow

__all__ = ["Readout"]


class Readout(QObject):
    """Follows the mouse over both panes, and the picture under a mouse that rests."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._direction: tuple[float, float] | None = None
        for pane in (window.equirect, window.nfov):
            pane.hovered.connect(self._on_hovered)

    def refresh(self) -> None:
        """The picture has changed: say what is under the mouse now."""
        if self._direction is not None:
            self._window.show_readout(self._words(*self._direction))

    def _on_hovered(self, direction: tuple[float, float] | None) -> None:
        if self._window.equirect.content.planes is None:
            direction = None
        self._direction = direction
        self._window.show_readout("" if direction is None else self._words(*direction))

    def _words(self, yaw: float, pitch: float) -> str:
        content = self._window.equirect.content
        words = self.tr("under the mouse: yaw %1°  pitch %2°")
        words = words.replace("%1", f"{degrees(yaw):+.1f}").replace("%2", f"{degrees(pitch):+.1f}")
        if content.saliency is None:
            return f"{words}  {self.tr('not analysed yet')}"
        uv = np.atleast_2d(uv_from_dir(dir_from_angles(yaw, pitch)))
        is_other = content.other is not None and uv[0, 0] >= content.wipe
        shown = content.other if is_other and content.other is not None else content.saliency
        value = float(sample_uv(shown, uv)[0])
        words += "  " + self.tr("value %1").replace("%1", f"{value:.3g}")
        if content.scale > 0:
            words += f" ({value / content.scale:.0%})"
        if self._window.map_status == "stale":
            words += "  " + self.tr("of an earlier frame")
        return words
