"""Panes, panels and the main window: they show state and emit intent, and keep neither."""

from __future__ import annotations
