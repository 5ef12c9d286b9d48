"""Going back costs little: what was asked for stays, what was passed stays while there is room."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from cubesal.errors import Cancelled
from cubesal.video import ClipReader
from cubesal.video.picture_cache import PictureCache
from tests.media import frame_number, make_clip

PICTURE = 128 * 64 * 3 // 2


def picture() -> av.VideoFrame:
    return av.VideoFrame(128, 64, "yuv420p")


def test_what_was_asked_for_outlives_what_was_passed() -> None:
    cache = PictureCache()
    size = sum(plane.buffer_size for plane in picture().planes)
    for index in range(3):
        cache.keep(index, picture(), 10 * size)
    assert cache.ask(1) is not None
    for index in range(100, 150):
        cache.keep(index, picture(), 10 * size)
    assert 1 in cache
    assert 0 not in cache
    assert [k for k in range(100, 150) if k in cache] == list(range(141, 150))
    assert cache.size == 10 * size
    assert len(cache) == 10


def test_asking_for_ever_more_drops_the_one_not_asked_for_longest() -> None:
    cache = PictureCache()
    size = sum(plane.buffer_size for plane in picture().planes)
    for index in range(12):
        cache.keep(index, picture(), 6 * size)
        assert cache.ask(index) is not None
        cache.ask(0)
    assert 0 in cache
    assert 11 in cache
    assert 1 not in cache
    assert cache.size <= 6 * size


def test_two_pictures_stay_whatever_they_weigh_and_none_is_counted_twice() -> None:
    cache = PictureCache()
    for index in (1, 2, 2, 1):
        cache.keep(index, picture(), 0)
    assert len(cache) == 2
    assert cache.size == 2 * sum(plane.buffer_size for plane in picture().planes)


@pytest.fixture(scope="module")
def long_group(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "long.mp4", frames=120, gop=250)


def count_decoded(reader: ClipReader) -> list[int]:
    decoder, seen = reader._decoder, []
    label = decoder._label

    def counted(shown: av.VideoFrame) -> int | None:
        seen.append(1)
        return label(shown)

    decoder._label = counted  # type: ignore[method-assign]
    return seen


def test_stepping_back_decodes_a_group_once(long_group: Path) -> None:
    with ClipReader(long_group) as reader:
        decoded = count_decoded(reader)
        for index in range(119, -1, -1):
            assert frame_number(reader.read(index).rgb()) == index
        assert len(decoded) <= 130


def test_stepping_back_with_room_for_a_tenth_decodes_a_group_some_ten_times(
    long_group: Path,
) -> None:
    budget = 24 * (256 * 128 * 2)
    with ClipReader(long_group, kept_bytes=budget) as reader:
        decoded = count_decoded(reader)
        for index in range(119, -1, -1):
            assert frame_number(reader.read(index).rgb()) == index
        assert len(decoded) < 120 * 12  # without a cache it would be 120 · 60
        assert reader._decoder._kept.size <= budget


def test_going_to_and_fro_decodes_nothing_after_the_first_time(long_group: Path) -> None:
    with ClipReader(long_group, kept_bytes=10 * (256 * 128 * 2)) as reader:
        places = (5, 60, 110)
        for index in places:
            reader.read(index)
        decoded = count_decoded(reader)
        for index in places * 5:
            assert frame_number(reader.read(index).rgb()) == index
        assert decoded == []


def test_a_read_that_became_pointless_ends_and_goes_on_from_there(long_group: Path) -> None:
    with ClipReader(long_group) as reader:
        asked: list[int] = []

        def pointless() -> bool:
            asked.append(1)
            return len(asked) > 40

        with pytest.raises(Cancelled):
            reader.read(100, pointless)
        decoded = count_decoded(reader)
        assert frame_number(reader.read(100).rgb()) == 100
        assert len(decoded) <= 65


def test_a_stand_in_is_offered_only_where_it_is_far(long_group: Path) -> None:
    with ClipReader(long_group) as reader:
        assert reader.quick_stand_in(5) is None
        reader.read(60)
        assert reader.quick_stand_in(30) is None  # kept
        assert reader.quick_stand_in(110) is None  # ahead: decoding is on its way there
    with ClipReader(long_group, kept_bytes=0) as reader:
        reader.read(60)
        assert reader.quick_stand_in(50) == 0
        assert reader.quick_stand_in(60) is None
        with pytest.raises(IndexError):
            reader.quick_stand_in(120)
