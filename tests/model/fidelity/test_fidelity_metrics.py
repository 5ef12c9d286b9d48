"""The published scores, from the recorded figures and the random draws they were made with."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from cubesal.metrics import auc_borji, auc_judd, cc, sim
from tests.model.fidelity.conftest import Arrays

Reference = Callable[[str], Arrays]


@pytest.mark.parametrize("height", [14, 60, 120])
def test_scores_are_those_of_the_published_code(
    height: int, reference: Reference, agree: Callable[..., None]
) -> None:
    arrays = reference("metrics")
    ours, theirs = [], []
    for number in range(5):
        saliency, heat = arrays[f"sal_{height}_{number}"], arrays[f"gt_{height}_{number}"]
        ours.append(_ten_figures(saliency, heat, number))
        # the sixth is the number of fixated pixels, which no score returns
        theirs.append(np.delete(arrays[f"m_{height}_{number}"].astype(float), 5))
    got, want = np.array(ours), np.array(theirs)
    what = f"height {height}, also squared"
    agree("metrics", f"AUC-Judd, {what}", got[:, [0, 1, 5]], want[:, [0, 1, 5]], atol=1e-5)
    agree("metrics", f"AUC-Borji, {what}", got[:, [2, 6]], want[:, [2, 6]], atol=1e-6)
    agree("metrics", f"CC and SIM, {what}", got[:, [3, 4, 7, 8]], want[:, [3, 4, 7, 8]], atol=1e-6)


def _ten_figures(saliency: np.ndarray, heat: np.ndarray, number: int) -> list[float]:
    def figures(values: np.ndarray) -> list[float]:
        return [
            auc_judd(values, heat, "cp360", np.random.RandomState(1000 + number)),
            auc_borji(values, heat, "cp360", np.random.RandomState(2000 + number)),
            cc(values, heat, "cp360"),
            sim(values, heat, "cp360"),
        ]

    plain = figures(saliency)
    unjittered = auc_judd(saliency, heat, "cp360")
    return [plain[0], unjittered, *plain[1:], *figures(saliency**2)]


@pytest.mark.parametrize(("recorded", "power"), [("metrics_raw", 1), ("metrics_sq", 2)])
def test_scores_of_a_sequence_follow_one_stream_of_draws(
    recorded: str, power: int, reference: Reference, agree: Callable[..., None]
) -> None:
    arrays = reference("temporal_test_c8")
    draws = np.random.RandomState(123)
    ours = []
    for saliency, index in zip(arrays["saliency"], arrays["saliency_index"], strict=True):
        values, heat = saliency**power, arrays["gt"][int(index)]
        judd = auc_judd(values, heat, "cp360", draws)
        densities = [cc(values, heat, "cp360"), sim(values, heat, "cp360")]
        ours.append([judd, *densities, auc_borji(values, heat, "cp360", draws)])
    got, want = np.array(ours).T, arrays[recorded]
    agree("temporal_test_c8", f"{recorded}: AUC-Judd, CC, SIM", got[:3], want[:3], atol=1e-3)
    agree("temporal_test_c8", f"{recorded}: AUC-Borji", got[3], want[3], atol=2e-3)
