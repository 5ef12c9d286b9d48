"""``make demo``: open the viewer, or without a display leave the same work in a folder."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from cubesal.video import ClipReader

#: The moment of the demo clip that the window is photographed at, in frames.
SCREENSHOT_FRAME = 282
SCREEN = "-screen 0 1600x1000x24"


def has_display() -> bool:
    """Whether a window would appear in front of somebody."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def tool(name: str) -> str:
    """Path of one of our commands, beside the interpreter that runs this."""
    return str(Path(sys.executable).parent / name)


def middle_frame(clip: Path) -> int:
    """Index of the frame halfway through a clip that was opened without trouble before."""
    with ClipReader(clip) as reader:
        return reader.info.frame_count // 2


def open_viewer(out: Path, clip: Path | None) -> int:
    """Show the clip, or the rendered demo clip, in the viewer."""
    if clip is None:
        clip = out / "demo_clip.mp4"
        if not clip.is_file():
            render = [tool("cubesal"), "demo", "--out", str(out), "--clip-only"]
            code = subprocess.run(render, check=False).returncode
            if code:
                return code
    return subprocess.run([tool("cubesal-viewer"), str(clip)], check=False).returncode


def work_headless(out: Path, clip: Path | None) -> int:
    """Analyse, plan and export without a display; photograph the real window under Xvfb."""
    command = [tool("cubesal"), "demo", "--out", str(out)]
    code = subprocess.run([*command, *(["--clip", str(clip)] if clip else [])], check=False)
    if code.returncode:
        return code.returncode
    if not shutil.which("xvfb-run"):
        print("xvfb-run is missing, so there is no picture of the window: install xvfb and xauth.")
        return 1
    picture = out / "demo_window.png"
    window = ["xvfb-run", "-a", "-s", SCREEN, tool("cubesal-viewer")]
    window += [str(clip or out / "demo_clip.mp4")]
    frame = SCREENSHOT_FRAME if clip is None else middle_frame(clip)
    window += ["--frame", str(frame), "--screenshot", str(picture)]
    print("opening the real window under Xvfb, where it analyses the clip itself ...", flush=True)
    # A session's Wayland or platform choice must not keep Qt from the virtual screen.
    environment = {**os.environ, "QT_QPA_PLATFORM": "xcb"}
    return subprocess.run(window, check=False, env=environment).returncode


def main() -> int:
    """Parse the two options that the Makefile passes on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out"))
    parser.add_argument("--clip", type=Path)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    work = open_viewer if has_display() else work_headless
    return work(arguments.out, arguments.clip)


if __name__ == "__main__":
    raise SystemExit(main())
