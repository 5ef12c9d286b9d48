"""Decoded pictures kept for a while: those asked for longer than those passed on the way."""

from __future__ import annotations

from collections import OrderedDict

from av.video.frame import VideoFrame

__all__ = ["PictureCache"]

_AT_LEAST = 2


class PictureCache:
    """Pictures by frame index within a budget of bytes; at least two, whatever their size.

    Going back and forth between two places asks for few pictures, but passes hundreds: these may
    not push those out.  Stepping back asks for the very ones that were passed last.
    """

    def __init__(self) -> None:
        self._asked: OrderedDict[int, VideoFrame] = OrderedDict()
        self._passed: OrderedDict[int, VideoFrame] = OrderedDict()
        self._bytes = {"asked": 0, "passed": 0}

    def __contains__(self, index: int) -> bool:
        return index in self._asked or index in self._passed

    def __len__(self) -> int:
        return len(self._asked) + len(self._passed)

    @property
    def size(self) -> int:
        """Bytes held."""
        return sum(self._bytes.values())

    def ask(self, index: int) -> VideoFrame | None:
        """The picture, if it is here; it counts as asked for just now."""
        if index in self._asked:
            self._asked.move_to_end(index)
            return self._asked[index]
        picture = self._passed.pop(index, None)
        if picture is not None:
            self._bytes["passed"] -= _size(picture)
            self._bytes["asked"] += _size(picture)
            self._asked[index] = picture
        return picture

    def keep(self, index: int, picture: VideoFrame, budget: int) -> None:
        """Keep a picture that was passed, in place of the oldest ones beyond ``budget`` bytes."""
        for shelf, name in ((self._asked, "asked"), (self._passed, "passed")):
            replaced = shelf.pop(index, None)
            self._bytes[name] -= _size(replaced) if replaced else 0
        self._passed[index] = picture
        self._bytes["passed"] += _size(picture)
        while self.size > budget and len(self) > _AT_LEAST:
            self._drop_one(budget)

    def _drop_one(self, budget: int) -> None:
        spares_passed = self._asked and (
            self._bytes["passed"] <= budget // 2 or len(self._passed) < _AT_LEAST
        )
        shelf, name = (self._asked, "asked") if spares_passed else (self._passed, "passed")
        self._bytes[name] -= _size(shelf.popitem(last=False)[1])


def _size(picture: VideoFrame) -> int:
    return sum(plane.buffer_size for plane in picture.planes)
