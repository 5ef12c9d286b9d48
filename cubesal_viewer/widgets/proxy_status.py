"""What the status bar says of a proxy: how far it is, a button to cancel it, and when it shows."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

__all__ = ["ProxyStatus"]


class ProxyStatus(QWidget):
    """Takes no room while there is nothing to say; ``cancelled`` is the button's press."""

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text, self._bar, self._cancel = QLabel(), QProgressBar(), QToolButton()
        self._badge = QLabel(self.tr("proxy"))
        self._badge.setToolTip(
            self.tr("The picture is that of the proxy; paused, it is that of the clip itself.")
        )
        self._bar.setMaximumSize(140, 12)
        self._bar.setTextVisible(False)
        self._cancel.setText(self.tr("Cancel proxy"))
        self._cancel.clicked.connect(self.cancelled)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for part in (self._text, self._bar, self._cancel, self._badge):
            row.addWidget(part)
        self.show_making(None)
        self.show_badge(False)

    def show_making(self, progress: tuple[int, int] | None) -> None:
        """Show how many frames of how many there are; None: none is being made."""
        for part in (self._text, self._bar, self._cancel):
            part.setVisible(progress is not None)
        done, total = progress or (0, 1)
        words = self.tr("making a proxy  %1/%2").replace("%1", str(done))
        self._text.setText(words.replace("%2", str(total)))
        self._bar.setRange(0, total)
        self._bar.setValue(done)

    def show_badge(self, is_proxy: bool) -> None:
        """Say whether the picture on show is that of a proxy."""
        self._badge.setVisible(is_proxy)
