"""Drawing a result block with matplotlib: exact panels, thin labels, vector outlines.

Sizes are inches on paper, text is in points; nothing depends on what a user has configured.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cubesal.errors import ExportError
from cubesal.figure import panels
from cubesal.figure.library import matplotlib_figure
from cubesal.figure.panels import ResultBlock
from cubesal.whole_files import written_whole

__all__ = ["FIGURE_SUFFIXES", "VIEW_COLOURS", "draw_result_block"]

FIGURE_SUFFIXES: Final = (".png", ".pdf")
VIEW_COLOURS: Final = ("#ff9500", "#19c3ff")
"""Orange and sky blue: apart for colour-blind readers, in grey, and over the colour maps."""

#: The same as text, dark enough to be read on white.
_TEXT_COLOURS: Final = ("#b86200", "#0079a8")

_DPI = 300
_LABELS = 0.17  # left margin, one line of upright text
_HEAD = 0.15  # top margin, one line of text
_GAP = 0.035
_EDGE = 0.02
_FONT_PT = 7.0
_LINE_PT = 0.8
_CASING_PT = 0.45


@dataclass(frozen=True)
class _Row:
    """One row of panels: its name, and the height of a panel per its width."""

    name: str
    height: float
    colour: str = "black"
    text_colour: str = "black"


def draw_result_block(block: ResultBlock, out: Path, width_in: float = 6.875) -> None:
    """Draw the block into a PNG (300 dpi) or PDF, ``width_in`` inches wide. ExportError.

    The default is the text width of a two-column conference paper. Rows from the top: frames,
    ground truth, methods with their overlay, the last one with its two views outlined, and
    below them the views themselves.
    """
    if out.suffix.lower() not in FIGURE_SUFFIXES:
        raise ExportError(f"{out} does not end in {' or '.join(FIGURE_SUFFIXES)}, as a figure must")
    rows = _rows(block)
    count = len(block.columns)
    panel_w = (width_in - _LABELS - _EDGE - (count - 1) * _GAP) / count
    height_in = _HEAD + _EDGE + sum(r.height * panel_w for r in rows) + (len(rows) - 1) * _GAP
    with matplotlib_figure((width_in, height_in), _FONT_PT) as figure:
        sheet = _Sheet(figure, block, panel_w, (width_in, height_in))
        for number, row in enumerate(rows):
            sheet.draw_row(number, row)
        kind = out.suffix.lower().removeprefix(".")
        with written_whole(out) as part:
            figure.savefig(part, format=kind, dpi=_DPI, metadata=_metadata(kind))


def _rows(block: ResultBlock) -> list[_Row]:
    rows = [_Row("Frame", 0.5)]
    rows += [_Row("Ground truth", 0.5)] if block.has_truth else []
    rows += [_Row(name, 0.5) for name in block.methods]
    return rows + [
        _Row(f"View {n}", 1 / panels.VIEW_ASPECT, colour, text)
        for n, (colour, text) in enumerate(zip(VIEW_COLOURS, _TEXT_COLOURS, strict=True), start=1)
    ]


def _metadata(kind: str) -> dict[str, Any]:
    """No date, so that the same block makes the same file."""
    return {"CreationDate": None} if kind == "pdf" else {}


class _Sheet:
    """The figure being filled; places are in inches from its top left corner."""

    def __init__(
        self, figure: Any, block: ResultBlock, panel_w: float, size_in: tuple[float, float]
    ) -> None:
        self._figure, self._block = figure, block
        self._panel_w = panel_w
        self._width, self._height = size_in
        self._top = _HEAD

    def draw_row(self, number: int, row: _Row) -> None:
        """Draw the next row below the ones so far."""
        height = row.height * self._panel_w
        self._text(_LABELS - 0.035, self._top + height / 2, row.name, row.text_colour, upright=True)
        for k in range(len(self._block.columns)):
            left = _LABELS + k * (self._panel_w + _GAP)
            if number == 0:
                label = panels.time_label(self._block.columns[k].time_s)
                self._text(left + self._panel_w / 2, _HEAD - 0.03, label)
            axes = self._axes(left, self._top, self._panel_w, height)
            self._fill(axes, number, k, row)
        self._top += height + _GAP

    def _axes(self, left: float, top: float, width: float, height: float) -> Any:
        """Axes that cover exactly this rectangle, without ticks."""
        box = (
            left / self._width,
            1 - (top + height) / self._height,
            width / self._width,
            height / self._height,
        )
        axes = self._figure.add_axes(box)
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_visible(False)
        return axes

    def _fill(self, axes: Any, number: int, k: int, row: _Row) -> None:
        block, column = self._block, self._block.columns[k]
        first_method = 2 if block.has_truth else 1
        first_view = first_method + len(block.methods)
        size = self._pixels(row.height)
        if number >= first_view:
            view = block.views[k][number - first_view]
            self._show(axes, panels.view_panel(column.rgb, view, size))
            self._frame(axes, row.colour)
            return
        saliency = None
        if number >= first_method:
            saliency = column.maps[number - first_method]
        elif number == 1:
            saliency = column.truth
        self._show(axes, panels.overlay_panel(column.rgb, saliency, block.style, size))
        if number == first_view - 1:
            self._outline_views(axes, k)

    def _pixels(self, height: float) -> tuple[int, int]:
        width = round(self._panel_w * _DPI)
        return width, round(width * height)

    def _show(self, axes: Any, picture: NDArray[np.uint8]) -> None:
        """Fill the axes; their coordinates are u and v from the top left corner."""
        axes.imshow(picture, extent=(0, 1, 1, 0), aspect="auto", interpolation="antialiased")
        axes.set_xlim(0, 1)
        axes.set_ylim(1, 0)

    def _frame(self, axes: Any, colour: str) -> None:
        for spine in axes.spines.values():
            spine.set_visible(True)
            spine.set_color(colour)
            spine.set_linewidth(_LINE_PT)

    def _outline_views(self, axes: Any, k: int) -> None:
        """Each border twice, a dark casing under the colour: visible on any picture."""
        for view, colour in zip(self._block.views[k], VIEW_COLOURS, strict=True):
            pieces = panels.outline_pieces(view, panels.VIEW_ASPECT)
            for width, stroke in ((_LINE_PT + 2 * _CASING_PT, "black"), (_LINE_PT, colour)):
                style = {"color": stroke, "linewidth": width, "solid_capstyle": "projecting"}
                for piece in pieces:
                    axes.plot(*piece.T, solid_joinstyle="miter", **style)

    def _text(
        self, x: float, y: float, words: str, colour: str = "black", *, upright: bool = False
    ) -> None:
        self._figure.text(
            x / self._width,
            1 - y / self._height,
            words,
            color=colour,
            rotation="vertical" if upright else "horizontal",
            ha="right" if upright else "center",
            va="center" if upright else "bottom",
        )
