"""The temporal losses and their gradients, as the published code computes them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from cubesal.convlstm import ConvLSTMCell
from cubesal.geometry.cube import CubeMode
from cubesal.loss_rules import CP360_ON_TORCH
from cubesal.losses import fitted_flow, pair_terms, temporal_losses, upsampled, warped
from cubesal.training.sequence import sequence_maps

from .conftest import Arrays

#: The names under which the fixture keeps what each version of torch computes.
RECORDED = {"t040": "0.4.0", "t03": "0.3", "t041_12": "0.4.1", "t17": "1.7"}
#: With today's torch also the projection to the sphere is another.
PROJECTIONS: dict[str, CubeMode] = {"t17": "bilinear_align0"}
NAMES = ("smooth", "temporal", "mask", "total")

Reference = Callable[[str], Arrays]
Agree = Callable[..., None]


@pytest.fixture
def cell(reference: Reference) -> ConvLSTMCell:
    arrays = reference("train_losses")
    cell = ConvLSTMCell(8, 8, "cp360")
    state = {k[2:]: torch.from_numpy(v) for k, v in arrays.items() if k.startswith("w_")}
    cell.load_state_dict(state)
    return cell


def flow_480() -> Tensor:
    """(5, 1, 480, 960, 2), from the formula that comes with the figures."""
    u, v = (np.arange(960) + 0.5) / 960, (np.arange(480)[:, None] + 0.5) / 480
    return torch.from_numpy(np.stack([moving(k, u, v, 6.0) for k in range(5)])[:, None])


def moving(k: int, u: np.ndarray, v: np.ndarray, amplitude: float) -> np.ndarray:
    env = np.exp(-(((u - 0.3 - 0.1 * k) % 1) ** 2 / 0.02 + (v - 0.5) ** 2 / 0.03))
    env = env + 0.6 * np.exp(-((u - 0.8) ** 2 / 0.01 + (v - 0.35) ** 2 / 0.01))
    right = amplitude * env * (1 + 0.2 * np.sin(2 * np.pi * v))
    down = -amplitude / 2 * env * np.cos(2 * np.pi * u)
    return np.stack([right, down], axis=-1).astype(np.float32)


def flow_b2(first: Tensor) -> Tensor:
    """(5, 2, 60, 120, 2): the flow that is recorded, and one that is two steps ahead of it."""
    u, v = (np.arange(120) + 0.5) / 120, (np.arange(60)[:, None] + 0.5) / 60
    second = np.stack([moving(k + 2, u, v, 3.0) for k in range(5)])[:, None]
    return torch.cat([first, torch.from_numpy(second)], dim=1)


def case(name: str, arrays: Arrays) -> tuple[Tensor, Tensor, int]:
    """(sequence (5, N, 6, 8, 7, 7), flow, rows) of one of the recorded cases."""
    sequence = torch.from_numpy(arrays["seq_b2" if name == "b2" else "seq"])
    flow60 = torch.from_numpy(arrays["flow60"])
    flows = {
        "h60_from60": lambda: (flow60, 60),
        "h60_from30": lambda: (torch.from_numpy(arrays["flow30"]), 60),
        "h480": lambda: (flow_480(), 480),
        "b2": lambda: (flow_b2(flow60), 60),
    }
    return sequence, *flows[name]()


CASES = [
    (name, version) for name in ("h60_from60", "h60_from30", "h480") for version in RECORDED
] + [("b2", "t040")]


@pytest.mark.parametrize(("name", "version"), CASES)
def test_losses_and_gradients(
    name: str, version: str, cell: ConvLSTMCell, reference: Reference, agree: Agree
) -> None:
    arrays = reference("train_losses")
    rules = CP360_ON_TORCH[RECORDED[version]]
    sequence, flow, height = case(name, arrays)
    mode = PROJECTIONS.get(version, "bilinear")
    maps = sequence_maps(cell, sequence, height, "cp360", mode)
    losses = temporal_losses(maps, flow[1:4], "cp360", height=height, rules=rules)
    losses.total.backward()  # type: ignore[no-untyped-call]
    what, key = f"{name} {version}", f"{name}_{version}"
    for term, ours, theirs in zip(NAMES, losses, arrays[f"{key}_losses"], strict=True):
        agree("train_losses", f"{what} {term}", float(ours.detach()), theirs, rtol=1e-4)
    parameters = dict(cell.named_parameters())
    names = [str(n) for n in arrays["grad_names"]]
    norms = arrays[f"{key}_gradnorm"]
    for parameter, norm in zip(names, norms, strict=True):
        gradient = parameters[parameter].grad
        assert gradient is not None
        agree("train_losses", f"{what} |d {parameter}|", float(gradient.norm()), norm, rtol=1e-3)
        full = arrays.get(f"{key}_grad_{parameter}")
        if full is not None:
            agree("train_losses", f"{what} d {parameter}", gradient, full, rtol=1e-3)


def test_what_is_compared_pair_by_pair(
    cell: ConvLSTMCell, reference: Reference, agree: Agree
) -> None:
    arrays = reference("train_losses")
    rules = CP360_ON_TORCH["0.4.0"]
    sequence, flow, height = case("h60_from60", arrays)
    with torch.no_grad():
        maps = upsampled(sequence_maps(cell, sequence, height, "cp360"), height, rules)
        steps = fitted_flow(flow[1:4], height, rules)
        terms = torch.stack(list(pair_terms(maps, steps, 0.15, rules)), dim=1)
    key = "h60_from60_t040"
    agree("train_losses", "earlier maps", maps[:-1, 0], arrays[f"{key}_cur"], rtol=1e-4)
    agree("train_losses", "later maps", maps[1:, 0], arrays[f"{key}_next"], rtol=1e-4)
    expected = warped(maps[:-1, 0], steps[:, 0], rules)
    agree("train_losses", "warped maps", expected, arrays[f"{key}_warp"], rtol=1e-4)
    still = steps[:, 0].norm(dim=-1) < 0.15
    agree("train_losses", "what stands still", still, arrays[f"{key}_stillmask"])
    for column, term in enumerate(NAMES[:3]):
        agree(
            "train_losses",
            f"{term} per pair",
            terms[:, column],
            arrays[f"{key}_perpair"][:, column],
            rtol=1e-4,
        )
