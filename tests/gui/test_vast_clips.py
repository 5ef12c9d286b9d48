"""Clips of which every frame takes a lot of memory: few are held, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from cubesal.video import ClipReader
from cubesal_viewer.app import Viewer
from tests.gui.conftest import open_clip
from tests.media import frame_number, make_clip, make_text


@pytest.fixture
def all_are_vast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small clips count as vast."""
    for module in ("info", "opening"):
        monkeypatch.setattr(f"cubesal.video.{module}.VAST_PIXELS", 1)


@pytest.mark.parametrize("codec", ["libx264", "libx265", "mpeg4"])
def test_a_vast_clip_is_read_exactly(codec: str, tmp_path: Path, all_are_vast: None) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=30, gop=10, codec=codec)
    with ClipReader(path) as reader:
        assert reader.info.is_vast
        for index in (17, 3, 29, 4):
            assert frame_number(reader.read(index).rgb()) == index


@pytest.mark.gl
def test_a_vast_clip_is_let_go_of_for_another_and_comes_back_where_that_is_none(
    qtbot: QtBot, viewer: Viewer, tmp_path: Path, all_are_vast: None
) -> None:
    first = make_clip(tmp_path / "first.mp4", frames=30, gop=10)
    open_clip(qtbot, viewer, first)
    with qtbot.waitSignal(viewer.failed, timeout=10_000):
        viewer.open(make_text(tmp_path / "prose.mp4"))
    viewer.transport.seek(20)
    qtbot.waitUntil(lambda: viewer.transport.frame.index == 20, timeout=10_000)
    assert frame_number(viewer.transport.frame.rgb()) == 20
    second = make_clip(tmp_path / "second.mp4", frames=12, gop=4)
    open_clip(qtbot, viewer, second)
    assert viewer.transport.frame_count == 12


@pytest.mark.gl
def test_what_is_made_of_a_vast_clip_waits_until_it_is_looked_at(
    qtbot: QtBot, viewer: Viewer, tmp_path: Path, all_are_vast: None
) -> None:
    open_clip(qtbot, viewer, make_clip(tmp_path / "first.mp4", frames=30, gop=10))
    wished: list[object] = []
    viewer.film.thumbnails.ready.connect(wished.append)
    qtbot.wait(900)
    assert not wished
    qtbot.waitUntil(lambda: bool(wished), timeout=10_000)
