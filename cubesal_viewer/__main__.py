"""``cubesal-viewer``: arguments, OpenGL format before QApplication, then the window."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from dataclasses import replace
from math import radians
from pathlib import Path
from typing import TYPE_CHECKING

from cubesal import __version__
from cubesal.heap import share_one_heap
from cubesal.threads import multiply_alone, spin_briefly

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from cubesal_viewer.app import Viewer
    from cubesal_viewer.failures import Failures

__all__ = ["main"]


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of ``cubesal-viewer``."""
    parser = argparse.ArgumentParser(
        prog="cubesal-viewer",
        description="See where people would look in a 360° clip, and steer a flat view by it.",
    )
    parser.add_argument(
        "clip", nargs="?", type=Path, help="equirectangular clip or picture, or a .cubesal document"
    )
    parser.add_argument("--model", help="network: default, fast, …")
    parser.add_argument("--device", help="auto, cpu, cuda, mps")
    parser.add_argument(
        "--projection",
        metavar="P[:EYE][@YAW,PITCH,ROLL]",
        help="what the clip holds, when the guess is wrong; which eye; which view is the front",
    )
    parser.add_argument("--view", choices=("equirect", "cube"), default="equirect")
    parser.add_argument("--frame", type=int, help="frame index to open at")
    parser.add_argument("--yaw", type=float, help="degrees to the right")
    parser.add_argument("--pitch", type=float, help="degrees up")
    parser.add_argument("--fov", type=float, help="horizontal field of view in degrees")
    parser.add_argument("--size", help="window size, WIDTHxHEIGHT")
    parser.add_argument("--screenshot", type=Path, metavar="PNG", help="save the window and end")
    parser.add_argument("--bench", action="store_true", help="measure speed and end")
    parser.add_argument(
        "--minutes", type=float, default=0.0, help="of --bench, looping, to see memory stay flat"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures of --bench")
    parser.add_argument("--info", action="store_true", help="print versions and graphics, and end")
    parser.add_argument("--reset", action="store_true", help="forget settings and layout first")
    parser.add_argument("--version", action="version", version=f"cubesal-viewer {__version__}")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the viewer; 0, or 2 when nothing useful could be done."""
    share_one_heap()
    spin_briefly()
    multiply_alone()
    parser = build_parser()
    arguments = parser.parse_args(argv)
    complaint = _complaint(arguments)
    if complaint:
        print(f"cubesal-viewer: {complaint}", file=sys.stderr)
        return 2
    from cubesal_viewer.render.gl_format import choose_pyopengl_platform, request_surface_format

    request_surface_format()
    choose_pyopengl_platform()
    application = _make_application()
    from cubesal_viewer.app import Viewer
    from cubesal_viewer.settings import application_settings

    settings = application_settings()
    if arguments.reset:
        settings.clear()
    if arguments.info:
        from cubesal_viewer.info import report

        print(report())
        return 0
    failures = _watch()
    viewer = Viewer(settings)
    failures.told.connect(viewer.tell)
    viewer.remembers = not (arguments.screenshot or arguments.bench)
    viewer.files.remembers = viewer.remembers
    # What is timed must be made, and nothing that runs by itself is worth recovering.
    viewer.documents.has_cache = not arguments.bench
    viewer.documents.has_recovery = viewer.remembers
    if viewer.remembers:
        viewer.window.restore_layout(settings)
        viewer.last_view.restore(settings)
    try:
        return _run(application, viewer, arguments)
    finally:
        failures.remove()


def _complaint(arguments: argparse.Namespace) -> str | None:
    """Say in one sentence why the arguments cannot work here, if so."""
    unattended = arguments.screenshot or arguments.bench
    if unattended and arguments.clip is None:
        return "--screenshot and --bench need a clip to show"
    if arguments.model and arguments.model not in _model_names():
        return f"there is no model {arguments.model}; choose one of {', '.join(_model_names())}"
    if arguments.size and not _size(arguments.size):
        return f"--size {arguments.size} is not WIDTHxHEIGHT, for instance 1440x900"
    if arguments.fov is not None and not 20 <= arguments.fov <= 140:
        return f"--fov {arguments.fov:g} is outside 20 to 140 degrees"
    needs_display = sys.platform.startswith("linux") and not os.environ.get("QT_QPA_PLATFORM")
    if needs_display and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return (
            "there is no display; run it in a desktop session, or under xvfb-run, "
            "or use the headless command cubesal"
        )
    return None


def _model_names() -> list[str]:
    from cubesal.model_list import available_models

    return [model.name for model in available_models()]


def _size(text: str) -> tuple[int, int] | None:
    width, _, height = text.partition("x")
    if width.isdigit() and height.isdigit() and int(width) >= 320 and int(height) >= 240:
        return int(width), int(height)
    return None


def _make_application() -> QApplication:
    from PySide6.QtWidgets import QApplication

    from cubesal_viewer.theme import apply_theme

    application = QApplication([sys.argv[0]])
    _introduce(application)
    apply_theme(application)
    # Ctrl+C in the terminal ends the program; Python sees signals only between Qt's callbacks.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return application


def _introduce(application: QApplication) -> None:
    """Say who we are: by the desktop file's name the system finds our icon."""
    from PySide6.QtGui import QIcon

    from cubesal_viewer.assets import resource_path

    application.setApplicationName("cubesal-viewer")
    application.setApplicationDisplayName("cubesal-viewer")
    application.setDesktopFileName("cubesal-viewer")
    application.setWindowIcon(QIcon(str(resource_path("icons/cubesal-viewer.svg"))))


def _watch() -> Failures:
    """Log from now on, and hear of whatever nobody expected."""
    from cubesal_viewer.failures import Failures
    from cubesal_viewer.log import logger, start_logging

    complaint = start_logging()
    if complaint:
        print(f"cubesal-viewer: {complaint}", file=sys.stderr)
    logger.info("cubesal-viewer %s", __version__)
    failures = Failures()
    failures.install()
    return failures


def _run(application: QApplication, viewer: Viewer, arguments: argparse.Namespace) -> int:
    from cubesal_viewer.widgets.key_guard import KeyGuard

    guard = KeyGuard(application)
    application.installEventFilter(guard)
    _apply_view(viewer, arguments)
    outcome = _Outcome(application)
    keep = _unattended(viewer, arguments, outcome)
    viewer.window.show()
    if viewer.documents.has_recovery:
        viewer.documents.offer_recovery()
    if arguments.clip is not None:
        viewer.open(arguments.clip, arguments.projection)
    code = application.exec()
    viewer.stop()
    del keep
    return outcome.code or code


def _apply_view(viewer: Viewer, arguments: argparse.Namespace) -> None:
    state = viewer.state
    if arguments.size:
        viewer.window.resize(*(_size(arguments.size) or (1440, 900)))
    state.set_pane_mode(arguments.view)
    choice = state.model
    state.set_model(
        replace(
            choice, model=arguments.model or choice.model, device=arguments.device or choice.device
        )
    )
    asked = {"yaw": arguments.yaw, "pitch": arguments.pitch, "hfov": arguments.fov}
    given = {name: radians(value) for name, value in asked.items() if value is not None}
    if given:
        viewer.start_camera = replace(state.camera, **given)
    viewer.start_frame = arguments.frame or 0


class _Outcome:
    """The exit code of an unattended run, and the line that explains it."""

    def __init__(self, application: QApplication) -> None:
        self._application = application
        self.code = 0

    def end(self, code: int, message: str) -> None:
        self.code = code
        if code == 0:
            print(message)
        else:
            print(f"cubesal-viewer: {message}", file=sys.stderr)
        self._application.quit()


def _unattended(viewer: Viewer, arguments: argparse.Namespace, outcome: _Outcome) -> object:
    """Start what runs without a person, if anything; keep the returned object alive."""
    if arguments.screenshot:
        from cubesal_viewer.screenshot import Screenshot

        picture = Screenshot(viewer, arguments.screenshot, arguments.frame)
        picture.done.connect(outcome.end)
        return picture
    if arguments.bench:
        from cubesal_viewer.bench import Bench, BenchReport

        bench = Bench(viewer, minutes=arguments.minutes)

        def report(figures: BenchReport) -> None:
            try:
                if arguments.json:
                    arguments.json.write_text(figures.json())
            except OSError as error:
                outcome.end(2, f"cannot write {arguments.json}: {error.strerror}")
            else:
                outcome.end(0, figures.text())

        bench.done.connect(report)
        viewer.failed.connect(lambda message: outcome.end(2, message))
        return bench
    return None


if __name__ == "__main__":
    raise SystemExit(main())
