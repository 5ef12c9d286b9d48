"""How a clip is to be read, as one short text: its projection, the eye, and where its front is.

The text goes wherever the name of a projection goes (options, documents, analysis keys, journals
of exports), so that whatever depends on the pictures knows how they were read::

    [PROJECTION][:left|:right][@YAW,PITCH,ROLL]     the angles in degrees

for instance ``eac``, ``equirect-tb:right``, ``@-90,0,2.5``.  What is left out is as the file says,
the left eye, and not turned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import degrees, isfinite, pi, radians

import numpy as np
from numpy.typing import NDArray

from cubesal.geometry.axes import angles_from_rotation, rotation
from cubesal.video.info import Eye

__all__ = ["Reading", "orientation_from_text"]

#: Angles are kept to this part of a degree: far below what any picture can show.
_DIGITS = 8
_LEVEL = 1e-9


@dataclass(frozen=True)
class Reading:
    """What a person wants of a clip; ``projection`` None: as the file says.

    ``yaw``, ``pitch`` and ``roll``, radians, are the view of the stored sphere (axes:
    :mod:`cubesal.geometry.axes`) that becomes straight ahead and level.
    """

    projection: str | None = None
    eye: Eye = Eye.LEFT
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0

    @classmethod
    def parse(cls, text: str | None) -> Reading:
        """The reading of a text; None and "" are as the file says. ValueError, in words."""
        packed, _, angles = (text or "").partition("@")
        name, _, eye = packed.partition(":")
        if eye not in ("", Eye.LEFT.value, Eye.RIGHT.value):
            raise ValueError(f"the eye is left or right, not {eye!r}")
        yaw, pitch, roll = orientation_from_text(angles) if "@" in (text or "") else (0.0,) * 3
        return cls(name or None, Eye(eye or "left"), yaw, pitch, roll)

    @property
    def text(self) -> str | None:
        """The text that :meth:`parse` reads, the same for equal ones; None if it says nothing."""
        eye = "" if self.eye is Eye.LEFT else f":{self.eye.value}"
        angles = [round(degrees(angle), _DIGITS) for angle in (self.yaw, self.pitch, self.roll)]
        turned = "@" + ",".join(f"{angle + 0.0:.12g}" for angle in angles) if any(angles) else ""
        return f"{self.projection or ''}{eye}{turned}" or None

    @property
    def source_from_view(self) -> NDArray[np.float64]:
        """The turn (3, 3) that takes directions as they are read to those of the stored sphere."""
        return rotation(self.yaw, self.pitch, self.roll)

    @property
    def is_turned(self) -> bool:
        """Whether anything else is in front than the file says."""
        return max(abs(self.yaw), abs(self.pitch), abs(self.roll)) > _LEVEL

    def turned_to(self, source_from_view: NDArray[np.float64]) -> Reading:
        """The same, but turned like this."""
        yaw, pitch, roll = (
            0.0 if abs(angle) < _LEVEL else angle
            for angle in angles_from_rotation(source_from_view)
        )
        return replace(self, yaw=yaw, pitch=pitch, roll=roll)


def orientation_from_text(text: str) -> tuple[float, float, float]:
    """Radians from ``YAW,PITCH,ROLL`` in degrees, yaw and roll brought to ±180. ValueError."""
    try:
        yaw, pitch, roll = (radians(float(word)) for word in text.split(","))
    except ValueError as error:
        raise ValueError(
            f"an orientation is YAW,PITCH,ROLL in degrees, such as 90,0,0, not {text!r}"
        ) from error
    if not all(isfinite(angle) for angle in (yaw, pitch, roll)) or abs(pitch) > pi / 2 + 1e-9:
        raise ValueError(f"an orientation has finite angles and a pitch within ±90, not {text!r}")
    yaw, roll = (
        angle if abs(angle) <= pi else (angle + pi) % (2 * pi) - pi for angle in (yaw, roll)
    )
    return yaw, pitch, roll
