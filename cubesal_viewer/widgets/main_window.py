"""The main window: lays the parts out and shows state.  What happens is decided elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from math import degrees

from PySide6.QtCore import QByteArray, QSettings, Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QLabel,
    QMainWindow,
    QMenu,
    QProgressBar,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cubesal.camera import Camera
from cubesal.lens import Lens
from cubesal.track import Status
from cubesal_viewer.display import DisplayState
from cubesal_viewer.log import log_path
from cubesal_viewer.state import Activity
from cubesal_viewer.widgets.aspect_frame import AspectFrame
from cubesal_viewer.widgets.equirect_pane import EquirectPane
from cubesal_viewer.widgets.error_dialog import ErrorDialog
from cubesal_viewer.widgets.film_strip import FilmStrip
from cubesal_viewer.widgets.nfov_pane import NfovPane
from cubesal_viewer.widgets.overlay_panel import OverlayPanel
from cubesal_viewer.widgets.panels import AutopilotPanel, ModelPanel
from cubesal_viewer.widgets.panes_area import PanesArea
from cubesal_viewer.widgets.sphere_pane import BACKGROUND
from cubesal_viewer.widgets.timecode import duration_text
from cubesal_viewer.widgets.timeline import Timeline
from cubesal_viewer.widgets.transport_bar import TransportBar
from cubesal_viewer.widgets.view_cells import Split, split_aspect

__all__ = ["NFOV_ASPECT", "MainWindow"]

#: The viewport shows what the default export will: 16:9.
NFOV_ASPECT = 16 / 9
_LAYOUT_VERSION = 3
_TIMELINE_HEIGHT = 112
_PANEL_HEIGHT = 200
_NOTICE_MS = 15_000


class MainWindow(QMainWindow):
    """Panes, transport, timeline and docks.  Emits ``path_dropped`` and ``closing``."""

    path_dropped = Signal(str)
    closing = Signal()
    export_cancelled = Signal()

    def __init__(
        self,
        models: ModelPanel,
        overlay: OverlayPanel,
        autopilot: AutopilotPanel,
        exports: QWidget,
    ) -> None:
        super().__init__()
        self.equirect = EquirectPane()
        self.nfov = NfovPane()
        self.panes = PanesArea()
        self.transport = TransportBar()
        self.timeline = Timeline()
        self.film = FilmStrip()
        self.timeline.range_changed.connect(self.film.set_range)
        self.models, self.overlay, self.autopilot = models, overlay, autopilot
        self.exports = exports
        self._error: ErrorDialog | None = None
        #: What the map that is shown is worth.
        self.map_status: Status = "none"
        #: Asked before the window closes; what is unsaved may hold it open.
        self.may_close: Callable[[], bool] = lambda: True
        self.setAcceptDrops(True)
        self.setWindowTitle("cubesal-viewer")
        self.setDockNestingEnabled(True)
        self._lay_out()
        self._make_status_bar()
        self.resize(1440, 900)

    def show_display(self, display: DisplayState) -> None:
        """Put a resolved picture on both panes and into the legend."""
        self.equirect.set_content(display.content)
        self.nfov.set_content(display.content)
        self.overlay.set_scale(display.scale)
        self.map_status = display.map_status
        words = {
            "current": self.tr("attention: this frame"),
            "stale": self.tr("attention: earlier frame (stale)"),
            "none": self.tr("attention: not analysed yet"),
        }
        has_clip = display.content.planes is not None
        self.transport.set_map_status(words[display.map_status] if has_clip else "")

    def show_camera(self, camera: Camera) -> None:
        """Point both panes."""
        self.equirect.set_camera(camera, NFOV_ASPECT)
        self.nfov.set_camera(camera)
        self._say_view()

    def show_lens(self, lens: Lens) -> None:
        """Lay the flat view out in another way."""
        for pane in (self.equirect, self.nfov):
            pane.set_lens(lens)
        self.transport.set_projection(lens.projection)
        self._say_view()

    def _say_view(self) -> None:
        camera, lens = self.nfov.camera, self.nfov.lens
        words = self.tr("yaw %1°  pitch %2°  hfov %3°")
        for place, angle, sign in (
            ("%1", camera.yaw, "+"),
            ("%2", camera.pitch, "+"),
            ("%3", lens.fov if lens.is_stereographic else camera.hfov, ""),
        ):
            words = words.replace(place, f"{degrees(angle):{sign}.0f}")
        self._view.setText(words)

    def set_split(self, count: Split) -> None:
        """Give the flat pane room for so many views of one shape."""
        self.nfov.set_split(count)
        self._frame.set_aspect(split_aspect(NFOV_ASPECT, count))

    def show_readout(self, text: str) -> None:
        """Say what is under the mouse."""
        self._readout.setText(text)

    def show_analysis(self, activity: Activity) -> None:
        """Show how far the analysis is."""
        _show_activity(activity, self._analysis_text, self._analysis_bar)

    def show_export(self, activity: Activity) -> None:
        """Show how far the export is, with a button to cancel it."""
        _show_activity(activity, self._export_text, self._export_bar)
        self._export_cancel.setVisible(activity.busy)

    def show_model(self, text: str) -> None:
        """Say which model runs where."""
        self.models.set_status(text)
        self._model.setText(text)

    def show_notice(self, text: str) -> None:
        """Say something in passing."""
        self.statusBar().showMessage(text, _NOTICE_MS)

    def show_title(self, name: str, is_modified: bool) -> None:
        """Name what is open, with the system's mark where it is not saved."""
        self.setWindowTitle(f"{name}[*] — cubesal-viewer")
        self.setWindowModified(is_modified)

    def insert_recent(self, recent: QMenu) -> None:
        """Put the menu of recent files behind the first command of the first menu."""
        menu = self.menuBar().actions()[0].menu()
        assert isinstance(menu, QMenu)
        menu.insertMenu(menu.actions()[1], recent)

    def menu_of(self, action: QAction) -> QMenu:
        """The menu of the menu bar that an action stands in."""
        menus = (top.menu() for top in self.menuBar().actions())
        return next(m for m in menus if isinstance(m, QMenu) and action in m.actions())

    def show_error(self, message: str, details: str = "") -> None:
        """Tell the user what went wrong, without blocking anything."""
        if self._error is None:
            self._error = ErrorDialog(log_path(), self)
            self._error.finished.connect(self._forget_error)
        self._error.tell(message, details)
        self._error.open()

    def _forget_error(self) -> None:
        self._error = None

    def restore_layout(self, settings: QSettings) -> None:
        """Restore size and docks as they were left."""
        geometry, state = settings.value("window/geometry"), settings.value("window/state")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        panes = settings.value("window/panes")
        if isinstance(state, QByteArray):
            self.restoreState(state, _LAYOUT_VERSION)
        if isinstance(panes, QByteArray):
            self.panes.restore(panes)

    def save_layout(self, settings: QSettings) -> None:
        """Keep size and docks for the next start."""
        settings.setValue("window/geometry", self.saveGeometry())
        settings.setValue("window/state", self.saveState(_LAYOUT_VERSION))
        settings.setValue("window/panes", self.panes.state())

    def reset_layout(self) -> None:
        """Put every dock back where it was at first."""
        self.restoreState(self._first_state, _LAYOUT_VERSION)
        self.panes.reset()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        local = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if local:
            event.acceptProposedAction()
            self.path_dropped.emit(local[0])

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.may_close():
            event.ignore()
            return
        self.hide()  # workers may take a moment to end; hiding also frees what the panes hold
        self.closing.emit()
        super().closeEvent(event)

    def _lay_out(self) -> None:
        self._frame = AspectFrame(self.nfov, NFOV_ASPECT, BACKGROUND)
        sphere = (self.tr("Sphere"), "sphere", self.equirect)
        view = (self.tr("View"), "view", self._frame)
        # 2:1 beside 16:9: at these widths both pictures are equally tall.
        self.panes.set_panes([sphere, view], [2000, round(1000 * NFOV_ASPECT)])
        central = QWidget()
        column = QVBoxLayout(central)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.panes, 1)
        column.addWidget(self.transport)
        column.addWidget(self.film)
        column.addWidget(self.timeline)
        self.timeline.setFixedHeight(_TIMELINE_HEIGHT)
        self.setCentralWidget(central)
        area = Qt.DockWidgetArea.BottomDockWidgetArea
        overlay = self._dock(self.tr("Overlay"), "overlay", self.overlay)
        model = self._dock(self.tr("Model"), "model", self.models)
        autopilot = self._dock(self.tr("Autopilot"), "autopilot", self.autopilot)
        self.addDockWidget(area, overlay)
        for before, dock in ((overlay, autopilot), (autopilot, model)):
            self.splitDockWidget(before, dock, Qt.Orientation.Horizontal)
        exports = self._dock(self.tr("Exports"), "exports", self.exports)
        self.tabifyDockWidget(model, exports)
        model.raise_()
        self.docks = [overlay, autopilot, model, exports]
        self.resizeDocks(self.docks[:3], [480, 480, 480], Qt.Orientation.Horizontal)
        self.resizeDocks(self.docks[:1], [_PANEL_HEIGHT], Qt.Orientation.Vertical)
        self._first_state = self.saveState(_LAYOUT_VERSION)

    def _name_dock_tabs(self) -> None:
        """Qt makes these bars as docks come to share a place; it names none."""
        bars = [bar for bar in self.findChildren(QTabBar) if bar.parent() is self]
        for number, bar in enumerate(bars, start=1):
            name = self.tr("Docks that share a place")
            bar.setAccessibleName(name if number == 1 else f"{name} ({number})")

    def add_tab(self, title: str, name: str, content: QWidget) -> QDockWidget:
        """Add a dock behind the last one, as part of the first layout."""
        dock = self._dock(title, name, content)
        self.tabifyDockWidget(self.docks[-1], dock)
        self.docks[2].raise_()
        self.docks.append(dock)
        self.resizeDocks(self.docks[:1], [_PANEL_HEIGHT], Qt.Orientation.Vertical)
        self._first_state = self.saveState(_LAYOUT_VERSION)
        return dock

    def _dock(self, title: str, name: str, content: QWidget) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(name)
        dock.setWidget(content)
        dock.visibilityChanged.connect(self._name_dock_tabs)
        return dock

    def _make_status_bar(self) -> None:
        self._view, self._model, self._readout = QLabel(), QLabel(), QLabel()
        self._analysis_text, self._export_text = QLabel(), QLabel()
        self._analysis_bar, self._export_bar = QProgressBar(), QProgressBar()
        for bar in (self._analysis_bar, self._export_bar):
            bar.setMaximumWidth(140)
            bar.setMaximumHeight(12)
            bar.setTextVisible(False)
        self._export_cancel = QToolButton()
        self._export_cancel.setText(self.tr("Cancel export"))
        self._export_cancel.clicked.connect(self.export_cancelled)
        status = self.statusBar()
        status.addWidget(self._view)
        status.addWidget(self._readout)
        for widget in (
            self._analysis_text,
            self._analysis_bar,
            self._export_text,
            self._export_bar,
            self._export_cancel,
            self._model,
        ):
            status.addPermanentWidget(widget)
        self.show_analysis(Activity())
        self.show_export(Activity())


def _show_activity(activity: Activity, text: QLabel, bar: QProgressBar) -> None:
    text.setVisible(activity.busy)
    bar.setVisible(activity.busy)
    words = activity.text
    if activity.total:
        words += f"  {activity.done}/{activity.total}"
    if activity.eta_s is not None:
        words += f"  · {duration_text(activity.eta_s)}"
    text.setText(words)
    bar.setRange(0, activity.total)
    bar.setValue(activity.done)
