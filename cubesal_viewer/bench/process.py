"""How old this process is, and how much memory it holds, as the system tells."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path

__all__ = ["age_s", "memory_mb"]

_IMPORTED = time.monotonic()
_STARTED_FIELD = 19  # of what follows the name in /proc/self/stat: ticks from boot to the start


def age_s() -> float:
    """Seconds since the process began; since this module was imported where Linux is not."""
    try:
        text = Path("/proc/self/stat").read_text(encoding="ascii")
    except OSError:
        return time.monotonic() - _IMPORTED
    ticks = int(text.rpartition(")")[2].split()[_STARTED_FIELD])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def memory_mb() -> float:
    """Memory held now, in 2²⁰ bytes; the most ever held where Linux is not."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return pages * resource.getpagesize() / 2**20
