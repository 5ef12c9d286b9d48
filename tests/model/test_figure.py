"""The result block: views, outlines, and the file as it comes out."""

from __future__ import annotations

import subprocess
import sys
from math import pi, radians

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cubesal.autopilot.views import angle_between, salient_views, views_in_order
from cubesal.camera import Camera, view_outline
from cubesal.errors import ExportError
from cubesal.figure import (
    FigureColumn,
    ResultBlock,
    draw_result_block,
    outline_pieces,
    time_label,
)
from cubesal.figure.drawing import VIEW_COLOURS
from cubesal.geometry import dir_from_angles, equirect_rays
from cubesal.overlay import OverlayStyle

HFOV = radians(75)
HEIGHT = 60


def blob(yaw: float, pitch: float = 0.0, height: int = HEIGHT) -> np.ndarray:
    cosine = equirect_rays(height) @ dir_from_angles(yaw, pitch)
    return np.exp((cosine - 1) * 40).astype(np.float32)


def block_of(count: int = 3, truth: bool = True, methods: int = 2) -> ResultBlock:
    rgb = np.full((64, 128, 3), 90, np.uint8)
    saliency = blob(0.6) + 0.7 * blob(-2.0)
    columns = tuple(
        FigureColumn(0.2 * k, rgb, (saliency,) * methods, saliency if truth else None)
        for k in range(count)
    )
    return ResultBlock(tuple(f"method {k}" for k in range(methods)), columns)


# --- views ----------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(yaw=st.floats(-pi, pi), pitch=st.floats(-0.7, 0.7), apart=st.floats(1.6, 2.4))
def test_the_two_views_look_at_the_two_subjects_strongest_first(yaw, pitch, apart):
    saliency = blob(yaw, pitch) + 0.6 * blob(yaw + apart)
    first, second = salient_views(saliency, 2, HFOV)
    assert angle_between(first, Camera(yaw, pitch)) < radians(8)
    assert angle_between(second, Camera(yaw + apart, 0.0)) < radians(8)


def test_views_do_not_look_where_another_does():
    views = salient_views(blob(0.0), 3, HFOV)
    for k, one in enumerate(views):
        for other in views[:k]:
            assert angle_between(one, other) >= 0.8 * HFOV - 1e-6


def test_a_map_without_attention_still_has_views():
    assert len(salient_views(np.zeros((HEIGHT, 2 * HEIGHT), np.float32))) == 2


def test_views_keep_their_names_from_one_moment_to_the_next():
    left, right = Camera(-1.0), Camera(1.0)
    moved = [Camera(1.1), Camera(-0.9)]
    assert views_in_order(moved, [left, right]) == moved[::-1]
    assert views_in_order(moved, [right, left]) == moved
    assert views_in_order(moved, []) == moved


# --- outlines -------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(yaw=st.floats(-pi, pi), pitch=st.floats(-1.2, 1.2))
def test_outline_pieces_are_the_whole_border_and_never_cross_the_picture(yaw, pitch):
    camera = Camera(yaw, pitch, 0.0, HFOV)
    pieces = outline_pieces(camera, 16 / 9)
    for piece in pieces:
        assert np.abs(np.diff(piece[:, 0])).max() <= 0.5
        assert piece.min() >= 0
        assert piece.max() <= 1
    whole = np.concatenate(pieces)
    for border_yaw, border_pitch in view_outline(camera, 16 / 9, points_per_side=48):
        u, v = border_yaw / (2 * pi) + 0.5, 0.5 - border_pitch / pi
        gap = np.abs(whole[:, 0] - u)
        assert np.hypot(np.minimum(gap, 1 - gap), whole[:, 1] - v).min() < 1e-6


def test_a_view_over_the_seam_ends_on_one_edge_and_goes_on_from_the_other():
    pieces = outline_pieces(Camera(pi - 0.1, 0.0, 0.0, HFOV), 16 / 9)
    ends = sorted(float(u) for piece in pieces for u in (piece[0, 0], piece[-1, 0]))
    assert ends == [0.0, 0.0, 1.0, 1.0]
    assert len(pieces) == 2


def test_an_ordinary_view_is_one_closed_curve():
    (piece,) = outline_pieces(Camera(0.3, 0.2, 0.0, HFOV), 16 / 9)
    np.testing.assert_allclose(piece[0], piece[-1])


@pytest.mark.parametrize(
    ("time_s", "words"), [(0, "0:00.00"), (61.239, "1:01.24"), (59.999, "1:00.00")]
)
def test_heads_of_columns_are_time_codes(time_s, words):
    assert time_label(time_s) == words


# --- drawing --------------------------------------------------------------------------------


def test_the_png_has_its_width_on_paper_and_both_colours(tmp_path):
    out = tmp_path / "block.png"
    draw_result_block(block_of(), out, width_in=4.0)
    picture = cv2.imread(str(out))[..., ::-1]
    assert picture.shape[1] == 1200
    for colour in VIEW_COLOURS:
        rgb = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
        hits = (np.abs(picture.astype(int) - rgb).max(axis=2) < 12).sum(axis=1)
        # Frames of the cut-outs run over their whole width; outlines lie above them.
        assert hits.max() > 800
        assert (hits[: int(0.64 * picture.shape[0])] > 10).any()


def test_no_ink_touches_the_border_of_the_sheet(tmp_path):
    draw_result_block(block_of(), tmp_path / "block.png", width_in=4.0)
    picture = cv2.imread(str(tmp_path / "block.png"))
    for edge in (picture[0], picture[-1], picture[:, 0], picture[:, -1]):
        assert edge.min() >= 250


def test_rows_follow_from_what_there_is(tmp_path):
    heights = []
    for truth, methods in ((False, 1), (True, 1), (True, 2)):
        draw_result_block(block_of(2, truth, methods), tmp_path / "b.png", width_in=3.0)
        heights.append(cv2.imread(str(tmp_path / "b.png")).shape[0])
    one, two = np.diff(heights)
    assert one > 100
    assert abs(one - two) <= 1


def test_the_same_block_makes_the_same_pdf(tmp_path):
    for name in ("a.pdf", "b.pdf"):
        draw_result_block(block_of(2), tmp_path / name)
    first = (tmp_path / "a.pdf").read_bytes()
    assert first.startswith(b"%PDF")
    assert first == (tmp_path / "b.pdf").read_bytes()


def test_other_kinds_of_file_are_refused(tmp_path):
    with pytest.raises(ExportError, match=r"\.png or \.pdf"):
        draw_result_block(block_of(), tmp_path / "block.svg")
    assert list(tmp_path.iterdir()) == []


def test_a_block_must_be_complete():
    rgb, saliency = np.zeros((4, 8, 3), np.uint8), blob(0)
    with pytest.raises(ValueError, match="at least one moment"):
        ResultBlock(("one",), ())
    with pytest.raises(ValueError, match="2 maps"):
        ResultBlock(("one", "two"), (FigureColumn(0, rgb, (saliency,)),))
    some = (FigureColumn(0, rgb, (saliency,), saliency), FigureColumn(1, rgb, (saliency,)))
    with pytest.raises(ValueError, match="ground truth"):
        ResultBlock(("one",), some, OverlayStyle())


def test_settings_and_folders_of_the_user_stay_out_of_it(tmp_path):
    """matplotlib would read the user's matplotlibrc and keep its lists in the user's folders."""
    config = tmp_path / "config" / "matplotlib"
    config.mkdir(parents=True)
    (config / "matplotlibrc").write_text("nonsense that would be complained about\n")
    probe = (
        "import numpy as np; from pathlib import Path;"
        "from cubesal.figure import *; import sys;"
        "assert 'matplotlib' not in sys.modules;"
        "m = np.ones((6, 12), np.float32);"
        "c = FigureColumn(0, np.zeros((8, 16, 3), np.uint8), (m,));"
        "draw_result_block(ResultBlock(('one',), (c,)), Path(sys.argv[1]), 2.0);"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    environment = {
        "PYTHONPATH": "model",
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    command = [sys.executable, "-W", "error", "-c", probe, str(tmp_path / "out.png")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert [p.name for p in (tmp_path / "cache").iterdir()] == ["cubesal"]
    assert [p.name for p in config.iterdir()] == ["matplotlibrc"]
