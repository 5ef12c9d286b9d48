"""Areas of interest between the hands and the document: named shapes as regions, and back."""

from __future__ import annotations

from cubesal.document import Region
from cubesal.inspection import Area, Circle, Polygon

__all__ = ["area_of", "region_of"]


def region_of(name: str, area: Area) -> Region:
    """An area as documents keep it."""
    if isinstance(area, Circle):
        yaw, pitch = area.centre
        return Region(name, ((float(yaw), float(pitch)),), float(area.radius))
    if not isinstance(area, Polygon):
        raise TypeError(f"no document keeps a {type(area).__name__}")
    return Region(name, tuple((float(yaw), float(pitch)) for yaw, pitch in area.corners))


def area_of(region: Region) -> Area:
    """The area of a region. ValueError if its corners enclose nothing that can be measured."""
    if region.radius:
        return Circle(region.corners[0], region.radius)
    return Polygon(region.corners)
