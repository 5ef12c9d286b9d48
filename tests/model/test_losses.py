"""What the temporal losses reward and punish, under the rules that are right."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from cubesal.loss_rules import EXACT, rules_of
from cubesal.losses import (
    LossWeights,
    fitted_flow,
    temporal_losses,
    upsampled,
    warped,
)

HEIGHT = 24


def blob(column: float, row: float = 12.0, height: int = HEIGHT) -> Tensor:
    """(H, 2H) a smooth spot that knows no seam."""
    x = torch.arange(2 * height, dtype=torch.float64)
    y = torch.arange(height, dtype=torch.float64)[:, None]
    across = (x - column + height) % (2 * height) - height
    return torch.exp(-(across**2 + (y - row) ** 2) / 18).float()


def constant_flow(right: float, down: float = 0.0, height: int = HEIGHT) -> Tensor:
    return torch.tensor([right, down]).expand(1, 1, height, 2 * height, 2).clone()


@pytest.mark.parametrize("column", [20.0, 46.0, 1.0])
def test_a_map_that_moves_with_the_picture_costs_nothing_also_over_the_seam(column: float) -> None:
    maps = torch.stack([blob(column), blob(column + 5)])[:, None]
    along = temporal_losses(maps, constant_flow(5.0))
    against = temporal_losses(maps, constant_flow(-5.0))
    assert float(along.smooth) < 1e-6
    assert float(against.smooth) > 1e-3
    assert float(along.temporal) > 1e-3


def test_the_published_rules_ask_for_the_opposite_motion() -> None:
    maps = torch.stack([blob(20), blob(25)])[:, None]
    # Their scale halves a flow that already has the size of the maps.
    along = temporal_losses(maps, constant_flow(10.0), "cp360")
    against = temporal_losses(maps, constant_flow(-10.0), "cp360")
    assert float(against.smooth) < 0.1 * float(along.smooth)


def test_only_what_stands_still_is_masked() -> None:
    maps = torch.stack([blob(20), blob(20)])[:, None]
    still = temporal_losses(maps, constant_flow(0.0, 0.1))
    moving = temporal_losses(maps, constant_flow(0.0, 0.2))
    assert float(still.mask) > 1e-3
    assert float(moving.mask) == 0.0
    assert float(still.temporal) == 0.0


def test_near_a_pole_many_columns_are_a_short_way() -> None:
    maps = torch.stack([blob(20, row=0.0), blob(20, row=0.0)])[:, None]
    flow = constant_flow(1.0)  # at the pole's row 0.065 pixels of the equator
    assert float(temporal_losses(maps, flow).mask) > 0
    assert float(temporal_losses(maps, flow, "cp360").mask) == 0


def test_the_total_is_the_weighted_sum_and_carries_the_gradient() -> None:
    maps = torch.rand(3, 2, 6, 12, generator=torch.Generator().manual_seed(0)).requires_grad_()
    flow = torch.randn(2, 2, 6, 12, 2, generator=torch.Generator().manual_seed(1))
    losses = temporal_losses(maps, flow, weights=LossWeights(2.0, 3.0, 5.0))
    expected = 2 * losses.smooth + 3 * losses.temporal + 5 * losses.mask
    torch.testing.assert_close(losses.total, expected)
    losses.total.backward()  # type: ignore[no-untyped-call]
    assert maps.grad is not None
    assert not maps.grad[0].any(), "the first moment is a target only"
    assert maps.grad[1:].any()


def test_means_do_not_depend_on_how_many_samples_or_pairs_there_are() -> None:
    maps = torch.stack([blob(20), blob(22)])[:, None]
    flow = constant_flow(1.0)
    one = temporal_losses(maps, flow)
    three = temporal_losses(maps.expand(-1, 3, -1, -1), flow.expand(-1, 3, -1, -1, -1))
    there_and_back = torch.cat([maps, maps[:1]])
    two_pairs = temporal_losses(there_and_back, torch.cat([flow, -flow]))
    torch.testing.assert_close(torch.stack(list(one)), torch.stack(list(three)))
    assert float(two_pairs.temporal) == pytest.approx(float(one.temporal))
    assert float(two_pairs.smooth) == pytest.approx(float(one.smooth), rel=1e-3)


def test_the_loss_hardly_depends_on_the_rows_at_which_maps_are_compared() -> None:
    sizes = []
    for height in (24, 48, 96):
        maps = torch.stack([blob(20), blob(23)])[:, None]
        sizes.append(float(temporal_losses(maps, constant_flow(1.0), height=height).smooth))
    assert max(sizes) < 1.1 * min(sizes)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 47), st.integers(1, 4))
def test_turning_everything_in_yaw_changes_no_loss(turn: int, factor: int) -> None:
    generator = torch.Generator().manual_seed(3)
    maps = torch.rand(2, 1, HEIGHT, 2 * HEIGHT, generator=generator)
    flow = 3 * torch.randn(1, 1, HEIGHT, 2 * HEIGHT, 2, generator=generator)
    height = factor * HEIGHT
    here = temporal_losses(maps, flow, height=height)
    there = temporal_losses(maps.roll(turn, 3), flow.roll(turn, 3), height=height)
    torch.testing.assert_close(
        torch.stack(list(here)), torch.stack(list(there)), rtol=1e-4, atol=1e-7
    )


@pytest.mark.parametrize("source", [12, 24, 48])
def test_a_flow_of_another_size_is_scaled_to_the_pixels_of_the_maps(source: int) -> None:
    fitted = fitted_flow(constant_flow(2.0, -1.0, source), HEIGHT)
    expected = torch.tensor([2.0, -1.0]) * HEIGHT / source
    torch.testing.assert_close(fitted, expected.expand_as(fitted))


def test_enlarged_maps_join_at_the_seam_and_keep_constants() -> None:
    maps = torch.rand(1, 1, 5, 10, generator=torch.Generator().manual_seed(0))
    large = upsampled(maps, 15)
    torch.testing.assert_close(upsampled(maps.roll(3, 3), 15), large.roll(9, 3))
    torch.testing.assert_close(upsampled(torch.ones(1, 1, 5, 10), 17), torch.ones(1, 1, 17, 34))
    torch.testing.assert_close(large[..., 1::3, 1::3], maps)


def test_a_warp_by_whole_turns_changes_nothing() -> None:
    maps = torch.rand(1, HEIGHT, 2 * HEIGHT, generator=torch.Generator().manual_seed(0))
    whole_turn = constant_flow(2.0 * HEIGHT)[0]
    torch.testing.assert_close(warped(maps, whole_turn, EXACT), maps, atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    ("maps", "flow"),
    [
        ((2, 1, 8, 8), (1, 1, 8, 16, 2)),
        ((1, 1, 8, 16), (1, 1, 8, 16, 2)),
        ((2, 1, 8, 16), (1, 2, 8, 16, 2)),
        ((3, 1, 8, 16), (1, 1, 8, 16, 2)),
        ((2, 1, 8, 16), (1, 1, 8, 16, 3)),
    ],
)
def test_shapes_that_do_not_fit_are_named(maps: tuple[int, ...], flow: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="not"):
        temporal_losses(torch.zeros(maps), torch.zeros(flow))


def test_an_unknown_convention_is_refused() -> None:
    with pytest.raises(ValueError, match="exact and cp360"):
        rules_of("published")  # type: ignore[arg-type]


def test_constant_maps_cost_only_where_they_stand_still() -> None:
    maps = torch.full((2, 1, 8, 16), 0.5)
    losses = temporal_losses(maps, torch.zeros(1, 1, 8, 16, 2))
    assert [float(term) for term in losses[:2]] == [0.0, 0.0]
    assert math.isclose(float(losses.mask), 0.25, rel_tol=1e-5)
