"""What strangers' files may hold: each is refused in one sentence, without a warning."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from cubesal import models
from cubesal.backbone import expected_state
from cubesal.convlstm import random_cell
from cubesal.errors import CubesalError, EvaluationError, ModelError
from cubesal.evaluation import PredictedMaps, read_ids, read_stills
from cubesal.evaluation.predictions import load_map
from cubesal.model_adding import add_model
from cubesal.model_list import TEMPORAL, available_models
from cubesal.models import load_model, verify_model
from cubesal.recipes import check_name
from cubesal.track import load_npz
from cubesal.weights import read_weights

FRAME = np.random.default_rng(0).integers(0, 256, (64, 128, 3), dtype=np.uint8)


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CUBESAL_DATA_DIR", str(tmp_path / "data"))
    folder = tmp_path / "data" / "models"
    folder.mkdir(parents=True)
    return folder


# --- weights that compute nothing ----------------------------------------------------------------


def overflowing(name: str) -> dict[str, torch.Tensor]:
    """Finite in every value, and too large to compute with."""
    state = {k: torch.zeros(v.shape) for k, v in expected_state(name).items()}
    for key, value in state.items():
        if value.ndim > 1:
            state[key] = torch.full(value.shape, 1e37)
        if key.endswith("running_var") or (value.ndim == 1 and key.endswith("weight")):
            state[key] = torch.ones(value.shape)
    return state


@pytest.mark.parametrize("terms", ["", 'terms = ["class"]\nface_w = 33\n'])
def test_a_model_that_computes_nothing_is_not_sound(data_folder: Path, terms: str) -> None:
    save_file(overflowing("resnet18"), data_folder / "bad.safetensors")
    text = f'backbone = "resnet18"\nweights = "bad.safetensors"\n{terms or "face_w = 64"}'
    (data_folder / "bad.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match="model 'bad' predicts undefined values"):
        verify_model("bad", "cpu")
    model = load_model("bad", "cpu")
    with pytest.raises(ModelError, match="model 'bad' predicts undefined values"):
        model.step(FRAME)
    with pytest.raises(ModelError, match="model 'bad' predicts undefined values"):
        model.features(FRAME)


# --- weights that cannot be kept -----------------------------------------------------------------


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_TEMPORAL_WIDTH", 8)


def float8(state):
    state["Gates.bias"] = state["Gates.bias"].to(torch.float8_e4m3fn)


def jagged(state):
    parts = [torch.rand(2), torch.rand(3)]
    state["Gates.bias"] = torch.nested.nested_tensor(parts, layout=torch.jagged)


def too_large(state):
    state["Gates.bias"] = torch.full((32,), 1e300, dtype=torch.float64)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (float8, "Gates.bias holds torch.float8_e4m3fn"),
        (jagged, "Gates.bias holds no plain array"),
        (too_large, "Gates.bias contains infinite .* single precision cannot hold"),
    ],
)
def test_tensors_of_another_kind_do_not_replace_good_ones(
    tmp_path: Path, narrow: None, damage, words: str
) -> None:
    state = random_cell(8, 8).state_dict()
    torch.save(state, tmp_path / "good.pth")
    kept = add_model(TEMPORAL, tmp_path / "good.pth")
    before = kept.read_bytes()
    damage(state)
    torch.save(state, tmp_path / "bad.pth")
    with pytest.raises(ModelError, match=words):
        add_model(TEMPORAL, tmp_path / "bad.pth")
    assert kept.read_bytes() == before


def test_kept_weights_can_be_read_by_whom_the_umask_lets(tmp_path: Path, narrow: None) -> None:
    torch.save(random_cell(8, 8).state_dict(), tmp_path / "good.pth")
    before = os.umask(0o027)
    try:
        kept = add_model(TEMPORAL, tmp_path / "good.pth")
    finally:
        os.umask(before)
    assert kept.stat().st_mode & 0o777 == 0o640


class Harm:
    def __reduce__(self):
        return print, ("harm done",)


@pytest.mark.parametrize("legacy", [True, False])
def test_a_cut_off_file_is_called_damaged_at_any_length(tmp_path: Path, legacy: bool) -> None:
    whole, cut = tmp_path / "whole.pth", tmp_path / "cut.pth"
    torch.save({"a": torch.rand(3)}, whole, _use_new_zipfile_serialization=not legacy)
    data = whole.read_bytes()
    for length in (*range(1, min(400, len(data)), 7), 3, len(data) - 1):
        cut.write_bytes(data[:length])
        with pytest.raises(ModelError, match="damaged"):
            read_weights(cut)


@pytest.mark.parametrize("data", [b"\x80\x02.", b"\x80\x02c", b"\x80\x02}", b"\x80\x04."])
def test_a_pickle_of_nothing_is_called_damaged(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "w.pth").write_bytes(data)
    with pytest.raises(ModelError, match="damaged"):
        read_weights(tmp_path / "w.pth")


def test_what_could_run_code_is_still_called_so(tmp_path: Path, capsys) -> None:
    torch.save({"a": Harm()}, tmp_path / "zip.pth")
    (tmp_path / "raw.pth").write_bytes(pickle.dumps({"a": Harm()}))
    for name in ("zip.pth", "raw.pth"):
        with pytest.raises(ModelError, match="could run code"):
            read_weights(tmp_path / name)
    assert capsys.readouterr().out == ""


# --- descriptions of models ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = " + "[" * 5000 + "]" * 5000, "is no TOML file"),
        (f'backbone = "resnet18"\nweights = "x"\nface_w = {"9" * 5000}', "is no TOML file"),
        (f'backbone = "resnet18"\nweights = "x"\nface_w = 0x{"f" * 5000}', "32 to 4096"),
        (f'backbone = 0x{"f" * 5000}\nweights = "x"', "backbone must be a text"),
        ('backbone = "resnet18"\nweights = "x"\nface_w = 4097', "32 to 4096, not 4097"),
        ('backbone = "lite0"\nweights = "x"\nterms = ["class"]\nface_w = 40001', "32 to 4096"),
    ],
)
def test_a_hostile_description_does_not_hide_the_other_models(
    data_folder: Path, text: str, words: str
) -> None:
    (data_folder / "bad.toml").write_text(text, encoding="utf-8")
    infos = {info.name: info for info in available_models()}
    assert words in (infos["bad"].problem or "")
    assert infos["fast"].available


def test_a_description_may_begin_with_a_byte_order_mark(tmp_path: Path, data_folder: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('backbone = "lite0"\nweights = "download"', encoding="utf-8-sig")
    assert add_model("mine", file).is_file()


@pytest.mark.parametrize(
    "name",
    ["CP360", "Default", "resnet50", "ResNet50", "lite0", "cp360-temporal", "CP360-Temporal"],
)
def test_names_that_are_taken_are_refused_in_any_case(name: str) -> None:
    with pytest.raises(ModelError, match="choose another name"):
        check_name(name)


# --- maps, fixations and lists -------------------------------------------------------------------


def header(shape: str) -> bytes:
    words = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(words).to_bytes(2, "little") + words.encode()


def archive() -> bytes:
    file = io.BytesIO()
    np.savez(file, a=np.ones((2, 4)))
    return file.getvalue()


@pytest.mark.parametrize(
    "data", [archive(), header("(10**9, 10**9)"), header(f"({10**9}, {10**9})"), b"PK", b""]
)
def test_what_is_no_array_is_no_map(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "0.npy").write_bytes(data)
    with pytest.raises(EvaluationError, match="is not a readable array"):
        load_map(tmp_path / "0.npy")


@pytest.mark.parametrize("number", ["Infinity", "NaN", "1e999", "[" * 100000 + "]" * 100000])
def test_a_first_number_that_is_none_is_said(tmp_path: Path, number: str) -> None:
    folder = tmp_path / "clip.mp4"
    folder.mkdir()
    (folder / "maps.json").write_text(f'{{"first_number": {number}}}', encoding="utf-8")
    with pytest.raises(EvaluationError, match=r"maps\.json cannot be read"):
        PredictedMaps(tmp_path).frames("clip")


def test_an_archive_that_cannot_be_unpacked_is_no_truth_and_no_track(tmp_path: Path) -> None:
    file = tmp_path / "one_1.npz"
    values = np.random.default_rng(0).random(999)
    keys = dict.fromkeys(("u", "v", "saliency", "frame_index", "time_s", "model"), values)
    np.savez_compressed(file, source=values, **keys)
    data = bytearray(file.read_bytes())
    with zipfile.ZipFile(file) as packed:
        starts = [entry.header_offset for entry in packed.infolist()]
    for start in starts:
        data[start + 60 : start + 90] = b"\xff" * 30
    file.write_bytes(data)
    (tmp_path / "one_1.jpg").write_bytes(b"never looked at")
    with pytest.raises(EvaluationError, match="does not hold usable fixations"):
        read_stills(tmp_path)
    with pytest.raises(CubesalError, match="is not a readable npz"):
        load_npz(file)


def test_a_list_of_ids_may_have_a_byte_order_mark_and_remarks(tmp_path: Path) -> None:
    file = tmp_path / "ids.txt"
    file.write_text("# test\n\none.mp4\ntwo\none\n", encoding="utf-8-sig")
    assert read_ids(file) == ["one", "two", "one"]
