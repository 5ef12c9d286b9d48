"""``--projection``, ``--eye`` and ``--orientation``: for every command that reads clips."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from cubesal.analysis import analyse, grid_track
from cubesal.autopilot import still_path
from cubesal.camera import Camera
from cubesal.cli.arguments import Options, build_parser
from cubesal.cli.reading_arguments import PROJECTIONS
from cubesal.errors import ExportError
from cubesal.exporting import export_path
from cubesal.video import ClipReader, projection
from tests.cli.conftest import Cubesal
from tests.media import make_clip
from tests.spheres import with_dot


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip whose upper eye sees the dot at -30°, and whose lower one at +40°."""
    picture = np.vstack([with_dot(64, -30, 0), with_dot(64, 40, 0)])
    path = tmp_path_factory.mktemp("pair") / "a_TB.mp4"
    return make_clip(path, frames=4, size=(128, 128), fps=10, pictures=[picture])


def test_the_parts_make_one_text_in_any_order() -> None:
    for words in (
        ("--projection", "eac", "--eye", "right", "--orientation", "90,0,-5"),
        ("--orientation", "90,0,-5.0", "--eye", "right", "--projection", "eac"),
    ):
        options = build_parser().parse_args(["info", "a.mp4", *words], namespace=Options())
        assert options.projection == "eac:right@90,0,-5"
    options = build_parser().parse_args(["info", "--eye", "left"], namespace=Options())
    assert options.projection is None


def test_the_command_line_knows_every_projection_of_the_library() -> None:
    assert PROJECTIONS == projection.PROJECTIONS


@pytest.mark.parametrize("command", ["predict", "batch", "analyze", "export", "flow", "info"])
def test_every_command_that_reads_clips_takes_them(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        build_parser().parse_args([command, "--help"])
    out = capsys.readouterr().out
    assert all(option in out for option in ("--projection", "--eye", "--orientation"))


def test_nonsense_is_one_line(cubesal: Cubesal, pair: Path) -> None:
    outcome = cubesal("info", pair, "--orientation", "1,2")
    assert outcome.code == 2
    assert "YAW,PITCH,ROLL in degrees" in outcome.errors[0]


def test_info_says_how_a_clip_is_read(cubesal: Cubesal, pair: Path) -> None:
    outcome = cubesal("info", pair, "--eye", "right", "--json")
    (facts,) = json.loads(outcome.out)
    assert (facts["projection"], facts["layout"]) == ("equirect", "stereo top-bottom")
    assert (facts["projection_from"], facts["eye"]) == ("name", "right")
    assert facts["transfer"] == "SDR"


def test_maps_are_those_of_the_eye_and_front_that_were_asked_for(pair: Path) -> None:
    class Bright:
        warmup_frames = 0

        def reset(self) -> None: ...

        def observe(self, equirect_rgb: np.ndarray, time_s: float) -> None: ...

        def step(self, equirect_rgb: np.ndarray, time_s: float) -> np.ndarray:
            grey = equirect_rgb.max(axis=-1).astype(np.float32)
            return np.repeat(np.repeat(grey, 2, axis=0)[4:124], 2, axis=1)[:, :240]

    strongest = []
    for text in (None, ":right", ":right@40,0,0"):
        with ClipReader(pair, projection=text) as reader:
            track = grid_track(reader, "bright")
            analyse(reader, Bright(), track)
            row = track.get(0)[60]
            strongest.append(float(np.flatnonzero(row > 150).mean() / 256 * 360 - 180))
    assert strongest == pytest.approx([-30, 40, 0], abs=3)


def test_a_script_for_ffmpeg_cuts_out_the_eye_and_refuses_what_is_no_equirect(
    pair: Path, tmp_path: Path
) -> None:
    path, out = still_path(Camera()), tmp_path / "a.ffmpeg"
    export_path(pair, path, out, size=(64, 36), projection=":right")
    assert "crop=iw:ih/2:0:ih/2" in out.read_text()
    export_path(pair, path, out, size=(64, 36), projection=":right@10,0,0")
    assert "crop=iw:ih/2:0:ih/2" in out.read_text()
    with pytest.raises(ExportError, match="which is no equirect"):
        export_path(pair, path, out, size=(64, 36), projection="vr180@10,0,0")
