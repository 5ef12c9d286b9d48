"""How this process's numeric threads behave towards everybody else on the machine."""

from __future__ import annotations

import os
import sys
import threading

__all__ = ["spin_briefly", "yield_to_others"]

#: A tenth of the time of an ordinary thread, when both want the same core.
_BEHIND = 10
_LAST = 19


def spin_briefly() -> None:
    """Let waiting OpenMP threads go to sleep soon; call before torch is imported, in programs only.

    By default they spin for milliseconds while they wait for each other.  As soon as anything else
    wants a core, a step of the network then takes several times as long; with a brief spin it takes
    what the cores allow, and no longer on a quiet machine.  A user's own settings are kept.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "3000")  # GNU's runtime: torch on Linux
    os.environ.setdefault("KMP_BLOCKTIME", "1")  # LLVM's and Intel's, in milliseconds


def yield_to_others() -> None:
    """Let the calling thread, and those it will start, run when others of the process need not.

    Only where the system knows priorities of single threads (Linux); elsewhere nothing changes.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        # From where it stands: a program that was started with a low priority may not get a higher.
        behind = os.getpriority(os.PRIO_PROCESS, thread) + _BEHIND
        os.setpriority(os.PRIO_PROCESS, thread, min(behind, _LAST))
