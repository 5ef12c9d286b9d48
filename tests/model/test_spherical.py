"""Equirect files are marked in both ways that players look for, and both are read."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import av
import pytest
from av.sidedata.sidedata import Type as SideDataType

from cubesal.errors import MediaError
from cubesal.video import ClipReader, Layout
from cubesal.video.mp4_boxes import (
    Box,
    BoxError,
    read_moov,
    replace_moov,
    sample_entry,
    video_tracks,
)
from cubesal.video.spheres import Bounds
from cubesal.video.spherical import add_spherical_metadata, read_spherical_metadata
from tests.media import frame_number, make_audio, make_clip

FASTSTART = {"movflags": "faststart"}


def side_data_kinds(path: Path) -> set[SideDataType]:
    with av.open(str(path)) as container:
        return {data.type for data in next(container.decode(video=0)).side_data}


@pytest.mark.parametrize("container", [{}, FASTSTART], ids=["moov last", "moov first"])
@pytest.mark.parametrize(
    ("suffix", "codec"), [("mp4", "libx264"), ("mov", "libx264"), ("mp4", "libx265")]
)
def test_marked_files_play_and_are_recognised(
    suffix: str, codec: str, container: dict[str, str], tmp_path: Path
) -> None:
    path = make_clip(
        tmp_path / f"a.{suffix}", frames=20, codec=codec, audio="aac", container=container
    )
    assert SideDataType.SPHERICAL not in side_data_kinds(path)
    before = sound_of(path)
    add_spherical_metadata(path)
    assert {SideDataType.SPHERICAL, SideDataType.STEREO3D} <= side_data_kinds(path)
    assert sound_of(path) == before
    with ClipReader(path) as reader:
        assert reader.info.projection_source == "V2 metadata"
        assert reader.info.layout is Layout.MONO
        assert [frame_number(f.rgb()) for f in reader.frames()] == list(range(20))


def sound_of(path: Path) -> bytes:
    with av.open(str(path)) as container:
        return b"".join(bytes(packet) for packet in container.demux(audio=0))


def test_both_versions_are_written(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=2)
    add_spherical_metadata(path)
    tagged = read_spherical_metadata(path)
    assert tagged is not None
    assert (tagged.version, tagged.projection, tagged.stereo) == (2, "equirectangular", "mono")
    drop_v2(path)
    tagged = read_spherical_metadata(path)
    assert tagged is not None
    assert (tagged.version, tagged.projection, tagged.stereo) == (1, "equirectangular", "mono")
    # FFmpeg finds V1 on its own as well.
    assert SideDataType.SPHERICAL in side_data_kinds(path)


def drop_v2(path: Path) -> None:
    """Rename the V2 boxes to padding, which keeps every size."""
    data = path.read_bytes()
    path.write_bytes(data.replace(b"sv3d", b"free").replace(b"st3d", b"free"))


def test_marking_twice_is_refused(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=2)
    add_spherical_metadata(path)
    marked = path.read_bytes()
    with pytest.raises(BoxError, match="already"):
        add_spherical_metadata(path)
    assert path.read_bytes() == marked


def test_files_without_a_video_track_cannot_be_marked(tmp_path: Path) -> None:
    with pytest.raises(BoxError, match="no video track"):
        add_spherical_metadata(make_audio(tmp_path / "a.m4a", 0.2))


def test_unmarked_and_foreign_files_have_no_metadata(tmp_path: Path) -> None:
    assert read_spherical_metadata(make_clip(tmp_path / "a.mp4", frames=2)) is None
    assert read_spherical_metadata(make_clip(tmp_path / "a.mkv", frames=2)) is None
    assert read_spherical_metadata(tmp_path / "absent.mp4") is None


def patched(path: Path, old: bytes, new: bytes) -> Path:
    """The file with some bytes of its metadata replaced by as many others."""
    assert len(old) == len(new)
    data = path.read_bytes()
    assert data.count(old) >= 1
    path.write_bytes(data.replace(old, new))
    return path


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    path = make_clip(tmp_path / "a.mp4", frames=2, container=FASTSTART)
    add_spherical_metadata(path)
    return path


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            b"equi" + bytes(8),
            b"cbmp" + bytes(7) + b"\1",
            "a cube map with padding by its V2 metadata",
        ),
        (b"equi\0\0\0\0", b"mshp\0\0\0\0", "a mesh projection"),
        (b"equi\0\0\0\0", b"abcd\0\0\0\0", "an unknown projection"),
    ],
)
def test_other_v2_projections_are_named(old: bytes, new: bytes, words: str, marked: Path) -> None:
    with pytest.raises(MediaError, match=words) as caught:
        ClipReader(patched(marked, old, new))
    assert "--projection" in str(caught.value)


def test_v2_cube_maps_and_parts_of_the_sphere_are_read(marked: Path) -> None:
    patched(marked, b"equi" + bytes(8), b"equi" + bytes(4) + struct.pack(">I", 1 << 30))
    with ClipReader(marked) as reader:
        coverage = reader.info.coverage
        assert reader.info.projection == "part"
        assert coverage is not None
        assert coverage.bounds == Bounds(top=0.25)
    patched(marked, b"equi" + bytes(4) + struct.pack(">I", 1 << 30), b"cbmp" + bytes(8))
    with ClipReader(marked) as reader:
        assert (reader.info.projection, reader.info.projection_source) == (
            "cube-3x2",
            "V2 metadata",
        )


def test_bounds_of_half_a_sphere_are_vr180(marked: Path) -> None:
    half = struct.pack(">4I", 0, 0, 1 << 30, 1 << 30)
    patched(marked, b"equi" + bytes(20), b"equi" + bytes(4) + half)
    with ClipReader(marked) as reader:
        assert (reader.info.projection, reader.info.layout) == ("vr180", Layout.MONO)


def test_other_v1_projections_are_named(marked: Path) -> None:
    drop_v2(marked)
    patched(marked, b">equirectangular<", b">cubemap        <")
    with pytest.raises(MediaError, match="cubemap by its V1 metadata"):
        ClipReader(marked)


@pytest.mark.parametrize(
    ("mode", "layout"), [(1, Layout.STEREO_TB), (2, Layout.STEREO_SBS), (0, Layout.MONO)]
)
def test_v2_stereo_modes_tell_the_layout(mode: int, layout: Layout, marked: Path) -> None:
    patched(marked, b"st3d" + bytes(5), b"st3d" + bytes(4) + bytes([mode]))
    with ClipReader(marked) as reader:
        assert reader.info.layout is layout


def test_a_picture_marked_equirect_need_not_be_two_to_one(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=1, size=(320, 180))
    add_spherical_metadata(path)
    with ClipReader(path) as reader:
        assert reader.info.projection_source == "V2 metadata"


def test_padding_at_the_end_of_a_sample_entry_is_kept(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mov", frames=3)
    moov = read_moov(path)
    position = video_tracks(moov)[0]
    padded = with_padded_entry(moov.children[position])
    children = list(moov.children)
    children[position] = padded
    replace_moov(path, replace(moov, children=tuple(children)))
    add_spherical_metadata(path)
    entry = sample_entry(read_moov(path).children[position])
    assert entry is not None
    assert entry.suffix == bytes(4)
    with ClipReader(path) as reader:
        assert reader.info.projection_source == "V2 metadata"
        assert frame_number(reader.read(2).rgb()) == 2


def with_padded_entry(box: Box) -> Box:
    """The track with four zero bytes at the end of its sample entry, as QuickTime writes it."""
    if box.kind == b"stsd":
        entry = box.children[0]
        return replace(box, children=(replace(entry, prefix=entry.prefix + bytes(4)),))
    return replace(box, children=tuple(with_padded_entry(child) for child in box.children))
