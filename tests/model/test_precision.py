"""Lower precision is used where it is native and agrees, and refused in words where it does not."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cubesal import precision
from cubesal.errors import ModelError
from cubesal.models import load_model
from cubesal.network import CubeSal
from cubesal.precision import LEAST_AGREEMENT, PRECISION_VARIABLE, agreement, native


def network_of(name: str) -> CubeSal:
    return load_model(name, "cpu").network  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("name", ["default", "fast"])
def test_the_stored_pair_is_what_the_model_makes_in_single_precision(name, monkeypatch):
    """If this fails, maps have changed: run tools/precision_pair.py."""
    monkeypatch.setenv(PRECISION_VARIABLE, "float32")
    network = network_of(name)
    assert network.backbone.precision is None
    assert agreement(name, network) > 0.99999


def test_bfloat16_agrees_and_is_used_when_asked_for(monkeypatch):
    monkeypatch.setenv(PRECISION_VARIABLE, "bf16")
    model = load_model("fast", "cpu")
    assert model.network.backbone.precision is torch.bfloat16
    assert LEAST_AGREEMENT <= agreement("fast", model.network) < 1
    saliency = model.step(np.full((240, 480, 3), 90, np.uint8))
    assert saliency.dtype == np.float32
    assert np.isfinite(saliency).all()


def test_what_does_not_agree_is_refused_if_asked_for_and_left_alone_if_not(monkeypatch):
    monkeypatch.setattr(precision, "LEAST_AGREEMENT", 1.1)
    monkeypatch.setenv(PRECISION_VARIABLE, "bf16")
    with pytest.raises(ModelError, match="with those in float32, less than"):
        load_model("fast", "cpu")
    monkeypatch.setenv(PRECISION_VARIABLE, "auto")
    monkeypatch.setattr(precision, "native", lambda device: torch.bfloat16)
    assert network_of("fast").backbone.precision is None


def test_a_cpu_that_says_so_gets_bfloat16(monkeypatch):
    monkeypatch.delenv(PRECISION_VARIABLE, raising=False)
    monkeypatch.setattr(precision, "_cpu_flags", lambda: frozenset({"avx2", "amx_bf16"}))
    assert native(torch.device("cpu")) is torch.bfloat16
    assert network_of("fast").backbone.precision is torch.bfloat16
    monkeypatch.setattr(precision, "_cpu_flags", lambda: frozenset({"avx2"}))
    assert native(torch.device("cpu")) is None
    assert network_of("fast").backbone.precision is None


@pytest.mark.parametrize(
    ("capability", "expected"),
    [((9, 0), torch.bfloat16), ((7, 5), torch.float16), ((6, 1), None)],
)
def test_gpus_by_what_they_can(capability, expected, monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert native(torch.device("cuda")) is expected


def test_a_precision_that_does_not_exist_is_named(monkeypatch):
    monkeypatch.setenv(PRECISION_VARIABLE, "int8")
    with pytest.raises(ModelError, match="CUBESAL_PRECISION is 'int8'"):
        load_model("fast", "cpu")
