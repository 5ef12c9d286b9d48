"""Maps in a document: small, exact enough, there after a crash, read one by one."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cubesal.document import (
    Document,
    DocumentError,
    MapReader,
    StoredTrack,
    decode_map,
    encode_map,
)
from tests.documents import grid_of, key_of, map_of, new_document, put_maps

CHECKOUT = Path(__file__).resolve().parents[2]
SHAPES = st.tuples(st.integers(1, 24), st.integers(1, 48))
VALUES = st.floats(0, 2.0**100, width=32, allow_subnormal=False)


@settings(max_examples=150, deadline=None)
@given(hnp.arrays(np.float32, SHAPES, elements=VALUES))
def test_a_map_comes_back_within_half_a_level_of_its_peak(saliency):
    back = decode_map(encode_map(saliency))
    assert back.dtype == np.float32
    assert back.shape == saliency.shape
    peak = float(saliency.max())
    # What a float32 itself rounds to is added to half a level.
    assert np.abs(back.astype(float) - saliency).max() <= peak * (0.5 / 255 + 1e-6)
    assert float(back.max()) == pytest.approx(peak, rel=1e-6)
    assert back.min() >= 0


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 400), st.integers(1, 255))
def test_damaged_maps_are_refused_or_are_maps_and_nothing_else_happens(junk, at, flip):
    sound = bytearray(encode_map(map_of(3, (12, 24))))
    sound[at % len(sound)] ^= flip
    for code in (junk, bytes(sound), bytes(sound[: at % len(sound)])):
        try:
            back = decode_map(code)
        except ValueError:
            continue
        assert back.ndim == 2
        assert np.isfinite(back).all()


def test_a_map_that_inflates_beyond_its_size_is_refused_without_inflating_it():
    sound = encode_map(map_of(0))
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    bomb = sound[:13] + packer.compress(bytes(150 << 20)) + packer.flush()
    assert len(bomb) < 1 << 20
    with pytest.raises(ValueError, match="damaged"):
        decode_map(bomb)


def test_maps_that_are_none_are_bugs_of_the_caller():
    for wrong in (np.zeros((2, 4)), np.zeros(4, np.float32), -np.ones((2, 4), np.float32)):
        with pytest.raises(ValueError, match="map"):
            encode_map(wrong)
    with pytest.raises(ValueError, match="finite"):
        encode_map(np.full((2, 4), np.nan, np.float32))


def test_what_is_put_is_read_by_another_connection_as_soon_as_it_is_committed(tmp_path):
    grid = grid_of(3000)
    key = key_of(grid)
    with new_document(tmp_path) as document:
        put_maps(document, key, range(1020, 1030))
        document.commit()
        reader = MapReader(document.path, key)
        assert list(np.flatnonzero(~np.isnan(reader.peaks))) == list(range(1020, 1030))
        np.testing.assert_allclose(reader.read(1025), map_of(1025), atol=0.5 / 255 * 1.001)
        assert reader.read(0) is None
        put_maps(document, key, range(1))
        document.commit()
        assert reader.read(0) is not None
        reader.close()


def test_slow_maps_are_committed_one_by_one_and_quick_ones_together(tmp_path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("cubesal.document.document.time.monotonic", lambda: now[0])
    grid = grid_of(200)
    with new_document(tmp_path) as document:
        number = document.analysis(key_of(grid))

        def put(k: int, after_s: float) -> bool:
            now[0] += after_s
            return document.put(number, k, encode_map(map_of(k)), 1.0)

        assert put(0, 0.0)
        assert put(1, 0.2)
        committed = [put(k, 0.01) for k in range(2, 160)]
        assert 2 <= sum(committed) <= 4
        gaps = np.diff(np.flatnonzero(committed))
        assert (gaps * 0.01 <= 0.6).all()


def test_two_analyses_of_one_document_keep_apart(tmp_path):
    grid = grid_of(10)
    with new_document(tmp_path) as document:
        first = put_maps(document, key_of(grid), range(4))
        second = put_maps(document, key_of(grid, "default"), range(2))
        assert first != second
        assert np.isnan(document.peaks(second)).sum() == 8
    with Document(document.path) as again:
        assert again.analysis(key_of(grid)) == first
        assert np.isnan(again.peaks(first)).sum() == 6


def test_a_failed_commit_changes_nothing_and_the_next_one_writes_all(tmp_path):
    grid = grid_of(10)
    with new_document(tmp_path) as document:
        put_maps(document, key_of(grid), range(1))
        other = sqlite3.connect(document.path, isolation_level=None)
        document._connection.execute("PRAGMA busy_timeout = 1")
        document._first = document._last = -1e9  # so that the next map is committed at once
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DocumentError, match="close it there"):
            put_maps(document, key_of(grid), range(1, 10))
        other.execute("ROLLBACK")
        other.close()
        document.commit()
        reader = MapReader(document.path, key_of(grid))
        assert reader.read(1) is not None
        reader.close()


def test_a_full_disk_is_said_and_what_was_committed_stays(tmp_path):
    grid = grid_of(2000)
    with new_document(tmp_path) as document:
        put_maps(document, key_of(grid), range(3))
        document.commit()
        document._connection.execute("PRAGMA max_page_count = 12")

        def fill() -> None:
            put_maps(document, key_of(grid), range(3, 1000))
            document.commit()

        with pytest.raises(DocumentError, match="disk is full; make room"):
            fill()
        document._connection.execute("PRAGMA max_page_count = 100000")
        reader = MapReader(document.path, key_of(grid))
        assert reader.read(2) is not None
        reader.close()
        document.commit()


KILLED = """
import sys
from pathlib import Path
sys.path[:0] = {paths!r}
from tests.documents import grid_of, key_of, map_of
from cubesal.document import Document, encode_map
document = Document(Path({path!r}))
number = document.analysis(key_of(grid_of(5000)))
for k in range(5000):
    if document.put(number, k, encode_map(map_of(k)), 1.0):
        print(k, flush=True)
"""


def test_every_map_reported_committed_survives_kill_9(tmp_path):
    with new_document(tmp_path) as document:
        path = document.path
    script = KILLED.format(paths=[str(CHECKOUT), str(CHECKOUT / "model")], path=str(path))
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    said = [int(child.stdout.readline()) for _ in range(3)]
    os.kill(child.pid, signal.SIGKILL)
    said += [int(line) for line in child.communicate()[0].split()]
    key = key_of(grid_of(5000))
    with Document(path) as document:  # nor does its lock remain
        peaks = document.peaks(document.analysis(key))
        done = np.flatnonzero(~np.isnan(peaks))
        assert list(done[: said[-1] + 1]) == list(range(said[-1] + 1))
        reader = MapReader(path, key)
        for k in done:
            np.testing.assert_allclose(reader.read(k), map_of(k), atol=5 * 0.5 / 255 * 1.001)
        reader.close()


def test_a_second_process_is_told_that_the_document_is_open(tmp_path):
    with new_document(tmp_path) as document:
        script = (
            f"import sys; sys.path[:0] = {[str(CHECKOUT / 'model')]!r}\n"
            "from pathlib import Path\n"
            "from cubesal.document import Document, DocumentError\n"
            f"try: Document(Path({str(document.path)!r}))\n"
            "except DocumentError as error: print(error)"
        )
        run = [sys.executable, "-c", script]
        done = subprocess.run(run, capture_output=True, text=True, check=True)
        assert "d.cubesal is open in another window or command; close it there first" in done.stdout
        with pytest.raises(DocumentError, match="close it there"):
            Document(document.path)
    Document(document.path).close()


def test_a_closed_document_is_a_single_file(tmp_path):
    with new_document(tmp_path) as document:
        put_maps(document, key_of(grid_of(10)), range(5))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["clip.mp4", "d.cubesal"]


def test_a_stored_track_reads_maps_when_asked_and_forgets_those_not_used(tmp_path):
    grid = grid_of(40)
    key = key_of(grid)
    with new_document(tmp_path) as document:
        put_maps(document, key, range(30))
        document.commit()
        track = StoredTrack(grid, document.path, key, budget=4 * map_of(0).nbytes)
        assert list(track.missing()) == list(range(30, 40))
        assert track.peak == pytest.approx(5.0, rel=1e-3)
        for k in range(30):
            np.testing.assert_allclose(track.get(k), map_of(k), atol=5 * 0.5 / 255 * 1.001)
        assert len(track._lazy._recent) <= 4
        assert track.at(0.1).status == "current"
        assert track.at(7.0).status == "stale"
        track.close()


def test_maps_of_a_stored_track_stay_until_they_are_committed(tmp_path):
    grid = grid_of(40)
    key = key_of(grid)
    with new_document(tmp_path) as document:
        track = StoredTrack(grid, document.path, key, budget=1)
        for k in range(10):
            track.set(k, map_of(k))
        other = track.copy()
        assert np.array_equal(other.get(3), map_of(3))
        put_maps(document, key, range(10))
        document.commit()
        track.committed(range(10))
        assert len(track._lazy.pinned) == 0
        np.testing.assert_allclose(track.get(3), map_of(3), atol=5 * 0.5 / 255)
        assert len(track._lazy._recent) == 1
        track.close()
        other.close()


def test_a_damaged_map_counts_as_missing_and_is_counted(tmp_path):
    grid = grid_of(10)
    key = key_of(grid)
    with new_document(tmp_path) as document:
        put_maps(document, key, range(10))
        document.commit()
        document._connection.execute("UPDATE maps SET code = x'00' WHERE id & 255 = 4")
        track = StoredTrack(grid, document.path, key)
        assert track.get(4) is None
        assert track.damaged == 1
        assert list(track.missing()) == [4]
        track.close()


def test_a_snapshot_reads_what_was_there_on_another_thread(tmp_path):
    grid = grid_of(12)
    key = key_of(grid)
    with new_document(tmp_path) as document:
        put_maps(document, key, range(8))
        document.commit()
        document._connection.execute("UPDATE maps SET code = x'00' WHERE id & 255 = 4")
        track = StoredTrack(grid, document.path, key, budget=1)
        track.set(8, map_of(8))
        points = track.analysed_between(0.2, 99.0)
        assert points.tolist() == list(range(1, 9))
        snapshot = track.snapshot(points)
        track.set(9, map_of(9))
        track.close()
        with ThreadPoolExecutor(1) as other:
            read = dict(other.submit(lambda: list(snapshot.maps())).result())
        assert list(read) == [1, 2, 3, 5, 6, 7, 8], "without the damaged one"
        np.testing.assert_allclose(read[3], map_of(3), atol=5 * 0.5 / 255)
        np.testing.assert_array_equal(read[8], map_of(8))
