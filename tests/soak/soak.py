"""A soak: a window, a monkey that plays with it, rests at which is counted, and the verdict."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from random import Random

from PySide6.QtCore import QObject, QSettings, Qt, QTimer
from PySide6.QtWidgets import QApplication

from cubesal.heap import share_one_heap
from cubesal_viewer.app import Viewer
from cubesal_viewer.render.gl_format import choose_pyopengl_platform, request_surface_format
from cubesal_viewer.state import ModelChoice
from cubesal_viewer.theme import apply_theme
from cubesal_viewer.widgets.key_guard import KeyGuard
from tests.soak.clips import make_clips
from tests.soak.complaints import Complaints
from tests.soak.gauges import Held, Pulse, after_warm_up, held_now, slope_per_minute
from tests.soak.monkey import Monkey
from tests.soak.run import LIMIT_GAP_S, LIMIT_HANDLES, LIMIT_MB_PER_MINUTE, LIMIT_WIDGETS

__all__ = ["Soak", "application"]

_TICK_MS = 40
_SETTLE_S = 60.0
#: Shorter soaks tell what is held but cannot tell growth from a dialog that is made once.
_LONG_S = 900.0


def application() -> QApplication:
    """The application as the command makes it, but for dialogs that are all Qt's own."""
    share_one_heap()
    request_surface_format()
    choose_pyopengl_platform()
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    made = QApplication(sys.argv[:1])
    apply_theme(made)
    made.setQuitOnLastWindowClosed(False)
    return made


class Soak(QObject):
    """Plays until its time is over. Nothing of the person's own is used: all is in ``folder``."""

    def __init__(self, folder: Path, chance: Random, is_loud: bool = False) -> None:
        super().__init__()
        self._folder, self._is_loud = folder, is_loud
        self._complaints = Complaints()
        out = folder / "out"
        out.mkdir()
        ini = QSettings.Format.IniFormat
        self._viewer = Viewer(QSettings(str(folder / "settings.ini"), ini))
        self._complaints.watch(self._viewer)
        self._monkey = Monkey(self._viewer, chance, make_clips(folder / "clips"), out)
        self._guard = KeyGuard(QApplication.instance())
        QApplication.instance().installEventFilter(self._guard)
        self._pulse = Pulse()
        self._rests: list[Held] = []
        self._settling_since: float | None = None
        self._unsettled: list[str] = []

    @property
    def sentences(self) -> dict[str, int]:
        """What the window told, and how often."""
        return dict(self._complaints.sentences.most_common())

    def play(self, seconds: float, rest_s: float) -> None:
        """Act, and rest every ``rest_s`` seconds."""
        self._planned = max(round(seconds / rest_s), 1) + 1  # however long each rest takes
        self._rest_s, self._next_rest = rest_s, time.monotonic()
        self._viewer.state.set_model(ModelChoice("fast"))
        self._viewer.window.show()
        self._tick()
        QApplication.exec()
        self._viewer.documents.path = None  # asks nothing
        self._viewer.window.close()
        self._threads = {t.name for t in threading.enumerate()} - {"MainThread", "watch"}
        self._complaints.end()

    def _tick(self) -> None:
        # A new timer each time: Qt lets none fire again in the loop of a dialog that it opened.
        QTimer.singleShot(_TICK_MS, self, self._tick)
        now = time.monotonic()
        if self._settling_since is not None:
            self._settle(now)
        elif now >= self._next_rest:
            self._settling_since, self._is_asked = now, False
        else:
            self._monkey.act()
            self._pulse.doing = self._monkey.last
            if self._is_loud:
                print(f"{self._monkey.last}", flush=True)

    def _settle(self, now: float) -> None:
        """Bring the window to rest, step by step; count; go on, or end."""
        assert self._settling_since is not None
        late = now - self._settling_since > _SETTLE_S
        if self._monkey.leave_dialog():
            return
        if not self._is_asked:
            self._is_asked = True
            self._monkey.settle()
        elif late or not self._monkey.unsettled():
            if late:
                self._unsettled.append(self._monkey.unsettled())
            self._rest()

    def _rest(self) -> None:
        self._settling_since = None
        self._rests.append(held_now())
        self._pulse.skip()
        if self._is_loud:
            print(self._rests[-1], *self._unsettled[-1:], flush=True)
        self._next_rest = time.monotonic() + self._rest_s
        if len(self._rests) >= self._planned:
            QApplication.exit()

    def figures(self) -> dict[str, object]:
        """What is printed, by name."""
        first, last = after_warm_up(self._rests)[0], self._rests[-1]
        counts = self._monkey.counts
        return {
            "minutes": round((last.at_s - self._rests[0].at_s) / 60, 1),
            "actions": sum(counts.values()),
            "of them": ", ".join(f"{n} {name}" for name, n in counts.most_common()),
            "sentences told": sum(self._complaints.sentences.values()),
            "memory, MB, start to end": f"{first.megabytes:.0f} to {last.megabytes:.0f}",
            "memory, MB per minute": f"{slope_per_minute(self._rests):+.2f}",
            "handles": f"{first.handles} to {last.handles}",
            "threads": f"{first.threads} to {last.threads}",
            "widgets": f"{first.widgets} to {last.widgets}",
            "longest gap, ms": round(1000 * self._pulse.longest_s),
            "the longest gap after": self._pulse.longest_after,
            "gaps over 100 ms": self._pulse.over_tenth,
            "faults": len(self.faults()),
        }

    def faults(self) -> list[str]:
        """Everything that must not be."""
        found = [f"{n} x {text}" for text, n in self._complaints.faults.items()]
        first, last = after_warm_up(self._rests)[0], self._rests[-1]
        long = last.at_s - self._rests[0].at_s > _LONG_S
        limits = (
            ("memory grows", long and slope_per_minute(self._rests) > LIMIT_MB_PER_MINUTE),
            ("handles grow", long and last.handles - first.handles > LIMIT_HANDLES),
            ("widgets grow", long and last.widgets - first.widgets > LIMIT_WIDGETS),
            ("threads grow", long and last.threads > first.threads + 2),
            (f"did not come to rest: {self._unsettled}", self._unsettled),
            ("the event loop stood still", self._pulse.longest_s > LIMIT_GAP_S),
            (f"threads outlived the window: {self._threads}", self._threads),
        )
        return found + [name for name, broken in limits if broken]
