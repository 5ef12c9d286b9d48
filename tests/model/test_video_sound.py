"""The sound of a source goes along, in sync, untouched where that is possible."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from cubesal.errors import ExportError
from cubesal.video import ClipReader
from tests.exports import export, shown
from tests.media import make_clip


def loud_spans(path: Path) -> list[tuple[float, float]]:
    """Where the test tone sounds, in seconds from the first video frame."""
    with av.open(str(path)) as container:
        video_start_s = float(container.streams.video[0].start_time or 0) * float(
            container.streams.video[0].time_base
        )
        times, levels = [], []
        for frame in container.decode(audio=0):
            samples = frame.to_ndarray().astype(float)
            samples = samples.reshape(-1, 2).T if samples.shape[0] == 1 else samples
            scale = 32768.0 if "s16" in frame.format.name else 1.0
            times.append(frame.time + np.arange(samples.shape[1]) / frame.sample_rate)
            levels.append(np.abs(samples[0]) / scale)
    time_s, level = np.concatenate(times) - video_start_s, np.concatenate(levels)
    envelope = np.convolve(level, np.ones(240) / 240, mode="same") > 0.08
    edges = np.flatnonzero(np.diff(envelope.astype(int)))
    return [(float(time_s[a]), float(time_s[b])) for a, b in pairwise(edges)]


def onsets(path: Path) -> set[int]:
    """Milliseconds of all changes between tone and silence."""
    return {round(1000 * edge) for span in loud_spans(path) for edge in span}


def assert_in_sync(path: Path, source_start_s: float, length_s: float) -> None:
    """The tone changes at each full tenth of a second of the source."""
    first = int(source_start_s * 10 + 1.5)
    last = int((source_start_s + length_s) * 10 - 0.5)
    heard = onsets(path)
    for tenth in range(first, last + 1):
        due_ms = round(1000 * (tenth / 10 - source_start_s))
        assert min(abs(due_ms - ms) for ms in heard) <= 6, f"{due_ms} not in {sorted(heard)}"


@pytest.mark.parametrize(
    ("source_name", "audio", "target_name", "codec"),
    [
        ("a.mp4", "aac", "out.mp4", "aac"),
        ("a.mp4", "aac", "out.mov", "aac"),
        ("a.mp4", "aac", "out.mkv", "aac"),
        ("a.mkv", "libopus", "out.mp4", "aac"),
        ("a.mkv", "pcm_s16le", "out.mp4", "aac"),
        ("a.ts", "aac", "out.mp4", "aac"),
    ],
)
@pytest.mark.parametrize(("start", "stop"), [(0, None), (37, 61)])
def test_sound_is_kept_in_sync(
    source_name: str,
    audio: str,
    target_name: str,
    codec: str,
    start: int,
    stop: int | None,
    tmp_path: Path,
) -> None:
    source = make_clip(tmp_path / source_name, frames=66, audio=audio, gop=20, b_frames=2)
    due = export(source, tmp_path / target_name, start, stop, audio_from=source)
    with av.open(str(tmp_path / target_name)) as container:
        assert container.streams.audio[0].codec_context.codec.canonical_name == codec
    assert_in_sync(tmp_path / target_name, start / 30, len(due) / 30)
    assert shown(tmp_path / target_name)[0] == list(range(66))[start:stop]


def test_webm_gets_opus(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", frames=30, audio="aac")
    export(source, tmp_path / "out.webm", audio_from=source, codec="av1")
    with av.open(str(tmp_path / "out.webm")) as container:
        assert container.streams.audio[0].codec_context.codec.canonical_name == "opus"
    assert_in_sync(tmp_path / "out.webm", 0.0, 1.0)


def test_copied_sound_is_the_same_bytes(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", frames=30, audio="aac")
    export(source, tmp_path / "out.mp4", audio_from=source)
    assert sound_packets(tmp_path / "out.mp4") == sound_packets(source)


def sound_packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def test_the_range_clips_the_sound(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", frames=90, audio="aac")
    export(source, tmp_path / "out.mp4", 30, 60, audio_from=source)
    with av.open(str(tmp_path / "out.mp4")) as container:
        ends = [
            float((p.pts + p.duration) * p.time_base) for p in container.demux(audio=0) if p.size
        ]
    assert 0.97 < ends[-1] < 1.03


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_sound_that_starts_before_the_pictures_stays_in_sync(suffix: str, tmp_path: Path) -> None:
    late = [512 * 30 * 11 // 20 + 512 * number for number in range(60)]  # by 0.55 s
    source = make_clip(tmp_path / f"a.{suffix}", pts=late, frames=60, audio="aac")
    export(source, tmp_path / "out.mp4", audio_from=source)
    assert_in_sync(tmp_path / "out.mp4", 0.55, 1.3)
    assert shown(tmp_path / "out.mp4")[0] == list(range(60))


def test_a_silent_source_makes_a_silent_output(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", frames=5)
    export(source, tmp_path / "out.mp4", audio_from=source)
    with ClipReader(tmp_path / "out.mp4") as reader:
        assert not reader.info.has_audio


def test_unknown_sound_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", frames=5, audio="aac")
    unknown = source.read_bytes().replace(b"mp4a", b"zzzz").replace(b"esds", b"free")
    source.write_bytes(unknown)
    with pytest.raises(ExportError, match=r"a\.mp4: its sound is coded .* remove it first"):
        export(source, tmp_path / "b.mp4", audio_from=source)
    assert list(tmp_path.iterdir()) == [source]
