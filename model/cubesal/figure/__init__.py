"""The result block of a paper: frames, ground truth, methods, and the most salient views cut out.

Loads without matplotlib; drawing imports it.
"""

from __future__ import annotations

from cubesal.figure.drawing import FIGURE_SUFFIXES, draw_result_block
from cubesal.figure.panels import FigureColumn, ResultBlock, outline_pieces, time_label

__all__ = [
    "FIGURE_SUFFIXES",
    "FigureColumn",
    "ResultBlock",
    "draw_result_block",
    "outline_pieces",
    "time_label",
]
