"""The panes side by side, each in a dock that can be moved, put below the other, or taken out."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QWidget

__all__ = ["PanesArea"]

_VERSION = 1
_FEATURES = (
    QDockWidget.DockWidgetFeature.DockWidgetMovable
    | QDockWidget.DockWidgetFeature.DockWidgetFloatable
)


class PanesArea(QMainWindow):
    """A window in the window, so that what is under the panes keeps the whole width.

    Neither pane can be closed, and both have a title, so that they stay equally tall.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setDockOptions(
            QMainWindow.DockOption.AnimatedDocks | QMainWindow.DockOption.AllowNestedDocks
        )
        self.docks: list[QDockWidget] = []

    def set_panes(self, panes: list[tuple[str, str, QWidget]], widths: list[int]) -> None:
        """Put panes (title, name, widget) beside each other, their widths in these proportions."""
        for title, name, pane in panes:
            dock = QDockWidget(title, self)
            dock.setObjectName(name)
            dock.setFeatures(_FEATURES)
            dock.setWidget(pane)
            dock.visibilityChanged.connect(self._name_tabs)
            if self.docks:
                self.splitDockWidget(self.docks[-1], dock, Qt.Orientation.Horizontal)
            else:
                self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
            self.docks.append(dock)
        self.resizeDocks(self.docks, widths, Qt.Orientation.Horizontal)
        self._first_state = self.saveState(_VERSION)

    def state(self) -> QByteArray:
        """Where the panes are, for the next start."""
        return self.saveState(_VERSION)

    def restore(self, state: QByteArray) -> bool:
        """Put the panes where they were; False for what is no state of theirs."""
        return self.restoreState(state, _VERSION)

    def reset(self) -> None:
        """Put the panes where they were at first."""
        self.restoreState(self._first_state, _VERSION)

    def _name_tabs(self) -> None:
        """Qt makes this bar when both panes come to share a place; it names none."""
        for bar in self.findChildren(QTabBar):
            if bar.parent() is self:
                bar.setAccessibleName(self.tr("Panes that share a place"))
