"""More files that we parse ourselves, made of anything: a value, or one sentence, and soon."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from cubesal.cli.batch_inputs import BatchClip, find_clips
from cubesal.cli.batch_records import HIDDEN, read_record
from cubesal.document import Document, DocumentContent
from cubesal.document.content import content_from_text, content_text
from cubesal.errors import CubesalError
from cubesal.evaluation import PredictedMaps
from cubesal.exporting import load_path
from cubesal.exporting.journal import load_journal
from cubesal.inspection import open_ground_truth, open_own_maps
from cubesal.track import load_npz
from cubesal.video.ambisonic_boxes import first_order_channels, read_sa3d
from cubesal.video.mp4_boxes import BoxError
from tests.documents import new_document
from tests.fuzzing import examples

LIMIT_S = 1.0
_TIMES_S = np.arange(5) / 5
_unhurried = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def made_of_anything(few: int) -> Callable[..., object]:
    """Hypothesis with as many examples as are asked for; the time is judged by ourselves."""
    return settings(max_examples=examples(few), deadline=None, suppress_health_check=_unhurried)


def refused_or_read(read: Callable[[], object]) -> None:
    """A value or a CubesalError of one sentence, within a second."""
    began, said = time.perf_counter(), ""
    try:
        read()
    except CubesalError as error:
        said = str(error)
    assert "\n" not in said
    assert len(said) < 1000
    assert time.perf_counter() - began < LIMIT_S


_numbers = st.sampled_from([0, -1, 1 << 70, 1e308, 1e999, -1e999, float("nan"), True, None, 0.5])
_json = st.recursive(
    _numbers | st.text(max_size=6) | st.sampled_from(["\0", "../../x", "/etc/passwd", "é" * 300]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)


def like(sound: dict[str, object]) -> SearchStrategy[str]:
    """The JSON of a sound object of which some entries are anything, or absent."""

    def spoilt(changes: dict[str, object], absent: set[str]) -> str:
        return json.dumps({k: v for k, v in {**sound, **changes}.items() if k not in absent})

    names = st.sampled_from(sorted(sound))
    return st.builds(spoilt, st.dictionaries(names, _json, max_size=3), st.sets(names, max_size=1))


JOB = {
    "number": 1,
    "what": "overlay",
    "clip": "a.mp4",
    "out": "b.mp4",
    "settings": {},
    "state": "waiting",
    "message": "",
    "written": None,
}
RECORD = {
    "key": "k",
    "outputs": {"a.npz": 3},
    "maps": 1,
    "damaged_frames": 0,
    "lost_frames": 0,
    "is_cut_off": False,
    "resized_frames": 0,
}
CAMERA = {
    "time_s": 0.0,
    "yaw_deg": 1.0,
    "pitch_deg": 2.0,
    "hfov_deg": 90.0,
    "roll_deg": 0.0,
}
AREA = {"name": "a", "corners": [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], "radius": 0.0}


@made_of_anything(40)
@given(job=like(JOB), head=st.sampled_from(["1", "2", '"x"', "1e999"]))
def test_the_journal_of_a_queue(tmp_path: Path, job: str, head: str) -> None:
    file = tmp_path / "q.json"
    file.write_text(f'{{"format": "cubesal export queue", "version": {head}, "jobs": [{job}]}}')
    refused_or_read(lambda: load_journal(file))


@pytest.mark.parametrize("number", ["1e999", "NaN", "null", "[]"])
def test_a_job_without_a_number(tmp_path: Path, number: str) -> None:
    job = json.dumps(JOB).replace('"number": 1', f'"number": {number}')
    file = tmp_path / "q.json"
    file.write_text(f'{{"format": "cubesal export queue", "version": 1, "jobs": [{job}]}}')
    with pytest.raises(CubesalError, match="not the journal"):
        load_journal(file)


@made_of_anything(30)
@given(record=like(RECORD) | st.text(max_size=9))
def test_the_record_of_a_batch(tmp_path: Path, record: str) -> None:
    file = tmp_path / HIDDEN / "done" / "a.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(record, encoding="utf-8", errors="replace")
    clip = BatchClip(tmp_path / "a.mp4", PurePosixPath("a"))
    refused_or_read(lambda: read_record(clip, "k", tmp_path))


@made_of_anything(40)
@given(rows=st.lists(like(CAMERA), max_size=3), extra=_json)
def test_a_path_as_json(tmp_path: Path, rows: list[str], extra: object) -> None:
    file = tmp_path / "path.json"
    written = json.dumps(extra)
    for text in (f'{{"path": [{",".join(rows)}], "cameras": {written}}}', f"[{','.join(rows)}]"):
        file.write_text(text, encoding="utf-8")
        refused_or_read(lambda: load_path(file))


@made_of_anything(40)
@example(name="clip", value='{"\\n": 0}')
@given(
    name=st.sampled_from(["clip", "content", "other"]),
    value=_json.map(json.dumps)
    | st.binary(max_size=40)
    | st.integers()
    | st.floats(allow_nan=False),
)
def test_the_facts_of_a_document(tmp_path: Path, name: str, value: object) -> None:
    path = tmp_path / "d.cubesal"
    if not path.exists():
        new_document(tmp_path).close()
    whole = path.read_bytes()
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            stored = value if not isinstance(value, int) else max(min(value, 1 << 60), -(1 << 60))
            connection.execute("UPDATE facts SET value = ? WHERE name = ?", (stored, name))
        refused_or_read(lambda: Document(path).close())
    finally:
        path.write_bytes(whole)


@made_of_anything(40)
@given(
    entries=st.dictionaries(
        st.sampled_from(
            ["style", "areas", "regions", "markers", "path", "span_s", "rate_hz", "model"]
        ),
        _json | st.just([AREA]),
    )
)
def test_the_content_of_a_document(tmp_path: Path, entries: dict[str, object]) -> None:
    sound = json.loads(content_text(DocumentContent()))
    with suppress(ValueError, TypeError, KeyError, RecursionError):  # told by read_facts
        content_from_text(json.dumps({**sound, **entries}))


_dtypes = st.sampled_from(["<f4", "<f8", "<i8", "|b1", "<c8", "<M8[s]", "<U3", "|S2"])
_shapes = st.lists(st.integers(0, 5), max_size=4).map(tuple)


@made_of_anything(40)
@given(
    arrays=st.dictionaries(
        st.sampled_from(["saliency", "time_s", "frame_index", "source", "model", "u", "v", "x"]),
        st.tuples(_dtypes, _shapes),
    )
)
def test_maps_in_an_archive(tmp_path: Path, arrays: dict[str, tuple[str, tuple[int, ...]]]) -> None:
    file = tmp_path / "maps.npz"
    made = {name: np.zeros(shape, dtype) for name, (dtype, shape) in arrays.items()}
    np.savez(file, **made)
    clip = tmp_path / "clip.mp4"
    refused_or_read(lambda: load_npz(file))
    refused_or_read(lambda: open_own_maps(file, clip, _TIMES_S))
    refused_or_read(lambda: open_ground_truth(file, "clip", np.arange(5), _TIMES_S))


@made_of_anything(30)
@given(text=st.text(max_size=60) | like(CAMERA), name=st.sampled_from(["t.csv", "t.txt", "t.json"]))
def test_ground_truth_of_anything(tmp_path: Path, text: str, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(text.encode("utf-8", "replace"))
    refused_or_read(lambda: open_ground_truth(file, "clip", np.arange(5), _TIMES_S))


@made_of_anything(30)
@given(text=st.text(max_size=60))
def test_lists_and_numbers_of_files(tmp_path: Path, text: str) -> None:
    (tmp_path / "list.txt").write_bytes(text.encode("utf-8", "replace"))
    refused_or_read(lambda: find_clips(tmp_path / "list.txt", tmp_path / "out"))
    folder = tmp_path / "clip.mp4"
    folder.mkdir(exist_ok=True)
    (folder / "maps.json").write_bytes(text.encode("utf-8", "replace"))
    refused_or_read(lambda: PredictedMaps(tmp_path).frames("clip"))


@made_of_anything(40)
@given(
    data=st.binary(max_size=80), head=st.sampled_from([b"", b"\0\0\0\x20moov", b"\0\0\0\x1cSA3D"])
)
def test_boxes_of_sound(tmp_path: Path, data: bytes, head: bytes) -> None:
    file = tmp_path / "a.mp4"
    file.write_bytes(head + data)
    try:
        box = read_sa3d(file)
    except (BoxError, CubesalError):
        return
    if box is not None:
        first_order_channels(box)


def test_the_readers_still_read_what_is_sound(tmp_path: Path) -> None:
    file = tmp_path / "q.json"
    job = json.dumps(JOB)
    file.write_text(f'{{"format": "cubesal export queue", "version": 1, "jobs": [{job}]}}')
    assert load_journal(file)[0].job.what == "overlay"
    with pytest.raises(CubesalError):
        load_journal(tmp_path / "none.json")
