"""When memory runs out in inference: let go of what is only kept, then go on on the CPU."""

from __future__ import annotations

import gc
import sys
from typing import Final

__all__ = ["is_exhausted", "release_memory"]

#: What torch, CUDA's libraries and OpenCV say about memory; only some have a class for it.
_SAID: Final = (
    "out of memory",
    "can't allocate",
    "not enough memory",
    "insufficient memory",
    "alloc_failed",
    "bad_alloc",
)


def is_exhausted(error: BaseException) -> bool:
    """Whether an exception says that there was not enough memory."""
    if isinstance(error, MemoryError):
        return True
    words = str(error).lower()
    return not isinstance(error, OSError) and any(said in words for said in _SAID)


def release_memory() -> None:
    """Give back what the devices only keep for later; loads nothing that is not there."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is None:
        return
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()
