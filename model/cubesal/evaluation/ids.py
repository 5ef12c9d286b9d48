"""Lists of clips, as Wild-360 comes with: one id a line."""

from __future__ import annotations

from pathlib import Path

from cubesal.errors import EvaluationError

__all__ = ["read_ids"]


def read_ids(path: Path) -> list[str]:
    """Ids with or without ``.mp4``, repetitions kept; blank lines and # are skipped.

    Raises:
        EvaluationError: the file cannot be read, or names no clip.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise EvaluationError(f"{path} is not a readable list of ids: {reason}") from error
    names = [line.strip().removesuffix(".mp4") for line in lines]
    names = [name for name in names if name and not name.startswith("#")]
    if not names:
        raise EvaluationError(f"{path} names no clip: it needs one id a line")
    return names
