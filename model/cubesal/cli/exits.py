"""Exit codes."""

from __future__ import annotations

from typing import Final

__all__ = ["DONE", "INTERRUPTED", "PARTIAL", "UNUSABLE"]

DONE: Final = 0
PARTIAL: Final = 1
"""Some inputs failed or are partial; each is named on stderr."""
UNUSABLE: Final = 2
"""Nothing usable came out, or the command line was wrong."""
INTERRUPTED: Final = 130
"""Stopped by Ctrl+C, as shells have it."""
