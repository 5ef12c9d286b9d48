"""Files that we parse ourselves, made of anything: read, or refused with a CubesalError."""

from __future__ import annotations

import io
import json
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cubesal.autopilot.path import load_csv
from cubesal.errors import CubesalError, ModelError
from cubesal.evaluation.ids import read_ids
from cubesal.evaluation.predictions import load_map
from cubesal.evaluation.stills import read_stills
from cubesal.exporting import load_path
from cubesal.recipes import read_recipe
from cubesal.track import load_npz
from cubesal.training.config_file import load_config
from cubesal.video.mp4_boxes import BoxError, read_moov
from cubesal.video.spherical import read_spherical_metadata
from cubesal.weights import read_weights
from tests.fuzzing import examples
from tests.media import make_still

READERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "path as CSV": (load_csv, "a.csv"),
    "path as JSON": (load_path, "a.json"),
    "ids": (read_ids, "a.txt"),
    "map": (load_map, "a.npy"),
    "archived map": (load_map, "a.npz"),
    "track": (load_npz, "a.npz"),
    "recipe": (read_recipe, "a.toml"),
    "training": (load_config, "a.toml"),
    "boxes": (read_moov, "a.mp4"),
    "sphere": (read_spherical_metadata, "b.mp4"),
    "weights": (read_weights, "a.safetensors"),
    "checkpoint": (read_weights, "a.pth"),
}
_words = st.sampled_from(
    [
        *("time_s,yaw_deg,pitch_deg,hfov_deg", "1,2,3,90", "nan", "inf", "-1e999", "[data]", "="),
        *("network", "weights", "[[", "]]", '"', "'''", "{", "}", "0x7fffffffffffffff", ","),
        *("../../etc/passwd", "é", "\0", "\ufeff", "9" * 400, "1e5", "\n", "\r\n", "true"),
    ]
)
_text = st.lists(_words | st.text(max_size=8), max_size=24).map("\n".join)
_heads = st.sampled_from(
    [
        *(b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00v\x00", b"\x00\x00\x00\x10moov", b"\xff" * 8),
        *(struct.pack("<Q", 2**62), struct.pack("<Q", 2) + b"{}", b"\x80\x02}q\x00.", b"["),
    ]
)
_bytes = st.builds(lambda head, rest: head + rest, _heads, st.binary(max_size=200))
_contents = _bytes | _text.map(lambda text: text.encode("utf-8", "replace"))


@pytest.mark.parametrize("kind", READERS)
@settings(
    max_examples=examples(60),
    deadline=4000,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(content=_contents)
def test_anything_is_read_or_refused_in_words(tmp_path: Path, kind: str, content: bytes) -> None:
    reader, name = READERS[kind]
    file = tmp_path / name
    file.write_bytes(content)
    # Bad boxes are told as a CubesalError by whoever asked for them.
    with suppress(BoxError if kind == "boxes" else CubesalError):
        reader(file)


def _bomb(path: Path, name: str, shape: tuple[int, ...]) -> Path:
    """An npz of a few hundred bytes or kilobytes whose array claims ``shape`` of float32."""
    head = io.BytesIO()
    facts = {"descr": "<f4", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(head, facts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}.npy", head.getvalue() + bytes(1 << 16))
    return path


@pytest.mark.parametrize("shape", [(10**9, 120, 240), (2**40,), (2**62, 2), (1, 10**6, 10**6)])
@pytest.mark.parametrize("reader", [load_npz, load_map])
def test_an_archive_that_claims_terabytes_is_refused_and_not_believed(tmp_path, shape, reader):
    file = _bomb(tmp_path / "bomb.npz", "saliency", shape)
    tracemalloc.start()
    try:
        with pytest.raises(CubesalError):
            reader(file)
        assert tracemalloc.get_traced_memory()[1] < 256 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("size", [2**40, 2**63, 2**64 - 1, 100_000_001])
def test_a_weights_header_of_absurd_size_is_refused(tmp_path: Path, size: int) -> None:
    file = tmp_path / "w.safetensors"
    file.write_bytes(struct.pack("<Q", size) + b"{}" * 10)
    with pytest.raises(ModelError):
        read_weights(file)


def test_a_tensor_that_claims_more_than_the_file_holds_is_refused(tmp_path: Path) -> None:
    facts = {"a": {"dtype": "F32", "shape": [2**30, 2**10], "data_offsets": [0, 2**42]}}
    head = json.dumps(facts).encode()
    file = tmp_path / "w.safetensors"
    file.write_bytes(struct.pack("<Q", len(head)) + head + bytes(64))
    with pytest.raises(ModelError):
        read_weights(file)


@settings(
    max_examples=examples(40),
    deadline=4000,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(content=_contents)
def test_fixations_of_anything_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    make_still(tmp_path / "a.png")
    (tmp_path / "a.npz").write_bytes(content)
    with suppress(CubesalError):
        read_stills(tmp_path)
