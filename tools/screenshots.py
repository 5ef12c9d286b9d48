"""``make screenshots``: the real window in its states, at two sizes, dark and light, as PNGs.

Without ``--shoot`` it starts itself once for every screen and theme, under Xvfb and with settings
and a cache of its own; the first run analyses the demo clip and the others read its maps.  Another
picture is another entry of :data:`SCENES`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from cubesal_viewer.app import Viewer

#: Width and height in device pixels, and how many of them make a logical one.
SCREENS: Final = ((1280, 800, 1), (2560, 1440, 2))
THEMES: Final = ("dark", "light")
#: A moment of the demo clip with much to see, in frames.
FRAME: Final = 282
#: A clip is analysed once in this time, or something is wrong.
PATIENCE_S: Final = 600.0
#: For the window to draw what has just changed.
SETTLE_S: Final = 0.7


@dataclass(frozen=True)
class Scene:
    """One picture: what brings the window there, and what to close afterwards."""

    name: str
    prepare: Callable[[Viewer], QWidget | None]
    needs_clip: bool = True


def _nothing(viewer: Viewer) -> None:
    """The empty window, as it comes up."""


def _playing(viewer: Viewer) -> None:
    viewer.transport.toggle()


def _cube_net(viewer: Viewer) -> None:
    viewer.state.set_pane_mode("cube")


def _split_view(viewer: Viewer) -> None:
    viewer.split.set_split(4)
    wait(lambda: len(viewer.window.nfov.sides) == 3)


def _preferences(viewer: Viewer) -> QWidget:
    return viewer.preferences.show_dialog(viewer.window)


def _keys_page(viewer: Viewer) -> QWidget:
    dialog = viewer.preferences.show_dialog(viewer.window)
    dialog.tabs.setCurrentWidget(dialog.keys)
    return dialog


def _key_help(viewer: Viewer) -> QWidget:
    from cubesal_viewer.widgets.key_help import KeyHelp

    viewer.show_keys()
    dialog = viewer.window.findChild(KeyHelp)
    assert isinstance(dialog, KeyHelp)
    return dialog


def _error(viewer: Viewer) -> QWidget:
    from cubesal_viewer.failures import Failures
    from cubesal_viewer.widgets.error_dialog import ErrorDialog

    failures = Failures()
    failures.told.connect(viewer.tell)
    try:
        raise RuntimeError("this is what a fault of ours looks like")
    except RuntimeError as error:
        failures.take(type(error), error, error.__traceback__)
    dialog = viewer.window.findChild(ErrorDialog)
    assert isinstance(dialog, ErrorDialog)
    dialog.show_details(True)
    return dialog


def _little_planet(viewer: Viewer) -> None:
    viewer.lenses.choose("planet")
    style = replace(viewer.state.overlay.style, contours=(0.25, 0.5, 0.75))
    viewer.state.set_overlay(replace(viewer.state.overlay, style=style))


def _editing(viewer: Viewer) -> None:
    """Keys of the person's own, an area, a marker and a range."""
    from cubesal.autopilot import Area, PathKey
    from cubesal.document import Marker
    from cubesal_viewer.state import Edits

    keys = (PathKey(3.0, -1.2, 0.2, 0.0, 1.3, True), PathKey(5.0, 0.6, 0.1, 0.0, 1.3, True, "cut"))
    areas = (Area("prefer", 0.6, 0.1),)
    viewer.state.set_edits(Edits(keys, areas, (Marker(4.0, ""),), (2.0, 9.0)))


def _alternatives(viewer: Viewer) -> QWidget:
    from PySide6.QtWidgets import QPushButton

    viewer.choosing.ask(viewer.window)
    dialog = viewer.choosing.dialog
    assert dialog is not None
    wait(lambda: len(dialog.findChildren(QPushButton)) > 1)
    return dialog


def _export(viewer: Viewer) -> QWidget:
    dialog = viewer.exports.ask(viewer.window)
    assert dialog is not None
    for box in dialog.aspects.values():
        box.setChecked(True)
    return dialog


def _inspector(viewer: Viewer) -> None:
    """Ground truth made of where the demo's primary subject truly is."""
    from math import degrees

    from cubesal.democlip import DURATION_S, scene_truth

    rows = ["time_s,yaw_deg,pitch_deg,participant"]
    for k in range(round(DURATION_S * 25)):
        yaw, pitch = scene_truth(k / 25).primary_direction
        rows.append(f"{k / 25},{degrees(yaw):.2f},{degrees(pitch):.2f},{k % 5}")
    file = Path(tempfile.mkdtemp()) / "primary.csv"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    viewer.inspect.open_truth(file)
    viewer.inspect.dock.raise_()
    wait(lambda: viewer.inspect.truth.scores is not None)
    settle(6.0)


def _seams(viewer: Viewer) -> QWidget:
    viewer.inspect.seams.show()
    wait(lambda: viewer.inspect.seams.report is not None)
    dialog = viewer.inspect.seams.dialog
    assert dialog is not None
    return dialog


SCENES: Final = (
    Scene("empty", _nothing, needs_clip=False),
    Scene("playing", _playing),
    Scene("cube-net", _cube_net),
    Scene("split-view", _split_view),
    Scene("little-planet", _little_planet),
    Scene("editing", _editing),
    Scene("alternatives", _alternatives),
    Scene("export", _export),
    Scene("inspector", _inspector),
    Scene("seams", _seams),
    Scene("preferences", _preferences),
    Scene("preferences-keys", _keys_page),
    Scene("shortcuts", _key_help),
    Scene("error", _error),
)


# ---- in the window's process ---------------------------------------------------------------------


def wait(until: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Let the application work until something holds; TimeoutError."""
    from PySide6.QtCore import QCoreApplication, QEventLoop

    end = time.monotonic() + patience_s
    while not until():
        if time.monotonic() > end:
            raise TimeoutError("the window did not get there")
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)


def settle(seconds: float = SETTLE_S) -> None:
    """Let the application work for a while."""
    end = time.monotonic() + seconds
    wait(lambda: time.monotonic() > end)


def make_ready(viewer: Viewer, clip: Path) -> None:
    """Open the clip at the chosen moment, wholly analysed and the camera on its path."""
    viewer.start_frame = FRAME
    viewer.open(clip)
    wait(lambda: viewer.analysis.track is not None and viewer.analysis.track.complete)
    wait(lambda: viewer.transport.frame is not None and viewer.transport.frame.index == FRAME)
    wait(lambda: viewer.steering.settled)


def put_back(viewer: Viewer, dialog: QWidget | None) -> None:
    """Undo what a scene has changed."""
    from cubesal_viewer.state import Edits

    if dialog is not None:
        dialog.close()
    if viewer.state.playhead.playing:
        viewer.transport.toggle()
        viewer.transport.seek(FRAME)
    viewer.state.set_pane_mode("equirect")
    viewer.split.set_split(1)
    viewer.lenses.choose("rectilinear")
    style = replace(viewer.state.overlay.style, contours=())
    viewer.state.set_overlay(replace(viewer.state.overlay, style=style))
    viewer.state.set_edits(Edits())
    viewer.inspect.truth.close()
    viewer.window.docks[2].raise_()
    settle(0.3)


def shoot(arguments: argparse.Namespace) -> int:
    """Make every scene in this process and save what the screen shows."""
    from PySide6.QtCore import QSettings

    from cubesal_viewer.__main__ import _make_application
    from cubesal_viewer.render.gl_format import choose_pyopengl_platform, request_surface_format

    request_surface_format()
    choose_pyopengl_platform()
    application = _make_application()
    from cubesal_viewer.app import Viewer

    settings = QSettings(
        str(Path(os.environ["XDG_CONFIG_HOME"]) / f"{os.getpid()}.ini"), QSettings.Format.IniFormat
    )
    viewer = Viewer(settings)
    viewer.preferences.choose(replace(viewer.state.preferences, theme=arguments.theme))
    screen = application.primaryScreen()
    viewer.window.setGeometry(screen.geometry())
    viewer.window.show()
    settle()
    is_ready = False
    wanted = arguments.scenes.split(",") if arguments.scenes else [s.name for s in SCENES]
    for scene in SCENES:
        if scene.name not in wanted:
            continue
        if scene.needs_clip and not is_ready:
            make_ready(viewer, arguments.clip)
            is_ready = True
        dialog = scene.prepare(viewer)
        settle(2.0 if scene.name == "playing" else SETTLE_S)
        path = arguments.out / f"{scene.name}-{arguments.label}-{arguments.theme}.png"
        if not screen.grabWindow(0).save(str(path)):
            print(f"cannot write {path}", file=sys.stderr)
            return 1
        print(f"Wrote {path}", flush=True)
        put_back(viewer, dialog)
    viewer.window.close()
    return 0


# ---- outside -------------------------------------------------------------------------------------


def demo_clip(out: Path) -> Path:
    """The demo clip, rendered if it is not there. CalledProcessError."""
    clip = out / "demo_clip.mp4"
    if not clip.is_file():
        render = [sys.executable, "-m", "cubesal", "demo", "--out", str(out), "--clip-only"]
        subprocess.run(render, check=True)
    return clip


def run_all(out: Path, clip: Path, scenes: str) -> int:
    """Start this once for every screen and theme; ``scenes`` "" means all of them."""
    with tempfile.TemporaryDirectory() as own:
        for width, height, scale in SCREENS:
            for theme in THEMES:
                folders = {f"XDG_{kind}_HOME": own for kind in ("CONFIG", "CACHE", "STATE")}
                environment = {
                    **os.environ,
                    **folders,
                    "QT_QPA_PLATFORM": "xcb",
                    "QT_SCALE_FACTOR": str(scale),
                }
                command = ["xvfb-run", "-a", "-s", f"-screen 0 {width}x{height}x24"]
                command += [sys.executable, __file__, "--shoot", "--out", str(out)]
                command += [
                    "--scenes",
                    scenes,
                    "--clip",
                    str(clip),
                    "--theme",
                    theme,
                    "--label",
                    f"{width}x{height}",
                ]
                code = subprocess.run(command, check=False, env=environment).returncode
                if code:
                    return code
    return 0


def main() -> int:
    """Parse the options; those of a single run are for this file itself."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out/screenshots"))
    parser.add_argument("--clip", type=Path, help="the demo clip, where it is rendered already")
    parser.add_argument("--scenes", default="", help="only these, separated by commas")
    parser.add_argument("--shoot", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--theme", choices=THEMES, default="dark", help=argparse.SUPPRESS)
    parser.add_argument("--label", default="", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    if arguments.shoot:
        return shoot(arguments)
    if not shutil.which("xvfb-run"):
        print("xvfb-run is missing: install xvfb and xauth.", file=sys.stderr)
        return 1
    return run_all(
        arguments.out, arguments.clip or demo_clip(arguments.out.parent), arguments.scenes
    )


if __name__ == "__main__":
    raise SystemExit(main())
