"""How this process's numeric threads behave towards everybody else on the machine."""

from __future__ import annotations

import os

__all__ = ["spin_briefly"]


def spin_briefly() -> None:
    """Let waiting OpenMP threads go to sleep soon; call before torch is imported, in programs only.

    By default they spin for milliseconds while they wait for each other.  As soon as anything else
    wants a core, a step of the network then takes several times as long; with a brief spin it takes
    what the cores allow, and no longer on a quiet machine.  A user's own settings are kept.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "3000")  # GNU's runtime: torch on Linux
    os.environ.setdefault("KMP_BLOCKTIME", "1")  # LLVM's and Intel's, in milliseconds
