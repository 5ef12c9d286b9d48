"""Flights: the camera glides to a view in about a second, and back when asked again."""

from __future__ import annotations

from dataclasses import replace
from math import acos, radians

from PySide6.QtCore import QEasingCurve, QObject, QVariantAnimation, Signal

from cubesal.camera import Camera, wrap_angle
from cubesal.geometry import dir_from_angles

__all__ = ["Flight"]

_FLIGHT_MS = 900
#: Double clicks closer together than this mean the same place.
_SAME_PLACE = radians(12)


class Flight(QObject):
    """``moved`` brings each view on the way."""

    moved = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock = QVariantAnimation(self, duration=_FLIGHT_MS)
        self._clock.setEasingCurve(QEasingCurve.Type.InOutCubic)
        self._clock.setStartValue(0.0)
        self._clock.setEndValue(1.0)
        self._clock.valueChanged.connect(self._on_share)
        self._from = self._to = Camera()
        self._way_back: Camera | None = None

    def begin(self, here: Camera, there: Camera) -> None:
        """Set out from a view to another, with no way back."""
        self._way_back = None
        self._begin(here, there)

    def there_or_back(self, here: Camera, there: Camera) -> None:
        """Set out; asked for the same place again, go back to where the first flight began."""
        if self._way_back is not None and _angle_between(there, self._to) < _SAME_PLACE:
            there, self._way_back = self._way_back, None
        else:
            self._way_back = here
        self._begin(here, there)

    def widen_to(self, hfov: float) -> None:
        """Go on with another field of view."""
        self._from, self._to = replace(self._from, hfov=hfov), replace(self._to, hfov=hfov)

    def stop(self) -> None:
        """Stay where it is, and forget the way back."""
        self._clock.stop()
        self._way_back = None

    def _begin(self, here: Camera, there: Camera) -> None:
        self._from, self._to = here, there
        self._clock.stop()
        self._clock.start()

    def _on_share(self, share: float) -> None:
        def mixed(a: float, b: float) -> float:
            return a + share * wrap_angle(b - a)

        a, b = self._from, self._to
        turned = mixed(a.yaw, b.yaw), mixed(a.pitch, b.pitch), mixed(a.roll, b.roll)
        self.moved.emit(Camera(*turned, a.hfov + share * (b.hfov - a.hfov)))


def _angle_between(a: Camera, b: Camera) -> float:
    """Angle between two viewing directions, radians."""
    cosine = float(dir_from_angles(a.yaw, a.pitch) @ dir_from_angles(b.yaw, b.pitch))
    return acos(min(max(cosine, -1.0), 1.0))
