from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from cubesal.backbone import build
from cubesal.class_map_model import ClassMapModel, ClassMaps
from cubesal.errors import DeviceError, ModelError
from cubesal.model_list import available_models
from cubesal.predictor import SaliencyPredictor, create_predictor, cube_pyramid, prior_map
from cubesal.recipes import BUILT_IN

MODEL_FOLDER = Path(__file__).resolve().parents[2] / "model"


@pytest.fixture(scope="module")
def predictor() -> SaliencyPredictor:
    return create_predictor("fast", "cpu", prior=False)


def noise(seed: int, height: int = 64, width: int | None = None) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 16, 3), dtype=np.uint8)
    rows = np.arange(height) * 8 // height
    columns = np.arange(width or 2 * height) * 16 // (width or 2 * height)
    return coarse[rows][:, columns]


def test_a_map_has_the_promised_form(predictor: SaliencyPredictor) -> None:
    saliency = predictor.step(noise(0), 0.0)
    assert saliency.shape == (120, 240)
    assert saliency.dtype == np.float32
    assert saliency.min() >= 0
    assert 0.1 < saliency.max() < 10


def test_a_clip_gives_the_same_maps_again_after_a_reset(predictor: SaliencyPredictor) -> None:
    frames = [noise(k) for k in range(3)]
    predictor.reset()
    first = [predictor.step(f, k / 5) for k, f in enumerate(frames)]
    predictor.reset()
    again = [predictor.step(f, k / 5) for k, f in enumerate(frames)]
    assert np.array_equal(first, again)
    assert predictor.warmup_frames == 6


def test_the_number_of_threads_does_not_matter(predictor: SaliencyPredictor) -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        predictor.reset()
        one = predictor.step(noise(1), 0.0)
        torch.set_num_threads(2)
        predictor.reset()
        two = predictor.step(noise(1), 0.0)
    finally:
        torch.set_num_threads(before)
    assert np.allclose(one, two, atol=1e-4)


def test_a_model_brings_its_own_prior_and_the_user_may_change_it() -> None:
    assert create_predictor("fast", "cpu").prior is True
    torch.manual_seed(0)
    maps = ClassMaps(build("resnet18", "exact", weights=None), face_w=64)
    static = ClassMapModel("mine", maps)
    assert SaliencyPredictor(static).prior is False
    assert SaliencyPredictor(static.zero_padded()).prior is False
    assert SaliencyPredictor(static, prior=True).prior is True
    frame = noise(4)
    shown = SaliencyPredictor(static).step(frame, 0.0)
    weighted = SaliencyPredictor(static, prior=True).step(frame, 0.0)
    assert np.array_equal(shown, static.step(frame))
    assert np.allclose(weighted, shown * prior_map(), rtol=1e-5)
    assert weighted[0].max() < 0.04 * shown[0].max()


def test_the_lists_of_models_say_which_have_a_prior() -> None:
    own = {info.name: info.prior for info in available_models()}
    assert own["default"]
    assert own["fast"]
    assert not any(own[name] for name in ("cp360", "cp360-carried", "cp360-exact"))
    assert all(recipe.prior is own[name] for name, recipe in BUILT_IN.items())


def test_the_prior_only_weights_latitudes(predictor: SaliencyPredictor) -> None:
    with_prior = SaliencyPredictor(predictor._model, prior=True)
    predictor.reset()
    plain = predictor.step(noise(2), 0.0)
    with_prior.reset()
    weighted = with_prior.step(noise(2), 0.0)
    latitude_deg = 90 - 180 * (np.arange(120) + 0.5) / 120
    weight = 0.03 + 0.97 * np.exp(-0.5 * ((latitude_deg[:, None] + 5) / 13) ** 2)
    assert np.allclose(weighted, plain * weight, rtol=1e-4)


def test_where_something_moves_the_prior_counts_for_less() -> None:
    raw, weighted = create_predictor("fast", "cpu", prior=False), create_predictor("fast", "cpu")
    first = noise(5, 240, 480)
    second = first.copy()
    second[100:140, 200:260] = noise(6, 40, 60)
    for frame, time_s, power in ((first, 0.0, 1.0), (second, 0.2, 0.7)):
        plain, shown = raw.step(frame, time_s), weighted.step(frame, time_s)
        assert np.allclose(shown, plain * prior_map(120) ** power, rtol=1e-4)
    raw.reset()
    weighted.reset()
    assert np.allclose(weighted.step(second, 0.0), raw.step(second, 0.0) * prior_map(), rtol=1e-4)


@pytest.mark.parametrize("size", [(32, 64), (161, 320), (480, 961), (540, 1920), (33, 47)])
def test_any_frame_size_is_taken(predictor: SaliencyPredictor, size: tuple[int, int]) -> None:
    assert np.isfinite(predictor.step(noise(3, *size), 0.0)).all()


def test_large_frames_are_averaged_down_not_sampled() -> None:
    # Columns alternate every pixel: sampling would alias to bands, averaging gives grey.
    frame = np.zeros((640, 1280, 3), np.uint8)
    frame[:, ::2] = 255
    (faces,) = cube_pyramid(frame, (33,))
    assert faces.shape == (6, 33, 33, 3)
    assert np.ptp(faces[2].astype(int)) <= 8


def test_a_read_only_frame_is_fine(predictor: SaliencyPredictor) -> None:
    frame = noise(4)
    frame.setflags(write=False)
    predictor.step(frame, 0.0)


@pytest.mark.parametrize(
    "frame",
    [np.zeros((4, 8), np.uint8), np.zeros((4, 8, 4), np.uint8), np.zeros((4, 8, 3), np.float32)],
)
def test_anything_but_rgb_bytes_is_refused(predictor: SaliencyPredictor, frame) -> None:
    with pytest.raises(ValueError, match=r"\(H, W, 3\) uint8"):
        predictor.step(frame, 0.0)


def test_unknown_models_and_devices_are_named() -> None:
    with pytest.raises(ModelError, match="'nope': there are default, fast, cp360"):
        create_predictor("nope", "cpu")
    with pytest.raises(DeviceError, match="'gpu'"):
        create_predictor("fast", "gpu")


def test_importing_the_predictor_does_not_import_torch() -> None:
    code = "import sys, cubesal.predictor; sys.exit('torch' in sys.modules)"
    command = [sys.executable, "-c", code]
    subprocess.run(command, env={"PYTHONPATH": str(MODEL_FOLDER)}, check=True)
