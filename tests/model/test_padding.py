from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cubesal.convention import CONVENTIONS, Convention
from cubesal.geometry import FACE_BASES, Face, cube_rays
from cubesal.padding import CubePad, Pad, cube_pad, pad_table

SIDES = ("left", "right", "top", "down")
EDGES = list(itertools.product(Face, SIDES))
# Unit step in the face plane (a right, b down) that leaves the face over each side.
OUTWARD = {"left": (-1, 0), "right": (1, 0), "top": (0, -1), "down": (0, 1)}


def strip(padded: np.ndarray, side: str, pad: int) -> np.ndarray:
    """Border of one padded face over `side`, corners left out, as (depth, along the edge)."""
    inner = slice(pad, -pad)
    rows = {
        "left": padded[inner, :pad][:, ::-1].T,
        "right": padded[inner, -pad:].T,
        "top": padded[:pad, inner][::-1],
        "down": padded[-pad:, inner],
    }
    return rows[side]


@pytest.mark.parametrize(("face", "side"), EDGES)
def test_strip_over_each_edge_is_what_lies_there_on_the_cube(face: Face, side: str) -> None:
    face_w, pad = 6, 3
    source = strip(pad_table(face_w, pad)[face], side, pad)
    rays = cube_rays(face_w).astype(np.float64).reshape(-1, 3)[source]
    rays /= np.abs(rays).max(axis=-1, keepdims=True)  # points on the cube's surface
    right, down, outward = FACE_BASES[face]
    step = OUTWARD[side]
    across = step[0] * right + step[1] * down
    along = right if step[0] == 0 else down
    depth = (2 * np.arange(pad) + 1) / face_w
    centres = (2 * np.arange(face_w) + 1) / face_w - 1
    # On the neighbouring face, `depth` behind the edge, at the same place along the edge.
    assert np.allclose(rays @ across, 1)
    assert np.allclose(rays @ outward, 1 - depth[:, None])
    assert np.allclose(rays @ along, centres[None, :])


def test_the_first_border_pixel_is_the_one_nearest_to_the_continued_ray() -> None:
    face_w = 8
    source = pad_table(face_w, 1)
    all_rays = cube_rays(face_w).astype(np.float64).reshape(-1, 3)
    all_rays /= np.linalg.norm(all_rays, axis=1, keepdims=True)
    centres = (2 * np.arange(face_w) + 1) / face_w - 1
    for face, side in EDGES:
        right, down, outward = FACE_BASES[face]
        step_a, step_b = OUTWARD[side]
        beyond = 1 + 1 / face_w
        along = right if step_a == 0 else down
        rays = outward + beyond * (step_a * right + step_b * down) + centres[:, None] * along
        foreign = all_rays.copy()
        foreign[face * face_w**2 : (face + 1) * face_w**2] = 0
        nearest = (rays @ foreign.T).argmax(axis=1)
        assert np.array_equal(strip(source[face], side, 1)[0], nearest)


def test_the_twelve_edges_hold_both_ways() -> None:
    face_w = 5
    table = pad_table(face_w, 1)
    own = np.arange(6 * face_w**2).reshape(6, face_w, face_w)
    given_to: set[tuple[int, int]] = set()
    for face, side in EDGES:
        edge_row = {
            "left": own[face, :, 0],
            "right": own[face, :, -1],
            "top": own[face, 0],
            "down": own[face, -1],
        }[side]
        given_to |= set(
            zip(edge_row.tolist(), strip(table[face], side, 1)[0].tolist(), strict=True)
        )
    assert len(given_to) == 24 * face_w
    assert {(b, a) for a, b in given_to} == given_to


@pytest.mark.parametrize("face", Face)
def test_a_tracer_on_one_face_shows_in_its_four_neighbours_and_not_opposite(face: Face) -> None:
    x = torch.zeros(6, 1, 4, 4)
    x[face] = 1
    border = CubePad(1)(x)
    border[:, :, 1:-1, 1:-1] = 0
    opposite = next(f for f in Face if np.allclose(FACE_BASES[f, 2], -FACE_BASES[face, 2]))
    for other in Face:
        # A neighbour sees one edge of four pixels; the face's own four corners repeat its own.
        assert border[other].sum() == (0 if other is opposite else 4), other


def test_corner_pixels_favour_no_neighbour() -> None:
    face_w, pad = 5, 2
    own = np.arange(6 * face_w**2).reshape(6, face_w, face_w)
    table = pad_table(face_w, pad)
    assert np.array_equal(table[:, 1, 1], own[:, 0, 0])
    assert np.array_equal(table[:, 0, 0], own[:, 0, 0])
    # Farther beyond the top than beyond the left: the top strip's end, and the other way round.
    assert np.array_equal(table[:, 0, 1], table[:, 0, 2])
    assert np.array_equal(table[:, 1, 0], table[:, 2, 0])


pads = st.tuples(*[st.integers(0, 4)] * 4)


@settings(max_examples=40, deadline=None)
@given(pad=pads, face_w=st.integers(4, 9), cubes=st.integers(1, 3), channels_last=st.booleans())
def test_any_padding_keeps_the_inside_and_is_a_crop_of_a_wider_one(
    pad: tuple[int, int, int, int], face_w: int, cubes: int, channels_last: bool
) -> None:
    left, right, top, down = pad
    x = torch.randn(6 * cubes, 2, face_w, face_w)
    if channels_last:
        x = x.contiguous(memory_format=torch.channels_last)
    y = CubePad(pad)(x)
    assert y.shape == (6 * cubes, 2, face_w + top + down, face_w + left + right)
    assert torch.equal(y[:, :, top : top + face_w, left : left + face_w], x)
    wide = CubePad(4)(x)
    rows, columns = slice(4 - top, 4 + face_w + down), slice(4 - left, 4 + face_w + right)
    assert torch.equal(y, wide[:, :, rows, columns])


def test_cubes_of_a_batch_do_not_mix() -> None:
    a, b = torch.randn(6, 3, 5, 5), torch.randn(6, 3, 5, 5)
    both = CubePad((2, 1, 0, 3))(torch.cat([a, b]))
    assert torch.equal(both[:6], CubePad((2, 1, 0, 3))(a))
    assert torch.equal(both[6:], CubePad((2, 1, 0, 3))(b))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_memory_format_is_kept(layout: torch.memory_format) -> None:
    x = torch.randn(6, 3, 5, 5).contiguous(memory_format=layout)
    y = CubePad((1, 2, 2, 1))(x)
    assert y.is_contiguous(memory_format=layout)
    assert torch.equal(y, CubePad((1, 2, 2, 1))(x.contiguous()))


@settings(max_examples=40, deadline=None)
@given(
    pad=pads,
    face_w=st.integers(4, 9),
    cubes=st.integers(1, 2),
    channels=st.integers(1, 6),
    channels_last=st.booleans(),
)
def test_each_channel_is_padded_alike_however_few_there_are(
    pad: Pad, face_w: int, cubes: int, channels: int, channels_last: bool
) -> None:
    layout = torch.channels_last if channels_last else torch.contiguous_format
    x = torch.randn(6 * cubes, 8, face_w, face_w)
    few = x[:, :channels].contiguous(memory_format=layout)
    with torch.inference_mode():
        assert torch.equal(cube_pad(few, pad), cube_pad(x, pad)[:, :channels])


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_gradients_are_right(convention: Convention) -> None:
    x = torch.randn(6, 2, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(CubePad((1, 2, 0, 3), convention), (x,))


def test_a_table_made_in_inference_mode_still_serves_training() -> None:
    pad = Pad(1, 0, 3, 2)
    with torch.inference_mode():
        cube_pad(torch.randn(6, 1, 11, 11), pad)
    x = torch.randn(6, 1, 11, 11, requires_grad=True)
    cube_pad(x, pad).sum().backward()
    assert x.grad is not None
    assert x.grad.min() >= 1


def test_no_padding_costs_nothing() -> None:
    x = torch.randn(6, 1, 4, 4)
    assert CubePad(0)(x) is x


def turned(x: torch.Tensor) -> torch.Tensor:
    """The faces of the same world seen after turning 90° to the right."""
    back, down, front, left, right, top = x
    # What was right is now in front; top and down turn in their own planes.
    return torch.stack([left, down.rot90(1, (1, 2)), right, front, back, top.rot90(-1, (1, 2))])


def test_turning_by_90_degrees_permutes_the_padded_faces() -> None:
    x = torch.randn(6, 3, 5, 5)
    assert torch.equal(CubePad(3)(turned(x)), turned(CubePad(3)(x)))


# Face and side whose strip the authors' code lays down in reverse order of depth.
REVERSED = {
    (Face.BACK, "top"),
    (Face.BACK, "down"),
    (Face.DOWN, "right"),
    (Face.DOWN, "down"),
    (Face.LEFT, "top"),
    (Face.RIGHT, "down"),
    (Face.TOP, "top"),
    (Face.TOP, "left"),
}


@pytest.mark.parametrize("face_w", [3, 4, 7])
def test_cp360_turns_the_depth_of_eight_strips_around_and_leaves_the_others(face_w: int) -> None:
    pad = 3
    exact, published = pad_table(face_w, pad), pad_table(face_w, pad, "cp360")
    for face, side in EDGES:
        ours, theirs = strip(exact[face], side, pad), strip(published[face], side, pad)
        assert np.array_equal(theirs, ours[::-1] if (face, side) in REVERSED else ours)


@settings(max_examples=40, deadline=None)
@given(pad=pads, face_w=st.integers(4, 9))
def test_a_corner_of_cp360_repeats_the_end_of_its_narrower_strip(
    pad: tuple[int, int, int, int], face_w: int
) -> None:
    left, right, top, down = pad
    table = pad_table(face_w, pad, "cp360")
    columns = {
        "left": (left, slice(None, left), left),
        "right": (right, slice(left + face_w, None), left + face_w - 1),
    }
    rows = {
        "top": (top, slice(None, top), top),
        "down": (down, slice(top + face_w, None), top + face_w - 1),
    }
    for width, across, end_column in columns.values():
        for height, along, end_row in rows.values():
            corner = table[:, along, across]
            by_row = table[:, end_row : end_row + 1, across]
            by_column = table[:, along, end_column : end_column + 1]
            expected = by_row if height > width else by_column
            assert np.array_equal(corner, np.broadcast_to(expected, corner.shape))


@settings(max_examples=40, deadline=None)
@given(pad=pads, face_w=st.integers(1, 9), convention=st.sampled_from(CONVENTIONS))
def test_both_conventions_move_pixels_to_where_the_table_says(
    pad: tuple[int, int, int, int], face_w: int, convention: Convention
) -> None:
    if convention == "exact" and max(pad) > face_w:
        return
    numbers = torch.arange(12 * face_w**2, dtype=torch.float32).view(12, 1, face_w, face_w)
    table = pad_table(face_w, pad, convention)
    padded = CubePad(pad, convention)(numbers)[:, 0].numpy()
    assert np.array_equal(padded[:6], table)
    assert np.array_equal(padded[6:], table + 6 * face_w**2)


def test_only_cp360_cuts_down_what_is_wider_than_a_face() -> None:
    assert np.array_equal(pad_table(2, 5, "cp360"), pad_table(2, 2, "cp360"))
    assert CubePad((1, 4, 0, 3), "cp360")(torch.zeros(6, 1, 2, 2)).shape == (6, 1, 4, 5)
    with pytest.raises(ValueError, match="wider than a face of 2"):
        pad_table(2, 3)


def test_an_unknown_convention_is_refused_in_words() -> None:
    for call in (lambda: CubePad(1, "cp36O"), lambda: pad_table(4, 1, "cp36O")):
        with pytest.raises(ValueError, match="exact and cp360"):
            call()
    with pytest.raises(ValueError, match="exact and cp360"):
        cube_pad(torch.zeros(6, 1, 4, 4), 1, "cp36O")


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("shape", [(5, 1, 4, 4), (6, 1, 4, 5), (6, 4, 4)])
def test_what_are_no_cubes_is_refused_in_words(
    shape: tuple[int, ...], convention: Convention
) -> None:
    with pytest.raises(ValueError, match="6N, C, W, W"):
        CubePad(1, convention)(torch.zeros(shape))


def test_a_negative_pad_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        CubePad((0, -1, 0, 0))
