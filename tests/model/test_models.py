from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from cubesal import model_list, models
from cubesal.backbone import expected_state
from cubesal.device import available_devices, resolve_device
from cubesal.errors import DeviceError, ModelError
from cubesal.model_adding import add_model
from cubesal.torchvision_guard import import_torchvision
from cubesal.weights import check_state, read_weights


@pytest.fixture(scope="module")
def resnet_state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return import_torchvision().models.resnet50(weights=None).state_dict()


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CUBESAL_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def test_the_list_says_what_can_be_used_and_what_is_missing() -> None:
    infos = {info.name: info for info in model_list.available_models()}
    assert list(infos) == ["default", "fast", "cp360", "cp360-carried", "cp360-exact"]
    assert infos["default"].available
    assert infos["fast"].available
    assert not infos["cp360"].available
    assert "cubesal models add resnet50 FILE" in infos["cp360"].problem


def test_cp360_without_weights_says_the_command() -> None:
    with pytest.raises(ModelError, match="or `cubesal models add resnet50 FILE`"):
        models.load_model("cp360", "cpu")


def test_a_good_model_verifies() -> None:
    report = models.verify_model("fast", "cpu")
    assert report.tensors == 296 + 4  # the memory's
    assert report.parameters > 4_600_000
    assert report.device == "cpu"
    assert report.step_ms > 0
    assert report.path.suffix == ".pth"


def test_cp360_runs_on_weights_from_a_pth_and_keeps_them_as_safetensors(
    tmp_path: Path, data_folder: Path, resnet_state
) -> None:
    file = tmp_path / "resnet.pth"
    # As in files from before torch 0.4.1, without the counters.
    torch.save({k: v for k, v in resnet_state.items() if "num_batches" not in k}, file)
    kept = add_model("resnet50", file)
    assert kept == data_folder / "models" / "resnet50.safetensors"
    assert [p.name for p in kept.parent.iterdir()] == [kept.name]
    file.unlink()
    assert model_list.model_location("cp360") == kept
    model = models.load_model("cp360", "cpu")
    saliency = model.step(np.random.default_rng(0).integers(0, 256, (64, 128, 3), dtype=np.uint8))
    assert saliency.shape == (120, 240)
    assert (saliency.min(), model.last_raw.shape) == (pytest.approx(0, abs=0.1), (14, 28))
    assert np.isfinite(saliency).all()


def test_safetensors_and_wrapped_checkpoints_are_read(tmp_path: Path) -> None:
    save_file(GOOD, tmp_path / "misnamed.pth")
    assert torch.equal(read_weights(tmp_path / "misnamed.pth")["a.weight"], GOOD["a.weight"])
    wrapped = {"epoch": 3, "state_dict": {f"module.{k}": v for k, v in GOOD.items()}}
    torch.save(wrapped, tmp_path / "wrapped.pth")
    assert list(read_weights(tmp_path / "wrapped.pth")) == ["a.weight"]


EXPECTED = {"a.weight": torch.zeros(2, 3), "a.num_batches_tracked": torch.tensor(0)}
GOOD = {"a.weight": torch.ones(2, 3)}
MISFITS = {
    "missing": ({}, r"1 tensor\(s\) missing, the first is a.weight"),
    "surplus": ({**GOOD, "b": torch.ones(1)}, r"1 tensor\(s\) not known, the first is b"),
    "shape": ({"a.weight": torch.ones(3, 2)}, r"a.weight has shape \(3, 2\), expected \(2, 3\)"),
    "nan": ({"a.weight": torch.full((2, 3), torch.nan)}, "a.weight contains infinite or undefined"),
    "sparse": ({"a.weight": torch.ones(2, 3).to_sparse()}, "a.weight holds no plain array"),
    "empty": ({"a.weight": torch.ones(2, 3, device="meta")}, "a.weight holds no plain array"),
    "integers": ({"a.weight": torch.ones(2, 3, dtype=torch.int64)}, "a.weight holds torch.int64"),
}


@pytest.mark.parametrize("fault", MISFITS)
def test_what_does_not_fit_is_named(fault: str) -> None:
    state, words = MISFITS[fault]
    with pytest.raises(ModelError, match=words) as caught:
        check_state(state, EXPECTED, Path("folder/w.pth"))
    assert "w.pth" in str(caught.value)


def test_weights_without_step_counters_fit() -> None:
    check_state(GOOD, EXPECTED, Path("old.pth"))


def test_of_weights_that_do_not_fit_nothing_is_kept(tmp_path: Path, data_folder: Path) -> None:
    file = tmp_path / "w.safetensors"
    save_file(GOOD, file)
    with pytest.raises(ModelError, match=r"w\.safetensors does not fit: 267 tensor"):
        add_model("resnet50", file)
    assert not data_folder.exists()


class Evil:
    def __reduce__(self):
        return (print, ("code from the file ran",))


def test_a_file_that_would_run_code_is_not_opened(tmp_path: Path, capsys) -> None:
    zipped, pickled = tmp_path / "zipped.pth", tmp_path / "pickled.pth"
    torch.save({"x": Evil()}, zipped)
    pickled.write_bytes(pickle.dumps({"x": Evil()}))
    for file in (zipped, pickled):
        with pytest.raises(ModelError, match="could run code when opened"):
            add_model("resnet50", file)
    assert "ran" not in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04rubbish", bytes(100), b"\x80\x02"])
def test_rubbish_is_called_damaged(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "w.pth"
    file.write_bytes(content)
    with pytest.raises(ModelError, match=r"w\.pth"):
        add_model("resnet50", file)


def test_missing_files_and_unknown_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"cannot read .*none\.pth"):
        add_model("resnet50", tmp_path / "none.pth")
    with pytest.raises(ModelError, match="cannot read"):
        add_model("resnet50", tmp_path)
    with pytest.raises(ModelError, match="'vgg' cannot be added"):
        add_model("vgg", tmp_path / "none.pth")


def test_a_list_of_tensors_is_no_state_dict(tmp_path: Path) -> None:
    file = tmp_path / "list.pth"
    torch.save([torch.ones(1)], file)
    with pytest.raises(ModelError, match="no state dict"):
        add_model("resnet50", file)


def test_expected_shapes_need_no_memory() -> None:
    assert all(t.is_meta for t in expected_state("lite0").values())


def test_devices_that_are_here_resolve_and_others_are_explained() -> None:
    assert resolve_device("cpu").type == "cpu"
    assert resolve_device("auto").type == available_devices()[0].split(":")[0]
    for name in available_devices():
        assert resolve_device(name).type == name.split(":")[0]
    if not torch.cuda.is_available():
        with pytest.raises(DeviceError, match=r"'cuda' cannot be used: .*(CUDA|NVIDIA)"):
            resolve_device("cuda")
    with pytest.raises(DeviceError, match="cannot be used"):
        resolve_device("cuda:99")
    with pytest.raises(DeviceError, match="only CUDA, MPS and CPU"):
        resolve_device("meta")
    with pytest.raises(DeviceError, match="unknown device 'quantum'"):
        resolve_device("quantum")


def test_torchvision_imports_beside_this_torch() -> None:
    assert import_torchvision() is import_torchvision()
    assert hasattr(import_torchvision().models, "resnet50")
