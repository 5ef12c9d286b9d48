"""Which projection the flat view has, and how wide it is: a choice beside the view."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject

from cubesal.lens import LENSES, Lens, Projection
from cubesal_viewer.state import ViewerState
from cubesal_viewer.steering import Steering
from cubesal_viewer.widgets.commands import Command
from cubesal_viewer.widgets.main_window import MainWindow

__all__ = ["Lenses"]


def _tr(text: str) -> str:
    """Mark a text for translation; it is translated when the commands are installed."""
    return text


class Lenses(QObject):
    """Assigns the lens; paths and exports stay those of a rectilinear camera."""

    def __init__(self, state: ViewerState, steering: Steering, window: MainWindow) -> None:
        super().__init__()
        self._state, self._steering = state, steering
        state.lens_changed.connect(window.show_lens)
        window.transport.projection_chosen.connect(self.choose)

    def commands(self) -> list[Command]:
        """The commands of the projection."""
        menu = _tr("&View")
        one_each: dict[Projection, str] = {
            "rectilinear": _tr("Rectilinear view"),
            "stereographic": _tr("Stereographic view"),
            "planet": _tr("Little planet"),
        }
        return [
            Command(menu, _tr("Next projection"), ("U",), self.next_projection),
            *(
                Command(menu, words, (), partial(self.choose, projection))
                for projection, words in one_each.items()
            ),
        ]

    def choose(self, projection: Projection) -> None:
        """Show the view in another projection, at its usual field of view."""
        if projection != self._state.lens.projection:
            self._state.set_lens(Lens.of(projection))

    def next_projection(self) -> None:
        """Rectilinear, stereographic, little planet, and rectilinear again."""
        here = LENSES.index(self._state.lens.projection)
        self.choose(LENSES[(here + 1) % len(LENSES)])

    def zoom(self, factor: float) -> None:
        """Widen (factor > 1) or narrow what is shown; a rectilinear view is the camera's own."""
        lens = self._state.lens
        if lens.is_stereographic:
            self._state.set_lens(lens.zoomed(factor))
        else:
            self._steering.zoom(factor)
