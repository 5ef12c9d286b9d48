"""The desktop application: window, playback, panes and workers around the ``cubesal`` library."""

from __future__ import annotations
