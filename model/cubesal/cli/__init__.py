"""The command ``cubesal``: arguments, files and messages; the work is done elsewhere.

Importing this loads neither torch nor a codec, so that ``--help`` answers at once.
"""

from __future__ import annotations

from cubesal.cli.main import main

__all__ = ["main"]
