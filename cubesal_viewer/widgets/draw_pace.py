"""How large a picture may be drawn on the CPU, so that the next one is not late."""

from __future__ import annotations

__all__ = ["DrawPace"]

#: A picture that is soon replaced by another may take so long.
_BUDGET_S = 0.025
_SMALLEST = 4
#: How much the newest measurement counts.
_NEWS = 0.3


class DrawPace:
    """Measures what pixels cost and says by which factor to shrink a hurried picture."""

    def __init__(self) -> None:
        self._s_per_pixel = 0.0

    def factor(self, pixels: int) -> int:
        """1 to 4: by how much to divide both sides of a picture of ``pixels``."""
        for factor in range(1, _SMALLEST):
            if pixels / factor**2 * self._s_per_pixel <= _BUDGET_S:
                return factor
        return _SMALLEST

    def took(self, pixels: int, seconds: float) -> None:
        """Learn what a picture of ``pixels`` has taken."""
        cost = seconds / max(pixels, 1)
        self._s_per_pixel += (cost - self._s_per_pixel) * (_NEWS if self._s_per_pixel else 1.0)
