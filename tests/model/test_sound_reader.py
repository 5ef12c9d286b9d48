"""Sound from any moment on: exact to a few samples, without gaps, mixed down to two channels."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest

from cubesal.errors import MediaError
from cubesal.video.sound import SOUND_RATE, SoundReader
from tests.media import make_clip

RATE = SOUND_RATE


def heard(reader: SoundReader, from_s: float, seconds: float) -> np.ndarray:
    """At least so much sound from a moment on, (n, 2) int16."""
    stretches = islice(reader.samples(from_s), 4000)
    got: list[np.ndarray] = []
    for stretch in stretches:
        got.append(stretch)
        if sum(map(len, got)) >= seconds * RATE:
            break
    return np.concatenate(got)[: round(seconds * RATE)]


def write_pcm(path: Path, planes: np.ndarray, layout: str, starts: list[int], rate: int) -> Path:
    """A Matroska file of sound as it is, each part at its own sample number."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("pcm_s16le", rate=rate, layout=layout)
        for start, part in zip(starts, np.array_split(planes, len(starts), axis=1), strict=True):
            packed = np.ascontiguousarray(part.T.reshape(1, -1))
            frame = av.AudioFrame.from_ndarray(packed, "s16", layout)
            frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def beeps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds: a tone that is silent in every other tenth of a second."""
    return make_clip(tmp_path_factory.mktemp("sound") / "beeps.mp4", frames=60, audio="aac")


@pytest.mark.parametrize("from_s", [0.0, 0.55, 1.23])
def test_sound_is_at_its_place_from_any_moment_on(beeps: Path, from_s: float) -> None:
    with SoundReader(beeps) as reader:
        for again in (from_s, 0.3, from_s):
            sound = heard(reader, again, 0.5)
            loud = np.abs(sound[:, 0]) > 1500
            time_s = again + np.arange(len(sound)) / RATE
            should = np.floor(time_s * 10 + 1e-6) % 2 == 0
            near_edge = np.abs((time_s * 10 + 0.5) % 1 - 0.5) < 0.08
            # A sine is near zero now and then: look at stretches of 2 ms.
            runs = loud[: len(loud) // 96 * 96].reshape(-1, 96).any(axis=1)
            wanted = should[: len(runs) * 96 : 96]
            edge = near_edge[: len(runs) * 96].reshape(-1, 96).any(axis=1)
            assert (runs == wanted)[~edge].all()


def test_the_first_picture_says_where_zero_is(beeps: Path) -> None:
    with SoundReader(beeps) as plain, SoundReader(beeps, zero_s=0.25) as later:
        assert np.array_equal(heard(plain, 0.55, 0.2), heard(later, 0.30, 0.2))


def test_holes_are_silence_and_do_not_shift_what_follows(tmp_path: Path) -> None:
    ramp = np.arange(1, RATE + 1, dtype=np.int16)[None].repeat(2, axis=0)  # 1 to 48000 wraps
    path = write_pcm(tmp_path / "hole.mkv", ramp, "stereo", [0, RATE], RATE)
    with SoundReader(path) as reader:
        sound = heard(reader, 0.0, 1.5)[:, 0]
    assert np.array_equal(sound[: RATE // 2], ramp[0, : RATE // 2])
    assert not sound[RATE // 2 : RATE].any()
    assert np.array_equal(sound[RATE:], ramp[0, RATE // 2 :])


def test_other_rates_and_five_channels_become_stereo_at_ours(tmp_path: Path) -> None:
    time_s = np.arange(22050) / 44100
    tone = (8000 * np.sin(2 * np.pi * 441 * time_s)).astype(np.int16)
    planes = np.zeros((6, len(tone)), np.int16)
    planes[0] = tone  # front left
    path = write_pcm(tmp_path / "five.mkv", planes, "5.1", list(range(0, 22050, 1470)), 44100)
    with SoundReader(path) as reader:
        sound = heard(reader, 0.0, 0.45).astype(float)
    assert sound[:, 0].std() > 10 * max(sound[:, 1].std(), 1.0)
    rises = np.flatnonzero((sound[:-1, 0] < 0) & (sound[1:, 0] >= 0))
    assert np.diff(rises).mean() == pytest.approx(RATE / 441, rel=0.01)


def test_ambisonics_keep_left_and_right_apart(tmp_path: Path) -> None:
    tone = (8000 * np.sin(np.arange(24000) / 20)).astype(np.int16)
    planes = np.zeros((4, len(tone)), np.int16)
    planes[0] = planes[1] = tone  # W and Y alike: from the left
    path = write_pcm(tmp_path / "sphere.mkv", planes, "ambisonic 1", [0], RATE)
    with SoundReader(path) as reader:
        sound = heard(reader, 0.0, 0.4).astype(float)
    assert sound[:, 0].std() > 1000
    assert sound[:, 1].std() < 0.1 * sound[:, 0].std()


def test_a_clip_without_sound_is_refused_in_words(tmp_path: Path) -> None:
    silent = make_clip(tmp_path / "silent.mp4", frames=2)
    with pytest.raises(MediaError, match=r"silent\.mp4 has no sound"):
        SoundReader(silent)
