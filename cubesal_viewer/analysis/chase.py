"""Where to analyse while the film runs, so that maps are there when the playhead arrives.

A map of a model with a memory needs the moments before it: to begin elsewhere costs ``warmup``
steps that give no map.  On a machine that is slower than the film, beginning again right in front
of the playhead, each time it has overtaken the work, would do little but warm up.  So the work
begins as far ahead as it takes to make a good run of maps before the playhead is there.
"""

from __future__ import annotations

import math
from typing import Final

from cubesal.track import SaliencyTrack

__all__ = ["Chase"]

#: Maps that beginning elsewhere should bring before the playhead overtakes the work again.
_RUN: Final = 12
#: Grid points ahead of the playhead beyond which beginning anew would bring less than going on.
_FARTHEST: Final = 60


class Chase:
    """Knows how fast maps are made, and says where work should begin.

    Attributes:
        step_s: what one step takes, seconds, as of late; None until one was made.
    """

    def __init__(self) -> None:
        self.step_s: float | None = None
        self._warmup = 0
        self._newest = -1
        self._aim: int | None = None

    def warm_up(self, steps: int) -> None:
        """The model needs so many steps before the first map of a run."""
        self._warmup = steps

    def stepped(self, seconds: float) -> None:
        """A step has been made, with a map or for the warming up."""
        self.step_s = seconds if self.step_s is None else (self.step_s + seconds) / 2

    def aimed(self, k: int) -> None:
        """Work has been told to begin at grid point ``k``."""
        self._aim = k

    def made(self, k: int) -> None:
        """The map of grid point ``k`` has come."""
        self._newest = k
        self._aim = None

    def lead(self, points_per_s: float) -> int:
        """How many grid points ahead of a playhead, that passes so many a second, to begin."""
        passed = (self.step_s or 0.0) * points_per_s  # grid points, while one step is made
        head_start = math.ceil((self._warmup + 1) * passed)
        return head_start + math.ceil(_RUN * max(passed - 1, 0)) + 1

    def goal(self, track: SaliencyTrack, playhead: int, points_per_s: float) -> int | None:
        """The grid point to begin at anew; None if the present work does better."""
        if self.step_s is None:
            return None
        missing, lead = track.missing(), self.lead(points_per_s)
        place = self._newest if self._aim is None else self._aim
        if lead > _FARTHEST:  # too slow to ever be in front: only stay near
            if abs(playhead - place) <= lead:
                return None
            lead = 0
        ahead = missing[missing >= playhead + lead]
        if not ahead.size:
            return None
        # What the work under way will do next; it goes through missing points in their order.
        coming = missing[missing > place] if self._aim is None else missing[missing >= place]
        is_in_front = coming.size > 0 and playhead <= int(coming[0]) <= int(ahead[0])
        return None if is_in_front else int(ahead[0])
