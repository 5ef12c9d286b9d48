"""First-order ambisonic sound: heard as stereo by a camera that turns, or turned with the sphere.

Four channels as in ambiX: W is all around, Y points to the left, Z up and X ahead, in the order W,
Y, Z, X, scaled as SN3D.  The two of the stereo are what two cardioid microphones hear, 90 degrees
to the left and to the right of where the camera looks: honest stereo for loudspeakers, no binaural
rendering.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from cubesal.video.ambisonic_boxes import first_order_channels, read_sa3d

__all__ = ["Hearing", "ambisonic_channels", "heard"]

#: The turn (3, 3) at a moment, in seconds from the output's beginning, that takes directions of
#: the listener to those of the stored sphere (axes: cubesal.geometry.axes).
Facing = Callable[[float], NDArray[np.float64]]
Channels = tuple[int, int, int, int]

#: The listener turns in steps of this many samples, with gains that run straight from one to the
#: next: 20 ms, in which even a cut of the camera is no click.
_BLOCK = 1024


@dataclass(frozen=True)
class Hearing:
    """Who hears ambisonic sound: ``is_flat`` as stereo, otherwise as ambisonics, but turned."""

    facing: Facing
    is_flat: bool = True


def ambisonic_channels(path: Path, stream: AudioStream) -> Channels | None:
    """Which channels of a file's first sound stream are W, Y, Z and X; None: it is not ambisonic.

    Known by the SA3D box of MP4 and MOV or by the channel mapping of Opus.  Four channels alone
    mean nothing: they may be four loudspeakers.
    """
    context = stream.codec_context
    if context.channels < 4:
        return None
    if context.layout.name.startswith("ambisonic"):
        return 0, 1, 2, 3
    box = read_sa3d(path)
    channels = None if box is None else first_order_channels(box)
    return channels if channels is not None and max(channels) < context.channels else None


def heard(
    frame: AudioFrame, channels: Channels, hearing: Hearing, layout: str = "ambisonic 1"
) -> AudioFrame:
    """A decoded frame, timed from the output's beginning, as stereo or as turned W, Y, Z, X.

    ``layout`` is how the four are labelled, for encoders that know of no ambisonics.
    """
    samples = _as_float(frame)[list(channels)]
    since = float((frame.pts or 0) * (frame.time_base or 0))
    rate = frame.sample_rate
    parts = []
    for start, stop in _blocks(samples.shape[1]):
        ends = [hearing.facing(since + moment / rate) for moment in (start, stop)]
        mix = _stereo if hearing.is_flat else _turned
        parts.append(mix(samples[:, start:stop], ends[0], ends[1]))
    mixed = np.ascontiguousarray(np.concatenate(parts, axis=1), np.float32)
    out = AudioFrame.from_ndarray(mixed, "fltp", "stereo" if hearing.is_flat else layout)
    out.sample_rate, out.pts, out.time_base = rate, frame.pts, frame.time_base
    return out


def _blocks(count: int) -> Iterator[tuple[int, int]]:
    for start in range(0, count, _BLOCK):
        yield start, min(start + _BLOCK, count)


def _stereo(
    samples: NDArray[np.float64], first: NDArray[np.float64], last: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(4, n) W, Y, Z, X → (2, n) left and right."""
    weight = np.arange(samples.shape[1]) / samples.shape[1]
    to_left = -np.outer(first[:, 0], 1 - weight) - np.outer(last[:, 0], weight)
    across = np.sum(to_left * _along_axes(samples), axis=0)
    return np.stack([samples[0] + across, samples[0] - across]) / 2


def _turned(
    samples: NDArray[np.float64], first: NDArray[np.float64], last: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(4, n) W, Y, Z, X → the same, as heard by who is turned."""
    weight = np.arange(samples.shape[1]) / samples.shape[1]
    along = _along_axes(samples)
    right, down, ahead = first.T @ along * (1 - weight) + last.T @ along * weight
    return np.stack([samples[0], -right, -down, ahead])


def _along_axes(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """(4, n) W, Y, Z, X → (3, n) along the axes of the sphere: right, down, ahead."""
    return np.stack([-samples[1], -samples[2], samples[3]])


def _as_float(frame: AudioFrame) -> NDArray[np.float64]:
    """(channels, n) in [-1, 1]."""
    raw = frame.to_ndarray()
    if not frame.format.is_planar:
        raw = raw.reshape(-1, frame.layout.nb_channels).T
    values = np.asarray(raw, dtype=np.float64)
    if raw.dtype.kind == "f":
        return values
    half = 2.0 ** (8 * raw.dtype.itemsize - 1)
    return values / half - 1 if raw.dtype.kind == "u" else values / half
