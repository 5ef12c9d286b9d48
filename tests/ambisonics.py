"""Makes clips with first-order ambisonic sound that comes from a known direction."""

from __future__ import annotations

from fractions import Fraction
from math import cos, pi, radians, sin
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from cubesal.video.ambisonic_boxes import FIRST_ORDER_BOX, add_sa3d
from tests.media import picture

RATE = 48000


def tone(seconds: float, *, steady: bool = False) -> NDArray[np.float64]:
    """440 Hz, silent in every other tenth of a second unless it is steady."""
    time_s = np.arange(round(seconds * RATE)) / RATE
    on = np.ones_like(time_s) if steady else np.floor(time_s * 10) % 2 == 0
    return np.asarray(0.4 * np.sin(2 * pi * 440 * time_s) * on)


def from_direction(
    sound: NDArray[np.float64], yaw_deg: float, pitch_deg: float = 0.0
) -> NDArray[np.float32]:
    """(4, n) W, Y, Z, X, as ambiX has it, of a sound from there; yaw to the right."""
    left, up = -radians(yaw_deg), radians(pitch_deg)
    gains = (1.0, sin(left) * cos(up), sin(up), cos(left) * cos(up))
    return np.stack([gain * sound for gain in gains]).astype(np.float32)


def make_ambisonic_clip(
    path: Path,
    channels: NDArray[np.float32],
    *,
    codec: str = "aac",
    boxed: bool = True,
    size: tuple[int, int] = (256, 128),
) -> Path:
    """A clip of numbered pictures, 30 a second, beside (4, n) channels; Opus names them itself."""
    layout = "ambisonic 1" if codec == "libopus" else "4.0"
    options = {"mapping_family": "2"} if codec == "libopus" else {}
    with av.open(str(path), "w") as output:
        video = output.add_stream("libx264", rate=30, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        video.time_base = video.codec_context.time_base = Fraction(1, 15360)
        sound = output.add_stream(codec, rate=RATE, layout=layout, options=options)
        for number in range(round(channels.shape[1] / RATE * 30)):
            shown = av.VideoFrame.from_ndarray(picture(number, size), "rgb24")
            shown.pts, shown.time_base = number * 512, Fraction(1, 15360)
            output.mux(video.encode(shown))
        output.mux(video.encode(None))
        resampler = av.AudioResampler(sound.codec_context.format.name, layout, RATE)
        for start in range(0, channels.shape[1], 960):
            stretch = np.ascontiguousarray(channels[:, start : start + 960])
            frame = av.AudioFrame.from_ndarray(stretch, "fltp", layout)
            frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
            for part in resampler.resample(frame):
                output.mux(sound.encode(part))
        output.mux(sound.encode(None))
    if boxed:
        add_sa3d(path, FIRST_ORDER_BOX)
    return path


def sound_of(path: Path) -> tuple[NDArray[np.float64], str]:
    """(channels, n) from the first picture on, and the layout."""
    with av.open(str(path)) as container:
        start = round(float((container.streams.video[0].start_time or 0)
                            * container.streams.video[0].time_base) * RATE)  # fmt: skip
        parts, first = [], None
        for frame in container.decode(audio=0):
            first = round(frame.time * RATE) if first is None else first
            values = frame.to_ndarray().astype(np.float64)
            if not frame.format.is_planar:
                values = values.reshape(-1, frame.layout.nb_channels).T
            parts.append(values if "flt" in frame.format.name else values / 32768)
        layout = frame.layout.name
    samples = np.concatenate(parts, axis=1)
    late = (first or 0) - start
    if late < 0:
        return samples[:, -late:], layout
    return np.pad(samples, ((0, 0), (late, 0))), layout


def levels(samples: NDArray[np.float64], from_s: float, to_s: float) -> NDArray[np.float64]:
    """The root mean square of each channel between two moments."""
    part = samples[:, round(from_s * RATE) : round(to_s * RATE)]
    return np.asarray(np.sqrt(np.mean(part**2, axis=1)))
