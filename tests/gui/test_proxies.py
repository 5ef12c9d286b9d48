"""Clips above 4K: a proxy is made beside the work, plays, and is never what is measured."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from cubesal.video import Frame, proxy
from cubesal.video.proxy_store import proxy_folder
from cubesal_viewer import proxies
from cubesal_viewer.app import Viewer
from tests.media import frame_number

_WAIT_MS = 20000


@pytest.fixture(autouse=True)
def _small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """640x320 counts as above 4K, and proxies have half of that: quick to make, easy to tell."""
    monkeypatch.setattr(proxies, "needs_proxy", lambda info: info.width >= 640)
    monkeypatch.setattr(proxy, "_LARGEST", (320, 160))


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Proxies get no further than their fifth frame until this is set."""
    opened, make = threading.Event(), proxies.make_proxy

    def slowly(clip: Path, *, projection: str | None, progress: Callable[[int, int], None]) -> Path:
        def held(done: int, total: int) -> None:
            while done == 5 and not opened.wait(0.02):
                progress(done, total)
            progress(done, total)

        return make(clip, projection=projection, progress=held)

    monkeypatch.setattr(proxies, "make_proxy", slowly)
    return opened


def _made() -> list[Path]:
    return list(proxy_folder().glob("*")) if proxy_folder().exists() else []


def _parts() -> list[Path]:
    return list(proxy_folder().glob(".*.part"))


def _opened(viewer: Viewer, qtbot: QtBot, clip: Path) -> None:
    viewer.open(clip)
    qtbot.waitUntil(lambda: viewer.transport.frame is not None, timeout=_WAIT_MS)


def _is_proxy(viewer: Viewer) -> bool:
    return viewer.transport.frame is not None and viewer.transport.frame.is_proxy


def _badge(viewer: Viewer) -> bool:
    return viewer.proxies.status._badge.isVisible()


def test_it_plays_from_the_proxy_and_pauses_on_the_clips_own_picture(
    viewer: Viewer, qtbot: QtBot, known_clip: Path
) -> None:
    _opened(viewer, qtbot, known_clip)
    qtbot.waitUntil(lambda: len(_made()) == 1 and not _parts(), timeout=_WAIT_MS)
    qtbot.waitUntil(lambda: not viewer.proxies.status._bar.isVisible(), timeout=_WAIT_MS)
    assert not _badge(viewer)
    viewer.transport.play()
    qtbot.waitUntil(lambda: _is_proxy(viewer), timeout=_WAIT_MS)
    assert viewer.transport.frame is not None
    assert viewer.transport.frame.planes.y.shape == (160, 320)
    assert _badge(viewer)
    viewer.transport.pause()
    index = viewer.state.playhead.index
    qtbot.waitUntil(lambda: not _is_proxy(viewer), timeout=_WAIT_MS)
    assert viewer.transport.frame.planes.y.shape == (320, 640)
    assert frame_number(viewer.transport.frame.rgb()) == viewer.state.playhead.index == index
    assert not _badge(viewer)


def test_a_proxy_that_comes_while_playing_takes_over_without_a_jump(
    viewer: Viewer, qtbot: QtBot, known_clip: Path, gate: threading.Event
) -> None:
    seen: list[Frame] = []
    viewer.transport.frame_changed.connect(seen.append)
    _opened(viewer, qtbot, known_clip)
    viewer.transport.set_speed(0.25)
    viewer.transport.play()
    qtbot.waitUntil(lambda: viewer.state.playhead.index >= 3, timeout=_WAIT_MS)
    gate.set()
    qtbot.waitUntil(lambda: _is_proxy(viewer), timeout=_WAIT_MS)
    viewer.transport.pause()
    qtbot.waitUntil(lambda: not _is_proxy(viewer), timeout=_WAIT_MS)
    indices = [frame.index for frame in seen]
    assert (np.diff(indices) >= 0).all()
    assert all(frame_number(frame.rgb()) == frame.index for frame in seen)


def test_cancelling_another_clip_and_closing_leave_nothing_half_made(
    viewer: Viewer, qtbot: QtBot, known_clip: Path, gate: threading.Event
) -> None:
    _opened(viewer, qtbot, known_clip)
    status = viewer.proxies.status
    qtbot.waitUntil(lambda: "5/60" in status._text.text(), timeout=_WAIT_MS)
    assert len(_parts()) == 1
    button = status.findChild(QToolButton)
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not _made(), timeout=_WAIT_MS)
    assert not status._bar.isVisible()
    preferences = viewer.state.preferences
    viewer.preferences.choose(replace(preferences, proxies=False))
    viewer.preferences.choose(preferences)
    qtbot.waitUntil(lambda: len(_parts()) == 1, timeout=_WAIT_MS)
    viewer.preferences.choose(replace(preferences, proxies=False))
    qtbot.waitUntil(lambda: not _made(), timeout=_WAIT_MS)
    viewer.preferences.choose(preferences)
    qtbot.waitUntil(lambda: len(_parts()) == 1, timeout=_WAIT_MS)
    viewer.window.close()
    assert not _made()


def test_a_snapshot_is_of_the_clip_itself(viewer: Viewer, qtbot: QtBot, known_clip: Path) -> None:
    _opened(viewer, qtbot, known_clip)
    qtbot.waitUntil(lambda: not viewer.proxies.status._bar.isVisible(), timeout=_WAIT_MS)
    viewer.transport.set_speed(0.25)
    viewer.transport.play()
    qtbot.waitUntil(lambda: _is_proxy(viewer), timeout=_WAIT_MS)
    shown: list[bool] = []
    save = viewer.window.nfov.grab_picture

    def grab() -> object:
        shown.append(_is_proxy(viewer))
        return save()

    viewer.window.nfov.grab_picture = grab  # type: ignore[method-assign, assignment]
    viewer.snapshot()
    qtbot.waitUntil(lambda: bool(shown), timeout=_WAIT_MS)
    assert shown == [False]
