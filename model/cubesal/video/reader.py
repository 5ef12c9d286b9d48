"""Opening a clip and reading its frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from cubesal.errors import MediaError
from cubesal.video.info import ClipInfo, Eye, Frame
from cubesal.video.opening import open_clip
from cubesal.video.reading import Reading
from cubesal.video.sampling import shown_at

__all__ = ["ClipReader"]

#: Decoding so many pictures takes no longer than people notice.
_FAR_FRAMES = 8


class ClipReader:
    """Frames of one clip by index, exact wherever they are read.

    Blocking and for one thread; the frames it returns are frozen and may go anywhere.  Stills are
    clips of one frame.  Of stereo clips it hands out one eye.  Leading frames that cannot be
    decoded do not count; a later one that cannot is answered with the nearest earlier picture and
    listed in :attr:`damaged`.

    Frames are equirect whatever the file holds: half spheres (VR180), cube maps and EAC are
    resampled.  ``projection`` overrides what is concluded from the file, and more: it is the text
    of a :class:`~cubesal.video.reading.Reading`, a projection's name ("equirect", "vr180-sbs",
    "eac", ... see :data:`~cubesal.video.projection.PROJECTIONS`), an eye, an orientation.  ``eye``
    goes before the reading's.  ``kept_bytes`` is how much of what was decoded stays at hand for
    going back; None is enough for those who read ahead.  Raises ``MediaError`` for whatever shows
    no sphere that can be read, ``ValueError`` for an unknown ``projection``.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        projection: str | None = None,
        eye: Eye | None = None,
        kept_bytes: int | None = None,
    ) -> None:
        reading = Reading.parse(projection)
        clip = open_clip(Path(path), reading if eye is None else replace(reading, eye=eye))
        clip.decoder.kept_bytes = kept_bytes
        self._decoder = clip.decoder
        self._extract = clip.extract
        self._last: Frame | None = None
        self._resized: set[int] = set()
        self.info: ClipInfo = clip.info
        self.pts: NDArray[np.int64] = clip.pts
        self.times_s: NDArray[np.float64] = (clip.pts - clip.pts[0]) * float(clip.info.time_base)
        self.pts.setflags(write=False)
        self.times_s.setflags(write=False)

    @property
    def damaged(self) -> frozenset[int]:
        """Indices read or passed so far whose own picture could not be decoded."""
        return self._decoder.damaged

    @property
    def resized(self) -> frozenset[int]:
        """Indices read so far whose picture is stored in another size than the first one's.

        They are scaled to it; that is no damage, but what was coded finer or coarser is not seen.
        """
        return frozenset(self._resized)

    def read(self, index: int, is_pointless: Callable[[], bool] | None = None) -> Frame:
        """The frame at ``index``; cheap for the next one and for those just passed.

        Raises ``IndexError`` outside 0..frame_count-1, ``MediaError`` if the file no longer yields
        the picture, ``Cancelled`` as soon as ``is_pointless``, asked now and then, says so.
        """
        self._check(index)
        if self._last is None or self._last.index != index:
            self._last = self._read(int(index), is_pointless)
        return self._last

    def quick_stand_in(self, index: int) -> int | None:
        """The key frame to show while a far frame is decoded; None where that one is near."""
        self._check(index)
        if self._last is not None and self._last.index == index:
            return None
        key = self._decoder.key_before(index)
        is_far = index - key > _FAR_FRAMES and self._decoder.must_seek(index)
        return key if is_far else None

    def key_before(self, index: int) -> int:
        """The frame at or before ``index`` that is soonest read from anywhere."""
        self._check(index)
        return self._decoder.key_before(index)

    def _check(self, index: int) -> None:
        if not 0 <= index < len(self.pts):
            raise IndexError(f"frame {index} of a clip with {len(self.pts)} frames")

    def _read(self, index: int, is_pointless: Callable[[], bool] | None) -> Frame:
        picture = self._decoder.picture(index, is_pointless)
        if picture is None:
            raise MediaError(
                f"{self.info.path.name} can no longer be decoded at frame {index}; "
                "check whether the file was changed or removed while it was open"
            )
        is_resized = (picture.width, picture.height) != self._extract.size
        if is_resized:
            self._resized.add(index)
        time_s, pts = float(self.times_s[index]), int(self.pts[index])
        planes = self._extract(picture)
        if len(self.pts) == 1:  # read once and for all: what a still was decoded to may be vast
            self._decoder.retire()
        return Frame(index, time_s, pts, planes, self.info.coverage, is_resized)

    def frames(self, indices: Iterable[int] | None = None) -> Iterator[Frame]:
        """Frames of ascending ``indices``, or all; decodes across small gaps, seeks over wide."""
        yield from map(self.read, range(len(self.pts)) if indices is None else indices)

    def index_at(self, time_s: float) -> int:
        """Index of the frame that is on screen ``time_s`` after the first one appeared."""
        return int(shown_at(self.times_s, np.array([time_s]))[0])

    def close(self) -> None:
        """Close the file; frames already read stay valid."""
        self._decoder.retire()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
