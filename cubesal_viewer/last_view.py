"""How the panes were looked at when the window was closed: kept for the next start."""

from __future__ import annotations

from typing import get_args

from PySide6.QtCore import QSettings

from cubesal.lens import LENSES, Lens
from cubesal_viewer.lenses import Lenses
from cubesal_viewer.split import SplitViews
from cubesal_viewer.state import ViewerState
from cubesal_viewer.strip import Strip
from cubesal_viewer.widgets.timeline import CurveName
from cubesal_viewer.widgets.view_cells import SPLITS

__all__ = ["LastView"]


class LastView:
    """Projection, number of views, words over the view, curves shown. `--reset` forgets them."""

    def __init__(self, state: ViewerState, lenses: Lenses, split: SplitViews, strip: Strip) -> None:
        self._state, self._lenses, self._split, self._strip = state, lenses, split, strip

    def save(self, settings: QSettings) -> None:
        """Keep what is now."""
        settings.setValue("view/projection", self._state.lens.projection)
        settings.setValue("view/fov", self._state.lens.fov)
        settings.setValue("view/count", self._split.count)
        settings.setValue("view/words", str(self._strip.hud_shown).lower())
        settings.setValue("view/curves", " ".join(self._strip.curve_keys.shown()))

    def restore(self, settings: QSettings) -> None:
        """Show what was kept; whatever is missing or damaged stays as it is."""
        projection = settings.value("view/projection")
        for known in LENSES:
            if projection == known:
                self._lenses.choose(known)
        try:
            fov = float(str(settings.value("view/fov")))
            self._state.set_lens(Lens(self._state.lens.projection, fov))
        except ValueError:
            pass  # of another version, or never saved
        for count in SPLITS:
            if str(settings.value("view/count")) == str(count):
                self._split.set_split(count)
        if (str(settings.value("view/words")) == "true") != self._strip.hud_shown:
            self._strip.toggle_hud()
        curves = settings.value("view/curves")
        if isinstance(curves, str) and set(curves.split()) <= set(get_args(CurveName)):
            self._strip.curve_keys.set_shown(curves.split())
