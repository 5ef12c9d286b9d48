"""Documents: what people made comes back, clips are found again, odd files are refused in words."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cubesal.autopilot import Area
from cubesal.document import (
    AnalysisKey,
    ClipRef,
    Document,
    DocumentContent,
    DocumentError,
    MapReader,
    Marker,
    PathKey,
    Region,
    begin_document,
    beginning,
    cache,
    cache_folder,
    clip_ref,
    create_document,
    find_clip,
    implicit_document,
    is_that_clip,
    trim_cache,
)
from cubesal.document.content import content_from_text, content_text
from cubesal.document.lock import FileLock
from cubesal.overlay import COLORMAPS, OverlayStyle
from tests.documents import grid_of, key_of, new_document, put_maps

SHARES = st.floats(0, 1)
STYLES = st.builds(
    OverlayStyle,
    st.sampled_from(COLORMAPS),
    SHARES,
    SHARES,
    st.booleans(),
    st.sampled_from(["frame", "clip"]),
)
TIMES = st.floats(0, 36_000)
KEYS = st.builds(
    PathKey, TIMES, st.floats(-9, 9), st.floats(-1.5, 1.5), SHARES, st.floats(0.4, 2.4)
)
ANGLES = st.tuples(st.floats(-3, 3), st.floats(-1.5, 1.5))
REGIONS = st.builds(Region, st.just("a"), st.tuples(ANGLES), st.floats(0.01, 3)) | st.builds(
    Region, st.just("b"), st.lists(ANGLES, min_size=3, max_size=5).map(tuple)
)
CONTENTS = st.builds(
    DocumentContent,
    style=STYLES,
    overlay_visible=st.booleans(),
    path=st.lists(KEYS, unique_by=lambda key: key.time_s).map(
        lambda keys: tuple(sorted(keys, key=lambda key: key.time_s))
    ),
    markers=st.lists(
        st.builds(Marker, TIMES, st.text(max_size=20).map(lambda t: t.replace("\0", "")))
    ).map(tuple),
    span_s=st.none() | st.tuples(TIMES, TIMES).map(lambda pair: (min(pair), max(pair))),
    model=st.none() | st.just("cp360"),
    regions=st.lists(REGIONS, max_size=3).map(tuple),
    prior=st.none() | st.booleans(),
)


@settings(max_examples=80, deadline=None)
@given(CONTENTS)
def test_what_people_made_comes_back_as_it_was(content):
    assert content_from_text(content_text(content)) == content


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["style", "path", "span_s", "prior", "x"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_any_other_json_is_refused_or_is_content(value):
    try:
        content = content_from_text(json.dumps(value))
    except ValueError:
        return
    assert content_from_text(content_text(content)) == content


def test_content_is_written_and_read_again(tmp_path):
    content = DocumentContent(
        markers=(Marker(2.5, "here"),),
        span_s=(1.0, 2.0),
        path=(PathKey(0, 1, 0.5, 0, 1.5, True, "cut"),),
        areas=(Area("avoid", 1.0, 0.5, 0.2, 1.0, 3.0),),
    )
    with new_document(tmp_path) as document:
        document.write(content)
    with Document(document.path) as again:
        assert again.content == content


def test_save_as_carries_everything_and_goes_on_in_the_new_file(tmp_path):
    key = key_of(grid_of(20))
    content = DocumentContent(markers=(Marker(1.0, "m"),))
    with new_document(tmp_path) as document:
        first = document.path
        put_maps(document, key, range(5))
        document.save_as(tmp_path / "other.cubesal", content, document.clip)
        put_maps(document, key, range(5, 8))
        document.commit()
        Document(first).close()  # it was let go
        with pytest.raises(DocumentError, match="close it there"):
            Document(tmp_path / "other.cubesal")
    with Document(tmp_path / "other.cubesal") as other, Document(first) as old:
        assert other.content == content
        number = other.analysis(key)
        assert int((other.peaks(number) >= 0).sum()) == 8
        assert int((old.peaks(old.analysis(key)) >= 0).sum()) == 5
        assert old.content == DocumentContent()


def test_saving_over_a_document_that_was_killed_does_not_mix_the_two(tmp_path):
    key = key_of(grid_of(20))
    with new_document(tmp_path, "victim.cubesal") as victim:
        put_maps(victim, key, range(9))
        victim.commit()
        for suffix in ("", "-wal", "-shm"):  # as kill -9 leaves it
            shutil.copy(f"{victim.path}{suffix}", f"{tmp_path / 'dead.cubesal'}{suffix}")
    with new_document(tmp_path) as document:
        put_maps(document, key, range(2))
        document.save_as(tmp_path / "dead.cubesal", DocumentContent(), document.clip)
        number = document.analysis(key)
        assert int((document.peaks(number) >= 0).sum()) == 2
        reader = MapReader(document.path, key)
        assert reader.read(8) is None
        reader.close()


def test_an_open_document_cannot_be_saved_over(tmp_path):
    with new_document(tmp_path) as document, new_document(tmp_path, "b.cubesal") as other:
        with pytest.raises(DocumentError, match="is open in another window"):
            document.save_as(other.path, DocumentContent(), document.clip)
        document.write(DocumentContent(markers=(Marker(1.0),)))  # it goes on where it was
    assert not list(tmp_path.glob(".*.part"))


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    with new_document(tmp_path) as document:
        with pytest.raises(DocumentError, match="nowhere"):
            document.save_as(tmp_path / "nowhere" / "x.cubesal", DocumentContent(), document.clip)
        put_maps(document, key_of(grid_of(3)), range(1))


# ---- the clip -----------------------------------------------------------------------------------


@pytest.fixture
def clip(tmp_path) -> Path:
    path = tmp_path / "a" / "clip.mp4"
    path.parent.mkdir()
    path.write_bytes(os.urandom(5000))
    return path


def test_a_clip_is_found_where_it_was_beside_the_document_or_moved_along_with_it(clip, tmp_path):
    document = tmp_path / "d.cubesal"
    ref = clip_ref(clip, document)
    assert find_clip(ref, document) == clip
    moved = tmp_path / "moved"
    shutil.copytree(clip.parent, moved / "a")
    shutil.rmtree(clip.parent)
    assert find_clip(ref, moved / "d.cubesal") == moved / "a" / "clip.mp4"
    (moved / "a" / "clip.mp4").rename(moved / "clip.mp4")
    assert find_clip(ref, moved / "d.cubesal") == moved / "clip.mp4"
    assert find_clip(ref, document) is None


def test_a_file_of_that_name_with_other_content_is_not_the_clip(clip, tmp_path):
    document = tmp_path / "d.cubesal"
    ref = clip_ref(clip, document)
    is_that_clip(ref, clip)
    clip.write_bytes(os.urandom(5000))
    assert find_clip(ref, document) is None
    with pytest.raises(DocumentError, match="not the clip of this document"):
        is_that_clip(ref, clip)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_clip_that_became_a_pipe_is_not_waited_for(clip, tmp_path):
    document = tmp_path / "d.cubesal"
    ref = clip_ref(clip, document)
    clip.unlink()
    os.mkfifo(clip)
    assert find_clip(ref, document) is None


@pytest.mark.parametrize(
    "change",
    [
        {"name": "../../etc/passwd"},
        {"name": "..\\x"},
        {"name": ""},
        {"beside": "../outside.mp4"},
        {"beside": "a/../../outside.mp4"},
        {"beside": "/etc/passwd"},
        {"path": "a\0b"},
        {"fingerprint": "'; DROP"},
        {"size": -1},
        {"size": True},
        {"name": 3},
    ],
)
def test_a_reference_that_leads_elsewhere_is_refused(clip, tmp_path, change):
    facts = clip_ref(clip, tmp_path / "d.cubesal").facts()
    with pytest.raises(ValueError, match=r"clip|leads|zero"):
        ClipRef(**{**facts, **change})


def test_a_document_never_calls_another_machine(clip, tmp_path, monkeypatch):
    ref = replace(clip_ref(clip, tmp_path / "d.cubesal"), beside="", path="//host/share/clip.mp4")
    asked = []
    monkeypatch.setattr("cubesal.document.clip._matches", lambda _, file: asked.append(str(file)))
    find_clip(ref, tmp_path / "d.cubesal")
    find_clip(replace(ref, path="\\\\host\\share\\clip.mp4"), tmp_path / "d.cubesal")
    assert all("host" not in file for file in asked)


# ---- odd files ----------------------------------------------------------------------------------


def read_one(path: Path, key: AnalysisKey, k: int) -> object:
    with closing(MapReader(path, key)) as reader:
        return reader.read(k)


def spoil(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (["PRAGMA user_version = 3"], "newer cubesal"),
        (["PRAGMA user_version = 0"], "has no version"),
        (["PRAGMA application_id = 7"], "another program"),
        (["CREATE TABLE more (x)"], "tables are not those"),
        (["CREATE VIEW v AS SELECT * FROM facts"], "tables are not those"),
        (
            ["CREATE TRIGGER t AFTER INSERT ON maps BEGIN DELETE FROM maps; END"],
            "tables are not those",
        ),
        (["DROP TABLE maps"], "tables are not those"),
        (
            [
                "DROP TABLE maps",
                "CREATE TABLE maps (id INTEGER PRIMARY KEY, code AS (zeroblob(9)))",
            ],
            "tables are not those",
        ),
        (
            ["DROP TABLE facts", "CREATE VIEW facts AS SELECT 'clip' AS name, 'x' AS value"],
            "tables are not those",
        ),
        (["DELETE FROM facts"], "a fact is missing"),
        (["UPDATE facts SET value = '[]'"], "damaged or not made by cubesal"),
        (["UPDATE facts SET value = x'00ff'"], "damaged or not made by cubesal"),
        (["UPDATE facts SET value = zeroblob(20000000)"], "damaged"),
        (["UPDATE facts SET value = printf('%.*c', 90000, '[') WHERE name = 'content'"], "damaged"),
    ],
)
def test_a_document_that_is_not_ours_is_refused_in_words(tmp_path, statements, words):
    new_document(tmp_path).close()
    path = tmp_path / "d.cubesal"
    spoil(path, *statements)
    with pytest.raises(DocumentError, match=words) as refusal:
        Document(path)
    assert "\n" not in str(refusal.value)
    assert str(path) in str(refusal.value)
    assert not list(tmp_path.glob(".*.lock"))


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (["UPDATE analyses SET facts = '{}'"], "damaged or not made"),
        (["UPDATE analyses SET id = 99999999999"], "an analysis numbered"),
        (["UPDATE peaks SET peaks = x'00'"], "list of maps"),
        (["UPDATE peaks SET block = 99"], "list of maps"),
        (["UPDATE peaks SET block = 'x'"], "list of maps"),
        (["UPDATE peaks SET peaks = zeroblob(17000000)"], "damaged"),
        (["UPDATE maps SET code = 'text'"], "damaged map"),
        (["UPDATE maps SET code = zeroblob(2000000)"], "damaged map"),
    ],
)
def test_odd_analyses_are_refused_in_words(tmp_path, statements, words):
    key = key_of(grid_of(20))
    with new_document(tmp_path) as document:
        put_maps(document, key, range(5))
    spoil(document.path, *statements)
    with pytest.raises(DocumentError, match=words):
        read_one(document.path, key, 1)


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0", b"not a database" * 50])
def test_files_that_are_no_database_are_refused(tmp_path, content):
    path = tmp_path / "x.cubesal"
    path.write_bytes(content)
    with pytest.raises(DocumentError, match="not a cubesal document; open the clip itself"):
        Document(path)
    assert path.read_bytes() == content


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipes_folders_and_nothing_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.cubesal")
    for name, words in (("pipe.cubesal", "ordinary"), (".", "ordinary"), ("none", "not exist")):
        with pytest.raises(DocumentError, match=words):
            Document(tmp_path / name)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(1, 255)), min_size=1, max_size=8),
    st.none() | st.integers(1, 1 << 20),
)
def test_a_document_with_flipped_bytes_opens_or_is_refused_in_words(tmp_path_factory, flips, cut):
    folder = tmp_path_factory.mktemp("flipped")
    key = key_of(grid_of(20))
    with new_document(folder) as document:
        put_maps(document, key, range(3))
    content = bytearray(document.path.read_bytes())
    # Most of a small document is empty; what matters lies at the ends of its pages.
    places = [i for i, byte in enumerate(content) if byte]
    for place, flip in flips:
        content[places[place % len(places)]] ^= flip
    if cut:
        del content[cut % len(content) :]
    document.path.write_bytes(bytes(content))
    with suppress(DocumentError):  # anything else fails
        with Document(document.path) as opened:
            put_maps(opened, key, range(3, 5))
            opened.commit()
        for k in range(20):
            read_one(document.path, key, k)


# ---- the cache ----------------------------------------------------------------------------------


def test_the_implicit_document_is_that_of_the_content_wherever_the_clip_lies(clip, tmp_path):
    key = key_of(grid_of(5))
    with implicit_document(clip) as document:
        assert document.path.parent == cache_folder()
        put_maps(document, key, range(5))
    moved = clip.rename(tmp_path / "renamed.mp4")
    with implicit_document(moved) as document:
        assert int((document.peaks(document.analysis(key)) >= 0).sum()) == 5
        assert document.clip.name == "renamed.mp4"


def test_a_damaged_implicit_document_is_made_anew_and_one_in_use_is_left_alone(clip):
    document = implicit_document(clip)
    with pytest.raises(DocumentError, match="close it there"):
        implicit_document(clip)
    document.close()
    document.path.write_bytes(b"rubbish")
    with implicit_document(clip) as document:
        assert document.content == DocumentContent()
    spoil(document.path, "PRAGMA user_version = 9")
    implicit_document(clip).close()


@pytest.mark.parametrize("make", ["begun", "implicit"])
def test_nobody_gets_hold_of_a_new_document_before_whoever_makes_it(
    make: str, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = {"begun": beginning, "implicit": cache}[make]
    asked: list[str] = []

    def opened_after_another_tried(path: Path, *args: Any) -> Document:
        with pytest.raises(DocumentError) as refused:  # as a second window that starts just now
            Document(path)
        asked.append(str(refused.value))
        return Document(path, *args)

    monkeypatch.setattr(module, "Document", opened_after_another_tried)
    if make == "begun":
        path = tmp_path / "a.cubesal"
        begin_document(path, clip_ref(clip, path), DocumentContent()).close()
    else:
        implicit_document(clip, tmp_path).close()
    assert len(asked) == 1
    assert "open in another window" in asked[0]


def test_a_lock_that_was_handed_over_is_let_go_of_where_the_document_cannot_be_opened(tmp_path):
    path = tmp_path / "odd.cubesal"
    path.write_bytes(b"no document")
    with pytest.raises(DocumentError):
        Document(path, FileLock(path))
    FileLock(path).release()


def test_the_cache_loses_what_was_not_opened_for_longest_and_nothing_in_use(tmp_path):
    folder = tmp_path / "cache"
    paths = []
    for number in range(4):
        source = tmp_path / f"{number}.mp4"
        source.write_bytes(bytes([number]) * 100)
        with implicit_document(source, folder) as document:
            paths.append(document.path)
        os.utime(paths[-1], (number + 1, number + 1))
    size = paths[0].stat().st_size
    held = Document(paths[0])
    try:
        assert trim_cache(folder, 2 * size + size // 2, keep=paths[1]) == [paths[2], paths[3]]
    finally:
        held.close()
    assert paths[0].exists()
    assert paths[1].exists()
    implicit_document(tmp_path / "3.mp4", folder, limit=1).close()
    assert [path.exists() for path in paths] == [False, False, False, True]


def test_a_document_is_made_complete_or_not_at_all(clip, tmp_path):
    path = tmp_path / "d.cubesal"
    ref = clip_ref(clip, path)
    path.write_text("somebody's")
    with pytest.raises(DocumentError, match="exists already"):
        create_document(path, ref)
    assert path.read_text() == "somebody's"
    with pytest.raises(DocumentError, match="cannot write"):
        create_document(tmp_path / "no" / "d.cubesal", ref)


def test_a_document_without_areas_of_interest_says_nothing_of_them():
    assert "regions" not in content_text(DocumentContent())


@pytest.mark.parametrize(
    ("corners", "radius"),
    [([[0, 0], [1, 0]], 0), ([[0, 0]], 0), ([[0, 0]], 4), ([[0, 0, 0]] * 3, 0), ([["x", 0]], 1)],
)
def test_an_area_of_interest_that_is_none_is_refused(corners, radius):
    facts = json.loads(content_text(DocumentContent()))
    facts["regions"] = [{"name": "a", "corners": corners, "radius": radius}]
    with pytest.raises(ValueError, match=r"area|number"):
        content_from_text(json.dumps(facts))
