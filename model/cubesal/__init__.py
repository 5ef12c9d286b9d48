"""Where people would look in a 360° video, and the camera that follows.

The headless half of cubesal-viewer: sphere geometry, cube-padded networks, video, the camera
planner, exports and the command line.  It needs neither Qt nor OpenGL.  This module imports
almost nothing, so that ``cubesal --help`` answers at once; import the submodule you need.
"""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
