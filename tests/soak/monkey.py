"""The monkey: random actions of a person on the real window, the same ones for the same seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QDockWidget, QFileDialog, QMenu, QMessageBox

from cubesal_viewer.app import Viewer
from cubesal_viewer.export.wishes import ExportWish
from cubesal_viewer.state import ModelChoice
from tests.soak.hands import Hands

__all__ = ["Monkey"]

#: Of a hundred actions.
_OFTEN = {
    "key": 38,
    "pane": 18,
    "timeline": 10,
    "poke": 14,
    "open": 5,
    "dock": 4,
    "menu": 4,
    "export": 3,
    "cancel": 2,
    "document": 1,
    "resize": 1,
}


class Monkey:
    """Acts on a window; ``act`` may open a dialog whose own loop runs until a later ``act``."""

    def __init__(self, viewer: Viewer, chance: Random, clips: list[Path], out: Path) -> None:
        self._viewer, self._chance, self._clips, self._out = viewer, chance, clips, out
        self._hands = Hands(chance)
        self._exports = 0
        self.counts: Counter[str] = Counter()
        self.last = ""

    def act(self) -> None:
        """One action: on the dialog that is in front, if there is one, else on the window."""
        popup = QApplication.activePopupWidget()
        modal = QApplication.activeModalWidget()
        if popup is not None:
            self._note("popup")
            keys = (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Escape)
            QTest.keyClick(popup, self._chance.choice(keys))
        elif modal is not None:
            self._on_dialog(modal)
        else:
            name = self._chance.choices(list(_OFTEN), list(_OFTEN.values()))[0]
            self._note(name)
            act: Callable[[], None] = getattr(self, f"_{name}")
            act()

    def leave_dialog(self) -> bool:
        """Leave the menu or dialog that is in front, keeping nothing; False if there is none."""
        front = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        if front is None:
            return False
        discard = QMessageBox.StandardButton.Discard
        button = front.button(discard) if isinstance(front, QMessageBox) else None
        if button is not None:
            button.click()
        else:
            front.close()
        return True

    def settle(self) -> None:
        """Let nothing be under way, and show the same clip in the same way as at every rest."""
        viewer = self._viewer
        viewer.transport.pause()
        viewer.exports.pause(False)
        for entry in viewer.exports._queue.entries:  # those that wait as well
            viewer.exports.panel.cancelled.emit(entry.number)
        viewer.exports.panel.cleared.emit()
        viewer.window.showNormal()
        viewer.window.resize(1440, 900)
        viewer.window.reset_layout()
        viewer.state.set_model(ModelChoice("fast"))  # others may lack their weights here
        viewer.open(self._clips[2])

    def unsettled(self) -> str:
        """What of that which :meth:`settle` began is not done yet; nothing if all is."""
        track, clip = self._viewer.analysis.track, self._viewer.state.clip
        if clip is None or clip.path != self._clips[2]:
            return "another clip is shown"
        if track is None or not track.complete:
            return f"it is not analysed: {track and track.missing()} {self._viewer.state.model}"
        return "an export runs" if self._viewer.exports.running else ""

    def _note(self, name: str) -> None:
        self.counts[name] += 1
        self.last = name

    def _on_dialog(self, dialog: object) -> None:
        if isinstance(dialog, QFileDialog):
            self._note("file dialog")
            is_saving = dialog.acceptMode() is QFileDialog.AcceptMode.AcceptSave
            path = self._new_name() if is_saving else self._chance.choice(self._clips)
            self._hands.answer(dialog, path)
        elif isinstance(dialog, QMessageBox):
            self._note("question")
            button = self._chance.choice(dialog.buttons())
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        elif isinstance(dialog, QDialog):
            self._note("dialog")
            if self._chance.random() < 0.12:
                QTest.keyClick(dialog, Qt.Key.Key_Escape)
            else:
                self._hands.poke(dialog)

    def _new_name(self) -> Path:
        self._exports = (self._exports + 1) % 6
        suffix = self._chance.choice((".cubesal", ".mp4"))
        return self._out / f"out{self._exports}{suffix}"

    def _key(self) -> None:
        actions = [
            action
            for text, action in self._viewer.actions.items()
            if text != "&Quit" and action.shortcuts() and action.isEnabled()
        ]
        action = self._chance.choice(actions)
        self.last = f"key {action.text()}"
        keys = self._chance.choice(action.shortcuts())
        for _ in range(self._chance.choice((1, 1, 1, 4))):
            self._hands.press(self._viewer.window, keys)

    def _pane(self) -> None:
        window = self._viewer.window
        pane = self._chance.choice((window.equirect, window.nfov))
        hands = (self._hands.drag, self._hands.click, self._hands.wheel)
        self._chance.choice(hands)(pane)

    def _timeline(self) -> None:
        strip = self._viewer.window.timeline.viewport()
        hands = (self._hands.drag, self._hands.drag, self._hands.click, self._hands.wheel)
        self._chance.choice(hands)(strip)

    def _poke(self) -> None:
        self.last = f"poke {self._hands.poke(self._viewer.window)}"

    def _open(self) -> None:
        documents = sorted(self._out.glob("*.cubesal"))
        path = self._chance.choice([*self._clips, *self._clips[:6], *documents])
        self.last = f"open {path.name}"
        self._hands.drop(self._viewer.window, path)

    def _dock(self) -> None:
        dock: QDockWidget = self._chance.choice(
            [*self._viewer.window.docks, *self._viewer.window.panes.docks]
        )
        what = self._chance.randrange(4)
        if what == 0:
            dock.setFloating(not dock.isFloating())
        elif what == 1:
            dock.setVisible(not dock.isVisible())
        elif what == 2:
            dock.show()
            dock.raise_()
        else:
            self._viewer.actions["Reset layout"].trigger()

    def _menu(self) -> None:
        menus = [a.menu() for a in self._viewer.window.menuBar().actions()]
        menu = self._chance.choice([m for m in menus if isinstance(m, QMenu)])
        quiet = [a for a in menu.actions() if a.isEnabled() and not a.isSeparator()]
        quiet = [a for a in quiet if a.menu() is None and a.text() != "&Quit"]
        action = self._chance.choice(quiet)
        self.last = f"menu {action.text()}"
        action.trigger()

    def _export(self) -> None:
        self._exports = (self._exports + 1) % 6
        kind = self._chance.choice(("overlay", "nfov", "cube"))
        out = self._out / f"export{self._exports}.mp4"
        self._viewer.exports.start_all([ExportWish(kind, out, (320, 180))])

    def _cancel(self) -> None:
        if self._chance.random() < 0.7:
            self._viewer.exports.cancel()
        else:
            self._viewer.exports.pause(self._chance.random() < 0.5)

    def _document(self) -> None:
        self._viewer.documents.save_to(self._out / f"doc{self._chance.randrange(3)}.cubesal")

    def _resize(self) -> None:
        window = self._viewer.window
        if window.isFullScreen() or window.isMaximized():
            window.showNormal()
        window.resize(self._chance.randint(700, 1500), self._chance.randint(500, 950))
