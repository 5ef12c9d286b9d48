"""Where several flat views lie inside one pane: the camera's own first, the others after it."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from cubesal_viewer.render import Viewport

__all__ = ["SPLITS", "Split", "cell_at", "split_aspect", "view_cells"]

Split: TypeAlias = Literal[1, 2, 4]
#: How many views a pane can show, in the order in which the command goes through them.
SPLITS: Final[tuple[Split, ...]] = (1, 2, 4)
_SHAPES: Final[dict[int, tuple[int, int]]] = {1: (1, 1), 2: (1, 2), 4: (2, 2)}


def split_aspect(aspect: float, count: Split) -> float:
    """Width / height of a pane in which ``count`` views have this aspect each."""
    columns, rows = _SHAPES[count]
    return aspect * columns / rows


def view_cells(width: int, height: int, count: Split, gap: int) -> tuple[Viewport, ...]:
    """The views' rectangles, row by row, with ``gap`` pixels between them."""
    columns, rows = _SHAPES[count]
    lefts, widths = _parts(width, columns, gap)
    tops, heights = _parts(height, rows, gap)
    return tuple(
        Viewport(lefts[column], tops[row], widths[column], heights[row])
        for row in range(rows)
        for column in range(columns)
    )


def cell_at(cells: tuple[Viewport, ...], x: float, y: float) -> int | None:
    """Which of the rectangles a point lies in, None between them and outside."""
    for k, cell in enumerate(cells):
        if cell.x <= x < cell.x + cell.width and cell.y <= y < cell.y + cell.height:
            return k
    return None


def _parts(length: int, count: int, gap: int) -> tuple[list[int], list[int]]:
    """Begins and lengths of ``count`` equal parts; pixels that are over go to the gaps."""
    size = max((length - (count - 1) * gap) // count, 1)
    if count == 1:
        return [0], [size]
    return [round(k * (length - size) / (count - 1)) for k in range(count)], [size] * count
