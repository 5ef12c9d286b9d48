"""The composition root: makes the parts, connects them, starts and stops them in order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from cubesal.camera import Camera
from cubesal.errors import ExportError
from cubesal.inspection import is_own_maps, own_maps_path
from cubesal.model_list import available_models
from cubesal_viewer.analysis.controller import AnalysisController
from cubesal_viewer.analysis.request import AnalysisRequest, ModelLoaded
from cubesal_viewer.clip_notes import ClipNotes
from cubesal_viewer.clip_watch import ClipWatch
from cubesal_viewer.display import UploadKeys, resolve
from cubesal_viewer.document.keeper import Keeper
from cubesal_viewer.editing.choosing import Choosing
from cubesal_viewer.editing.editor import Editor
from cubesal_viewer.editing.hands import connect_hands
from cubesal_viewer.export.controller import ExportController
from cubesal_viewer.export.job import ExportKind
from cubesal_viewer.files import Files
from cubesal_viewer.film import Film
from cubesal_viewer.inspect.controller import Inspect
from cubesal_viewer.keys import window_commands
from cubesal_viewer.last_view import LastView
from cubesal_viewer.lenses import Lenses
from cubesal_viewer.log import logger
from cubesal_viewer.own_maps import OwnMaps
from cubesal_viewer.playback.decoder import OpenedClip
from cubesal_viewer.playback.transport import Transport
from cubesal_viewer.preferences.controller import PreferencesController
from cubesal_viewer.preferred import Preferences
from cubesal_viewer.proxies import Proxies
from cubesal_viewer.readings import Readings
from cubesal_viewer.readout import Readout
from cubesal_viewer.settings import load_choices, save_model, save_overlay
from cubesal_viewer.snapshot import save_snapshot
from cubesal_viewer.sound_wires import wire_sound
from cubesal_viewer.split import SplitViews
from cubesal_viewer.state import ModelChoice, Overlay, ViewerState
from cubesal_viewer.steering import Steering
from cubesal_viewer.strip import Strip
from cubesal_viewer.widgets.commands import install
from cubesal_viewer.widgets.key_help import KeyHelp
from cubesal_viewer.widgets.key_hints import write_key_hints
from cubesal_viewer.widgets.key_map import KeyMap
from cubesal_viewer.widgets.main_window import MainWindow
from cubesal_viewer.widgets.overlay_panel import OverlayPanel
from cubesal_viewer.widgets.panels import AutopilotPanel, ModelPanel
from cubesal_viewer.worker import details_of

__all__ = ["Viewer"]


class Viewer(QObject):
    """Everything between the window and the workers.  Lives on the GUI thread.

    Intent comes from widgets as signals, state changes here or in a controller, and widgets follow
    the state; no widget talks to another.
    """

    failed = Signal(str)

    def __init__(self, settings: QSettings) -> None:
        super().__init__()
        self._settings = settings
        self.state = ViewerState(self)
        load_choices(settings, self.state)
        self.transport = Transport(self.state)
        self._keeper = Keeper(self)
        self.analysis = AnalysisController(self.state, keep=self._keeper.keep)
        self.steering = Steering(self.state, self.analysis)
        self.editor = Editor(self.state, self.transport, self.steering)
        self.choosing = Choosing(self.state, self.steering, self.editor)
        self.exports = ExportController(self.state, self.analysis, self.steering)
        models = available_models()
        self.window = MainWindow(
            ModelPanel(models, ["auto", "cpu"]),
            OverlayPanel(),
            AutopilotPanel(self.steering.options),
            self.exports.panel,
        )
        self.files = Files(
            self.state, self._keeper, self.transport, self.analysis, self.window, settings
        )
        self.documents = self.files.documents
        self.notes = ClipNotes(self.state, self.transport, self.window)
        watch = ClipWatch(self.state, self.window)
        self.own_maps = OwnMaps(self.state, self.window, settings)
        self.inspect = Inspect(self, self._keeper)
        self.readings = Readings(
            self.state, self.transport, self.documents, self.editor, self.window
        )
        self.exports.clip_problem = lambda: watch.problem() or self.readings.problem()
        self.lenses = Lenses(self.state, self.steering, self.window)
        self.film = Film(self.transport, self.window)
        self.proxies = Proxies(self.state, self.transport, self.window)
        self.readout = Readout(self.window)
        self.split = SplitViews(self.state, self.analysis, self.steering, self.window)
        self.strip = Strip(self.state, self.analysis, self.steering, self.editor, self.window)
        self.last_view = LastView(self.state, self.lenses, self.split, self.strip)
        self.actions = install(self.window, window_commands(self))
        self.window.insert_recent(self.files.recent)
        self.readings.insert_menus(self.window.menu_of(self.actions["Set the &front here"]))
        self.key_map = KeyMap(self.actions, settings)
        panes = (self.window.equirect, self.window.nfov)
        self.key_map.changed.connect(lambda: write_key_hints(self.window, self.key_map))
        write_key_hints(self.window, self.key_map)
        self.preferences = PreferencesController(
            self.state, settings, self.steering, panes, self.key_map
        )
        self._keys = UploadKeys()
        self._projection: str | None = None
        self._connect_intent()
        self._connect_state()
        connect_hands(self.editor, self.window)
        self._stopped = False
        #: The view and the frame to begin with, where the command line names them.
        self.start_camera: Camera | None = None
        self.start_frame = 0
        #: Whether this run's overlay and layout are kept for the next start.
        self.remembers = True

    # ---- what the person can ask for -----------------------------------------------------------

    def open(self, path: Path | str, projection: str | None = None) -> None:
        """Open a clip or document and analyse it; a failure is told and changes nothing."""
        if self.own_maps.takes(Path(path)):
            self.own_maps.show(Path(path))
            return
        self.readings.opening(Path(path))
        self.files.open(path, projection)

    def export(self, kind: ExportKind) -> None:
        """Ask for a file name and export the open clip."""
        self.exports.choose_and_start(self.window, kind)

    def snapshot(self) -> None:
        """Save what the flat view shows beside the clip."""
        clip, head = self.state.clip, self.state.playhead
        if clip is None or self.proxies.waits_for_source(self.snapshot):
            return
        try:
            picture = self.window.nfov.grab_picture()
            out = save_snapshot(picture, clip.path, head.index, head.time_s)
        except ExportError as error:
            self._tell(str(error))
        else:
            self._on_exported(out)

    def toggle_pane_mode(self) -> None:
        """Equirect ↔ cube net."""
        self.state.set_pane_mode("cube" if self.state.pane_mode == "equirect" else "equirect")

    def toggle_heatmap(self) -> None:
        """Show or hide the heatmap."""
        overlay = self.state.overlay
        self.state.set_overlay(replace(overlay, visible=not overlay.visible))

    def toggle_autopilot(self) -> None:
        """Hand the camera to the autopilot, or take it."""
        self.state.set_autopilot(not self.state.autopilot)

    def toggle_full_screen(self) -> None:
        """Full screen and back."""
        if self.window.isFullScreen():
            self.window.showNormal()
        else:
            self.window.showFullScreen()

    def show_keys(self) -> None:
        """Show the key help."""
        menus: dict[str, list[QAction]] = {}
        for menu_action in self.window.menuBar().actions():
            menu = menu_action.menu()
            if isinstance(menu, QMenu):
                menus[menu.title()] = [a for a in menu.actions() if not a.isSeparator()]
        KeyHelp(menus.items(), self.window).open()

    def show_preferences(self) -> None:
        """Show the preferences dialog."""
        self.preferences.show_dialog(self.window)

    def go_to_peak(self, direction: int) -> None:
        """Seek to the next (+1) or previous (-1) local maximum of the attention curve."""
        track = self.analysis.track
        if track is None:
            return
        done = ~np.isnan(track.peaks)
        times_s, peaks = track.time_s[done], track.peaks[done]
        inner = np.flatnonzero((peaks[1:-1] > peaks[:-2]) & (peaks[1:-1] >= peaks[2:])) + 1
        now_s = self.state.playhead.time_s
        ahead = [t for t in times_s[inner] if (t - now_s) * direction > 1e-3]
        if ahead:
            self.transport.seek_time(float(min(ahead) if direction > 0 else max(ahead)))

    def tell(self, message: str, details: str = "") -> None:
        """Show what went wrong, with details for whoever asks."""
        self.failed.emit(message)
        self.window.show_error(message, details)

    def stop(self) -> None:
        """End every worker, in the reverse order of their making; idempotent."""
        if self._stopped:
            return
        self._stopped = True
        self.strip.stop()
        if self.remembers:
            save_overlay(self._settings, self.state.overlay)
            self.window.save_layout(self._settings)
            self.last_view.save(self._settings)
        self.preferences.stop()
        self.exports.abandon()
        self.analysis.abandon()  # first tell all, then wait for each
        self.exports.stop()
        self.choosing.stop()
        self.editor.stop()
        self.steering.stop()
        self.analysis.stop()
        self.inspect.stop()
        self.split.stop()
        self.film.stop()
        self.proxies.stop()
        self.files.stop()  # after the maps that were still being made
        self.transport.stop()

    # ---- wiring --------------------------------------------------------------------------------

    def _connect_intent(self) -> None:
        window = self.window
        for pane in (window.equirect, window.nfov):
            pane.camera_dragged.connect(self.steering.take_over)
            pane.fly_requested.connect(self.steering.fly_to)
            pane.zoom_requested.connect(self.lenses.zoom)
            pane.gl_failed.connect(self._tell)
            pane.drawn_without_gl.connect(window.show_notice)
        window.transport.play_toggled.connect(self.transport.toggle)
        window.transport.stepped.connect(self.transport.step)
        wire_sound(self.transport.sound, window.transport.volume, self._settings)
        window.timeline.sought.connect(self.transport.seek_time)
        window.overlay.changed.connect(self.state.set_overlay)
        window.models.changed.connect(self._on_model_chosen)
        window.autopilot.toggled.connect(self.state.set_autopilot)
        window.autopilot.options_changed.connect(self.steering.set_options)
        window.path_dropped.connect(self.open)
        self.readings.open_wanted.connect(self.open)
        window.export_cancelled.connect(self.exports.cancel)
        window.closing.connect(self.stop)

    def _connect_state(self) -> None:
        state, window = self.state, self.window
        state.playhead_changed.connect(self._on_playhead)
        state.camera_changed.connect(self._on_camera)
        state.overlay_changed.connect(self._on_overlay)
        state.pane_mode_changed.connect(window.equirect.set_mode)
        state.model_changed.connect(self._on_model)
        state.autopilot_changed.connect(window.autopilot.set_autopilot)
        state.preferences_changed.connect(self._on_preferences)
        state.analysis_changed.connect(window.show_analysis)
        state.export_changed.connect(window.show_export)
        state.recording_changed.connect(window.autopilot.set_recording)
        self.transport.opened.connect(self._on_opened)
        self.transport.frame_changed.connect(self._show)
        self.transport.exactness_changed.connect(window.transport.set_exact)
        self.transport.failed.connect(self._on_open_failed)
        self.analysis.track_changed.connect(self._on_track)
        self.analysis.model_loaded.connect(self._on_model_loaded)
        self.analysis.model_spared.connect(self._on_model_spared)
        self.analysis.failed.connect(self._tell)
        self.analysis.noticed.connect(window.show_notice)
        self.documents.ready.connect(self._on_document)
        self.documents.begun.connect(self._analyse)  # anew, into the document that there is now
        self.documents.failed.connect(self._tell)
        self.steering.failed.connect(self._tell)
        self.steering.mode_changed.connect(window.autopilot.set_mode)
        self.editor.failed.connect(self._tell)
        self.editor.noticed.connect(window.show_notice)
        self.exports.failed.connect(self._tell)
        self.inspect.changed.connect(self._show)
        self.inspect.failed.connect(self._tell)
        self.own_maps.failed.connect(self._tell)
        self.analysis.failed.connect(self.own_maps.refused)
        self.exports.finished.connect(self._on_exported)
        window.overlay.set_overlay(state.overlay)
        window.models.set_choice(state.model)
        window.show_camera(state.camera)

    def _on_opened(self, clip: OpenedClip) -> None:
        self._projection = clip.projection
        if self.readings.took(clip):
            self.window.transport.set_clip(clip.info)
            self._on_playhead()
            self._analyse()
            return
        self.steering.reset()
        self.editor.reset(clip.projection)
        self.window.transport.set_clip(clip.info)
        self.window.timeline.set_clip(clip.info.duration_s)
        self.files.shown(clip.info.path, clip.projection)
        self.own_maps.forget()
        if self.start_frame:
            self.transport.seek(self.start_frame)
        if self.start_camera is not None:
            self.steering.take_over(self.start_camera)
        else:
            self.state.set_autopilot(True)
        self.start_camera, self.start_frame = None, 0

    def _on_playhead(self) -> None:
        self.window.transport.set_playhead(self.state.playhead)
        self.window.timeline.set_playhead(self.state.playhead.time_s)

    def _on_camera(self) -> None:
        self.window.show_camera(self.state.camera)

    def _on_overlay(self, overlay: Overlay) -> None:
        self.window.overlay.set_overlay(overlay)
        self._show()

    def _on_open_failed(self, message: str) -> None:
        self.start_camera, self.start_frame = None, 0
        if not self.readings.failed():
            self.documents.clip_failed()
        self._tell(message)

    def _on_model_chosen(self, choice: ModelChoice) -> None:
        if not is_own_maps(choice.model):
            save_model(self._settings, choice)
        self.state.set_model(choice)

    def _on_model(self, choice: ModelChoice) -> None:
        self.window.models.set_choice(choice)
        self._analyse()

    def _analyse(self) -> None:
        """Begin the analysis of the open clip anew, as soon as its document is there."""
        clip, store = self.state.clip, self.documents.store
        if clip is not None and self.documents.is_ready:
            self.window.show_model("")
            rate_hz = self.documents.content.rate_hz or self.state.preferences.rate_hz
            choice = self.state.model
            request = AnalysisRequest(clip.path, self._projection, choice, rate_hz, store)
            self.analysis.start(request)

    def _on_document(self) -> None:
        self.editor.history.forget()  # what the document brought is where undo ends
        if not self.readings.follow():  # it is analysed when it has been read anew
            self._analyse()

    def _on_preferences(self, preferences: Preferences) -> None:
        request, own_rate = self.analysis.request, self.documents.content.rate_hz
        if request is not None and request.rate_hz != (own_rate or preferences.rate_hz):
            self._analyse()
        self._show()

    def _on_model_spared(self) -> None:
        if is_own_maps(self.state.model.model):
            name = own_maps_path(self.state.model.model).name
            self.window.show_model(self.tr("%1, maps from a file").replace("%1", name))
            return
        words = self.tr("%1, analysed before")
        self.window.show_model(words.replace("%1", self.state.model.model))

    def _on_model_loaded(self, loaded: ModelLoaded) -> None:
        self.window.models.set_devices(loaded.devices)
        words = self.tr("%1 on %2").replace("%1", loaded.name)
        self.window.show_model(words.replace("%2", loaded.device))

    def _on_track(self) -> None:
        if self.analysis.track is not None:
            self.own_maps.taken()
        self._show()

    def _show(self) -> None:
        """Resolve what the panes show for the frame that is on them."""
        frame = self.transport.frame
        view = self.analysis.view_at(frame.time_s if frame else 0.0)
        track = self.analysis.track
        peak = track.peak if track else 0.0
        show_stale = self.state.preferences.show_stale
        display = resolve(frame, view, peak, self.state.overlay, self._keys, show_stale)
        self.window.show_display(self.inspect.amend(display))
        self.readout.refresh()

    def _on_exported(self, path: Path) -> None:
        self.window.show_notice(self.tr("Wrote %1").replace("%1", str(path)))

    def _tell(self, message: str) -> None:
        logger.warning("told: %s", message)
        self.tell(message, details_of(message))
