"""Where to analyse, so that maps are there when the playhead arrives, or where it rests.

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
#: Grid points ahead of the work that it is taken to reach soon by itself.
_NEAR: Final = 2
#: Grid points beyond a goal at which a resting playhead has left it behind.
_FAR: Final = 25


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
        self._is_on_its_way = False  # to the aim: no map has come since it was set

    def warm_up(self, steps: int) -> None:
        """The model needs so many steps before the first map of a run."""
        self._warmup = steps

    def stepped(self, seconds: float) -> None:
        """A step has been made, with a map or for the warming up."""
        self.step_s = seconds if self.step_s is None else (self.step_s + seconds) / 2

    def aimed(self, k: int) -> None:
        """Work has been told to begin at grid point ``k``."""
        self._aim, self._is_on_its_way = k, True

    def made(self, k: int) -> None:
        """The map of grid point ``k`` has come."""
        self._newest, self._is_on_its_way = k, False

    def lead(self, points_per_s: float) -> int:
        """How many grid points ahead of a playhead, that passes so many a second, to begin."""
        passed = (self.step_s or 0.0) * points_per_s  # grid points, while one step is made
        head_start = math.ceil((self._warmup + 1) * passed)
        return head_start + math.ceil(_RUN * max(passed - 1, 0)) + 1

    def goal(self, track: SaliencyTrack, playhead: int, points_per_s: float) -> int | None:
        """Where to begin anew while the film runs; None if the present work does better."""
        if self.step_s is None:
            return None
        missing, lead = track.missing(), self.lead(points_per_s)
        # The next map to come is this one, or the first one missing after it.
        place = self._newest
        if self._is_on_its_way and self._aim is not None:
            place = self._aim
        if lead > _FARTHEST:  # too slow to ever be in front: only stay near
            if abs(playhead - place) <= lead:
                return None
            lead = 0
        ahead = missing[missing >= playhead + lead]
        if not ahead.size:
            return None
        # What the work under way will do next; it goes through missing points in their order.
        coming = missing[missing >= place]
        is_in_front = coming.size > 0 and playhead <= int(coming[0]) <= int(ahead[0])
        return None if is_in_front else int(ahead[0])

    def goal_at_rest(self, track: SaliencyTrack, playhead: int) -> int | None:
        """Where to begin anew while the film stands still; None if what it needs is coming."""
        # A moment needs the maps on both sides of it.
        points = [p for p in (playhead, playhead + 1) if p < len(track)]
        missing = [p for p in points if not track.has(p)]
        return None if not missing or self._is_coming(track, missing[0]) else missing[0]

    def _is_coming(self, track: SaliencyTrack, k: int) -> bool:
        """Whether the work under way will reach grid point ``k`` soon.

        A goal is kept until the pair of maps there is done, or the playhead is far from it: moving
        it at every look would begin again and again and never finish a pair.
        """
        if 0 <= k - max(self._newest, 0) <= _NEAR:
            return True
        if self._aim is None or not self._aim <= k <= self._aim + _FAR:
            return False
        pair = range(self._aim, min(self._aim + 2, len(track)))
        return not all(track.has(p) for p in pair)
