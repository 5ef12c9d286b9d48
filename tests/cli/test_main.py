"""The command itself: help at once, errors in one line, exit codes, interruption."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cubesal import __version__
from cubesal.cli import main
from cubesal.cli.arguments import CODECS, COLORMAPS, MAP_FORMATS
from cubesal.exporting import MAP_FORMATS as WRITTEN_FORMATS
from cubesal.overlay import COLORMAPS as DRAWN_COLORMAPS
from cubesal.video.encoders import ENCODERS
from tests.media import make_clip

MODEL = Path(__file__).resolve().parents[2] / "model"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(MODEL)}


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
        timeout=60,
    )


@pytest.mark.parametrize("arguments", [["--help"], ["export", "--help"], ["--version"]])
def test_help_comes_without_torch_or_codecs(arguments):
    done = python(
        "import sys; from cubesal.cli import main; code = main(sys.argv[1:])\n"
        "heavy = {'torch', 'cv2', 'av', 'numpy', 'rich', 'PySide6'} & set(sys.modules)\n"
        "assert code == 0 and not heavy, heavy",
        *arguments,
    )
    assert done.returncode == 0, done.stderr
    assert "cubesal" in done.stdout


def test_no_command_brings_qt_or_opengl():
    done = python(
        "import sys, pkgutil, importlib, cubesal.cli\n"
        "for module in pkgutil.iter_modules(cubesal.cli.__path__, 'cubesal.cli.'):\n"
        "    importlib.import_module(module.name)\n"
        "bad = [m for m in sys.modules if m.split('.')[0] in ('PySide6', 'OpenGL', 'pyqtgraph')]\n"
        "assert not bad, bad"
    )
    assert done.returncode == 0, done.stderr


def test_planning_drawing_and_reading_need_no_torch():
    done = python(
        "import sys, cubesal.autopilot, cubesal.exporting, cubesal.track, cubesal.overlay\n"
        "import cubesal.analysis, cubesal.attention, cubesal.flow\n"
        "assert 'torch' not in sys.modules"
    )
    assert done.returncode == 0, done.stderr


def test_python_dash_m_is_the_same_command():
    done = subprocess.run(
        [sys.executable, "-m", "cubesal", "--version"],
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
    )
    assert done.stdout.strip() == f"cubesal {__version__}"


def test_the_choices_are_what_the_library_offers():
    # They are written out in the parser, which must not import the library.
    assert sorted(COLORMAPS) == sorted(DRAWN_COLORMAPS)
    assert sorted(CODECS) == sorted(ENCODERS)
    assert MAP_FORMATS == WRITTEN_FORMATS


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "COMMAND"),
        (["fly"], "invalid choice: 'fly'"),
        (["predict", "a.mp4"], "--out"),
        (["predict", "a.mp4", "--out", "o", "--rate", "0"], "--rate: 0 must be greater than 0"),
        (["predict", "a.mp4", "--out", "o", "--rate", "x"], "'x' is not a number"),
        (["predict", "a.mp4", "--out", "o", "--rate", "1e9"], "more than 1000 maps per second"),
        (["export", "a.mp4", "--what", "nfov", "--size", "16384x16384"], "more pixels than"),
        (["predict", "a.mp4", "--out", "o", "--every", "1.5"], "whole number"),
        (["predict", "a.mp4", "--out", "o", "--rate", "5", "--every", "2"], "not allowed with"),
        (["export", "a.mp4", "--what", "nfov", "--size", "1281x720"], "must be even"),
        (["export", "a.mp4", "--what", "nfov", "--size", "big"], "of the form 1280x720"),
        (["export", "a.mp4", "--what", "nfov", "--aspect", "16"], "of the form 16:9"),
        (["export", "a.mp4", "--what", "nfov", "--aspect", "99:1"], "between 1:5 and 5:1"),
        (["export", "a.mp4", "--what", "nfov", "--fov", "170"], "between 20 and 140 degrees"),
        (["export", "a.mp4", "--what", "nfov", "--from", "-1"], "before the clip"),
        (["export", "a.mp4", "--what", "nfov", "--to", "nan"], "not a finite number"),
        (["export", "a.mp4", "--what", "film"], "invalid choice: 'film'"),
        (["export", "a.mp4", "--what", "overlay", "--opacity", "2"], "between 0 and 1"),
        (["models"], "ACTION"),
    ],
)
def test_a_wrong_command_line_gets_one_line_and_code_two(cubesal, arguments, words):
    done = cubesal(*arguments)
    assert done.code == 2
    assert len(done.err.strip().splitlines()) == 1
    assert words in done.err


def test_verbose_shows_the_traceback_and_normal_does_not(cubesal, tmp_path):
    quiet = cubesal("info", tmp_path / "absent.mp4")
    assert quiet.code == 2
    assert "Traceback" not in quiet.err
    arguments = ("export", tmp_path / "absent.mp4", "--what", "path", "-o", tmp_path / "p.csv")
    assert "Traceback" not in cubesal(*arguments).err
    loud = cubesal("-v", *arguments)
    assert loud.code == 2
    assert "Traceback" in loud.err
    assert "Traceback" in cubesal(*arguments, "-v").err


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C is sent differently there")
def test_ctrl_c_while_libraries_load_is_one_line(tmp_path):
    (tmp_path / "av.py").write_text("raise KeyboardInterrupt\n")
    done = python(
        "import sys; sys.path.insert(0, sys.argv[1]); from cubesal.cli import main\n"
        "sys.exit(main(['info']))",
        str(tmp_path),
    )
    assert done.returncode == 130
    assert done.stderr.strip() == "cubesal: error: interrupted; nothing half-written is left"


def test_signals_mean_after_a_command_what_they_meant_before(cubesal, tmp_path):
    before = signal.getsignal(signal.SIGTERM)
    cubesal("info", tmp_path / "absent.mp4")
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("what", ["nfov", "maps"])
def test_an_interruption_just_as_a_part_is_made_leaves_nothing(tmp_path, capsys, monkeypatch, what):
    clip, out = make_clip(tmp_path / "clip.mp4", frames=12), tmp_path / "out"
    made: list[Path] = []

    def interrupted(work: Callable[..., None]) -> Callable[..., None]:
        def touched(path: Path, *args: Any, **named: Any) -> None:
            work(path, *args, **named)
            if path.name.endswith(".part"):
                made.append(path)
                raise KeyboardInterrupt

        return touched

    monkeypatch.setattr(Path, "touch", interrupted(Path.touch))
    monkeypatch.setattr(Path, "mkdir", interrupted(Path.mkdir))
    target = str(out / "flat.mp4") if what == "nfov" else str(out / "maps")
    # A target in a folder that is there: what happens to that is not the question.
    out.mkdir()
    command = ["export", str(clip), "--what", what, "--model", "fast", "-o", target]
    command += ["--format", "png"] if what == "maps" else []
    assert main(command) == 130
    assert "nothing half-written is left" in capsys.readouterr().err
    assert len(made) == 1
    assert list(out.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C is sent differently there")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_to_stop_ends_it_cleanly(tmp_path, name):
    clip = make_clip(tmp_path / "long.mp4", frames=300, gop=60)
    out = tmp_path / "out"
    command = [sys.executable, "-m", "cubesal", "export", str(clip), "--what", "nfov"]
    path = tmp_path / "path.csv"
    path.write_text("frame_index,time_s,yaw_deg,pitch_deg,roll_deg,hfov_deg\n0,0,0,0,0,90\n")
    command += ["--path", str(path), "-o", str(out / "flat.mp4")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
    deadline = time.monotonic() + 60
    while not list(out.glob("*flat*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(getattr(signal, name))
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.strip() == "cubesal: error: interrupted; nothing half-written is left"
    assert list(out.iterdir()) == []
