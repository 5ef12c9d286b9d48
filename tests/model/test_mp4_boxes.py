"""Boxes are parsed without loss, nonsense is refused, and moved data is still found."""

from __future__ import annotations

import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cubesal.video.mp4_boxes import Box, BoxError, parse_boxes, read_moov, replace_moov
from tests.media import make_clip

KINDS = st.sampled_from([b"moov", b"trak", b"mdia", b"stbl", b"free", b"uuid", b"abcd", b"stsd"])
LEAVES = st.builds(
    Box, st.sampled_from([b"free", b"abcd", b"mvhd"]), st.binary(max_size=40), large=st.booleans()
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        Box,
        st.sampled_from([b"moov", b"trak", b"sv3d"]),
        children=st.lists(inner, max_size=4).map(tuple),
        suffix=st.sampled_from([b"", b"\0\0\0\0"]),
    ),
    max_leaves=12,
)


@given(TREES)
def test_a_tree_survives_serialising_and_parsing(tree: Box) -> None:
    boxes, rest = parse_boxes(tree.to_bytes())
    assert boxes == (tree,)
    assert rest == b""


@given(st.binary(max_size=300))
def test_any_bytes_are_kept_or_refused(data: bytes) -> None:
    try:
        boxes, rest = parse_boxes(data)
    except BoxError:
        return
    assert b"".join(box.to_bytes() for box in boxes) + rest == data


@given(
    st.lists(st.tuples(KINDS, st.integers(0, 90), st.binary(max_size=60)), min_size=1, max_size=6)
)
def test_lying_sizes_are_refused_or_harmless(parts: list[tuple[bytes, int, bytes]]) -> None:
    data = b"".join(struct.pack(">I4s", size, kind) + body for kind, size, body in parts)
    try:
        boxes, rest = parse_boxes(data)
    except BoxError:
        return
    assert b"".join(box.to_bytes() for box in boxes) + rest == data


@given(st.data())
def test_a_flipped_byte_in_a_real_moov_never_breaks_the_parser(
    real_moov: bytes, data: st.DataObject
) -> None:
    changed = bytearray(real_moov)
    changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    with suppress(BoxError):
        parse_boxes(bytes(changed))


@pytest.fixture(scope="module")
def real_moov(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = make_clip(tmp_path_factory.mktemp("moov") / "a.mp4", frames=5, audio="aac")
    return read_moov(path).to_bytes()


def test_endless_nesting_is_refused() -> None:
    data = b""
    for _ in range(5000):
        data = struct.pack(">I4s", len(data) + 8, b"moov") + data
    with pytest.raises(BoxError, match="nested"):
        parse_boxes(data)


def offsets_box(kind: bytes, offsets: list[int]) -> Box:
    letter = "I" if kind == b"stco" else "Q"
    body = struct.pack(f">II{len(offsets)}{letter}", 0, len(offsets), *offsets)
    return Box(kind, body)


def movie(*tables: Box, extra: tuple[Box, ...] = ()) -> Box:
    """A moov with one track per offset table."""
    tracks = tuple(
        Box(
            b"trak",
            children=(Box(b"mdia", children=(Box(b"minf", children=(Box(b"stbl", b"", (t,)),)),)),),
        )
        for t in tables
    )
    return Box(b"moov", children=(*tracks, *extra))


def tables_of(moov: Box) -> list[Box]:
    found = []
    for track in moov.children:
        table = track.child(b"mdia", b"minf", b"stbl")
        if table is not None:
            found.extend(table.children)
    return found


def offsets_of(table: Box) -> list[int]:
    count = struct.unpack_from(">I", table.prefix, 4)[0]
    letter = "I" if table.kind == b"stco" else "Q"
    return list(struct.unpack_from(f">{count}{letter}", table.prefix, 8))


@given(
    before=st.lists(st.binary(min_size=1, max_size=50), max_size=4),
    after=st.lists(st.binary(min_size=1, max_size=50), max_size=4),
    growth=st.integers(8, 600),
    kind=st.sampled_from([b"stco", b"co64"]),
)
def test_chunks_are_found_again_wherever_the_moov_stands(
    before: list[bytes],
    after: list[bytes],
    growth: int,
    kind: bytes,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("boxes") / "a.mp4"
    chunks = [*before, *after]
    blank = movie(offsets_box(kind, [0] * len(chunks)))
    offsets, data = [], b""
    for chunk in [*before, None, *after]:
        if chunk is None:
            moov_at = len(data)
            data += blank.to_bytes()
        else:
            offsets.append(len(data) + 8)
            data += Box(b"mdat", chunk).to_bytes()
    moov = movie(offsets_box(kind, offsets))
    data = data[:moov_at] + moov.to_bytes() + data[moov_at + len(moov.to_bytes()) :]
    path.write_bytes(data)
    replace_moov(path, movie(*tables_of(moov), extra=(Box(b"free", bytes(growth - 8)),)))
    moved = path.read_bytes()
    assert len(moved) == len(data) + growth
    table = tables_of(read_moov(path))[0]
    found = [moved[o : o + len(c)] for o, c in zip(offsets_of(table), chunks, strict=True)]
    assert found == chunks


def test_offsets_that_outgrow_32_bits_become_64(tmp_path: Path) -> None:
    near_limit = (1 << 32) - 20
    moov = movie(offsets_box(b"stco", [40, near_limit]), offsets_box(b"stco", [5000]))
    path = tmp_path / "a.mp4"
    path.write_bytes(moov.to_bytes() + Box(b"mdat", bytes(8000)).to_bytes())
    size = len(moov.to_bytes())
    replace_moov(path, movie(*tables_of(moov), extra=(Box(b"free", bytes(100)),)))
    grown = read_moov(path)
    growth = len(grown.to_bytes()) - size
    tables = tables_of(grown)
    assert [table.kind for table in tables] == [b"co64", b"co64"]
    assert offsets_of(tables[0]) == [40, near_limit + growth]
    assert offsets_of(tables[1]) == [5000 + growth]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no moov"),
        (Box(b"mdat", b"x").to_bytes(), "no moov"),
        (Box(b"moof").to_bytes() + Box(b"moov").to_bytes(), "fragmented"),
        (struct.pack(">I4s", 900, b"moov"), "beyond the end"),
        (struct.pack(">I4s", 1, b"moov") + b"\0\0\0\0", "cut off"),
    ],
)
def test_unusable_files_are_refused(data: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(data)
    with pytest.raises(BoxError, match=words):
        read_moov(path)


def test_an_offset_table_that_lies_about_its_length_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(movie(Box(b"stco", struct.pack(">III", 0, 9, 1))).to_bytes())
    with pytest.raises(BoxError, match="announces 9"):
        replace_moov(path, read_moov(path))
