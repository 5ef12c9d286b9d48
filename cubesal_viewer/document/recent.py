"""What was opened last: a menu of clips and documents, newest first."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings, Signal
from PySide6.QtWidgets import QMenu, QWidget

__all__ = ["RecentMenu", "recent_files", "remember_file"]

_KEY = "recent/files"
_MOST = 10


def recent_files(settings: QSettings) -> list[Path]:
    """What was opened last, newest first, at most ten; whether it is still there is not asked."""
    saved = settings.value(_KEY, [])
    names = saved if isinstance(saved, list) else [saved]  # a list of one comes back as its item
    return [Path(name) for name in names if isinstance(name, str) and name][:_MOST]


def remember_file(settings: QSettings, path: Path) -> None:
    """Put a clip or document first."""
    whole = path.absolute()
    others = [other for other in recent_files(settings) if other != whole]
    settings.setValue(_KEY, [str(file) for file in [whole, *others][:_MOST]])


class RecentMenu(QMenu):
    """The menu; filled anew whenever it opens. Emits ``chosen``."""

    chosen = Signal(object)

    def __init__(self, settings: QSettings, parent: QWidget) -> None:
        super().__init__(parent)
        self._settings = settings
        self.setTitle(self.tr("Open &recent"))
        self.setToolTipsVisible(True)
        self.aboutToShow.connect(self.fill)
        self.fill()

    def fill(self) -> None:
        """List the files as they are remembered now."""
        self.clear()
        files = recent_files(self._settings)
        for number, file in enumerate(files, start=1):
            # The number is the mnemonic; an ampersand of the name itself must not be one.
            action = self.addAction(f"&{number % 10}  {file.name.replace('&', '&&')}")
            action.setToolTip(str(file))
            action.triggered.connect(lambda _checked=False, file=file: self.chosen.emit(file))
        self.addSeparator()
        clear = self.addAction(self.tr("Clear this list"))
        clear.setEnabled(bool(files))
        clear.triggered.connect(lambda: self._settings.remove(_KEY))
