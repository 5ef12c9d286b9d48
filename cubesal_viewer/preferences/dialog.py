"""The preferences dialog: what is chosen holds at once, and can be taken back page by page."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from cubesal_viewer.preferences.keys_page import KeysPage
from cubesal_viewer.preferences.pages import AnalysisPage, AppearancePage, LookingPage, Page
from cubesal_viewer.preferred import Preferences
from cubesal_viewer.widgets.key_map import KeyMap

__all__ = ["PreferencesDialog"]


class PreferencesDialog(QDialog):
    """Emits ``edited`` with new :class:`Preferences`; keys go to the key map themselves."""

    edited = Signal(object)

    def __init__(self, key_map: KeyMap, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Preferences"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.pages: list[Page] = [LookingPage(), AnalysisPage(), AppearancePage()]
        self.keys = KeysPage(key_map)
        self.tabs = QTabWidget()
        self.tabs.tabBar().setAccessibleName(self.tr("Pages of the preferences"))
        titles = [self.tr("Looking"), self.tr("Analysis"), self.tr("Appearance")]
        for page, title in zip(self.pages, titles, strict=True):
            page.edited.connect(self.edited)
            self.tabs.addTab(page, title)
        self.tabs.addTab(self.keys, self.tr("Keys"))
        column = QVBoxLayout(self)
        column.addWidget(self.tabs, 1)
        column.addLayout(self._make_buttons())
        self.resize(640, 560)

    def set_preferences(self, preferences: Preferences) -> None:
        """Show these; emits nothing."""
        for page in self.pages:
            page.set_preferences(preferences)

    def _make_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        page = QPushButton(self.tr("Restore this page"))
        page.clicked.connect(self._restore_page)
        everything = QPushButton(self.tr("Restore all defaults"))
        everything.clicked.connect(self._restore_all)
        close = QPushButton(self.tr("Close"))
        close.clicked.connect(self.accept)
        row.addWidget(page)
        row.addWidget(everything)
        row.addStretch(1)
        row.addWidget(close)
        for button in (page, everything, close):
            button.setAutoDefault(False)  # Enter in a number or in the table closes nothing
        return row

    def _restore_page(self) -> None:
        page = self.tabs.currentWidget()
        assert isinstance(page, (Page, KeysPage))
        page.restore()

    def _restore_all(self) -> None:
        self.edited.emit(Preferences())
        self.keys.restore()
