"""How many examples tests with made-up files try: more in `make torture` than in `make test`."""

from __future__ import annotations

import os

__all__ = ["examples"]


def examples(few: int) -> int:
    """``few`` in the suite, times CUBESAL_FUZZ where that is set."""
    return few * int(os.environ.get("CUBESAL_FUZZ", "1"))
