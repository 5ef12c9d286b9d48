"""``cubesal-viewer`` as a process: screenshots, and clear words where it cannot work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from tests.media import make_text

CHECKOUT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.gl


def run(*arguments: str, **environment: str | None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cubesal_viewer", *arguments]
    merged = {**os.environ, "PYTHONPATH": f"{CHECKOUT}{os.pathsep}{CHECKOUT / 'model'}"}
    merged.update({name: value for name, value in environment.items() if value is not None})
    for name in [name for name, value in environment.items() if value is None]:
        merged.pop(name, None)
    return subprocess.run(
        command, capture_output=True, text=True, timeout=150, env=merged, check=False
    )


def test_screenshot_saves_the_window_with_frame_and_map(
    numbered_clip: Path, tmp_path: Path, qapp: object
) -> None:
    picture = tmp_path / "shots" / "window.png"
    done = run(str(numbered_clip), "--frame", "42", "--model", "fast", "--screenshot", str(picture))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    image = cv2.imread(str(picture))
    assert image.shape == (900, 1440, 3)
    assert image.std() > 20


def test_screenshot_of_no_clip_ends_with_one_line(tmp_path: Path, qapp: object) -> None:
    bad = make_text(tmp_path / "prose.mp4")
    done = run(str(bad), "--screenshot", str(tmp_path / "w.png"))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "prose.mp4" in done.stderr
    assert not (tmp_path / "w.png").exists()


def test_frame_outside_the_clip_is_named(numbered_clip: Path, tmp_path: Path, qapp: object) -> None:
    picture = tmp_path / "w.png"
    done = run(str(numbered_clip), "--frame", "999", "--screenshot", str(picture))
    assert done.returncode == 2
    assert "0 to 59" in done.stderr


def test_without_a_display_it_says_so_instead_of_aborting(numbered_clip: Path) -> None:
    done = run(str(numbered_clip), DISPLAY=None, WAYLAND_DISPLAY=None, QT_QPA_PLATFORM=None)
    assert done.returncode == 2
    assert "no display" in done.stderr
    assert done.stderr.count("\n") == 1


def test_info_names_qt_and_the_graphics(qapp: object) -> None:
    done = run("--info")
    assert done.returncode == 0, done.stderr
    assert "Qt 6" in done.stdout
    assert "OpenGL" in done.stdout
