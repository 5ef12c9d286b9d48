"""ResNet-50, class activation maps and static saliency against the published code's figures."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from cubesal.backbone import Classifier, build, expected_state
from cubesal.cam import class_activation_maps, static_saliency
from cubesal.geometry import equirect_to_cube, shrink_as_published
from tests.model.fidelity.resnet_recipe import recipe_state


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    file = tmp_path_factory.mktemp("weights") / "recipe.safetensors"
    save_file(recipe_state(expected_state("resnet50")), file)
    return build("resnet50", "cp360", weights=file)


def test_the_weights_are_those_of_the_record(network) -> None:
    state = network.state_dict()
    assert len(state) == 320
    assert sum("num_batches_tracked" in name for name in state) == 53
    assert sum(p.numel() for p in network.parameters()) == 25_557_032
    for name, values in {
        "conv1.weight": (0.1665828, 0.0568559, -0.0185896, -0.0170282),
        "fc.weight": (0.0107391, -0.0010359, 0.0200406),
        "layer4.2.bn3.running_var": (1.4365404, 0.6709758, 1.3081715),
        "layer1.0.bn3.weight": (0.2399718, 0.2500046, 0.2261503),
    }.items():
        found = state[name].contiguous().flatten()[: len(values)]
        assert found.tolist() == pytest.approx(values, abs=2e-7), name
    assert float(state["fc.weight"].min()) == pytest.approx(-0.1564805, abs=1e-7)


def faces_of(size: int, figures: dict) -> torch.Tensor:
    if "x" in figures:
        return torch.from_numpy(figures["x"])
    noise = np.random.RandomState(size).standard_normal((6, 3, size, size))
    return torch.from_numpy(noise.astype(np.float32))


def stages_of(network: Classifier, x: torch.Tensor) -> dict[str, np.ndarray]:
    seen: dict[str, np.ndarray] = {}
    names = ("conv1", "maxpool", "layer1", "layer2", "layer3", "layer4")

    def keep(name):
        return lambda _module, _inputs, out: seen.__setitem__(name, out.numpy())

    # Containers are not run as such, so each layer's last block stands for it.
    inner = {
        name: f"{name}.{len(network.get_submodule(name)) - 1}.relu" if "layer" in name else name
        for name in names
    }
    hooks = [network.get_submodule(inner[name]).register_forward_hook(keep(name)) for name in names]
    with torch.inference_mode():
        network.features(x)
    for hook in hooks:
        hook.remove()
    return seen


@pytest.mark.parametrize("size", [64, 224])
def test_every_stage_of_resnet50(network, reference, agree, size: int) -> None:
    figures = reference(f"resnet50_cam_{size}")
    for name, values in stages_of(network, faces_of(size, figures)).items():
        fixture = f"resnet50_cam_{size}"
        agree(fixture, f"{name}, channel 0", values[:, 0], figures[f"{name}_ch0"], atol=1e-4)
        v = values.astype(np.float64)
        statistics = [v.mean(), v.std(), v.min(), v.max(), (v**2).sum()]
        recorded = figures[f"stat_{name}"]
        agree(fixture, f"{name}, mean to max", statistics[:4], recorded[:4], atol=1e-4)
        agree(fixture, f"{name}, sum of squares", statistics[4], recorded[4], rtol=1e-6)


@pytest.mark.parametrize("size", [64, 224])
def test_features_class_maps_and_static_saliency(network, reference, agree, size: int) -> None:
    fixture = f"resnet50_cam_{size}"
    figures = reference(fixture)
    with torch.inference_mode():
        features = network.features(faces_of(size, figures))
        weight_before = network.class_weight.clone()
        maps = class_activation_maps(features, network.class_weight, "cp360")
        unshifted = class_activation_maps(features, network.class_weight, "exact")
        for mode, name in (("bilinear", "sal_bilinear"), ("cubic", "sal_cubic_exact")):
            saliency = static_saliency(maps, convention="cp360", mode=mode)[0]
            agree(fixture, name, saliency, figures[name], rtol=4e-6)
    assert torch.equal(network.class_weight, weight_before)
    deep = figures.get("layer4", figures.get("layer4_first16"))
    agree(fixture, "layer4", features[:, : deep.shape[1]], deep, atol=1e-4)
    agree(fixture, "class activation maps", maps, figures["cam"], atol=2e-3)
    agree(fixture, "largest class", maps.amax(1), figures["cam_max_over_classes"], atol=2e-3)
    agree(fixture, "without the shift", unshifted.amax(1), figures["cam_unshifted_max"], atol=2e-3)


def test_from_a_frame_to_static_saliency(network, reference, agree) -> None:
    fixture = "static_pipeline_64"
    figures = reference(fixture)
    resized = shrink_as_published(figures["frame"], 128)
    agree(fixture, "resized", resized, figures["resized"])
    faces = equirect_to_cube(np.float32(resized) / 255, 64, "cp360")
    agree(fixture, "faces", faces, figures["faces"], atol=1e-6)
    with torch.inference_mode():
        batch = network.normalised(torch.from_numpy(faces).permute(0, 3, 1, 2))
        agree(fixture, "batch", batch.permute(0, 2, 3, 1), figures["batch"], atol=1e-5)
        features = network.features(batch)
        maps = class_activation_maps(features, network.class_weight, "cp360")
    agree(fixture, "layer4", features, figures["layer4"], atol=1e-4)
    agree(fixture, "class activation maps", maps, figures["cam"], atol=2e-3)
    for mode, name in (("bilinear", "sal_bilinear"), ("cubic", "sal_cubic_exact")):
        saliency = static_saliency(maps, convention="cp360", mode=mode)[0]
        agree(fixture, name, saliency, figures[name], rtol=4e-6)
