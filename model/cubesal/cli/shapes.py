"""The flat pictures that ``--aspect``, ``--size`` and ``--fov`` describe."""

from __future__ import annotations

from dataclasses import dataclass
from math import atan, degrees, radians, tan

from cubesal.autopilot import CameraPath
from cubesal.camera import HFOV_MIN
from cubesal.cli.arguments import Options
from cubesal.errors import ExportError
from cubesal.exporting import WIDEST_VFOV, default_hfov, default_size, load_path

__all__ = ["Shape", "flat_shapes", "given_path"]

_WIDEST_VFOV = radians(150)


@dataclass(frozen=True)
class Shape:
    """One flat output: its pixels and horizontal field of view; ``label`` tells several apart."""

    width: int
    height: int
    hfov: float
    label: str

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.width / self.height


def flat_shapes(options: Options) -> list[Shape]:
    """One shape per ``--aspect``; kinds that are not flat have a single one."""
    aspects = options.aspect or [options.size or (16, 9)]
    if options.what not in ("nfov", "path"):
        aspects = aspects[:1]
    if options.size is not None and len(aspects) > 1:
        raise ExportError("--size sets one picture size: give a single --aspect with it, or none")
    shapes = [_shape(aspect, options) for aspect in aspects]
    if len({shape.label for shape in shapes}) < len(shapes):
        raise ExportError("the same --aspect is given twice")
    return shapes


def _shape(aspect: tuple[int, int], options: Options) -> Shape:
    width, height = options.size or default_size(aspect)
    if abs(width / height / (aspect[0] / aspect[1]) - 1) > 0.01:
        raise ExportError(
            f"--size {width}x{height} is not {aspect[0]}:{aspect[1]}; give one of the two"
        )
    hfov = default_hfov(width / height) if options.fov is None else radians(options.fov)
    if options.path is None:  # a given path brings its own
        _check_fov(hfov, width, height)
    return Shape(width, height, hfov, f"{aspect[0]}x{aspect[1]}")


def _check_fov(hfov: float, width: int, height: int) -> None:
    if hfov < HFOV_MIN:
        raise ExportError(
            f"at {width}x{height} the default field of view would be {degrees(hfov):.0f} degrees "
            f"across, and {degrees(HFOV_MIN):.0f} is the least; "
            "give --fov, or a wider --size or --aspect"
        )
    vfov = _vfov(hfov, width / height)
    if vfov > _WIDEST_VFOV:
        raise ExportError(
            f"a field of view of {degrees(hfov):.0f} degrees across makes {degrees(vfov):.0f} "
            f"degrees upright at {width}x{height}; choose a smaller --fov"
        )


def given_path(options: Options, shapes: list[Shape]) -> CameraPath | None:
    """The path of ``--path``, which every shape can follow. MediaError, ExportError."""
    if options.path is None or options.what in ("maps", "snapshot"):
        return None
    path = load_path(options.path)
    widest = float(path.hfov.max())
    for shape in shapes if options.what != "path" else []:
        vfov = _vfov(widest, shape.aspect)
        if vfov > WIDEST_VFOV:
            raise ExportError(
                f"{options.path} has a field of view of {degrees(widest):.0f} degrees across, "
                f"which makes {degrees(vfov):.0f} degrees upright at {shape.width}x{shape.height}; "
                "choose a wider --aspect or --size"
            )
    return path


def _vfov(hfov: float, aspect: float) -> float:
    return 2 * atan(tan(hfov / 2) / aspect)
