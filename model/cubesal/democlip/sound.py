"""The demo clip's sound: water, wind, a slow chord, a ship's bell, and what the subjects do.

Every sound is made from sines and seeded noise, so that the clip is our own work throughout; the
engine and the burner are heard from where the picture shows them.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi
from pathlib import Path
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from cubesal.democlip.aircraft import burner
from cubesal.democlip.paths import HANDOVERS_S, pose

__all__ = ["SAMPLE_RATE", "soundtrack", "write_soundtrack"]

SAMPLE_RATE: Final = 48_000

#: (start in seconds, notes in Hz): F major 9, A minor 7 over C, B flat major 7.
_CHORDS: Final = (
    (0.0, (87.31, 130.81, 220.0, 329.63, 392.0)),
    (HANDOVERS_S[0], (130.81, 164.81, 220.0, 329.63, 493.88)),
    (HANDOVERS_S[1], (116.54, 174.61, 220.0, 293.66, 440.0)),
)
#: Ratio, loudness and seconds to fade of a bell's partials (hum, prime, tierce, quint, ...).
_BELL: Final = (
    (0.5, 0.5, 2.6),
    (1.0, 1.0, 1.9),
    (1.19, 0.6, 1.4),
    (1.5, 0.3, 1.0),
    (2.0, 0.55, 0.9),
    (2.67, 0.25, 0.5),
    (3.0, 0.2, 0.4),
)

Signal = NDArray[np.float64]


def soundtrack(seconds: float) -> NDArray[np.float32]:
    """Stereo samples (2, round(seconds · 48000)) within ±0.9; ValueError unless seconds > 0."""
    if seconds <= 0:
        raise ValueError(f"a soundtrack needs a positive length, not {seconds} s")
    time_s = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    mix = _waves(time_s) + _chords(time_s) + _bells(time_s) + _engine(time_s) + _burner(time_s)
    fade = np.minimum(1.0, np.minimum(time_s / 0.4, (seconds - time_s) / 0.8))
    mix = np.tanh(2.2 * mix) * fade
    return np.asarray(0.9 * mix / max(1.0, float(np.abs(mix).max())), np.float32)


def _noise(count: int, seed: int, low_hz: float, high_hz: float, slope: float) -> Signal:
    """Noise of unit rms between two frequencies, its amplitude falling as 1/f^slope."""
    # A power of two well beyond the clip keeps the transform fast for any length.
    size = 1 << max(count - 1, 1).bit_length()
    frequency = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(size))
    edges = 1 / (1 + (low_hz / np.maximum(frequency, 1e-3)) ** 4) / (1 + (frequency / high_hz) ** 4)
    shaped = np.fft.irfft(spectrum * edges * np.maximum(frequency, 20.0) ** -slope, size)[:count]
    return np.asarray(shaped / shaped.std(), np.float64)


def _waves(time_s: Signal) -> Signal:
    """Swell on each side with its own rhythm, and a breath of wind."""
    sides = []
    for side, period in enumerate((3.7, 4.3)):
        swell = 0.5 + 0.5 * np.sin(2 * pi * time_s / period + 1.7 * side)
        wash = _noise(time_s.size, 51 + side, 150.0, 2600.0, 0.5) * (0.25 + 0.75 * swell**2)
        wind = _noise(time_s.size, 61 + side, 250.0, 700.0, 0.4)
        gust = 0.6 + 0.4 * np.sin(2 * pi * time_s / 7.1 + side)
        sides.append(0.060 * wash + 0.020 * wind * gust)
    return np.stack(sides)


def _chords(time_s: Signal) -> Signal:
    """Soft pads that swell in and overlap; left and right slightly out of tune for width."""
    mix = np.zeros((2, time_s.size))
    for number, (start, notes) in enumerate(_CHORDS):
        end = _CHORDS[number + 1][0] + 1.0 if number + 1 < len(_CHORDS) else np.inf
        rise = np.clip((time_s - start + 0.5) / 1.8, 0, 1)
        envelope = np.sin(pi / 2 * rise) ** 2 * np.clip((end - time_s) / 1.2, 0, 1)
        heard = slice(*np.searchsorted(time_s, (start - 0.5, end)))
        for note in notes:
            for side, detune in enumerate((0.9985, 1.0015)):
                phase = 2 * pi * note * detune * time_s[heard]
                tone = np.sin(phase) + 0.28 * np.sin(2 * phase) + 0.08 * np.sin(3 * phase)
                mix[side, heard] += 0.028 * (220.0 / note) ** 0.35 * tone * envelope[heard]
    return mix


def _bells(time_s: Signal) -> Signal:
    """One stroke where the script changes its primary subject, and one to begin."""
    mix = np.zeros_like(time_s)
    for stroke_s in (0.5, *HANDOVERS_S):
        since = np.maximum(time_s - stroke_s, 0.0)
        begun = np.clip((time_s - stroke_s) / 0.004, 0, 1)
        for ratio, loud, fade_s in _BELL:
            mix += (
                0.045
                * loud
                * begun
                * np.sin(2 * pi * 659.26 * ratio * since)
                * np.exp(-since / fade_s)
            )
    return np.stack([mix, 0.8 * mix])


def _heard_from(name: str, time_s: Signal) -> tuple[Signal, Signal]:
    """Loudness (2, N) by side and nearness (N,) in 0..1 of a subject; by its true position."""
    moments = np.arange(0.0, float(time_s[-1]) + 0.1, 0.05)
    places = np.array([pose(name, float(moment)).position for moment in moments])
    away = np.linalg.norm(places, axis=1)
    pan = np.interp(time_s, moments, places[:, 0] / away)
    near = np.interp(time_s, moments, np.minimum(1.0, 24.0 / away))
    sides: Sequence[Signal] = (np.sqrt(0.5 - 0.45 * pan), np.sqrt(0.5 + 0.45 * pan))
    return np.stack(sides), near


def _engine(time_s: Signal) -> Signal:
    """The biplane's hum."""
    sides, near = _heard_from("biplane", time_s)
    phase = 2 * pi * 74.0 * time_s + 0.6 * np.sin(2 * pi * 0.7 * time_s)
    hum = sum(np.sin(k * phase + k) / k**1.1 for k in (1, 2, 3, 4, 6))
    flutter = 1 + 0.3 * np.sin(phase / 4)
    return np.asarray(0.05 * near**2 * hum * flutter * sides, np.float64)


def _burner(time_s: Signal) -> Signal:
    """The balloon's burner roars while its flame is lit."""
    sides, near = _heard_from("balloon", time_s)
    moments = np.arange(0.0, float(time_s[-1]) + 0.1, 0.02)
    lit = np.interp(time_s, moments, [burner(float(moment)) for moment in moments])
    roar = _noise(time_s.size, 71, 120.0, 1400.0, 0.3)
    return np.asarray(0.09 * near * lit * roar * sides, np.float64)


def write_soundtrack(path: Path, seconds: float) -> None:
    """Writes :func:`soundtrack` as stereo AAC, 48 kHz, in an MP4 container (``.m4a``)."""
    samples = soundtrack(seconds)
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo")
        stream.bit_rate = 160_000
        for start in range(0, samples.shape[1], 1024):
            block = np.ascontiguousarray(samples[:, start : start + 1024])
            chunk = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
            chunk.sample_rate, chunk.pts = SAMPLE_RATE, start
            container.mux(stream.encode(chunk))
        container.mux(stream.encode(None))
