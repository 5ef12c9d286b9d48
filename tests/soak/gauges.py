"""What a process holds, and whether its event loop turns: figures for a soak."""

from __future__ import annotations

import faulthandler
import gc
import os
import sys
import threading
import time
from ctypes import CDLL
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

__all__ = ["Held", "Pulse", "after_warm_up", "held_now", "slope_per_minute"]

_PAGE = os.sysconf("SC_PAGESIZE")
_libc = CDLL(None)


@dataclass(frozen=True)
class Held:
    """What the process held at a moment at which it rested."""

    at_s: float
    megabytes: float
    handles: int
    threads: int
    widgets: int


def held_now() -> Held:
    """Count, after everything that is garbage has gone."""
    gc.collect()
    _libc.malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Held(
        time.monotonic(),
        pages * _PAGE / 2**20,
        len(os.listdir("/proc/self/fd")),
        threading.active_count(),
        len(QApplication.allWidgets()),
    )


def after_warm_up(found: list[Held]) -> list[Held]:
    """The last two thirds of the rests: in the first, dialogs are made once and caches fill."""
    return found[len(found) // 3 :]


def slope_per_minute(found: list[Held]) -> float:
    """Megabytes per minute after the warm-up."""
    late = after_warm_up(found)
    if len(late) < 3:
        return 0.0
    minutes = np.array([held.at_s for held in late]) / 60
    return float(np.polyfit(minutes - minutes[0], [held.megabytes for held in late], 1)[0])


class Pulse(QObject):
    """Beats in the event loop; a watching thread ends the process where no beat comes."""

    def __init__(self, hang_s: float = 60.0) -> None:
        super().__init__()
        self.longest_s, self.over_tenth = 0.0, 0
        #: What the monkey does, and did when the longest gap began.
        self.doing = self.longest_after = ""
        self._hang_s, self._last = hang_s, time.monotonic()
        self._timer = QTimer(self, interval=10, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start()
        threading.Thread(target=self._watch, name="watch", daemon=True).start()

    def _beat(self) -> None:
        now = time.monotonic()
        gap = now - self._last
        if gap > self.longest_s:
            self.longest_s, self.longest_after = gap, self.doing
        self.over_tenth += gap > 0.1
        self._last = now

    def skip(self) -> None:
        """What went on since the last beat is the soak's own work."""
        self._last = time.monotonic()

    def _watch(self) -> None:
        while True:
            time.sleep(1)
            if time.monotonic() - self._last > self._hang_s:
                sys.stderr.write(f"the event loop has stood still for {self._hang_s:.0f} s\n")
                faulthandler.dump_traceback(all_threads=True)
                os._exit(3)
