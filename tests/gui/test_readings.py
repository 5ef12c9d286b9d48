"""How the open clip is read: projection, eye, front and horizon, with the hands of a person."""

from __future__ import annotations

from dataclasses import replace
from math import degrees, radians
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from cubesal.autopilot import Area, PathKey
from cubesal.camera import Camera
from cubesal.document import DocumentContent
from cubesal_viewer.app import Viewer
from tests.gui.conftest import open_clip
from tests.media import make_clip
from tests.spheres import dot_angles, with_dot


@pytest.fixture(scope="module")
def stereo_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Side by side: the dot is at -30° for the left eye, at +40° for the right."""
    pair = np.hstack([with_dot(128, -30, 0), with_dot(128, 40, 0)])
    path = tmp_path_factory.mktemp("stereo") / "both_SBS.mp4"
    return make_clip(path, frames=12, size=(512, 128), fps=10, pictures=[pair])


@pytest.fixture(scope="module")
def dot_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dot is at yaw 45°, pitch 30°."""
    path = tmp_path_factory.mktemp("dot") / "dot.mp4"
    return make_clip(path, frames=12, size=(256, 128), fps=10, pictures=[with_dot(128, 45, 30)])


class Level:
    """A model without weights: maps that are the same everywhere."""

    name, device, warmup_frames = "level", "cpu", 0

    def reset(self) -> None: ...

    def observe(self, equirect_rgb: NDArray[np.uint8], time_s: float) -> None: ...

    def step(self, equirect_rgb: NDArray[np.uint8], time_s: float) -> NDArray[np.float32]:
        return np.ones((120, 240), np.float32)


@pytest.fixture(autouse=True)
def _no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here needs real maps."""
    name = "cubesal_viewer.analysis.inference.create_predictor"
    monkeypatch.setattr(name, lambda *_arguments, **_options: Level())


def begin(qtbot: QtBot, viewer: Viewer, clip: Path) -> None:
    open_clip(qtbot, viewer, clip)
    qtbot.waitUntil(lambda: viewer.documents.is_ready, timeout=10_000)


def pick(viewer: Viewer, menu: str, name: str) -> None:
    """Choose an entry of the clip's menu."""
    choices = {"projection": viewer.readings._projections, "eye": viewer.readings._eyes}
    choices[menu].entry(name).trigger()


def settle(qtbot: QtBot, viewer: Viewer) -> None:
    """Wait until the clip has been read anew and its picture is on show."""
    qtbot.waitUntil(
        lambda: viewer.readings._wanted is None and viewer.transport.frame is not None,
        timeout=10_000,
    )


def seen(viewer: Viewer) -> tuple[float, float]:
    assert viewer.transport.frame is not None
    return dot_angles(viewer.transport.frame.rgb())


def run(viewer: Viewer, text: str) -> None:
    viewer.actions[text].trigger()


def test_stereo_clip_the_right_eye(qtbot: QtBot, viewer: Viewer, stereo_clip: Path) -> None:
    begin(qtbot, viewer, stereo_clip)
    assert seen(viewer)[0] == pytest.approx(-30, abs=1)
    viewer.transport.seek(7)
    qtbot.waitUntil(
        lambda: viewer.transport.frame is not None and viewer.transport.frame.index == 7
    )
    pick(viewer, "eye", "right")
    settle(qtbot, viewer)
    qtbot.waitUntil(lambda: viewer.transport.frame.index == 7, timeout=5000)
    assert seen(viewer)[0] == pytest.approx(40, abs=1)
    assert viewer.state.playhead.index == 7
    qtbot.waitUntil(lambda: viewer.analysis.request is not None)
    assert viewer.analysis.request.projection == ":right"  # and so are its maps
    assert viewer.documents.content.projection == ":right"
    run(viewer, "&Undo")
    settle(qtbot, viewer)
    qtbot.waitUntil(lambda: seen(viewer)[0] < 0, timeout=5000)
    assert viewer.documents.content.projection is None


def test_the_guess_is_shown_and_can_be_overridden(
    qtbot: QtBot, viewer: Viewer, stereo_clip: Path
) -> None:
    begin(qtbot, viewer, stereo_clip)
    words = viewer.readings._projections.entry("").text()
    assert "side by side (by its name)" in words
    assert viewer.readings._eyes.isEnabled()
    pick(viewer, "projection", "equirect")
    settle(qtbot, viewer)
    assert viewer.state.clip is not None
    assert viewer.state.clip.width == 512
    assert not viewer.readings._eyes.isEnabled()
    assert viewer.readings._projections.entry("equirect").isChecked()


def test_front_and_horizon_are_set_to_the_view_and_what_was_made_stays_where_it_was(
    qtbot: QtBot, viewer: Viewer, dot_clip: Path
) -> None:
    begin(qtbot, viewer, dot_clip)
    key = PathKey.of(0.5, Camera(radians(45), radians(30)))
    area = Area("prefer", radians(45), radians(30))
    viewer.state.set_edits(replace(viewer.state.edits, path=(key,), areas=(area,)))
    viewer.steering.take_over(Camera(radians(45), radians(30), 0.0))
    run(viewer, "Set the &front here")
    settle(qtbot, viewer)
    qtbot.waitUntil(lambda: abs(seen(viewer)[0]) < 1, timeout=5000)
    assert seen(viewer)[1] == pytest.approx(30, abs=1)
    assert degrees(viewer.state.camera.yaw) == pytest.approx(0, abs=1)
    run(viewer, "Level the &horizon here")
    settle(qtbot, viewer)
    qtbot.waitUntil(lambda: abs(seen(viewer)[1]) < 1, timeout=5000)
    for thing in (viewer.state.camera, viewer.state.edits.path[0], viewer.state.edits.areas[0]):
        assert (degrees(thing.yaw), degrees(thing.pitch)) == pytest.approx((0, 0), abs=1)
    for _ in range(2):
        run(viewer, "&Undo")
    settle(qtbot, viewer)
    qtbot.waitUntil(lambda: seen(viewer)[0] == pytest.approx(45, abs=1), timeout=5000)
    assert viewer.state.edits.path == (key,)
    assert viewer.documents.content.projection is None


def test_level_right_after_the_front_was_set_levels_the_view_that_is_shown(
    qtbot: QtBot, viewer: Viewer, dot_clip: Path
) -> None:
    begin(qtbot, viewer, dot_clip)
    viewer.steering.take_over(Camera(radians(45), radians(30), 0.0))
    run(viewer, "Set the &front here")
    assert viewer.readings.is_rereading
    assert "try again in a moment" in viewer.exports.clip_problem()
    run(viewer, "Level the &horizon here")
    settle(qtbot, viewer)
    qtbot.waitUntil(lambda: max(map(abs, seen(viewer))) < 1, timeout=5000)
    assert degrees(viewer.state.camera.yaw) == pytest.approx(0, abs=1)
    assert degrees(viewer.state.camera.pitch) == pytest.approx(0, abs=1)


def test_a_clip_comes_back_with_the_front_that_was_set(
    qtbot: QtBot, viewer: Viewer, dot_clip: Path, numbered_clip: Path
) -> None:
    begin(qtbot, viewer, dot_clip)
    viewer.steering.take_over(Camera(radians(45)))
    run(viewer, "Set the &front here")
    settle(qtbot, viewer)
    key = PathKey.of(0.5, Camera())
    viewer.state.set_edits(replace(viewer.state.edits, path=(key,)))
    begin(qtbot, viewer, numbered_clip)
    assert viewer.readings.reading.text is None
    begin(qtbot, viewer, dot_clip)
    settle(qtbot, viewer)
    qtbot.waitUntil(lambda: abs(seen(viewer)[0]) < 1, timeout=5000)
    assert viewer.state.edits.path == (key,)
    run(viewer, "Rese&t front and horizon")
    settle(qtbot, viewer)
    assert degrees(viewer.state.edits.path[0].yaw) == pytest.approx(45, abs=1)


def test_a_clip_that_has_gone_leaves_everything_as_it_was(
    qtbot: QtBot, viewer: Viewer, dot_clip: Path, tmp_path: Path
) -> None:
    clip = tmp_path / "gone.mp4"
    clip.write_bytes(dot_clip.read_bytes())
    begin(qtbot, viewer, clip)
    key = PathKey.of(0.5, Camera(0.5))
    viewer.state.set_edits(replace(viewer.state.edits, path=(key,)))
    viewer.steering.take_over(Camera(radians(45)))
    clip.unlink()
    with qtbot.waitSignal(viewer.failed, timeout=5000):
        run(viewer, "Set the &front here")
    assert viewer.state.edits.path[0].yaw == pytest.approx(0.5)
    assert viewer.readings.reading.text is None
    assert viewer.documents.content.projection is None


def test_a_clip_that_is_refused_opens_as_what_it_is_said_to_be(
    qtbot: QtBot, viewer: Viewer, tmp_path: Path
) -> None:
    flat = make_clip(tmp_path / "flat.mp4", frames=2, size=(192, 128))
    with qtbot.waitSignal(viewer.failed, timeout=5000) as told:
        viewer.open(flat)
    assert "cube-3x2" in told.args[0]
    with qtbot.waitSignal(viewer.transport.frame_changed, timeout=5000):
        pick(viewer, "projection", "cube-3x2")
    assert viewer.state.clip is not None
    assert (viewer.state.clip.projection, viewer.state.clip.width) == ("cube-3x2", 256)
    assert viewer.readings._projections.entry("cube-3x2").isChecked()


def test_documents_from_before_and_after_are_read(tmp_path: Path) -> None:
    from cubesal.document.content import content_from_text, content_text

    assert content_from_text('{"projection": "equirect-tb"}').projection == "equirect-tb"
    turned = DocumentContent(projection="eac:right@10,0,0")
    assert content_from_text(content_text(turned)) == turned
    with pytest.raises(ValueError, match="orientation"):
        content_from_text('{"projection": "eac@1,2"}')
