"""What the panes show, resolved from state and facts: pure, frozen, testable without a window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cubesal.overlay import OverlayStyle, colormap_lut
from cubesal.track import Status, TrackView
from cubesal.video import Frame
from cubesal_viewer.render.content import RenderContent
from cubesal_viewer.state import Overlay

__all__ = ["DisplayState", "UploadKeys", "resolve"]


@dataclass(frozen=True, eq=False)
class DisplayState:
    """One consistent picture: frame, map, colouring, and what the map is worth."""

    content: RenderContent
    map_status: Status
    scale: float


class UploadKeys:
    """Hands out a new number whenever another array is shown, so that panes upload only then."""

    def __init__(self) -> None:
        self._keys = {"frame": 0, "map": 0}
        self._smoothed: tuple[object, float, NDArray[np.float32]] | None = None
        self._shown: dict[str, object] = {"frame": None, "map": None}

    def of(self, kind: Literal["frame", "map"], shown: object) -> int:
        """Return the key of this very object; two clips' frames differ even at one index."""
        if shown is not self._shown[kind]:
            self._shown[kind] = shown
            self._keys[kind] += 1
        return self._keys[kind]

    def smoothed(self, saliency: NDArray[np.float32], style: OverlayStyle) -> NDArray[np.float32]:
        """The map as the style shows it; for one map after another this is worked out once."""
        last = self._smoothed
        if last is None or last[0] is not saliency or last[1] != style.smoothing:
            last = self._smoothed = (saliency, style.smoothing, style.smoothed(saliency))
        return last[2]


def resolve(
    frame: Frame | None,
    view: TrackView,
    clip_peak: float,
    overlay: Overlay,
    keys: UploadKeys,
    show_stale: bool = True,
) -> DisplayState:
    """Combine the frame on show, the map for its moment and the overlay settings.

    ``clip_peak`` is the largest value of all maps so far, the top of the scale when the range is
    that of the whole clip.  Without ``show_stale`` the map of an earlier moment is not shown.
    """
    if view.status == "stale" and not show_stale:
        view = TrackView(None, "none")
    style = overlay.style
    saliency = None if view.saliency is None else keys.smoothed(view.saliency, style)
    scale = 0.0 if saliency is None else style.scale_of(saliency, clip_peak)
    content = RenderContent(
        planes=frame.planes if frame else None,
        frame_key=keys.of("frame", frame),
        saliency=saliency,
        saliency_key=keys.of("map", saliency),
        scale=scale,
        lut=colormap_lut(style.colormap, style.inverted),
        lut_key=f"{style.colormap}{'-' if style.inverted else ''}",
        opacity=style.opacity,
        threshold=style.threshold,
        overlay_visible=overlay.visible,
        contours=style.contours,
    )
    return DisplayState(content, view.status, scale)
