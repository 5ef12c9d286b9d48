"""From file to picture in time: decoding thread, clock, transport.  Knows no widget and no GL."""

from __future__ import annotations
