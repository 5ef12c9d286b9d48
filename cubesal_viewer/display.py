"""What the panes show, resolved from state and facts: pure, frozen, testable without a window."""

from __future__ import annotations

from dataclasses import dataclass

from cubesal.overlay import colormap_lut
from cubesal.track import Status, TrackView
from cubesal.video import Frame
from cubesal_viewer.render.content import RenderContent
from cubesal_viewer.state import Overlay

__all__ = ["DisplayState", "MapKeys", "resolve"]


@dataclass(frozen=True, eq=False)
class DisplayState:
    """One consistent picture: frame, map, colouring, and what the map is worth."""

    content: RenderContent
    map_status: Status
    scale: float


class MapKeys:
    """Hands out a new number whenever another map is shown, so that panes upload only then."""

    def __init__(self) -> None:
        self._key = 0
        self._shown: object = None

    def of(self, saliency: object) -> int:
        """Return the key of this very array object."""
        if saliency is not self._shown:
            self._shown = saliency
            self._key += 1
        return self._key


def resolve(
    frame: Frame | None,
    view: TrackView,
    clip_peak: float,
    overlay: Overlay,
    keys: MapKeys,
    clip_key: int,
) -> DisplayState:
    """Combine the frame on show, the map for its moment and the overlay settings.

    ``clip_peak`` is the largest value of all maps so far, the top of the scale when the range is
    that of the whole clip.  ``clip_key`` counts opened clips: frames of different clips have
    different keys even at the same index.
    """
    style = overlay.style
    scale = 0.0 if view.saliency is None else style.scale_of(view.saliency, clip_peak)
    content = RenderContent(
        planes=frame.planes if frame else None,
        frame_key=hash((clip_key, frame.index)) if frame else 0,
        saliency=view.saliency,
        saliency_key=keys.of(view.saliency),
        scale=scale,
        lut=colormap_lut(style.colormap, style.inverted),
        lut_key=f"{style.colormap}{'-' if style.inverted else ''}",
        opacity=style.opacity,
        threshold=style.threshold,
        overlay_visible=overlay.visible,
    )
    return DisplayState(content, view.status, scale)
