"""What cube padding costs over native zero padding in the default model's backbone.

Run with `python tests/benchmarks/bench_padding.py`. Both networks have the same weights, batch
norms folded alike and channels-last memory, take turns on the same input, and the median of 20
rounds counts.
"""

from __future__ import annotations

import statistics
from time import perf_counter

import torch
from torch import Tensor

from cubesal.backbone import Backbone, build_backbone
from cubesal.cubify import uncubify
from cubesal.models import model_location
from cubesal.network import CubeSalConfig
from cubesal.weights import read_weights

ROUNDS, WARM_UP = 20, 3


def interleaved_ms(networks: dict[str, Backbone], x: Tensor) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in networks}
    with torch.inference_mode():
        for turn in range(WARM_UP + ROUNDS):
            for name, network in networks.items():
                start = perf_counter()
                network(x)
                if turn >= WARM_UP:
                    times[name].append(1000 * (perf_counter() - start))
    return times


def main() -> None:
    config = CubeSalConfig()
    state = read_weights(model_location("default"))
    cube, zero = (build_backbone(config.backbone, state) for _ in range(2))
    uncubify(zero)
    print(f"{config.backbone}, {torch.get_num_threads()} threads, median of {ROUNDS}, interleaved")
    print(f"{'faces':>12} {'zero padding':>14} {'cube padding':>14} {'ratio':>7}")
    for face_w in config.face_ws:
        x = torch.randint(0, 256, (6, 3, face_w, face_w), dtype=torch.uint8)
        times = interleaved_ms({"zero": zero, "cube": cube}, x)
        a, b = (statistics.median(times[name]) for name in ("zero", "cube"))
        print(f"{f'6x{face_w}x{face_w}':>12} {a:11.1f} ms {b:11.1f} ms {b / a:7.3f}")


if __name__ == "__main__":
    main()
