"""Any classifier with one linear layer on averaged features becomes a backbone; others say why."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import nn

from cubesal.backbone import Classifier, build, build_backbone
from cubesal.cam import class_activation_maps
from cubesal.catalogue import adapted, expected_state, statistics
from cubesal.classifier import linear_layer
from cubesal.errors import ModelError
from cubesal.torchvision_guard import import_torchvision
from tests.model.fidelity.resnet_recipe import recipe_state

SUITABLE = {
    "resnet18": 512,
    "densenet121": 1024,
    "mobilenet_v2": 1280,
    "efficientnet_b0": 1280,
    "regnet_y_400mf": 440,
    "googlenet": 1024,
    "mnasnet0_5": 1280,
    "shufflenet_v2_x0_5": 1024,
    "lite0": 1280,
}


@pytest.fixture(scope="module")
def small() -> Classifier:
    torch.manual_seed(0)
    return build("resnet18", weights=None)


@pytest.mark.parametrize("name", SUITABLE)
def test_features_average_to_the_scores_and_names_stay(name: str) -> None:
    network = build(name, weights=None)
    assert set(network.state_dict()) == set(expected_state(name))
    with torch.inference_mode():
        x = torch.randn(6, 3, 64, 64)
        features = network.features(x)
        assert features.shape == (6, SUITABLE[name], 2, 2)
        assert network.class_weight.shape == (1000, SUITABLE[name])
        maps = class_activation_maps(features, network.class_weight)
        bias = next(p for n, p in network.named_parameters() if p.shape == (1000,) and "bias" in n)
        scores = maps.mean(dim=(2, 3)) + bias
        assert torch.allclose(scores, network(x), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("vgg11", "VGG is not linear on the averaged features: classifier.4 stands between"),
        ("mobilenet_v3_small", "MobileNetV3 is not linear on the averaged features"),
        ("convnext_tiny", "ConvNeXt is not linear on the averaged features"),
        ("squeezenet1_0", "SqueezeNet does not end in a linear classifier"),
        ("inception_v3", "pads inside its computation"),
        ("swin_t", "no padded layer"),
        ("nonsense", "unknown backbone 'nonsense'"),
        ("fasterrcnn_resnet50_fpn", "unknown backbone"),
    ],
)
def test_unsuitable_networks_are_refused_in_words(name: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        build(name, weights=None)


def test_a_computation_that_depends_on_values_is_refused() -> None:
    class Wavering(nn.Module):
        def forward(self, x):
            return x if x.sum() > 0 else -x

    with pytest.raises(ValueError, match="computation of Wavering cannot be followed"):
        linear_layer(Wavering())


@settings(max_examples=6, deadline=None)
@given(cells=st.integers(1, 5), cubes=st.integers(1, 2))
def test_every_multiple_of_32_is_a_face_width(small: Classifier, cells: int, cubes: int) -> None:
    with torch.inference_mode():
        features = small.features(torch.zeros(6 * cubes, 3, 32 * cells, 32 * cells))
    assert features.shape == (6 * cubes, 512, cells, cells)
    assert torch.isfinite(features).all()


def test_conventions_share_weights_and_differ_at_borders_only() -> None:
    torch.manual_seed(1)
    exact = build("resnet18", "exact", weights=None)
    published = build("resnet18", "cp360", weights=None)
    published.load_state_dict(exact.state_dict())
    with torch.inference_mode():
        x = torch.randn(6, 3, 224, 224)
        stems = [net.get_submodule("conv1")(x) for net in (exact, published)]
        different = (stems[0] - stems[1]).abs().amax(dim=(0, 1)) > 1e-5
        inside = different[2:-2, 2:-2]
        assert different.any()
        assert not inside.any()
        assert not torch.allclose(exact.features(x), published.features(x), atol=1e-4)


def test_all_faces_alike_are_as_one_picture_without_borders(small: Classifier) -> None:
    with torch.inference_mode():
        features = small.features(torch.full((6, 3, 64, 64), 0.7))
    assert torch.allclose(features, features[:1, :, :1, :1].expand_as(features), atol=1e-5)


def test_a_file_of_weights_is_checked_and_used(tmp_path: Path) -> None:
    state = recipe_state(expected_state("resnet18"))
    save_file(state, tmp_path / "w.safetensors")
    network = build("resnet18", weights=tmp_path / "w.safetensors")
    assert torch.equal(network.class_weight, state["fc.weight"])
    assert not network.training
    assert not any(p.requires_grad for p in network.parameters())
    with pytest.raises(ModelError, match=r"w\.safetensors does not fit: .* missing"):
        build("resnet34", weights=str(tmp_path / "w.safetensors"))


def test_other_numbers_of_classes_are_taken_from_the_file(tmp_path: Path) -> None:
    torch.manual_seed(0)
    places = import_torchvision().models.resnet18(weights=None, num_classes=7)
    torch.save(places.state_dict(), tmp_path / "places.pth")
    network = build("resnet18", weights=tmp_path / "places.pth")
    assert network.class_weight.shape == (7, 512)


def test_missing_weights_say_the_command() -> None:
    with pytest.raises(ModelError, match="run `cubesal models add densenet121` to download"):
        build("densenet121")


def test_packaged_weights_are_the_default_of_our_own() -> None:
    assert build("lite0").class_weight.abs().max() > 0


def test_old_files_get_todays_names() -> None:
    old = {"features.denseblock1.denselayer1.norm.1.weight": torch.zeros(1)}
    assert list(adapted("densenet121", old)) == ["features.denseblock1.denselayer1.norm1.weight"]
    side = {"aux1.fc1.weight": torch.zeros(1), "fc.weight": torch.zeros(1)}
    assert list(adapted("googlenet", side)) == ["fc.weight"]
    assert list(adapted("resnet18", side)) == list(side)


def test_each_network_is_fed_what_it_was_trained_on(small: Classifier) -> None:
    white = small.normalised(torch.ones(6, 3, 2, 2))
    assert white[0, :, 0, 0].tolist() == pytest.approx([2.2489, 2.4286, 2.64], abs=1e-4)
    assert statistics("lite0")[0] == pytest.approx((127 / 255,) * 3)
    assert statistics("efficientnet_v2_l")[0] == (0.5, 0.5, 0.5)


def test_networks_without_strides_to_take_have_no_pyramid() -> None:
    with pytest.raises(ValueError, match="densenet121 has no features at strides"):
        build_backbone("densenet121")
    backbone = build_backbone("resnet18")
    pyramid = backbone(torch.zeros(6, 3, 65, 65))
    assert [f.shape[-1] for f in pyramid.values()] == [9, 5, 3]


@pytest.mark.parametrize("name", ["lite0", "resnet18"])
def test_a_network_is_followed_no_further_than_asked(name: str) -> None:
    backbone = build_backbone(name)
    faces = torch.rand(6, 3, 65, 65) * 255
    whole, part = backbone(faces), backbone(faces, "middle")
    assert list(part) == ["shallow", "middle"]
    for depth, features in part.items():
        assert torch.equal(features, whole[depth])
