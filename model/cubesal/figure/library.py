"""matplotlib as figures use it: no window, no settings of the user's, no folder of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import platformdirs

__all__ = ["matplotlib_figure"]


@contextmanager
def matplotlib_figure(size_in: tuple[float, float], font_pt: float) -> Iterator[Any]:
    """An empty figure of (width, height) inches, drawn without a window and with its defaults."""
    matplotlib, figure_type, canvas_type = _imported()
    ours = {
        "font.family": "DejaVu Sans",  # comes with matplotlib, so it is everywhere the same
        "font.size": font_pt,
        "pdf.fonttype": 42,  # text stays text
        "svg.fonttype": "none",
    }
    defaults = matplotlib.rcParamsDefault
    # Even to ask for the backend would choose one, and load what windows need.
    plain = {key: defaults[key] for key in defaults if key != "backend"}
    with matplotlib.rc_context({**plain, **ours}):
        figure = figure_type(figsize=size_in, facecolor="white")
        canvas_type(figure)
        yield figure


def _imported() -> tuple[Any, Any, Any]:
    """matplotlib, its figure and its canvas.

    On import it reads the settings of whoever runs it and keeps a list of fonts: ours lies in our
    own cache, and settings are looked for there.
    """
    before = os.environ.get("MPLCONFIGDIR")
    os.environ["MPLCONFIGDIR"] = str(_folder())
    try:
        import matplotlib as library
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    finally:
        if before is None:
            del os.environ["MPLCONFIGDIR"]
        else:
            os.environ["MPLCONFIGDIR"] = before
    return library, Figure, FigureCanvasAgg


def _folder() -> os.PathLike[str]:
    return platformdirs.user_cache_path("cubesal", appauthor=False) / "matplotlib"
