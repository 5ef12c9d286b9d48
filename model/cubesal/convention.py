"""Two ways to compute the same network: right, or as the code that CP-360 was published with.

``exact`` is the default everywhere: pixel centres, wrap at the seam, strips in their right depth
order, losses that mean what the paper says. ``cp360`` repeats what the authors' code does, quirk
for quirk, because their released temporal weights saw features made that way. Each quirk and what
either convention does about it is listed in ``docs/cp360.md``.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

__all__ = ["CONVENTIONS", "Convention", "as_convention"]

Convention = Literal["exact", "cp360"]

CONVENTIONS: Final[tuple[Convention, ...]] = get_args(Convention)


def as_convention(name: str) -> Convention:
    """`name` as a convention.

    Raises:
        ValueError: there is no such convention.
    """
    for convention in CONVENTIONS:
        if convention == name:
            return convention
    raise ValueError(f"unknown convention {name!r}: there are {' and '.join(CONVENTIONS)}")
