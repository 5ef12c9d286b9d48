"""What is odd about a clip is said in the status bar."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from cubesal.video import ClipReader
from cubesal_viewer.app import Viewer
from tests.gui.conftest import open_clip
from tests.media import make_still, truncated
from tests.torture.oddities import _motion_jpeg

pytestmark = pytest.mark.gl


def test_half_a_picture_and_a_change_of_size_are_told(
    qtbot: QtBot, viewer: Viewer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(viewer.window, "show_notice", told.append)
    open_clip(qtbot, viewer, truncated(make_still(tmp_path / "a.jpg"), tmp_path / "half.jpg"))
    assert any("half.jpg is damaged: the file was cut off" in words for words in told)
    growing = tmp_path / "growing.mkv"
    _motion_jpeg(growing, ((128, 64), (256, 128)))
    with ClipReader(growing) as reader:
        assert not reader.info.is_cut_off
    told.clear()
    open_clip(qtbot, viewer, growing)
    viewer.transport.seek(7)
    qtbot.waitUntil(lambda: any("size of the pictures changes" in words for words in told))
    viewer.transport.seek(8)
    qtbot.waitUntil(lambda: viewer.transport.frame.index == 8)
    assert sum("size of the pictures changes" in words for words in told) == 1
