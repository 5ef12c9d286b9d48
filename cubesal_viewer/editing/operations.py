"""What an edit does: edits in, edits out.  Pure, so that undo is only another value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cubesal.autopilot import Ease, PathKey
from cubesal.document import Marker
from cubesal_viewer.state import Edits

__all__ = [
    "at_time",
    "eased",
    "key_moved",
    "keys_replaced",
    "locked",
    "marker_toggled",
    "past_key",
    "span_set",
    "with_key",
    "without_key",
]

#: Moments closer together than this are one: less than a frame of 240 a second.
SAME_S = 0.004


def at_time(keys: Sequence[PathKey], time_s: float) -> PathKey | None:
    """The key of a moment, if there is one."""
    return next((key for key in keys if abs(key.time_s - time_s) < SAME_S), None)


def with_key(edits: Edits, key: PathKey) -> Edits:
    """The key is insisted on, in place of what was insisted on at its moment."""
    others = [k for k in edits.path if abs(k.time_s - key.time_s) >= SAME_S]
    path = sorted([*others, replace(key, locked=True)], key=lambda k: k.time_s)
    return replace(edits, path=tuple(path))


def without_key(edits: Edits, time_s: float) -> Edits:
    """Nobody insists on a key at that moment any more: the planner decides."""
    left = tuple(k for k in edits.path if abs(k.time_s - time_s) >= SAME_S)
    return replace(edits, path=left)


def locked(edits: Edits, key: PathKey) -> Edits:
    """Insist on a key of the planner's, or give one back to it."""
    return without_key(edits, key.time_s) if key.locked else with_key(edits, key)


def key_moved(edits: Edits, key: PathKey, to_s: float) -> Edits:
    """The same view at another moment; insisted on from now on.

    A moment that has a key already is left to that one.
    """
    if abs(to_s - key.time_s) < SAME_S or at_time(edits.path, to_s) is not None:
        return edits
    return with_key(without_key(edits, key.time_s), replace(key, time_s=max(to_s, 0.0)))


def past_key(edits: Edits, keys: Sequence[PathKey], key: PathKey) -> Edits:
    """Do not go by way of a key: one insisted on is forgotten.

    One of the planner's is passed by: the way leads straight from the key before to the one after.
    """
    if key.locked:
        return without_key(edits, key.time_s)
    shown = sorted({*keys, *edits.path}, key=lambda k: k.time_s)
    before = [k for k in shown if k.time_s < key.time_s - SAME_S]
    after = [k for k in shown if k.time_s > key.time_s + SAME_S]
    if before:
        edits = with_key(edits, replace(before[-1], ease="direct"))
    return with_key(edits, after[0]) if after else edits


def eased(edits: Edits, key: PathKey, ease: Ease) -> Edits:
    """Go on from a key in another way, which makes it one that is insisted on."""
    return with_key(edits, replace(key, ease=ease))


def keys_replaced(edits: Edits, keys: Sequence[PathKey], start_s: float, end_s: float) -> Edits:
    """Other keys between two moments, both included."""
    outside = [k for k in edits.path if not start_s - SAME_S <= k.time_s <= end_s + SAME_S]
    inside = [replace(key, locked=True) for key in keys]
    return replace(edits, path=tuple(sorted([*outside, *inside], key=lambda k: k.time_s)))


def marker_toggled(edits: Edits, time_s: float, text: str = "") -> Edits:
    """A marker at a moment, or none if there is one."""
    left = tuple(m for m in edits.markers if abs(m.time_s - time_s) >= SAME_S)
    if len(left) == len(edits.markers):
        left = tuple(sorted((*left, Marker(time_s, text)), key=lambda m: m.time_s))
    return replace(edits, markers=left)


def span_set(
    edits: Edits, end_of_clip_s: float, start_s: float | None = None, end_s: float | None = None
) -> Edits:
    """The range begins or ends at a moment; an end before the start moves the other one away."""
    begin, end = edits.span_s or (0.0, end_of_clip_s)
    if start_s is not None:
        begin, end = start_s, end if end > start_s else end_of_clip_s
    if end_s is not None:
        begin, end = begin if begin < end_s else 0.0, end_s
    return replace(edits, span_s=(begin, end) if end > begin else None)
