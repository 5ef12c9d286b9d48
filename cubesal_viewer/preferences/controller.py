"""Brings about what people prefer: remembers it, and tells the parts that it is about."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QSettings
from PySide6.QtWidgets import QApplication, QWidget

from cubesal_viewer.glide import Glide
from cubesal_viewer.preferences.dialog import PreferencesDialog
from cubesal_viewer.preferred import Preferences, load_preferences, save_preferences
from cubesal_viewer.resume import Resume
from cubesal_viewer.state import ViewerState
from cubesal_viewer.steering import Steering
from cubesal_viewer.theme import apply_theme
from cubesal_viewer.widgets.gestures import SteeringPane
from cubesal_viewer.widgets.key_map import KeyMap

__all__ = ["PreferencesController"]


class PreferencesController(QObject):
    """Between the dialog, the settings and what behaves by them: panes, glide, resume, theme."""

    def __init__(
        self,
        state: ViewerState,
        settings: QSettings,
        steering: Steering,
        panes: Sequence[SteeringPane],
        keys: KeyMap,
    ) -> None:
        super().__init__()
        self._state, self._settings, self._keys = state, settings, keys
        self._panes = tuple(panes)
        self._dialog: PreferencesDialog | None = None
        self.glide = Glide(state, steering.take_over)
        self.resume = Resume(state, steering, self._is_held)
        for pane in self._panes:
            pane.grasped.connect(self.glide.stop)
            pane.camera_dragged.connect(self.glide.dragged)
            pane.drag_finished.connect(self.glide.released)
        state.preferences_changed.connect(self._apply)
        state.set_preferences(load_preferences(settings))

    def show_dialog(self, parent: QWidget) -> PreferencesDialog:
        """Show the dialog, or bring the one that is open to the front."""
        if self._dialog is None:
            self._dialog = PreferencesDialog(self._keys, parent)
            self._dialog.set_preferences(self._state.preferences)
            self._dialog.edited.connect(self.choose)
            self._dialog.finished.connect(self._forget_dialog)
        self._dialog.show()
        self._dialog.raise_()
        self._dialog.activateWindow()
        return self._dialog

    def choose(self, preferences: Preferences) -> None:
        """Let these hold, now and after the next start."""
        save_preferences(self._settings, preferences)
        self._state.set_preferences(preferences)

    def stop(self) -> None:
        """Let nothing move or take over by itself any more."""
        self.glide.stop()
        self.resume.stop()

    def _apply(self, preferences: Preferences) -> None:
        for pane in self._panes:
            pane.set_invert_drag(preferences.invert_drag)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        apply_theme(application, preferences.theme)
        if self._dialog is not None:
            self._dialog.set_preferences(preferences)

    def _is_held(self) -> bool:
        return any(pane.is_dragging for pane in self._panes)

    def _forget_dialog(self) -> None:
        self._dialog = None
