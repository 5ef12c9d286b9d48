"""What strangers send: nothing in it is run, believed beyond its size, or led out of its place."""

from __future__ import annotations

import ast
import json
import os
import sqlite3
import struct
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cubesal.cli.console import Console
from cubesal.cli.predict_inputs import expand_inputs
from cubesal.document import Document, DocumentError, clip_ref, create_document, find_clip
from cubesal.errors import CubesalError, ModelError
from cubesal.weights import read_weights
from cubesal.whole_files import written_whole
from tests.documents import grid_of, key_of, new_document, put_maps
from tests.media import make_still

CHECKOUT = Path(__file__).resolve().parents[2]

# --- nothing is unpickled without restriction ----------------------------------------------------

_UNPICKLERS = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
_RUNNERS = {"eval", "exec", "compile", "__import__"}


def _calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def _keyword(call: ast.Call, name: str) -> object:
    given = [k.value for k in call.keywords if k.arg == name]
    return given[0].value if given and isinstance(given[0], ast.Constant) else None


def _unsafe(call: ast.Call, name: str) -> bool:
    module, _, function = name.rpartition(".")
    if module in _UNPICKLERS:
        return True
    if name == "torch.load":
        return _keyword(call, "weights_only") is not True
    if function in ("load", "read_array") and module.split(".")[0] in ("np", "numpy"):
        return _keyword(call, "allow_pickle") is not False
    if function in ("hub", "load_state_dict_from_url") or name.startswith("torch.hub."):
        return True
    if name in _RUNNERS or name in ("yaml.load", "yaml.unsafe_load", "os.system"):
        return True
    return _keyword(call, "allow_pickle") is True or _keyword(call, "shell") is True


def _problems(source: str) -> list[str]:
    return [name for name, call in _calls(ast.parse(source)) if _unsafe(call, name)]


def test_our_code_unpickles_nothing_and_runs_nothing_that_a_file_says() -> None:
    files = [f for folder in ("model", "cubesal_viewer") for f in (CHECKOUT / folder).rglob("*.py")]
    assert len(files) > 200
    found = {str(f): _problems(f.read_text(encoding="utf-8")) for f in files}
    assert {name: problems for name, problems in found.items() if problems} == {}


@pytest.mark.parametrize(
    "source",
    [
        *("pickle.load(f)", "torch.load(p)", "torch.load(p, weights_only=False)", "np.load(p)"),
        *("np.load(p, allow_pickle=True)", "np.lib.format.read_array(f)", "eval(x)"),
        *("subprocess.run(x, shell=True)", "yaml.load(x)", "torch.hub.load('a', 'b')"),
    ],
)
def test_the_test_above_would_see_it(source: str) -> None:
    assert _problems(source)


# --- weights -------------------------------------------------------------------------------------


def _entry(dtype: str, shape: list[int], start: int, stop: int) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, stop]}


_TWICE = (
    b'{"a":{"dtype":"F32","shape":[8],"data_offsets":[0,32]},'
    b'"a":{"dtype":"F32","shape":[8],"data_offsets":[32,64]}}'
)
HEADERS = {
    "a key twice": _TWICE,
    "overlapping": {"a": _entry("F32", [16], 0, 64), "b": _entry("F32", [16], 0, 64)},
    "backwards": {"a": _entry("F32", [2], 8, 0)},
    "negative": {"a": _entry("F32", [-2], 0, 8)},
    "an unknown type": {"a": _entry("Q99", [16], 0, 64)},
    "a type of another size": {"a": _entry("F64", [16], 0, 64)},
    "an overflowing shape": {"a": _entry("F32", [2**33] * 3, 0, 64)},
    "a gap": {"a": _entry("F32", [2], 56, 64)},
    "beyond the end": {"a": _entry("F32", [32], 0, 128)},
    "odd metadata": {"__metadata__": {"x": {"y": 1}}, "a": _entry("F32", [16], 0, 64)},
    "a list": [],
    "deep": b"[" * 100_000,
    "not text": b"\xff\xfe{}",
}


@pytest.mark.parametrize("case", HEADERS)
def test_a_lying_header_of_weights_is_refused_at_once(tmp_path: Path, case: str) -> None:
    header = HEADERS[case]
    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    file = tmp_path / "w.safetensors"
    file.write_bytes(struct.pack("<Q", len(head)) + head + bytes(64))
    began = time.perf_counter()
    with pytest.raises(ModelError, match="damaged") as refusal:
        read_weights(file)
    assert "\n" not in str(refusal.value)
    assert time.perf_counter() - began < 1


# --- documents -----------------------------------------------------------------------------------

_ODD = {
    "a trigger on our table": "CREATE TRIGGER facts2 BEFORE UPDATE ON facts BEGIN SELECT 1; END",
    "a view like our table": "CREATE VIEW Maps2 AS SELECT * FROM maps",
    "a virtual table": "CREATE VIRTUAL TABLE more USING fts5(x)",
    "an index with an expression": "CREATE INDEX i ON maps (length(code))",
    "another column": "ALTER TABLE facts ADD COLUMN more TEXT AS (hex(zeroblob(1000)))",
    "a giant name": f"CREATE TABLE {'x' * 100_000} (y)",
}


@pytest.mark.parametrize("case", _ODD)
def test_documents_with_more_in_them_than_ours_are_refused(tmp_path: Path, case: str) -> None:
    new_document(tmp_path).close()
    path = tmp_path / "d.cubesal"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(_ODD[case])
    whole = path.read_bytes()
    with pytest.raises(DocumentError, match="tables are not those") as refusal:
        Document(path)
    assert len(str(refusal.value)) < 500
    assert path.read_bytes() == whole  # looked at, and left


def test_a_schema_that_was_rewritten_by_hand_is_refused(tmp_path: Path) -> None:
    new_document(tmp_path).close()
    path = tmp_path / "d.cubesal"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET rootpage = 1 WHERE name = 'maps'")
    with pytest.raises(DocumentError) as refusal:
        _filled(path)
    assert "\n" not in str(refusal.value)


def _filled(path: Path) -> None:
    with Document(path) as document:
        put_maps(document, key_of(grid_of(5)), range(3))
        document.commit()


def test_pages_of_noise_are_refused_or_read(tmp_path: Path) -> None:
    with new_document(tmp_path) as document:
        put_maps(document, key_of(grid_of(200)), range(100))
    path = tmp_path / "d.cubesal"
    whole, refused = path.read_bytes(), []
    for page in range(1, len(whole) // 16384):
        noise = os.urandom(16384)
        path.write_bytes(whole[: page * 16384] + noise + whole[(page + 1) * 16384 :])
        try:
            with Document(path) as document:
                document.peaks(document.analysis(key_of(grid_of(200))))
        except DocumentError as error:
            refused.append(str(error))
    assert refused
    assert all("\n" not in said and len(said) < 500 for said in refused)


# --- names that lead elsewhere -------------------------------------------------------------------


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "sub/../../secret", "a\0b"])
def test_ids_name_clips_of_the_folder_and_nothing_else(tmp_path: Path, name: str) -> None:
    make_still(tmp_path / "secret.png")
    folder = tmp_path / "clips"
    folder.mkdir()
    make_still(folder / "one.png")
    ids = tmp_path / "ids.txt"
    ids.write_text(f"one\n{name}\n", encoding="utf-8")
    found = expand_inputs([folder], ids, Console())
    assert [item.path for item in found if item.error is None] == [folder / "one.png"]
    assert "have no clip" in (found[-1].error or "")


def test_a_document_finds_its_clip_by_content_and_not_by_a_link_of_its_name(tmp_path: Path) -> None:
    clip = make_still(tmp_path / "a.png")
    document = tmp_path / "d" / "a.cubesal"
    document.parent.mkdir()
    ref = clip_ref(clip, document)
    create_document(document, ref)
    clip.unlink()
    secret = tmp_path / "secret"
    secret.write_bytes(b"x" * ref.size)
    (document.parent / "a.png").symlink_to(secret)
    assert find_clip(ref, document) is None


def test_outputs_go_through_no_link_to_a_file_of_somebody_else(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_text("theirs")
    (tmp_path / "out.csv").symlink_to(theirs)
    with written_whole(tmp_path / "out.csv") as part:
        part.write_text("ours")
    assert theirs.read_text() == "theirs"
    assert (tmp_path / "out.csv").read_text() == "ours"
    assert not (tmp_path / "out.csv").is_symlink()


def test_a_name_of_a_clip_with_folders_in_it_is_no_clip(tmp_path: Path) -> None:
    new_document(tmp_path).close()
    path = tmp_path / "d.cubesal"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(
            "UPDATE facts SET value = replace(value, '\"clip.mp4\"', '\"../../clip.mp4\"')"
        )
    with pytest.raises(CubesalError, match="is no file name"):
        Document(path)
