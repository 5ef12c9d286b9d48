"""How this process's numeric threads behave towards everybody else on the machine."""

from __future__ import annotations

import os
import sys
import threading

__all__ = ["multiply_alone", "spin_briefly", "yield_to_others"]

#: A tenth of the time of an ordinary thread, when both want the same core.
_BEHIND = 10
_LAST = 19
#: What OpenBLAS asks for how many threads it may have; the last one speaks to torch as well.
_OPENBLAS_THREADS = ("OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS")


def spin_briefly() -> None:
    """Let waiting numeric threads go to sleep soon; call before NumPy and torch are imported.

    For programs only.  By default they spin for milliseconds while they wait for each other.  As
    soon as anything else wants a core, a step of the network then takes several times as long; with
    a brief spin it takes what the cores allow, and no longer on a quiet machine.  A user's own
    settings are kept.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "3000")  # GNU's runtime: torch on Linux
    os.environ.setdefault("KMP_BLOCKTIME", "1")  # LLVM's and Intel's, in milliseconds
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "14")  # NumPy's; a power of two, in cycles


def multiply_alone() -> None:
    """Let NumPy and SciPy multiply on the calling thread; call before NumPy is imported.

    For programs whose other threads want the cores more.  What a window multiplies is small, and
    after each product OpenBLAS's helpers spin, at full priority, until the next one: on two cores
    that took a quarter of all time while a clip was played.  Torch has threads of its own, which
    stay as they are; so do a user's own settings.
    """
    if not any(name in os.environ for name in _OPENBLAS_THREADS):
        os.environ["OPENBLAS_NUM_THREADS"] = "1"


def yield_to_others() -> None:
    """Let the calling thread, and those it will start, run when others of the process need not.

    Only where the system knows priorities of single threads (Linux); elsewhere nothing changes.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        # From where it stands: a program that was started with a low priority may not get a higher.
        behind = os.getpriority(os.PRIO_PROCESS, thread) + _BEHIND
        os.setpriority(os.PRIO_PROCESS, thread, min(behind, _LAST))
