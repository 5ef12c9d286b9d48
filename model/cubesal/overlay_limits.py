"""The limits of an overlay's settings, known without numpy.

The command line refuses values beyond them while it reads its arguments, and ``--help`` must not
wait for the libraries that draw.
"""

from __future__ import annotations

from math import radians
from typing import Final

__all__ = ["MOST_CONTOURS", "MOST_SMOOTHING"]

MOST_CONTOURS: Final = 4
"""The most contours in one overlay: the shader has a slot for each."""

MOST_SMOOTHING: Final = radians(30)
"""The widest smoothing, radians."""
