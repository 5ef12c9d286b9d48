"""The paper's temporal weights, torchvision's, and models of the user's own: checked, then kept."""

from __future__ import annotations

import urllib.error
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from cubesal import model_adding, models, recipes, weight_store
from cubesal.backbone import build
from cubesal.cam import static_saliency
from cubesal.class_map_model import ClassMapModel
from cubesal.convlstm import random_cell
from cubesal.errors import ModelError
from cubesal.model_adding import add_model
from cubesal.model_list import TEMPORAL, available_models, model_files
from cubesal.models import load_model
from cubesal.saliency_model import NetworkModel
from cubesal.torchvision_guard import import_torchvision

FRAME = np.random.default_rng(0).integers(0, 256, (64, 128, 3), dtype=np.uint8)


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CUBESAL_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data" / "models"


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> int:
    """Temporal weights of 8 channels stand for those of 1000, which take 1.4 GB."""
    monkeypatch.setattr(models, "_TEMPORAL_WIDTH", 8)
    return 8


def resnet18(classes: int = 1000) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return import_torchvision().models.resnet18(weights=None, num_classes=classes).state_dict()


# --- the paper's ConvLSTM ------------------------------------------------------------------------


@pytest.mark.parametrize("legacy", [True, False])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_temporal_weights_are_kept_as_safetensors(
    tmp_path: Path, data_folder: Path, narrow: int, legacy: bool, prefix: str
) -> None:
    state = {f"{prefix}{k}": v for k, v in random_cell(narrow, narrow).state_dict().items()}
    file = tmp_path / "CLSTM_model_released.pth"
    torch.save(state, file, _use_new_zipfile_serialization=not legacy)
    kept = add_model(TEMPORAL, file)
    assert kept == data_folder / "cp360-temporal.safetensors"
    assert [p.name for p in data_folder.iterdir()] == [kept.name]
    again = load_file(kept)
    assert all(torch.equal(again[k.removeprefix("module.")], v) for k, v in state.items())


def test_tensors_that_share_memory_are_kept_too(tmp_path: Path, narrow: int) -> None:
    state = random_cell(narrow, narrow).state_dict()
    state["Gates.weight"] = state["Conv2.weight"]
    state["Conv2.bias"] = torch.zeros(1).expand(4 * narrow)
    torch.save(state, tmp_path / "w.pth")
    again = load_file(add_model(TEMPORAL, tmp_path / "w.pth"))
    assert torch.equal(again["Gates.weight"], again["Conv2.weight"])
    assert not again["Conv2.bias"].any()


def test_half_precision_is_kept_as_single(tmp_path: Path, narrow: int) -> None:
    torch.save({k: v.half() for k, v in random_cell(8, 8).state_dict().items()}, tmp_path / "w.pth")
    kept = load_file(add_model(TEMPORAL, tmp_path / "w.pth"))
    assert {tensor.dtype for tensor in kept.values()} == {torch.float32}


def _nan(state):
    state["Gates.bias"][3] = torch.nan


def _surplus(state):
    state["Peephole.weight"] = torch.ones(1)


def _missing(state):
    del state["Conv2.bias"]


def _renamed(state):
    state["conv1.weight"] = state.pop("Conv1.weight")


def _misshapen(state):
    state["Conv2.weight"] = state["Conv2.weight"][:, :-1]


def _whole_numbers(state):
    state["Conv1.bias"] = state["Conv1.bias"].long()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_nan, "Gates.bias contains infinite or undefined values"),
        (_surplus, r"1 tensor\(s\) not known, the first is Peephole.weight"),
        (_missing, r"1 tensor\(s\) missing, the first is Conv2.bias"),
        (_renamed, "does not hold the ConvLSTM of CP-360: it has no Conv1.weight"),
        (_misshapen, r"Conv2.weight has shape \(32, 31, 3, 3\), expected \(32, 32, 3, 3\)"),
        (_whole_numbers, "Conv1.bias holds torch.int64"),
    ],
)
def test_what_is_wrong_with_temporal_weights_is_said(
    tmp_path: Path, data_folder: Path, narrow: int, damage, words: str
) -> None:
    state = random_cell(narrow, narrow).state_dict()
    damage(state)
    torch.save(state, tmp_path / "w.pth")
    with pytest.raises(ModelError, match=words) as caught:
        add_model(TEMPORAL, tmp_path / "w.pth")
    assert "w.pth" in str(caught.value)
    assert not data_folder.exists()


def test_a_cell_of_another_width_is_refused_by_its_width(tmp_path: Path) -> None:
    torch.save(random_cell(8, 8).state_dict(), tmp_path / "w.pth")
    with pytest.raises(ModelError, match="8 inputs and 8 hidden channels; cp360 needs 1000"):
        add_model(TEMPORAL, tmp_path / "w.pth")


def test_a_web_page_and_a_cut_off_download_are_named(tmp_path: Path, narrow: int) -> None:
    page, cut = tmp_path / "page.pth", tmp_path / "cut.pth"
    page.write_text("\n<!DOCTYPE html><html><body>Download</body></html>", encoding="utf-8")
    with pytest.raises(ModelError, match=r"page\.pth is a web page and not a weights file"):
        add_model(TEMPORAL, page)
    for legacy in (True, False):
        torch.save(
            random_cell(narrow, narrow).state_dict(),
            cut,
            _use_new_zipfile_serialization=not legacy,
        )
        cut.write_bytes(cut.read_bytes()[:-5000])
        with pytest.raises(ModelError, match=r"cut\.pth is damaged"):
            add_model(TEMPORAL, cut)


def test_temporal_weights_have_no_address() -> None:
    with pytest.raises(ModelError, match="no address to download from"):
        add_model(TEMPORAL)


def test_temporal_weights_turn_the_static_models_into_temporal_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A small stand-in for ResNet-50 with as many classes as the stand-in for the ConvLSTM.
    monkeypatch.setattr(models, "_TEMPORAL_WIDTH", 8)
    save_file(resnet18(8), tmp_path / "r.safetensors")
    for name, recipe in recipes.BUILT_IN.items():
        if name.startswith("cp360"):
            small = {"backbone": "resnet18", "weights": tmp_path / "r.safetensors", "face_w": 32}
            monkeypatch.setitem(recipes.BUILT_IN, name, type(recipe)(**{**vars(recipe), **small}))
    before = {info.name: info for info in available_models()}
    assert "static until cp360-temporal is added" in before["cp360"].description
    assert "cubesal models add cp360-temporal" in before["cp360-carried"].problem
    assert load_model("cp360", "cpu").warmup_frames == 0
    torch.save(random_cell(8, 8).state_dict(), tmp_path / "w.pth")
    kept = add_model(TEMPORAL, tmp_path / "w.pth")
    after = {info.name: info for info in available_models()}
    assert "with ConvLSTM" in after["cp360"].description
    assert after["cp360-carried"].available
    assert model_files("cp360") == (tmp_path / "r.safetensors", kept)
    loaded = {name: load_model(name, "cpu") for name in after if name.startswith("cp360")}
    memories = {name: model.memory for name, model in loaded.items()}
    assert memories == {"cp360": "window", "cp360-carried": "carried", "cp360-exact": "window"}
    assert loaded["cp360-exact"].convention == "exact"
    assert [loaded[name].warmup_frames for name in memories] == [4, 15, 4]
    report = models.verify_model("cp360", "cpu")
    assert report.paths == model_files("cp360")
    assert report.tensors == 122 + 6


# --- torchvision's weights -----------------------------------------------------------------------


class Offered:
    url = "https://example.org/resnet18.pth"

    def __init__(self, answer) -> None:
        self.answer = answer

    def get_state_dict(self, **options):
        assert options["check_hash"]
        assert options["weights_only"]
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def offer(monkeypatch: pytest.MonkeyPatch, answer) -> None:
    monkeypatch.setattr(weight_store, "_published_weights", lambda name: Offered(answer))


def test_imagenet_weights_are_downloaded_on_request(monkeypatch, data_folder: Path) -> None:
    state = resnet18()
    offer(monkeypatch, state)
    assert add_model("resnet18") == data_folder / "resnet18.safetensors"
    assert torch.equal(build("resnet18").class_weight, state["fc.weight"])


@pytest.mark.parametrize("fault", [urllib.error.URLError("no route"), RuntimeError("bad hash")])
def test_a_download_that_fails_says_what_to_do(monkeypatch, data_folder: Path, fault) -> None:
    offer(monkeypatch, fault)
    with pytest.raises(ModelError, match=r"fetch https://example.org/resnet18.pth by hand and run"):
        add_model("resnet18")
    assert not data_folder.exists()


def test_weights_for_what_cannot_be_a_backbone_are_not_downloaded(monkeypatch) -> None:
    offer(monkeypatch, AssertionError("asked for"))
    with pytest.raises(ModelError, match=r"vgg11 cannot be a backbone: .*not linear"):
        add_model("vgg11")


def test_torchvision_offers_the_weights_of_the_paper() -> None:
    assert weight_store._published_weights("resnet50").url.endswith("resnet50-0676ba61.pth")
    with pytest.raises(ModelError, match="offers no IMAGENET1K_V1 weights of regnet_y_128gf"):
        weight_store._published_weights("regnet_y_128gf")


# --- models of the user's own --------------------------------------------------------------------


def described(folder: Path, text: str, name: str = "mine.toml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_an_own_model_is_kept_with_its_weights_and_can_be_chosen(
    tmp_path: Path, data_folder: Path
) -> None:
    save_file(resnet18(5), tmp_path / "places.safetensors")
    file = described(
        tmp_path,
        'name = "places"\nbackbone = "resnet18"\nweights = "places.safetensors"\n'
        'face_w = 64\nconvention = "cp360"\n',
    )
    assert add_model("places", file) == data_folder / "places.toml"
    (tmp_path / "places.safetensors").unlink()
    info = available_models()[-1]
    assert (info.name, info.available) == ("places", True)
    assert "resnet18" in info.description
    model = load_model("places", "cpu")
    assert isinstance(model, ClassMapModel)
    assert model.class_maps(FRAME).shape == (6, 5, 2, 2)
    assert model.step(FRAME).shape == (120, 240)
    assert model.convention == "cp360"
    assert models.verify_model("places", "cpu").tensors == 102


def test_an_own_model_may_be_projected_bicubically(tmp_path: Path) -> None:
    save_file(resnet18(5), tmp_path / "w.safetensors")
    raws = {}
    for how in ("bilinear", "cubic"):
        text = 'backbone = "resnet18"\nweights = "w.safetensors"\nface_w = 64\n'
        file = described(tmp_path, f'{text}projection = "{how}"\n', f"{how}.toml")
        add_model(how, file)
        model = load_model(how, "cpu")
        assert isinstance(model, ClassMapModel)
        model.step(FRAME)
        assert model.zero_padded().class_maps.projection == how
        expected = static_saliency(model.class_maps(FRAME), mode=how)[0]
        raws[how] = model.last_raw
        assert np.allclose(model.last_raw, expected, atol=1e-6)
    assert not np.allclose(raws["bilinear"], raws["cubic"])


def test_an_own_model_may_combine_terms(tmp_path: Path, monkeypatch) -> None:
    offer(monkeypatch, resnet18())
    file = described(
        tmp_path,
        'backbone = "resnet18"\nweights = "download"\nface_w = 65\nterms = ["class", "middle"]\n',
    )
    add_model("mine", file)
    model = load_model("mine", "cpu")
    assert isinstance(model, NetworkModel)
    assert model.network.config.terms == ("class", "middle")
    assert model.step(FRAME).shape == (120, 240)


def test_weights_that_are_here_are_not_downloaded_again(tmp_path: Path, monkeypatch) -> None:
    offer(monkeypatch, AssertionError("asked for"))
    save_file(resnet18(), tmp_path / "r.safetensors")
    add_model("resnet18", tmp_path / "r.safetensors")
    add_model("mine", described(tmp_path, 'backbone = "resnet18"\nweights = "download"\n'))
    add_model("light", described(tmp_path, 'backbone = "lite0"\nweights = "download"\n'))
    assert [info.name for info in available_models()][-2:] == ["light", "mine"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("backbone = resnet18", "is no TOML file"),
        ('backbone = "resnet18"\nweights = "download"\nfac_w = 3', "unknown key 'fac_w'"),
        ('weights = "download"', "backbone is missing"),
        ('backbone = "resnet18"', "weights is missing"),
        ('backbone = 18\nweights = "download"', "backbone must be a text, not 18"),
        ('backbone = "x"\nweights = "download"\nface_w = true', "face_w must be a whole number"),
        ('backbone = "x"\nweights = "download"\nface_w = 8', "face_w must be 32 to 4096, not 8"),
        ('backbone = "x"\nweights = "download"\nconvention = "y"', "convention is one of exact"),
        ('backbone = "x"\nweights = "download"\nprojection = "y"', "projection is one of bilin"),
        (
            'backbone = "lite0"\nweights = "w"\nprojection = "cubic"\nterms = ["cam"]',
            "terms have no projection",
        ),
        ('backbone = "x"\nweights = "download"', "unknown backbone 'x'"),
        ('backbone = "vgg11"\nweights = "download"', "not linear on the averaged features"),
        ('backbone = "resnet18"\nweights = "none.pth"', "cannot read .*none.pth"),
        ('backbone = "resnet18"\nweights = "w"\nterms = ["x"]', "terms are one or more of cam"),
        ('backbone = "resnet18"\nweights = "w"\nterms = []', "terms are one or more of"),
        ('backbone = "vgg11"\nweights = "w"\nterms = ["cam"]', "terms need a backbone of"),
        ('backbone = "lite0"\nweights = "w"\nterms = ["cam"]\nface_w = 64', "must be 32 k . 1"),
        (
            'backbone = "lite0"\nweights = "w"\nterms = ["cam"]\nconvention = "cp360"',
            "terms are combined under the convention 'exact' only",
        ),
        ('backbone = "lite0"\nweights = "download"\nname = "other"', "called 'other', not 'mine'"),
    ],
)
def test_what_is_wrong_with_a_description_is_said(
    tmp_path: Path, data_folder: Path, monkeypatch, text: str, words: str
) -> None:
    offer(monkeypatch, AssertionError("asked for"))
    with pytest.raises(ModelError, match=words) as caught:
        add_model("mine", described(tmp_path, text))
    assert "\n" not in str(caught.value)
    assert not (data_folder / "mine.toml").exists()


@pytest.mark.parametrize("name", ["default", "cp360", "../up", ".hidden", "a b", ""])
def test_names_that_a_model_cannot_have(tmp_path: Path, name: str) -> None:
    file = described(tmp_path, 'backbone = "lite0"\nweights = "download"\n')
    with pytest.raises(ModelError, match=r"already|cannot be called"):
        add_model(name, file)


def test_a_description_spoilt_later_is_listed_with_its_fault(data_folder: Path) -> None:
    data_folder.mkdir(parents=True)
    described(data_folder, "nonsense", "mine.toml")
    info = available_models()[-1]
    assert (info.name, info.available) == ("mine", False)
    assert "is no TOML file" in info.problem
    with pytest.raises(ModelError, match=r"unknown model '\.\./models/mine'"):
        load_model("../models/mine", "cpu")


def test_weights_that_went_missing_are_named(tmp_path: Path, data_folder: Path) -> None:
    save_file(resnet18(5), tmp_path / "w.safetensors")
    text = 'backbone = "resnet18"\nweights = "w.safetensors"\n'
    add_model("mine", described(tmp_path, text))
    (data_folder / "mine.weights.safetensors").unlink()
    with pytest.raises(ModelError, match="of model 'mine' are gone: add the model again"):
        load_model("mine", "cpu")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, narrow: int, monkeypatch) -> None:
    (tmp_path / "data").write_text("a file", encoding="utf-8")
    torch.save(random_cell(8, 8).state_dict(), tmp_path / "w.pth")
    with pytest.raises(ModelError, match=r"cannot write .*cp360-temporal.safetensors"):
        model_adding.add_model(TEMPORAL, tmp_path / "w.pth")
