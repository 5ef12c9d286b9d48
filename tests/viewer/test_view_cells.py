"""Cells of a split pane: equal, apart, in reading order, and found again by a point."""

from __future__ import annotations

import pytest

from cubesal_viewer.widgets.view_cells import SPLITS, Split, cell_at, split_aspect, view_cells


@pytest.mark.parametrize("count", SPLITS)
@pytest.mark.parametrize("size", [(640, 360), (641, 363), (90, 60)])
def test_cells_are_equal_fill_the_pane_and_do_not_touch(
    count: Split, size: tuple[int, int]
) -> None:
    cells = view_cells(*size, count, gap=4)
    assert len(cells) == count
    assert len({(c.width, c.height) for c in cells}) == 1
    assert max(c.x + c.width for c in cells) == size[0]
    assert max(c.y + c.height for c in cells) == size[1]
    for k, cell in enumerate(cells):
        assert cell_at(cells, cell.x, cell.y) == k
        assert cell_at(cells, cell.x + cell.width - 1, cell.y + cell.height - 1) == k
        assert cell_at(cells, cell.x + cell.width + 1, cell.y + cell.height + 1) is None


def test_views_keep_their_shape_when_the_pane_takes_the_shape_for_them() -> None:
    for count in SPLITS:
        width = round(900 * split_aspect(16 / 9, count))
        cell = view_cells(width, 900, count, gap=0)[0]
        assert cell.width / cell.height == pytest.approx(16 / 9, rel=0.01)
