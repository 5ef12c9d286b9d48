"""``python -m cubesal``: the same as the command ``cubesal``."""

from __future__ import annotations

from cubesal.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
