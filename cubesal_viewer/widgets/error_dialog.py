"""The error dialog: what went wrong, the details for whoever asks, and where the log is."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QStyle,
    QVBoxLayout,
    QWidget,
)

__all__ = ["ErrorDialog"]

_ICON = 40
_WIDTH = 640
#: Further failures while it is open are added to the details, up to this many.
_MOST = 20


class ErrorDialog(QDialog):
    """Blocks nothing.  However many things go wrong at once there is one, with the latest first."""

    def __init__(self, log: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Something went wrong"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._told: list[tuple[str, str]] = []
        self._log = log
        self._message = QLabel()
        self._message.setWordWrap(True)
        self._message.setTextFormat(Qt.TextFormat.PlainText)
        self._message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._details = QPlainTextEdit(readOnly=True)
        self._details.setAccessibleName(self.tr("Details of the error"))
        self._details.setTabChangesFocus(True)
        self._details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._details.setMinimumHeight(180)
        self._details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._details.hide()
        self._where = QLabel(self.tr("Log: %1").replace("%1", str(log)))
        self._where.setWordWrap(True)
        self._where.setTextFormat(Qt.TextFormat.PlainText)
        self._where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._more = QPushButton(self.tr("Details"))
        self._more.clicked.connect(lambda: self.show_details(self._details.isHidden()))
        self._copy = QPushButton(self.tr("Copy"))
        self._copy.setAccessibleName(self.tr("Copy the message and its details"))
        self._copy.clicked.connect(self._on_copy)
        self._close = QPushButton(self.tr("Close"))
        self._close.clicked.connect(self.accept)
        self._close.setDefault(True)
        self._lay_out()

    @property
    def message(self) -> str:
        """The latest message."""
        return self._message.text()

    @property
    def text(self) -> str:
        """Everything that was told, as Copy takes it."""
        parts = [f"{message}\n{details}".rstrip() for message, details in reversed(self._told)]
        return "\n\n".join([*parts, self._where.text()])

    def tell(self, message: str, details: str = "") -> None:
        """Show another failure; ``details``, as a traceback, are shown on demand."""
        if (message, details) not in self._told:
            self._told = [*self._told, (message, details)][-_MOST:]
        self._message.setText(message)
        shown = [part for part in (details, self._earlier()) if part]
        self._details.setPlainText("\n\n".join(shown))
        self._more.setVisible(bool(shown))
        self.show_details(not self._details.isHidden() and bool(shown))

    def show_details(self, shown: bool) -> None:
        """Show the details, or the message alone."""
        self._details.setVisible(shown)
        self._more.setText(self.tr("Hide details") if shown else self.tr("Details"))
        self.adjustSize()

    def _earlier(self) -> str:
        before = [f"{message}\n{details}".rstrip() for message, details in self._told[:-1]]
        if not before:
            return ""
        return self.tr("Before that:") + "\n" + "\n\n".join(reversed(before))

    def _lay_out(self) -> None:
        icon = QLabel()
        standard = QStyle.StandardPixmap.SP_MessageBoxWarning
        icon.setPixmap(self.style().standardIcon(standard).pixmap(_ICON, _ICON))
        head, buttons = QHBoxLayout(), QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._message, 1)
        buttons.addWidget(self._more)
        buttons.addWidget(self._copy)
        buttons.addStretch(1)
        buttons.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(14)
        column.addLayout(head)
        column.addWidget(self._details, 1)
        column.addWidget(self._where)
        column.addLayout(buttons)
        self.setMinimumWidth(_WIDTH)

    def _on_copy(self) -> None:
        QApplication.clipboard().setText(self.text)
