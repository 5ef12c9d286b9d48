"""What a picture shows of the sphere, concluded from metadata, aspect and name, in this order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from cubesal.errors import MediaError
from cubesal.video.info import Layout

__all__ = ["Packing", "SphereTags", "choose_packing"]

#: Relative deviation from 2:1 (1:1 for the halves of a stereo pair) that still counts as such.
_ASPECT_TOLERANCE = 0.015

_OVERRIDES = {
    "equirect": Layout.MONO,
    "equirect-tb": Layout.STEREO_TB,
    "equirect-sbs": Layout.STEREO_SBS,
}

_WORD = r"(?:^|[^A-Za-z0-9])(?:{})(?:$|[^A-Za-z0-9])"
_OTHER_PROJECTION_HINTS = {
    "an equi-angular cube map (EAC)": _WORD.format("EAC"),
    "a cube map": _WORD.format("cube_?map"),
    "a 180° picture (VR180)": _WORD.format("(?:VR_?180|180(?:x180|$|(?=_(?:LR|SBS|TB|3D))))"),
    "a fisheye picture": _WORD.format("(?:dual_?)?fisheye(?:180|190|200)?"),
}
_STEREO_HINTS = {
    Layout.STEREO_TB: _WORD.format("(?:stereo|360|3D)?_?(?:TB|TAB|OU)|over[-_ ]?under"),
    Layout.STEREO_SBS: _WORD.format("(?:stereo|360|3D)?_?(?:SBS|LR)|side[-_ ]?by[-_ ]?side"),
}
#: Width over height of a whole stereo picture whose eyes are 2:1 each.
_STEREO_ASPECTS = {Layout.STEREO_TB: 1.0, Layout.STEREO_SBS: 4.0}


@dataclass(frozen=True)
class SphereTags:
    """What the file itself says: None where it says nothing.

    ``projection`` is "equirectangular" or the words for another one; ``source`` names the kind of
    metadata; ``right_first`` means that the right eye's view comes first.
    """

    projection: str | None = None
    stereo: Layout | None = None
    source: str = "metadata"
    right_first: bool = False


@dataclass(frozen=True)
class Packing:
    """Where one eye's equirect view lies, and what that was concluded from."""

    layout: Layout
    source: str
    right_first: bool = False


def choose_packing(
    name: str,
    width: int,
    height: int,
    pixel_aspect: Fraction,
    tags: SphereTags,
    override: str | None,
) -> Packing:
    """Decide the packing of a picture of ``width`` x ``height`` pixels.

    ``name`` is the file name.  Raises ``MediaError`` when the picture is, or seems to be, anything
    but a whole equirectangular view, and ``ValueError`` for an unknown override.
    """
    if override is not None:
        if override not in _OVERRIDES:
            raise ValueError(f"unknown projection {override!r}; one of {', '.join(_OVERRIDES)}")
        return Packing(_OVERRIDES[override], "override", tags.right_first)
    if tags.projection == "equirectangular":
        return Packing(tags.stereo or Layout.MONO, tags.source, tags.right_first)
    other, evidence = _other_projection(name, tags)
    if other is not None:
        raise MediaError(
            f"{name} is {other} by its {evidence}, which is not supported yet; convert it to a 2:1 "
            "equirectangular video, or open it with --projection equirect if it is one already"
        )
    aspect = float(width * pixel_aspect / height)
    return _by_aspect(name, aspect, tags) or _refuse(name, width, height, pixel_aspect)


def _other_projection(name: str, tags: SphereTags) -> tuple[str | None, str]:
    if tags.projection is not None:
        return tags.projection, tags.source
    stem = name.rsplit(".", 1)[0]
    for projection, pattern in _OTHER_PROJECTION_HINTS.items():
        if re.search(pattern, stem, re.IGNORECASE):
            return projection, "name"
    return None, ""


def _by_aspect(name: str, aspect: float, tags: SphereTags) -> Packing | None:
    if tags.stereo in _STEREO_ASPECTS and _is_near(aspect, _STEREO_ASPECTS[tags.stereo]):
        return Packing(tags.stereo, tags.source, tags.right_first)
    if _is_near(aspect, 2.0):
        return Packing(Layout.MONO, "aspect")
    stem = name.rsplit(".", 1)[0]
    for layout, pattern in _STEREO_HINTS.items():
        if _is_near(aspect, _STEREO_ASPECTS[layout]) and re.search(pattern, stem, re.IGNORECASE):
            return Packing(layout, "name")
    return None


def _is_near(aspect: float, wanted: float) -> bool:
    return abs(aspect / wanted - 1.0) <= _ASPECT_TOLERANCE


def _refuse(name: str, width: int, height: int, pixel_aspect: Fraction) -> Packing:
    aspect = width * pixel_aspect / height
    shown = f"{width}x{height} ({_aspect_words(aspect)})"
    flag = "equirect"
    if _is_near(float(aspect), 1.0):
        flag = "equirect-tb (stereo, one eye above the other)"
    elif _is_near(float(aspect), 4.0):
        flag = "equirect-sbs (stereo, the eyes side by side)"
    raise MediaError(
        f"{name} is {shown}, not a 2:1 equirectangular picture; "
        f"if it holds one all the same, open it with --projection {flag}"
    )


def _aspect_words(aspect: Fraction) -> str:
    simple = aspect.limit_denominator(20)
    if abs(float(simple / aspect) - 1.0) < 0.002:
        return f"{simple.numerator}:{simple.denominator}"
    return f"{float(aspect):.2f}:1"
