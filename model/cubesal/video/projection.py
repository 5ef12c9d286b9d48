"""What a picture shows of the sphere, concluded from metadata, aspect and name, in this order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from cubesal.errors import MediaError
from cubesal.video.info import Layout
from cubesal.video.spheres import HALF, Bounds, Region, Sphere, cube_map, eac
from cubesal.video.spherical import CUBE, PARTIAL

__all__ = ["PROJECTIONS", "Packing", "SphereTags", "choose_packing"]

#: Relative deviation from an aspect, such as 2:1, that still counts as it.
_ASPECT_TOLERANCE = 0.015

_SPHERES: dict[str, Sphere] = {
    "equirect": Region(),
    "vr180": Region(HALF),
    "cube-3x2": cube_map("3x2"),
    "cube-6x1": cube_map("6x1"),
    "eac": eac(),
}
#: What a clip can be said to hold: how its eyes are packed, and what each of them is.
_OVERRIDES = {
    "equirect": (Layout.MONO, "equirect"),
    "equirect-tb": (Layout.STEREO_TB, "equirect"),
    "equirect-sbs": (Layout.STEREO_SBS, "equirect"),
    "vr180": (Layout.MONO, "vr180"),
    "vr180-sbs": (Layout.STEREO_SBS, "vr180"),
    "vr180-tb": (Layout.STEREO_TB, "vr180"),
    "cube-3x2": (Layout.MONO, "cube-3x2"),
    "cube-6x1": (Layout.MONO, "cube-6x1"),
    "eac": (Layout.MONO, "eac"),
}
PROJECTIONS = tuple(_OVERRIDES)

_WORD = r"(?:^|[^A-Za-z0-9])(?:{})(?:$|[^A-Za-z0-9])"
_FISHEYE = "a fisheye picture"
_HINTS = {
    _FISHEYE: _WORD.format("(?:dual_?)?fisheye(?:180|190|200)?"),
    "eac": _WORD.format("EAC"),
    "cube": _WORD.format("cube_?map"),
    "vr180": _WORD.format("(?:VR_?180|180(?:x180|$|(?=_(?:LR|SBS|TB|3D))))"),
}
_WORDS = {
    "eac": "an equi-angular cube map (EAC)",
    "cube": CUBE,
    "vr180": "a 180° picture (VR180)",
}
#: Width over height of the whole pictures that a hint in the name can be true of: what they hold.
_FITTING: dict[str, tuple[tuple[float, str], ...]] = {
    "eac": ((3 / 2, "eac"), (16 / 9, "eac")),
    "cube": ((3 / 2, "cube-3x2"), (6.0, "cube-6x1")),
    "vr180": ((1.0, "vr180"), (2.0, "vr180-sbs"), (0.5, "vr180-tb")),
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
    metadata; ``right_first`` means that the right eye's view comes first; ``bounds`` say which part
    of the sphere a part of an equirect picture shows.
    """

    projection: str | None = None
    stereo: Layout | None = None
    source: str = "metadata"
    right_first: bool = False
    bounds: Bounds | None = None


@dataclass(frozen=True)
class Packing:
    """Where one eye's view lies, what that was concluded from, and how it shows the sphere.

    ``kind`` is the projection's name as :class:`~cubesal.video.info.ClipInfo` has it.
    """

    layout: Layout
    source: str
    right_first: bool = False
    kind: str = "equirect"
    sphere: Sphere = _SPHERES["equirect"]


def choose_packing(
    name: str,
    width: int,
    height: int,
    pixel_aspect: Fraction,
    tags: SphereTags,
    override: str | None,
) -> Packing:
    """Decide the packing of a picture of ``width`` x ``height`` pixels.

    ``name`` is the file name.  Raises ``MediaError`` when the picture is, or seems to be, something
    that cannot be read, and ``ValueError`` for an unknown override.
    """
    if override is not None:
        if override not in _OVERRIDES:
            raise ValueError(f"unknown projection {override!r}; one of {', '.join(_OVERRIDES)}")
        return _named(override, "override", tags.right_first)
    found = _by_metadata(tags)
    if found is not None:
        return found
    aspect = float(width * pixel_aspect / height)
    return (
        _by_hint(name, aspect, tags)
        or _other(name, tags)
        or _by_aspect(name, aspect, tags)
        or _refuse(name, width, height, pixel_aspect)
    )


def _named(name: str, source: str, right_first: bool, layout: Layout | None = None) -> Packing:
    usual, kind = _OVERRIDES[name]
    return Packing(layout or usual, source, right_first, kind, _SPHERES[kind])


def _by_metadata(tags: SphereTags) -> Packing | None:
    """What is said outright; None where that is nothing, or nothing that can be read."""
    layout = tags.stereo or Layout.MONO
    if tags.projection == "equirectangular":
        return Packing(layout, tags.source, tags.right_first)
    if tags.projection == PARTIAL and tags.bounds is not None:
        kind = "vr180" if tags.bounds == HALF else "part"
        return Packing(layout, tags.source, tags.right_first, kind, Region(tags.bounds))
    if tags.projection == CUBE:
        faces = cube_map("3x2", as_in_metadata=True)
        return Packing(layout, tags.source, tags.right_first, "cube-3x2", faces)
    return None


def _by_hint(name: str, aspect: float, tags: SphereTags) -> Packing | None:
    """What the name says, if the aspect allows it; it may also say what a mesh stands for."""
    is_mesh = tags.projection is not None and "mesh" in tags.projection
    hint = _hint(name)
    if hint not in _FITTING or not (tags.projection is None or is_mesh):
        return None
    fitting = [what for wanted, what in _FITTING[hint] if _is_near(aspect, wanted)]
    if not fitting:
        return None
    layout = tags.stereo
    if layout is None and hint == "vr180":
        layout = next((eyes for eyes in _STEREO_HINTS if _matches(name, _STEREO_HINTS[eyes])), None)
    return _named(fitting[0], "name", tags.right_first, layout)


def _hint(name: str) -> str | None:
    return next((what for what, pattern in _HINTS.items() if _matches(name, pattern)), None)


def _matches(name: str, pattern: str) -> bool:
    return re.search(pattern, name.rsplit(".", 1)[0], re.IGNORECASE) is not None


def _other(name: str, tags: SphereTags) -> Packing | None:
    """None unless the picture is said to be what cannot be read, or not as it is."""
    hint = _hint(name)
    if tags.projection is None and hint is None:
        return None
    if _FISHEYE in (tags.projection, hint if tags.projection is None else None):
        evidence = "name" if tags.projection is None else tags.source
        raise MediaError(
            f"{name} is {_FISHEYE} by its {evidence}; stitch it first, "
            "to a 2:1 equirectangular video or to VR180"
        )
    if tags.projection is not None:
        other, evidence = tags.projection, tags.source
    else:
        other, evidence = _WORDS[str(hint)], "name"
    raise MediaError(
        f"{name} is {other} by its {evidence}, but not in a form that can be read so; say what it "
        f"holds with --projection ({', '.join(PROJECTIONS)})"
    )


def _by_aspect(name: str, aspect: float, tags: SphereTags) -> Packing | None:
    if tags.stereo in _STEREO_ASPECTS and _is_near(aspect, _STEREO_ASPECTS[tags.stereo]):
        return Packing(tags.stereo, tags.source, tags.right_first)
    if _is_near(aspect, 2.0):
        return Packing(Layout.MONO, "aspect")
    for layout, pattern in _STEREO_HINTS.items():
        if _is_near(aspect, _STEREO_ASPECTS[layout]) and _matches(name, pattern):
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
    elif _is_near(float(aspect), 1.5):
        flag = "cube-3x2 (a cube map) or eac (YouTube's)"
    elif _is_near(float(aspect), 6.0):
        flag = "cube-6x1 (a cube map)"
    raise MediaError(
        f"{name} is {shown}, not a 2:1 equirectangular picture; "
        f"if it holds one all the same, open it with --projection {flag}"
    )


def _aspect_words(aspect: Fraction) -> str:
    simple = aspect.limit_denominator(20)
    if abs(float(simple / aspect) - 1.0) < 0.002:
        return f"{simple.numerator}:{simple.denominator}"
    return f"{float(aspect):.2f}:1"
