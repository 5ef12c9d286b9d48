"""Times as people read them."""

from __future__ import annotations

__all__ = ["clock_text", "duration_text"]


def clock_text(time_s: float) -> str:
    """Minutes, seconds and milliseconds, with hours only where there are any: ``1:02.500``."""
    milliseconds = round(time_s * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{milliseconds // 1000:02d}.{milliseconds % 1000:03d}"
    return f"{hours}:{minutes:02d}:{seconds}" if hours else f"{minutes}:{seconds}"


def duration_text(seconds: float) -> str:
    """A rough duration for an estimate: ``8 s``, ``3 min``, ``2 h 5 min``."""
    whole = round(seconds)
    if whole < 90:
        return f"{whole} s"
    minutes = round(whole / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
