"""Scores on the sphere: hand-computed cases, properties, and what is refused in words."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cubesal import metrics
from cubesal.geometry import dir_from_uv, equirect_rays, sphere_weights
from cubesal.sphere_filter import smooth_on_sphere

ALL = (metrics.auc_judd, metrics.auc_borji, metrics.cc, metrics.sim, metrics.nss, metrics.kld)
RANKED = (metrics.auc_judd, metrics.auc_borji, metrics.nss)
HEIGHT = 16


def noise(seed: int, height: int = HEIGHT) -> np.ndarray:
    return np.random.default_rng(seed).random((height, 2 * height))


def spot(u: float, v: float, height: int = 40) -> np.ndarray:
    return metrics.fixation_density([u], [v], height, math.radians(12))


def test_auc_is_the_share_of_the_area_that_scores_lower_with_half_of_the_ties() -> None:
    saliency = np.zeros((2, 4))
    saliency[0, 1], saliency[1, 2] = 3, 1
    fixations = np.zeros((2, 4), int)
    fixations[0, 1] = 1
    # eight pixels of equal area: seven lower, half of itself
    assert metrics.auc_judd(saliency, fixations) == pytest.approx(7.5 / 8)
    fixations[1, 2] = 3
    assert metrics.auc_judd(saliency, fixations) == pytest.approx((7.5 + 3 * 6.5) / 4 / 8)


def test_rows_near_the_poles_count_little() -> None:
    top = np.zeros((HEIGHT, 2 * HEIGHT))
    top[0] = -1
    fixated = np.zeros_like(top, int)
    fixated[HEIGHT // 2, 3] = 1
    area = float(sphere_weights(HEIGHT)[0, 0]) * 2 * HEIGHT
    assert metrics.auc_judd(top, fixated) == pytest.approx(area + (1 - area) / 2)
    assert metrics.auc_judd(top, fixated) < 0.5 + 1 / HEIGHT / 2


def test_nss_standardises_by_area_and_counts_each_fixation_once() -> None:
    saliency = np.array([[1.0, 1, 1, 1], [0, 0, 0, 0]])
    fixations = np.array([[3, 0, 0, 0], [1, 0, 0, 0]])
    assert metrics.nss(saliency, fixations) == pytest.approx((3 * 1 + 1 * -1) / 4)


def test_sim_and_kld_compare_integrals() -> None:
    truth = np.array([[1.0, 1, 1, 1], [0.5, 0.5, 0.5, 0.5]])
    even = np.ones((2, 4))
    assert metrics.sim(even, truth) == pytest.approx(0.5 + 1 / 3)
    expected = 2 / 3 * math.log(4 / 3) + 1 / 3 * math.log(2 / 3)
    assert metrics.kld(even, truth) == pytest.approx(expected, abs=1e-9)


@given(seed=st.integers(0, 500), scale=st.floats(0.01, 100), turn=st.integers(0, 31))
@settings(max_examples=25, deadline=None)
def test_scores_depend_on_neither_scale_nor_yaw(seed: int, scale: float, turn: int) -> None:
    saliency, truth = noise(seed), noise(seed + 1)
    for score in (metrics.auc_judd, metrics.cc, metrics.nss, metrics.sim, metrics.kld):
        plain = score(saliency, truth)
        turned = score(np.roll(saliency, turn, axis=1) * scale, np.roll(truth, turn, axis=1))
        assert turned == pytest.approx(plain, abs=1e-9)


@given(seed=st.integers(0, 500))
@settings(max_examples=25, deadline=None)
def test_the_opposite_map_scores_the_opposite(seed: int) -> None:
    saliency, truth = noise(seed), noise(seed + 1)
    opposite = 1 - saliency
    assert metrics.auc_judd(opposite, truth) == pytest.approx(1 - metrics.auc_judd(saliency, truth))
    assert metrics.cc(opposite, truth) == pytest.approx(-metrics.cc(saliency, truth))
    assert metrics.nss(opposite, truth) == pytest.approx(-metrics.nss(saliency, truth))


@pytest.mark.parametrize("protocol", metrics.PROTOCOLS)
def test_nothing_beats_the_truth_itself(protocol: metrics.Protocol) -> None:
    truth, other = spot(0.3, 0.45), spot(0.6, 0.4)
    assert metrics.cc(truth, truth, protocol) == pytest.approx(1, abs=1e-6)
    assert metrics.sim(truth, truth, protocol) == pytest.approx(1, abs=1e-6)
    assert metrics.kld(truth, truth, protocol) == pytest.approx(0, abs=1e-6)
    for score in (metrics.auc_judd, metrics.auc_borji, metrics.nss):
        assert score(truth, truth, protocol) > score(other, truth, protocol)
    assert metrics.auc_judd(truth, truth, protocol) > 0.95


def test_random_maps_score_as_chance() -> None:
    truth = (noise(3, 40) < 0.02).astype(int)
    scores = [metrics.auc_borji(noise(seed, 40), truth) for seed in range(100, 120)]
    assert np.mean(scores) == pytest.approx(0.5, abs=0.03)
    judd = [metrics.auc_judd(noise(seed, 40), truth) for seed in range(100, 120)]
    assert np.mean(scores) == pytest.approx(np.mean(judd), abs=0.01)


@pytest.mark.parametrize("protocol", metrics.PROTOCOLS)
def test_shuffled_auc_gives_nothing_for_what_all_pictures_share(
    protocol: metrics.Protocol,
) -> None:
    shared, own = spot(0.5, 0.5), spot(0.2, 0.5)
    elsewhere = shared + 1e-3 * noise(1, 40)
    assert metrics.auc_shuffled(shared, shared, shared, protocol) == pytest.approx(0.5)
    assert metrics.auc_shuffled(own, own, elsewhere, protocol) > 0.95
    assert metrics.auc_judd(shared, shared, protocol) > 0.95


def test_a_density_is_scored_at_its_strongest_two_percent() -> None:
    density = spot(0.4, 0.5)
    chosen = metrics.strongest_part(density)
    assert chosen.sum() == pytest.approx(0.02, abs=0.003)
    assert density[chosen > 0].min() >= density[chosen == 0].max()
    assert not metrics.is_fixation_map(density)
    assert metrics.is_fixation_map(metrics.fixation_map([0.4], [0.5], 40))


def test_fixations_are_counted_in_the_pixel_they_fall_into() -> None:
    counts = metrics.fixation_map([0.0, 0.999, 1.0, 0.26], [0.0, 1.0, 0.49, 0.5], 4)
    assert counts.sum() == 4
    assert [counts[0, 0], counts[3, 7], counts[1, 0], counts[2, 2]] == [1, 1, 1, 1]


def test_a_fixation_density_is_a_gaussian_around_the_fixation_also_at_the_seam() -> None:
    sigma = math.radians(4)
    density = metrics.fixation_density([0.999], [0.5], 120)
    middle = dir_from_uv(np.array([0.999, 0.5]))
    angle = np.arccos(np.clip(equirect_rays(120) @ middle, -1, 1))
    expected = np.exp(-0.5 * (angle / sigma) ** 2)
    near = angle < 3 * sigma
    assert np.abs(density / density.max() - expected / expected.max())[near].max() < 0.01
    assert (density * sphere_weights(120)).sum() == pytest.approx(1)


def test_a_prediction_of_another_size_is_brought_to_that_of_the_truth() -> None:
    truth = spot(0.9, 0.4, 60)
    for height in (20, 60, 180):
        assert metrics.cc(spot(0.9, 0.4, height), truth) > 0.99


@pytest.mark.parametrize("protocol", metrics.PROTOCOLS)
def test_equal_maps_have_equal_scores_without_a_generator(protocol: metrics.Protocol) -> None:
    saliency, truth = noise(1, 30), spot(0.1, 0.6, 30)
    for score in ALL:
        assert score(saliency, truth, protocol) == score(saliency, truth, protocol)
    drawn = [
        metrics.auc_borji(saliency, truth, protocol, np.random.default_rng(seed))
        for seed in range(2)
    ]
    assert drawn[0] != drawn[1]


@pytest.mark.parametrize("protocol", metrics.PROTOCOLS)
@pytest.mark.parametrize("score", ALL)
def test_unusable_maps_are_refused_in_words(score: object, protocol: metrics.Protocol) -> None:
    assert callable(score)
    good, broken = noise(1), noise(2)
    broken[3, 4] = np.nan
    for saliency, truth, words in (
        (broken, good, "not finite"),
        (good, broken, "not finite"),
        (good[0], good, "shape"),
        (good, good[None], "shape"),
    ):
        with pytest.raises(ValueError, match=words):
            score(saliency, truth, protocol)


@pytest.mark.parametrize("protocol", metrics.PROTOCOLS)
@pytest.mark.parametrize("score", RANKED)
def test_constant_maps_and_empty_fixations_are_refused(
    score: object, protocol: metrics.Protocol
) -> None:
    assert callable(score)
    with pytest.raises(ValueError, match="constant"):
        score(np.full((HEIGHT, 2 * HEIGHT), 0.1), noise(1), protocol)
    with pytest.raises(ValueError, match=r"no fixations|constant"):
        score(noise(1), np.zeros((HEIGHT, 2 * HEIGHT)), protocol)


def test_published_scores_take_maps_that_are_partly_negative() -> None:
    truth, saliency = noise(1), np.random.default_rng(2).random((120, 240))  # not resized
    lifted = saliency - saliency.min()
    for score in (metrics.auc_judd, metrics.cc, metrics.sim, metrics.nss, metrics.kld):
        below = score(lifted - 0.5, truth, "cp360")
        assert below == pytest.approx(score(lifted, truth, "cp360"), abs=1e-6)
    with pytest.raises(ValueError, match="negative"):
        metrics.kld(saliency, truth - 1, "cp360")


def test_wrong_arguments_are_refused() -> None:
    good = noise(1)
    with pytest.raises(ValueError, match="protocol"):
        metrics.cc(good, good, "plane")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="equirect"):
        metrics.cc(good[:, :-1], good)
    with pytest.raises(ValueError, match="negative"):
        metrics.cc(good, -good)
    with pytest.raises(ValueError, match="negative"):
        metrics.sim(-good, good)
    with pytest.raises(ValueError, match="zero everywhere"):
        metrics.kld(0 * good, good)
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        metrics.fixation_map([0.5], [1.2], 10)
    with pytest.raises(ValueError, match="one length"):
        metrics.fixation_map([0.5, 0.1], [0.2], 10)
    with pytest.raises(ValueError, match="no fixations"):
        metrics.fixation_density([], [], 10)


@given(seed=st.integers(0, 100), sigma_deg=st.floats(2, 40), turn=st.integers(0, 59))
@settings(max_examples=15, deadline=None)
def test_smoothing_keeps_constants_and_turns_with_the_sphere(
    seed: int, sigma_deg: float, turn: int
) -> None:
    values, sigma = noise(seed, 30), math.radians(sigma_deg)
    assert np.allclose(smooth_on_sphere(np.full((30, 60), 0.7), sigma), 0.7)
    turned = smooth_on_sphere(np.roll(values, turn, axis=1), sigma)
    assert np.allclose(turned, np.roll(smooth_on_sphere(values, sigma), turn, axis=1))
    assert smooth_on_sphere(values, sigma).std() < values.std()


@pytest.mark.parametrize("v", [0.02, 0.3, 0.5])
def test_a_point_is_smoothed_into_the_same_shape_everywhere_on_the_sphere(v: float) -> None:
    height, sigma = 90, math.radians(8)
    counts = metrics.fixation_map([0.1], [v], height)
    row, column = (int(i[0]) for i in np.nonzero(counts))
    smooth = smooth_on_sphere(counts / sphere_weights(height), sigma)
    cosine = equirect_rays(height) @ equirect_rays(height)[row, column]
    expected = np.exp((cosine - 1) / sigma**2)
    shape = smooth / smooth[row, column]
    assert np.abs(shape - expected).max() < 0.02


def test_smoothing_refuses_what_is_no_equirect_map() -> None:
    with pytest.raises(ValueError, match="H, 2H"):
        smooth_on_sphere(np.ones((4, 9)), 0.1)
    with pytest.raises(ValueError, match="sigma"):
        smooth_on_sphere(np.ones((4, 8)), -0.1)
