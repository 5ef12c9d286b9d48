"""The Inspect dock: a tab for each tool; files dropped onto it are ground truth."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QTabWidget, QVBoxLayout, QWidget

__all__ = ["InspectPanel"]


class InspectPanel(QWidget):
    """Emits ``truth_dropped`` with the path of what was dropped."""

    truth_dropped = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self._places: dict[QWidget, QScrollArea] = {}
        self._tabs = QTabWidget()
        self._tabs.setDocumentMode(True)
        self._tabs.tabBar().setDrawBase(False)  # its line would be white in the dark
        self._tabs.setAccessibleName(self.tr("Inspecting tools"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._tabs)

    def add_tool(self, title: str, view: QWidget) -> None:
        """Add a tab; what does not fit can be scrolled, so that the pictures keep their room."""
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(view)
        self._places[view] = scroll
        self._tabs.addTab(scroll, title)

    def show_tool(self, view: QWidget) -> None:
        """Bring a tab to the front."""
        self._tabs.setCurrentWidget(self._places[view])

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        local = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if local:
            event.acceptProposedAction()
            self.truth_dropped.emit(Path(local[0]))
