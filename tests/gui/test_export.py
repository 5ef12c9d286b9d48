"""Exports started from the window: what they write, and that cancelling leaves nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import pytest
from pytestqt.qtbot import QtBot

from cubesal_viewer.app import Viewer
from cubesal_viewer.export.job import ExportKind
from tests.gui.conftest import open_clip, wait_analysed
from tests.media import make_clip

pytestmark = pytest.mark.gl


def facts(path: Path) -> tuple[int, int, list[float], bool, str]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        times = [float(f.pts * f.time_base) for f in container.decode(video=0)]
        sound = bool(container.streams.audio)
        return stream.width, stream.height, times, sound, stream.codec_context.name


def begin_writing(qtbot: QtBot, viewer: Viewer, folder: Path, kind: ExportKind) -> Path:
    """Start an export and wait until its unfinished file lies in a folder of its own."""
    clip = make_clip(folder / "long.mp4", frames=150, size=(1280, 640))
    viewer.state.set_preferences(replace(viewer.state.preferences, rate_hz=1.0))
    open_clip(qtbot, viewer, clip)
    wait_analysed(qtbot, viewer)
    out = folder / "out" / f"long_{kind}.mp4"
    out.parent.mkdir()
    viewer.exports.start(kind, out)
    qtbot.waitUntil(lambda: any(out.parent.iterdir()), timeout=30_000)
    assert not out.exists()
    return out


@pytest.mark.parametrize(("kind", "size"), [("overlay", (640, 320)), ("nfov", (1280, 720))])
def test_export_has_the_clips_frames_times_and_sound(
    qtbot: QtBot, viewer: Viewer, known_clip: Path, tmp_path: Path, kind: str, size: object
) -> None:
    open_clip(qtbot, viewer, known_clip)
    wait_analysed(qtbot, viewer)
    out = tmp_path / f"{kind}.mp4"
    with qtbot.waitSignal(viewer.exports.finished, timeout=60_000):
        viewer.exports.start(kind, out)  # type: ignore[arg-type]
    width, height, times, sound, codec = facts(out)
    assert (width, height) == size
    assert times == facts(known_clip)[2]
    assert sound
    assert codec == "h264"


def test_cancelling_an_export_leaves_no_file(qtbot: QtBot, viewer: Viewer, tmp_path: Path) -> None:
    out = begin_writing(qtbot, viewer, tmp_path, "overlay")
    viewer.window.export_cancelled.emit()
    qtbot.waitUntil(lambda: not viewer.exports.running, timeout=20_000)
    assert list(out.parent.iterdir()) == []


def test_closing_the_window_while_exporting_ends_cleanly(
    qtbot: QtBot, viewer: Viewer, tmp_path: Path
) -> None:
    out = begin_writing(qtbot, viewer, tmp_path, "nfov")
    viewer.window.close()
    assert list(out.parent.iterdir()) == []


def test_the_clip_itself_is_never_overwritten(
    qtbot: QtBot, viewer: Viewer, known_clip: Path
) -> None:
    before = known_clip.read_bytes()
    open_clip(qtbot, viewer, known_clip)
    qtbot.waitUntil(lambda: viewer.analysis.track is not None, timeout=30_000)
    with qtbot.waitSignal(viewer.failed, timeout=5000) as refused:
        viewer.exports.start("overlay", known_clip)
    assert "another name" in refused.args[0]
    assert known_clip.read_bytes() == before


def test_an_unwritable_place_gets_one_sentence(
    qtbot: QtBot, viewer: Viewer, known_clip: Path, tmp_path: Path
) -> None:
    open_clip(qtbot, viewer, known_clip)
    wait_analysed(qtbot, viewer)
    with qtbot.waitSignal(viewer.failed, timeout=30_000) as refused:
        viewer.exports.start("overlay", tmp_path / "no such folder" / "x.mp4")
    assert "no such folder" in refused.args[0]
    assert "\n" not in refused.args[0]
