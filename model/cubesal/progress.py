"""The one way in which long, blocking work reports progress and is cancelled."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["ProgressFn"]

#: Called as ``progress(done, total)`` after each unit of work, with ``0 <= done <= total``.
#: It may raise :class:`cubesal.errors.Cancelled`; the job then cleans up and lets it pass.
ProgressFn = Callable[[int, int], None]
