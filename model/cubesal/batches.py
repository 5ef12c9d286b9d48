"""Frames that go through a network together: as many as its device likes, fewer without memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from cubesal.relief import is_exhausted, release_memory

if TYPE_CHECKING:
    from cubesal.saliency_model import SaliencyModel

__all__ = ["Batches", "Preparing", "grouped"]

Item = TypeVar("Item")

_SMALLER = "{} has little memory left: frames go through the network {} at a time, not {}"
_ONE = "{} has little memory left: frames go through the network one by one"


@runtime_checkable
class Preparing(Protocol):
    """A predictor that may be shown the next frames in advance, so many at once."""

    @property
    def batch(self) -> int:
        """How many; 1 where it makes no difference."""

    def prepare(self, frames: Sequence[NDArray[np.uint8]]) -> None:
        """Compute together what the next frames need by themselves."""


class Batches:
    """How many frames a model is shown at once; halved whenever memory runs out at that."""

    def __init__(self, model: SaliencyModel) -> None:
        self._model = model
        self.size = model.batch

    def prepare(self, frames: Sequence[NDArray[np.uint8]]) -> str:
        """Show a model its next frames; a sentence if that was too much and there are fewer now.

        Frames that find no room even one by one are left to the step that needs them, which knows
        further ways.
        """
        whole = self.size
        while self.size > 1 and not self._fit(frames):
            self.size //= 2
        if self.size == whole:
            return ""
        words = _SMALLER if self.size > 1 else _ONE
        return words.format(self._model.device, self.size, whole)

    def _fit(self, frames: Sequence[NDArray[np.uint8]]) -> bool:
        try:
            for first in range(0, len(frames), self.size):
                self._model.prepare(frames[first : first + self.size])
        except Exception as error:
            if not is_exhausted(error):
                raise
        else:
            return True
        # The error, which holds what was computed so far, is gone here.
        self._model.unprepare()
        release_memory()
        return False


def grouped(items: Iterator[Item], size: Callable[[], int]) -> Iterator[list[Item]]:
    """Items in lists of ``size()``, asked anew for each; the last one may be shorter."""
    group: list[Item] = []
    wanted = size()
    for item in items:
        group.append(item)
        if len(group) >= wanted:
            yield group
            group, wanted = [], size()
    if group:
        yield group
