"""Half spheres, cube maps and EAC become equirect: checked against FFmpeg's own filter v360."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from cubesal.analysis import analyse, grid_track
from cubesal.autopilot import plan_path
from cubesal.video import ClipReader, Eye, Layout
from cubesal.video.colour import ColourSpec, YuvPlanes
from cubesal.video.coverage import Coverage, only_shown
from cubesal.video.reading import Reading
from cubesal.video.resampling import resampler
from cubesal.video.spheres import HALF, cube_map
from tests.media import make_clip
from tests.spheres import coloured, dot_angles, psnr, v360, with_dot

Picture = NDArray[np.uint8]
#: Our name, v360's options, the size.
PACKINGS = {
    "cube-3x2": "c3x2:w=720:h=480",
    "cube-6x1": "c6x1:w=1440:h=240",
    "eac": "eac:w=724:h=488",
    "vr180": "hequirect:w=480:h=480",
}


def stored(folder: Path, rgb: Picture, name: str = "a.png") -> Path:
    """The picture as a file without loss."""
    path = folder / name
    assert cv2.imwrite(str(path), rgb[..., ::-1])
    return path


def read(path: Path, projection: str | None = None, eye: Eye | None = None) -> Picture:
    with ClipReader(path, projection=projection, eye=eye) as reader:
        return reader.read(0).rgb()


@pytest.mark.parametrize("name", PACKINGS)
def test_v360s_pictures_come_back_as_the_sphere_they_show(name: str, tmp_path: Path) -> None:
    whole = coloured(480)
    path = stored(tmp_path, v360(whole, f"e:{PACKINGS[name]}:interp=cubic"))
    with ClipReader(path, projection=name) as reader:
        assert (reader.info.width, reader.info.height) == (960, 480)
        assert (reader.info.projection, reader.info.projection_source) == (name, "override")
        got = reader.read(0).rgb()
    seen = np.s_[:, 243:717] if name == "vr180" else np.s_[:]
    assert psnr(got[seen], whole[seen]) > 43
    # Nothing bleeds in at the edges of faces; what is left of 3x2 is the PNG's way to 4:2:0.
    worst = np.abs(got[seen].astype(int) - whole[seen]).max()
    assert worst <= (20 if name == "cube-3x2" else 8)


@pytest.mark.parametrize(
    ("name", "yaw_deg", "pitch_deg"),
    [
        ("cube-3x2", 135.0, 20.0),  # an edge of the cube
        ("cube-3x2", 30.0, 80.0),
        ("cube-6x1", -100.0, -40.0),
        ("eac", -170.0, -60.0),
        ("eac", 45.0, 35.0),  # a corner
        ("eac", 20.0, 75.0),
        ("vr180", -60.0, 30.0),
    ],
)
def test_a_direction_comes_back_as_itself(
    name: str, yaw_deg: float, pitch_deg: float, tmp_path: Path
) -> None:
    path = stored(tmp_path, v360(with_dot(240, yaw_deg, pitch_deg), f"e:{PACKINGS[name]}"))
    assert dot_angles(read(path, name)) == pytest.approx((yaw_deg, pitch_deg), abs=0.5)


def test_cube_maps_by_metadata_have_their_upper_and_lower_faces_turned(tmp_path: Path) -> None:
    # What the definition says: the top of the upper face is in front, that of the lower behind.
    flipped = v360(with_dot(240, 30, 80), "e:c3x2:w=720:h=480:out_frot=002200")
    planes = YuvPlanes.from_rgb(flipped, ColourSpec("bt709", full_range=True))
    turned = resampler(cube_map("3x2", as_in_metadata=True), (720, 480), Reading())(planes)
    assert dot_angles(turned.rgb()) == pytest.approx((30, 80), abs=0.5)


def test_neighbours_in_the_packing_only_do_not_mix(tmp_path: Path) -> None:
    # In a 6x1 row the right face stands beside the left one; both are grey, the others black.
    row = np.zeros((64, 384, 3), np.uint8)
    row[:, :128] = 200
    got = read(stored(tmp_path, row), "cube-6x1")
    middle = got[128 // 2, :, 0]
    left, right = middle[256 // 4], middle[3 * 256 // 4]
    assert left == right == pytest.approx(200, abs=2)
    # Seen around the horizon there is one soft step at each of the four edges, nothing more.
    assert np.count_nonzero((middle > 10) & (middle < 190)) <= 8


def test_the_front_is_where_the_orientation_says(tmp_path: Path) -> None:
    path = stored(tmp_path, with_dot(240, 50, 25))
    assert dot_angles(read(path, "@50,25,0")) == pytest.approx((0, 0), abs=0.3)
    yaw, pitch = dot_angles(read(path, "@0,0,90"))
    assert dot_angles(read(path, f"@{yaw * 0:g},0,-90")) == pytest.approx((-yaw, -pitch), abs=0.5)
    assert dot_angles(read(path, "equirect@20,0,0")) == pytest.approx((30, 25), abs=0.3)


def test_a_turn_by_whole_columns_moves_pixels_and_changes_none(tmp_path: Path) -> None:
    path = stored(tmp_path, coloured(120))
    with ClipReader(path) as plain, ClipReader(path, projection="@90,0,0") as turned:
        before, after = plain.read(0).planes, turned.read(0).planes
    assert np.array_equal(after.y, np.roll(before.y, -60, axis=1))
    assert np.array_equal(after.v, np.roll(before.v, -30, axis=1))


def test_a_resampled_turn_meets_itself_at_the_seam_and_the_poles(tmp_path: Path) -> None:
    whole = coloured(240)
    path = stored(tmp_path, whole)
    back = read(stored(tmp_path, read(path, "@33,0,0"), "b.png"), "@-33,0,0")
    assert np.abs(back.astype(int) - whole).max() <= 10
    over = read(path, "@0,90,0")
    assert dot_angles(read(stored(tmp_path, with_dot(240, 0, 88)), "@0,90,0"))[1] < 3
    assert np.abs(np.diff(over.astype(int), axis=1)).max() < 40


@pytest.fixture(scope="module")
def stereo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A VR180 picture, side by side: the dot is left of the middle for one eye, right for two."""
    eyes = [v360(with_dot(160, yaw, 0), "e:hequirect:w=160:h=160:interp=near") for yaw in (-30, 40)]
    return stored(tmp_path_factory.mktemp("stereo"), np.hstack(eyes), "a_180_SBS.png")


@pytest.mark.parametrize(("eye", "yaw"), [("left", -30), ("right", 40)])
def test_either_eye_of_vr180_is_read(eye: str, yaw: int, stereo: Path) -> None:
    with ClipReader(stereo, projection=f":{eye}") as reader:
        info = reader.info
        assert (info.projection, info.layout) == ("vr180", Layout.STEREO_SBS)
        assert (info.projection_source, info.eye) == ("name", Eye(eye))
        assert dot_angles(reader.read(0).rgb())[0] == pytest.approx(yaw, abs=0.5)
    assert dot_angles(read(stereo, eye=Eye(eye)))[0] == pytest.approx(yaw, abs=0.5)


class BorderFinder:
    """A model that finds edges, as any model does."""

    warmup_frames = 0

    def reset(self) -> None: ...

    def observe(self, equirect_rgb: Picture, time_s: float) -> None: ...

    def step(self, equirect_rgb: Picture, time_s: float) -> NDArray[np.float32]:
        small = cv2.resize(equirect_rgb.max(axis=-1), (240, 120), interpolation=cv2.INTER_AREA)
        edges: Any = np.abs(np.diff(small.astype(np.float32), axis=1, append=small[:, :1]))
        return np.asarray(edges + 1, np.float32)


@pytest.mark.parametrize("turn", ["", "@60,0,0"])
def test_outside_a_half_sphere_it_is_black_and_nobody_looks(turn: str, stereo: Path) -> None:
    with ClipReader(stereo, projection=turn or None) as reader:
        rgb = reader.read(0).rgb()
        track = grid_track(reader, "edges")
        analyse(reader, BorderFinder(), track)
        saliency = track.get(0)
    assert saliency is not None
    columns = np.arange(240) * 1.5 - 179.25 + (60 if turn else 0)
    shown = np.abs((columns + 180) % 360 - 180) < 90
    assert np.all(saliency[:, ~shown] == 0)
    assert np.all(saliency[:, shown] >= 1)
    small = cv2.resize(rgb, (240, 120), interpolation=cv2.INTER_NEAREST)
    at_the_border = np.abs(np.abs((columns + 180) % 360 - 180) - 90) < 2
    assert np.all(small[:, ~shown & ~at_the_border] < 3)
    # The dot is found; the border of the picture is no edge.
    border = np.argsort(np.abs(np.abs((columns + 180) % 360 - 180) - 89))[:2]
    assert saliency[:, border].max() < 3
    assert saliency.max() > 50


@pytest.mark.parametrize(("turn", "middle_deg"), [(None, 0), ("@100,0,0", -100)])
def test_the_planner_does_not_look_outside_a_half_sphere(
    turn: str | None, middle_deg: float
) -> None:
    coverage, noise = Coverage(HALF, Reading.parse(turn)), np.random.default_rng(3)
    maps = [only_shown(noise.random((120, 240), np.float32), coverage) for _ in range(8)]
    path = plan_path(np.stack(maps), np.arange(8) / 5)
    # A view of 90° lies wholly inside up to 45° from the middle.
    assert np.abs(np.degrees(path.yaw) - middle_deg).max() <= 45 + 1e-9


def test_plain_equirect_clips_are_not_resampled(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=1)
    with ClipReader(path, projection="equirect") as reader:
        assert reader._extract._resample is None
        assert reader.info.coverage is None
        assert reader.info.reading == "equirect"
