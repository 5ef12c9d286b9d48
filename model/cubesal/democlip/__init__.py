"""The demo clip: a 360° evening in a bay, drawn and sounded by code, whose truth is known.

A red biplane, a hot-air balloon that passes beside the zenith and a sailboat that crosses the seam
take turns as the *primary* subject, the one a good camera would follow.  ``scene_truth`` tells
where everything is at any time, ``frame`` draws that moment, ``render_demo`` writes the clip.
"""

from __future__ import annotations

from cubesal.democlip.paths import (
    DURATION_S,
    FPS,
    HANDOVERS_S,
    SUBJECTS,
    DemoTruth,
    scene_truth,
)
from cubesal.democlip.render import render_demo
from cubesal.democlip.scene import frame

__all__ = ["DURATION_S", "FPS", "HANDOVERS_S", "SUBJECTS", "DemoTruth", "frame"]
__all__ += ["render_demo", "scene_truth"]
