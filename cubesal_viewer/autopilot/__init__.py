"""The autopilot in the window: what is flown where there is a plan, and where there is none yet."""

from __future__ import annotations
