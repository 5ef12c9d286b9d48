"""What cube padding is for, with less and less of it smoothed away: rotations and seams.

    .venv/bin/python tests/benchmarks/padding_checks.py FOLDER

The checks of `cubesal evaluate --checks` on the stills of a folder with ground truth, cube padding
beside zero padding: for the shipped network, the same smoothed less, and plain class scores.
"""

from __future__ import annotations

import sys
from copy import deepcopy
from dataclasses import replace
from math import radians
from pathlib import Path

from cubesal.cubify import uncubify
from cubesal.evaluation import CheckReport, Row, check_row, read_stills
from cubesal.model_settings import CubeSalConfig, Scale
from cubesal.models import load_model
from cubesal.network import CubeSal
from cubesal.predictor import SaliencyPredictor
from cubesal.saliency_model import NetworkModel
from cubesal.video import ClipReader


def main(folder: Path) -> None:
    """Print a line per network."""
    pictures = []
    for still in read_stills(folder):
        with ClipReader(still.picture, projection="equirect") as reader:
            pictures.append(reader.read(0).rgb())
    model = load_model("default", "cpu")
    assert isinstance(model, NetworkModel)

    def report(config: CubeSalConfig, *, zeros: bool) -> CheckReport:
        network = CubeSal(config, deepcopy(model.network.backbone)).eval()
        shown = NetworkModel("", uncubify(network) if zeros else network, model.device)
        return check_row(Row("", SaliencyPredictor(shown, prior=False)), pictures)

    shipped = model.network.config
    sharp = replace(shipped, smoothing=radians(2), spread=radians(2))
    scores = (Scale(129, (("cam", 1.0),)),)
    rows = {
        "shipped: smoothed by 6° and 10°": shipped,
        "smoothed by 2° and 2°": sharp,
        "class scores alone (CAM), 2° and 2°": replace(sharp, scales=scores),
    }
    print(f"{'cube / zero padding':38}{'yaw, mean':>16}{'random':>16}{'step at edges':>16}")
    for name, config in rows.items():
        cube, zero = (report(config, zeros=zeros) for zeros in (False, True))
        values = (
            (cube.yaw_mean, zero.yaw_mean),
            (cube.rotations["random"], zero.rotations["random"]),
            (cube.seam, zero.seam),
        )
        print(f"{name:38}" + "".join(f"{a:9.3f} /{b:5.3f}" for a, b in values), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
