"""Exported paths: what comes back, what editors load, what ffmpeg makes of a script."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from fractions import Fraction
from math import radians
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cubesal.autopilot import CameraPath, still_path
from cubesal.camera import Camera, wrap_angle
from cubesal.democlip import frame as demo_frame
from cubesal.errors import ExportError, MediaError
from cubesal.exporting import Encoding, TimeRange, export_nfov, export_path, load_path
from cubesal.exporting.path_files import save_path_json
from cubesal.exporting.timeline import key_frames, shot_starts
from tests.media import make_clip

FFMPEG = shutil.which("ffmpeg")
needs_ffmpeg = pytest.mark.skipif(FFMPEG is None, reason="no ffmpeg on this machine's PATH")


def moving(seconds: float = 5.0, roll: float = 0.0) -> CameraPath:
    """Over the seam, up and down, and closer."""
    t = np.linspace(0, seconds, round(30 * seconds) + 1)
    yaw = radians(150) + radians(25) * t
    hfov = np.radians(90 - 4 * t)
    return CameraPath(t, yaw, 0.5 * np.sin(t), hfov, np.full(len(t), roll))


@pytest.fixture(scope="module")
def lossless(tmp_path_factory) -> Path:
    """Five seconds of a drifting, detailed picture, 640x320, coded without loss."""
    picture = demo_frame(9.4, 320)
    pictures = [np.roll(picture, 3 * k, axis=1) for k in range(60)]
    return make_clip(
        tmp_path_factory.mktemp("lossless") / "source.mp4",
        size=(640, 320),
        frames=60,
        fps=12,
        pictures=pictures,
        options={"qp": "0", "preset": "ultrafast"},
    )


def luma_of(file: Path) -> list[np.ndarray]:
    with av.open(str(file)) as container:
        return [f.to_ndarray(format="gray") for f in container.decode(video=0)]


def ssim(a: np.ndarray, b: np.ndarray) -> float:
    """Wang et al. 2004, Gaussian window of 11 pixels and deviation 1.5."""
    a, b = a.astype(np.float64), b.astype(np.float64)

    def blur(x: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(x, (11, 11), 1.5)

    mean_a, mean_b = blur(a), blur(b)
    var_a, var_b = blur(a * a) - mean_a**2, blur(b * b) - mean_b**2
    covariance = blur(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    top = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    return float((top / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))).mean())


def run_script(script: Path, target: Path) -> None:
    """Run the command line in the script's own head, with lossless coding."""
    (line,) = [line for line in script.read_text().splitlines() if line.startswith("# ffmpeg ")]
    *command, _named = shlex.split(line.removeprefix("# "))
    lossless = ["-c:v", "libx264", "-qp", "0", "-preset", "ultrafast", "-an", str(target)]
    done = subprocess.run(
        [*command, "-v", "error", "-y", *lossless],
        cwd=script.parent,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr


@needs_ffmpeg
@pytest.mark.parametrize(
    ("span", "roll", "size"),
    [
        (TimeRange(), 0.0, (320, 180)),
        (TimeRange(1.0, 2.5), 0.2, (180, 320)),
    ],
)
def test_ffmpeg_draws_from_the_script_what_we_export(lossless, tmp_path, span, roll, size):
    path = moving(roll=roll)
    script = lossless.parent / f"{lossless.stem}_{size[0]}.ffmpeg"
    count = export_path(lossless, path, script, size=size, span=span)
    run_script(script, tmp_path / "theirs.mkv")
    w, h = size
    lossless_coding = Encoding("h264", 0)
    ours = tmp_path / "ours.mp4"
    export_nfov(lossless, path, ours, width=w, height=h, span=span, encoding=lossless_coding)
    pairs = list(zip(luma_of(ours), luma_of(tmp_path / "theirs.mkv"), strict=True))
    assert len(pairs) == count
    scores = [ssim(a, b) for a, b in pairs]
    assert min(scores) >= 0.97
    # The measure does tell a path from none: the first view held still is far below.
    still = [ssim(pairs[0][0], theirs) for _, theirs in pairs[10:]]
    assert max(still) < 0.9


@needs_ffmpeg
@pytest.mark.parametrize("front", ["@100,0,0", "@-140,35,20"])
def test_the_script_of_a_clip_with_a_new_front_draws_what_we_export(tmp_path, front):
    """Twice as fine a source: our tilted sphere is resampled before the view is."""
    pictures = [np.roll(demo_frame(9.4, 640), 6 * k, axis=1) for k in range(4)]
    clip = make_clip(
        tmp_path / "fine.mp4",
        size=(1280, 640),
        frames=4,
        fps=12,
        pictures=pictures,
        options={"qp": "0", "preset": "ultrafast"},
    )
    path, script = moving(roll=0.1), tmp_path / "fine.ffmpeg"
    export_path(clip, path, script, size=(320, 180), projection=front)
    run_script(script, tmp_path / "theirs.mkv")
    theirs = luma_of(tmp_path / "theirs.mkv")

    def likeness(projection: str | None) -> list[float]:
        ours, coding = tmp_path / "ours.mp4", Encoding("h264", 0)
        wish = {"width": 320, "height": 180, "encoding": coding}
        export_nfov(clip, path, ours, projection=projection, **wish)
        return [ssim(a, b) for a, b in zip(luma_of(ours), theirs, strict=True)]

    assert min(likeness(front)) >= 0.97
    assert max(likeness(None)) < 0.9


@needs_ffmpeg
def test_the_script_keeps_every_frame_of_a_variable_rate_at_its_time(tmp_path):
    pts = [0, 512, 1100, 1500, 2600, 2700, 4000, 4512, 5024, 7000, 7512, 8024]
    clip = make_clip(tmp_path / "it's, v[1].mp4", pts=pts, time_base=Fraction(1, 15360))
    script = tmp_path / "it's, v[1]_path.ffmpeg"
    assert export_path(clip, moving(1.0), script, size=(64, 36)) == len(pts)
    run_script(script, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        stream = container.streams.video[0]
        times = [float(f.pts * stream.time_base) for f in container.decode(stream)]
    assert times == pytest.approx([p / 15360 for p in pts], abs=1e-4)


@needs_ffmpeg
def test_a_still_camera_needs_no_commands(lossless, tmp_path):
    script, still = tmp_path / "still.ffmpeg", still_path(Camera(0.4, 0.1))
    export_path(lossless, still, script, size=(64, 36), span=TimeRange(0, 0.5))
    assert all(line.startswith("#") for line in script.read_text().splitlines() if line)
    run_script(script, tmp_path / "still.mkv")
    assert len(luma_of(tmp_path / "still.mkv")) == 6


@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_a_path_is_the_same_when_it_is_read_again(lossless, tmp_path, suffix):
    path, file = moving(roll=0.1), tmp_path / f"path.{suffix}"
    assert export_path(lossless, path, file) == 60
    again = load_path(file)
    precision = 1e-6 if suffix == "csv" else 1e-9
    for time_s in again.times_s:
        before, after = path.at(float(time_s)), again.at(float(time_s))
        assert abs(wrap_angle(before.yaw - after.yaw)) < precision
        rest = (before.pitch, before.roll, before.hfov)
        assert (after.pitch, after.roll, after.hfov) == pytest.approx(rest, abs=precision)
    assert export_path(lossless, again, tmp_path / f"again.{suffix}") == 60
    assert (tmp_path / f"again.{suffix}").read_bytes() == file.read_bytes()


ANGLE = st.floats(-200, 200)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(ANGLE, st.floats(-90, 90), st.floats(20, 140)), min_size=1, max_size=8))
def test_any_path_survives_json(lossless, samples):
    yaw, pitch, hfov = np.radians(np.array(samples)).T
    times = np.arange(len(samples)) / 7
    path = CameraPath(times, np.unwrap(yaw), pitch, hfov, np.zeros(len(samples)))
    file = lossless.parent / "p.json"
    save_path_json(path, file, times)
    again = load_path(file)
    assert np.abs(np.exp(1j * again.yaw) - np.exp(1j * path.yaw)).max() < 1e-8
    assert np.abs(again.pitch - path.pitch).max() < 1e-8
    assert np.abs(again.hfov - path.hfov).max() < 1e-8


ENTRY = {"frame_index": 0, "time_s": 0, "yaw_deg": 0, "pitch_deg": 0, "roll_deg": 0, "hfov_deg": 90}
HEAD = {"format": "cubesal camera path", "version": 1}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("not json", "not a readable path JSON"),
        ([1], "does not say"),
        ({"format": "else"}, "does not say"),
        ({**HEAD, "version": 9, "frames": [ENTRY]}, "another version"),
        ({**HEAD, "frames": []}, "list of frames is empty"),
        ({**HEAD, "frames": [3]}, "entry 0: expected the numbers"),
        ({**HEAD, "frames": [{**ENTRY, "yaw_deg": "east"}]}, "entry 0: expected the numbers"),
        ({**HEAD, "frames": [{**ENTRY, "time_s": float("nan")}]}, "entry 0: expected the numbers"),
        ({**HEAD, "frames": [{**ENTRY, "roll_deg": True}]}, "entry 0: expected the numbers"),
        ({**HEAD, "frames": [{**ENTRY, "pitch_deg": 95}]}, "pitch_deg must lie"),
        ({**HEAD, "frames": [{**ENTRY, "hfov_deg": 5}]}, "hfov_deg must lie"),
        ({**HEAD, "frames": [ENTRY, ENTRY]}, "entry 1: time_s must grow"),
    ],
)
def test_what_is_no_path_json_gets_one_sentence(tmp_path, content, words):
    file = tmp_path / "wrong.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(MediaError, match=words) as caught:
        load_path(file)
    assert "wrong.json" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_absent_path_files_get_one_sentence(tmp_path):
    for name in ("absent.json", "absent.csv"):
        with pytest.raises(MediaError, match=f"{name} does not exist"):
            load_path(tmp_path / name)


# --- timelines ------------------------------------------------------------------------------


def with_a_cut() -> CameraPath:
    t = np.arange(60) / 12
    yaw = np.where(t < 2, 0.2 * t, 2.0 - 0.1 * t)
    return CameraPath(t, yaw, np.zeros(60), np.full(60, 1.5), np.zeros(60))


def test_shots_begin_where_the_camera_is_cut():
    path = with_a_cut()
    assert shot_starts(path, path.times_s) == [0, 24]


def test_between_keys_a_straight_move_stays_within_a_degree():
    path = moving()
    keys = key_frames(path, path.times_s)
    assert keys[0] == 0
    assert keys[-1] == len(path.times_s) - 1
    assert 3 <= len(keys) < 30
    straight = np.interp(path.times_s, path.times_s[keys], path.pitch[keys])
    assert np.abs(np.degrees(straight - path.pitch)).max() <= 1.0
    even = CameraPath(path.times_s, 0.1 * path.times_s, *([np.ones(len(path.times_s))] * 3))
    assert key_frames(even, even.times_s) == [0, len(even.times_s) - 1]


def test_the_timeline_loads_with_its_library(lossless, tmp_path):
    otio = pytest.importorskip("opentimelineio")
    out = tmp_path / "path.otio"
    count = export_path(lossless, with_a_cut(), out, span=TimeRange(1.0))
    timeline = otio.adapters.read_from_file(str(out))
    shots = list(timeline.tracks[0])
    assert [shot.name for shot in shots] == ["shot 1", "shot 2"]
    first, second = (shot.source_range for shot in shots)
    assert first.start_time == otio.opentime.RationalTime(12, 12)
    assert second.start_time == otio.opentime.RationalTime(24, 12)
    assert (first.duration + second.duration).value == 48
    assert shots[0].media_reference.target_url == lossless.resolve().as_uri()
    markers = [marker for shot in shots for marker in shot.markers]
    assert len(markers) == count == 4
    assert [m.metadata["cubesal"]["frame_index"] for m in markers] == [12, 23, 24, 59]
    assert markers[0].metadata["cubesal"]["yaw_deg"] == pytest.approx(np.degrees(0.2), abs=1e-3)


def test_without_the_library_a_timeline_says_what_to_install(lossless, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "opentimelineio", None)
    with pytest.raises(ExportError, match=r"cubesal-viewer\[timeline\]"):
        export_path(lossless, moving(), tmp_path / "path.otio")
    assert list(tmp_path.iterdir()) == []
