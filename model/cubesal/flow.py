"""Optical flow on the sphere's equirect frame, dense, with wrap-around in yaw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.convention import Convention, as_convention
from cubesal.errors import CubesalError
from cubesal.geometry import wrap_columns

__all__ = [
    "FLOW_HEIGHT",
    "FLOW_METHODS",
    "LEAST_FLOW_HEIGHT",
    "PUBLISHED_FLOW_HEIGHT",
    "FlowMeter",
    "FlowMethod",
    "grey_equirect",
    "require_flow_method",
]

FlowMethod = Literal["dis", "deepflow"]
FLOW_METHODS: Final[tuple[FlowMethod, ...]] = get_args(FlowMethod)

FLOW_HEIGHT = 240
#: OpenCV's search crashes on frames that are smaller than its patches on the coarser scales.
LEAST_FLOW_HEIGHT = 16
#: Rows of the flow that the code published with CP-360 stores.
PUBLISHED_FLOW_HEIGHT = 480


class _Search(Protocol):
    def calc(self, before: Any, after: Any, flow: Any) -> Any:
        """The flow from one grey frame to another, in pixels."""


@dataclass(frozen=True)
class _FlowRules:
    """What the conventions differ in.

    Attributes:
        wrap: columns that both frames are continued by over the seam, at 240 rows.
        grey: how RGB becomes grey; the published code weighs red as blue and blue as red.
    """

    wrap: int
    grey: int


_RULES: Final[dict[Convention, _FlowRules]] = {
    "exact": _FlowRules(64, cv2.COLOR_RGB2GRAY),
    "cp360": _FlowRules(0, cv2.COLOR_BGR2GRAY),
}


def grey_equirect(
    equirect_rgb: NDArray[np.uint8], height: int = FLOW_HEIGHT, convention: Convention = "exact"
) -> NDArray[np.uint8]:
    """Grey (height, 2 height) uint8 of an RGB frame of any size, averaged down."""
    grey = cv2.cvtColor(equirect_rgb, _RULES[as_convention(convention)].grey)
    shrinks = grey.shape[0] >= height
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(grey, (2 * height, height), interpolation=method), np.uint8)


def require_flow_method(method: str) -> FlowMethod:
    """`method` if it can be used here.

    Raises:
        ValueError: there is no such method.
        CubesalError: OpenCV was built without it; says what to install.
    """
    known = next((name for name in FLOW_METHODS if name == method), None)
    if known is None:
        raise ValueError(f"unknown flow method {method!r}: there are {' and '.join(FLOW_METHODS)}")
    if known == "deepflow" and not hasattr(cv2, "optflow"):
        raise CubesalError(
            "DeepFlow is part of OpenCV's contrib modules, which are not installed: put"
            " opencv-contrib-python-headless in the place of opencv-python-headless, or use the"
            " method dis"
        )
    return known


class FlowMeter:
    """Flow from each frame to the next.

    "dis" is Dense Inverse Search (Kroeger et al., ECCV 2016), "deepflow" DeepFlow (Weinzaepfel et
    al., ICCV 2013), which CP-360 used and which takes a hundred times as long. In "exact" both
    frames are continued over the seam, so that motion across it is found.

    Args:
        height: rows of the flow; frames are averaged down to it.

    Raises:
        ValueError: an unknown method or convention, or fewer than 16 rows.
        CubesalError: the method is not installed.
    """

    def __init__(
        self,
        height: int = FLOW_HEIGHT,
        method: FlowMethod = "dis",
        convention: Convention = "exact",
    ) -> None:
        if height < LEAST_FLOW_HEIGHT:
            raise ValueError(f"flow needs at least {LEAST_FLOW_HEIGHT} rows, not {height}")
        self._height = height
        self._convention = as_convention(convention)
        self._wrap = _RULES[self._convention].wrap * max(height, FLOW_HEIGHT) // FLOW_HEIGHT
        self._wrap = min(self._wrap, 2 * height)
        self._search = _search_of(require_flow_method(method))
        self._before: NDArray[np.uint8] | None = None

    def reset(self) -> None:
        """Forget the last frame: the next one begins another sequence."""
        self._before = None

    def step(self, equirect_rgb: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        """(H, 2H, 2) float32 shift in pixels (right, down) since the last frame; None at first."""
        return self.step_grey(grey_equirect(equirect_rgb, self._height, self._convention))

    def step_grey(self, grey: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        """The same for a frame that is grey, (H, 2H) uint8, already."""
        wide = wrap_columns(grey, self._wrap)
        before, self._before = self._before, wide
        if before is None:
            return None
        flow = self._search.calc(before, wide, None)
        return np.ascontiguousarray(
            flow[:, self._wrap : self._wrap + 2 * self._height], dtype=np.float32
        )


def _search_of(method: FlowMethod) -> _Search:
    if method == "deepflow":
        found: _Search = vars(cv2)["optflow"].createOptFlow_DeepFlow()  # unknown to the stubs
        return found
    return cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
