"""How this process shares the heap of the C library among its threads."""

from __future__ import annotations

import ctypes
import os
import sys

__all__ = ["share_one_heap"]

#: glibc's number of this setting, and how many arenas are kept: the main one and one beside it.
_M_ARENA_MAX = -8
_ARENAS = 2


def share_one_heap() -> None:
    """Keep what threads free usable for all of them; call before threads start, in programs only.

    glibc gives up to eight times as many arenas as there are cores to threads that meet in
    ``malloc``, and what is freed in one of them is of no use to the others.  A window whose
    threads pass pictures around then grows for as long as clips are opened, although nothing is
    kept.  Elsewhere than on glibc nothing changes, and a user's own ``MALLOC_ARENA_MAX`` holds.
    """
    if sys.platform != "linux" or "MALLOC_ARENA_MAX" in os.environ:
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, _ARENAS)
