"""Exports from the window: one job at a time on a thread of its own."""

from __future__ import annotations
