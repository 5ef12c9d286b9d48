"""Bombs in npy and npz: refused in words before a byte of them is unpacked."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cubesal import array_files
from cubesal.array_files import ArrayFileError, load_array, opened_arrays
from cubesal.cli.figure_truth import open_truth
from cubesal.cli.flow_file import holds_flow
from cubesal.errors import CubesalError
from cubesal.evaluation.predictions import load_map
from cubesal.inspection import open_ground_truth
from cubesal.track import load_npz
from cubesal.training import moments

MB = 1 << 20


def bomb(
    path: Path, megabytes: int = 1024, method: int = zipfile.ZIP_DEFLATED, name: str = "saliency"
) -> Path:
    """Zeros, true to their header, in an archive a thousandth of their size or less."""
    head = io.BytesIO()
    facts = {"descr": "<f4", "fortran_order": False, "shape": (megabytes * MB // 4,)}
    np.lib.format.write_array_header_1_0(head, facts)
    with (
        zipfile.ZipFile(path, "w", method, compresslevel=6) as archive,
        archive.open(f"{name}.npy", "w", force_zip64=True) as entry,
    ):
        entry.write(head.getvalue())
        for _ in range(megabytes):
            entry.write(bytes(MB))
    return path


@pytest.fixture(scope="module")
def zeros(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a gigabyte and a bit of zeros in a file of half a megabyte, under every name in use."""
    path = tmp_path_factory.mktemp("bombs") / "zeros.npz"
    bomb(path, 520)
    with zipfile.ZipFile(path, "a") as archive:
        entry = archive.infolist()[0]
        for name in ("u", "v", "yaw_deg", "pitch_deg", "count", "settings", "frame_index"):
            again = zipfile.ZipInfo(f"{name}.npy")
            for fact in ("header_offset", "CRC", "compress_size", "file_size", "compress_type"):
                setattr(again, fact, getattr(entry, fact))
            archive.filelist.append(again)
            archive.NameToInfo[again.filename] = again
        archive._didModify = True
    return path


READERS: dict[str, Callable[[Path], object]] = {
    "maps": load_npz,
    "figure": lambda path: open_truth(path, path),
    "inspection": lambda path: open_ground_truth(path, path, np.zeros(1, int), np.zeros(1)),
    "prepared": moments._read,
    "flow": lambda path: holds_flow(path, {}),
}


@pytest.mark.parametrize("reader", READERS)
def test_no_reader_unpacks_a_bomb(zeros, reader):
    tracemalloc.start()
    try:
        if reader in ("prepared", "flow"):  # of our own making: made again
            assert not READERS[reader](zeros)
        else:
            with pytest.raises(CubesalError, match=r"zeros\.npz"):
                READERS[reader](zeros)
        assert tracemalloc.get_traced_memory()[1] < 64 * MB
    finally:
        tracemalloc.stop()


def test_the_refusal_says_how_large_it_would_be(zeros):
    with (
        opened_arrays(zeros) as arrays,
        pytest.raises(ArrayFileError, match=r"zeros.npz would unpack 5\d\d kB to 545\d{3} kB"),
    ):
        _ = arrays["saliency"]


def test_a_few_kilobytes_that_unpack_by_a_million_are_refused(tmp_path):
    path = bomb(tmp_path / "b.npz", 64, zipfile.ZIP_BZIP2)
    assert path.stat().st_size < 40_000
    with opened_arrays(path) as arrays, pytest.raises(ArrayFileError, match="packed"):
        _ = arrays["saliency"]


def test_a_map_with_holes_larger_than_memory_is_refused(tmp_path):
    path = tmp_path / "sparse.npy"
    with path.open("wb") as file:
        facts = {"descr": "<f4", "fortran_order": False, "shape": (10**6, 120, 240)}
        np.lib.format.write_array_header_1_0(file, facts)
        file.truncate(file.tell() + 10**6 * 120 * 240 * 4)
    for read in (load_array, load_map):
        with pytest.raises(ArrayFileError, match=r"sparse.npy needs 115.2 GB"):
            read(path)


def test_a_header_of_gigabytes_is_not_read(tmp_path):
    path = tmp_path / "header.npy"
    path.write_bytes(b"\x93NUMPY\x02\x00" + (2**31).to_bytes(4, "little") + bytes(64))
    with pytest.raises(ValueError, match="2147483648 bytes"):
        load_array(path)


def test_real_maps_larger_than_free_memory_are_refused_too(tmp_path, monkeypatch):
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((4, 8), np.float32))
    monkeypatch.setattr(array_files, "_HARMLESS", 0)
    monkeypatch.setattr(array_files, "_free_memory", lambda: 100)
    with pytest.raises(ArrayFileError, match="a shorter clip"):
        load_array(path)


def test_whatever_numpy_wrote_is_read_as_it_was(tmp_path):
    wanted = {"a": np.arange(6.0).reshape(2, 3), "s": np.array("words"), "f": np.eye(3, order="F")}
    wanted |= {"empty": np.zeros((0, 4)), "b": np.array([True]), "n": np.array(3)}
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "x.npz", **wanted)
        with opened_arrays(tmp_path / "x.npz") as arrays:
            assert all(np.array_equal(arrays[name], wanted[name]) for name in wanted)
            assert "c" not in arrays
    np.save(tmp_path / "x.npy", wanted["f"])
    assert np.array_equal(load_array(tmp_path / "x.npy"), wanted["f"])
