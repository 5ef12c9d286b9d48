"""What the hand-chosen numbers of the still model are worth on stills they were not chosen on.

    .venv/bin/python tests/benchmarks/leave_one_out.py FOLDER

Over a grid around the shipped values (how much `strong` and `living` count, the gain, the spread of
the saliency, the width of the prior) the best combination is chosen on all stills but one, by the
mean CC, and scored on that one; each still is left out once. Beside it the shipped values, which
were chosen on all of them.
"""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from cubesal import metrics
from cubesal.evaluation import read_stills
from cubesal.evaluation.baselines import BAND, band_row
from cubesal.evaluation.rows import still_map
from cubesal.evaluation.stills import Still
from cubesal.geometry import pixel_angles
from cubesal.models import load_model
from cubesal.network import CubeSal
from cubesal.predictor import PRIOR_FLOOR, PRIOR_LATITUDE
from cubesal.saliency_model import NetworkModel
from cubesal.video import ClipReader

GRID = {
    "strong": (0.5, 1.0, 1.5),
    "living": (0.0, 0.25, 0.5),
    "gain": (0.4, 0.6),
    "spread": (6.0, 10.0),
    "prior": (10.0, 13.0, 16.0),
}
SHIPPED = (1.0, 0.25, 0.4, 10.0, 13.0)


def scores(still: Still) -> tuple[NDArray[np.float64], float]:
    """CC of every combination of the grid, in the order of `product`, and of the band."""
    model = load_model("default", "cpu")
    assert isinstance(model, NetworkModel)
    with ClipReader(still.picture, projection="equirect") as reader:
        rgb = reader.read(0).rgb()
    terms = model.terms(rgb)
    latitude = pixel_angles(120)[1][:, None]
    networks = {
        (gain, spread): CubeSal(
            replace(model.network.config, gain=gain, spread=math.radians(spread)),
            model.network.backbone,
        ).eval()
        for gain, spread in product(GRID["gain"], GRID["spread"])
    }
    found = []
    for strong, living, gain, spread, sigma in product(*GRID.values()):
        weights = {"strong": strong, "living": living}
        config = model.network.config
        shares = [weights.get(t, w) for t, w in zip(config.terms, config.weights, strict=True)]
        evidence = networks[gain, spread].evidence
        with torch.inference_mode():
            cells = evidence.salient(evidence.combined(terms, shares)) @ evidence.spread.T
            saliency = networks[gain, spread].to_map(cells)[0].numpy()
        near = np.exp(-0.5 * ((latitude - PRIOR_LATITUDE) / math.radians(sigma)) ** 2)
        weighed = saliency * (PRIOR_FLOOR + (1 - PRIOR_FLOOR) * near)
        found.append(metrics.cc(weighed, still.truth.density))
    return np.array(found), metrics.cc(still_map(band_row().source, rgb), still.truth.density)


def main(folder: Path) -> None:
    """Print a line per still and the means."""
    stills = read_stills(folder)
    combinations = list(product(*GRID.values()))
    found = [scores(still) for still in stills]
    table = np.stack([row for row, _ in found])
    shipped = combinations.index(SHIPPED)
    rows = []
    print(f"{'still':24}{BAND:>16}{'shipped':>10}{'left out':>10}   chosen on the others")
    for k, still in enumerate(stills):
        best = int(np.delete(table, k, axis=0).mean(axis=0).argmax())
        rows.append((found[k][1], table[k, shipped], table[k, best]))
        chosen = ", ".join(f"{n} {v:g}" for n, v in zip(GRID, combinations[best], strict=True))
        print(
            f"{still.name:24}{rows[-1][0]:16.3f}{rows[-1][1]:10.3f}{rows[-1][2]:10.3f}   {chosen}"
        )
    for group in dict.fromkeys(still.group for still in stills):
        means = np.mean([r for r, s in zip(rows, stills, strict=True) if s.group == group], axis=0)
        print(f"{'mean ' + group:24}{means[0]:16.3f}{means[1]:10.3f}{means[2]:10.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
