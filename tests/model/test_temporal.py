"""Windows and carried states: the protocol, its beginning and end, and constant input."""

from __future__ import annotations

import pytest
import torch

from cubesal.convlstm import ConvLSTMCell, random_cell
from cubesal.temporal import TemporalStream, min_max, saliency_of_sequence, window_saliency


@pytest.fixture(scope="module")
def cell() -> ConvLSTMCell:
    return random_cell(4, 4)


def clip(frames: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(frames, 6, 4, 3, 3, generator=torch.Generator().manual_seed(seed))


def test_exact_has_the_last_window_and_cp360_leaves_it_out(cell) -> None:
    cams = clip(9)
    exact, maps = saliency_of_sequence(cams, cell)
    assert exact == [4, 5, 6, 7, 8]
    assert maps[0].shape == (6, 12)
    assert saliency_of_sequence(cams, cell, "cp360")[0] == [4, 5, 6, 7]
    assert saliency_of_sequence(clip(5), cell, "cp360")[0] == []
    assert saliency_of_sequence(clip(4), cell)[0] == []
    assert saliency_of_sequence([], cell) == ([], [])


def test_maps_of_a_sequence_are_those_of_its_windows(cell) -> None:
    cams = clip(7)
    for index, saliency in zip(*saliency_of_sequence(cams, cell), strict=True):
        assert torch.equal(saliency, window_saliency(cams[index - 4 : index + 1], cell))


def test_frames_are_taken_one_at_a_time_and_each_once(cell) -> None:
    asked: list[int] = []

    def source():
        for k, cams in enumerate(clip(8)):
            asked.append(k)
            yield cams

    assert saliency_of_sequence(source(), cell)[0] == [4, 5, 6, 7]
    assert asked == list(range(8))


def test_a_stream_gives_the_same_maps_and_says_when_its_window_is_full(cell) -> None:
    cams, stream = clip(7), TemporalStream(cell)
    assert stream.warmup_frames == 4
    complete, maps = [], []
    for frame in cams:
        maps.append(stream.step(frame))
        complete.append(stream.complete)
    assert complete == [False] * 4 + [True] * 3
    _, expected = saliency_of_sequence(cams, cell)
    assert all(torch.equal(a, b) for a, b in zip(maps[4:], expected, strict=True))
    filled_up = torch.stack([cams[0], cams[0], cams[0], cams[0], cams[1]])
    assert torch.equal(maps[1], window_saliency(filled_up, cell))


def test_after_a_jump_and_the_warm_up_nothing_of_before_is_left(cell) -> None:
    cams, stream = clip(9), TemporalStream(cell)
    whole = [stream.step(frame) for frame in cams]
    stream.reset()
    for frame in cams[3:7]:
        stream.observe(frame)
    assert torch.equal(stream.step(cams[7]), whole[7])
    stream.reset()
    assert not stream.complete
    assert torch.equal(stream.step(cams[0]), whole[0])


class Counted(ConvLSTMCell):
    steps = 0

    def forward(self, x, state=None):
        self.steps += 1
        return super().forward(x, state)


def counted() -> Counted:
    counting = Counted(4, 4)
    counting.load_state_dict(random_cell(4, 4).state_dict())
    return counting.requires_grad_(False)


def test_a_carried_state_costs_a_fifth_and_forgets_where_it_began() -> None:
    cams = clip(40)
    windowed, carried = counted(), counted()
    saliency_of_sequence(cams, windowed)
    indices, maps = saliency_of_sequence(cams, carried, memory="carried")
    assert indices == list(range(4, 40))
    assert (windowed.steps, carried.steps) == (36 * 5, 40)
    stream = TemporalStream(carried, memory="carried")
    last = [stream.step(frame) for frame in cams[39 - stream.warmup_frames :]][-1]
    assert torch.allclose(last, maps[-1], atol=1e-4)
    assert not torch.allclose(maps[-1], maps[-2], atol=1e-4)


def test_the_window_is_normalised_as_one() -> None:
    cams = clip(5)
    unit = min_max(cams)
    assert (unit.min(), unit.max()) == (0, 1)
    assert torch.allclose(unit, (cams - cams.min()) / (cams.max() - cams.min()))
    assert not min_max(torch.full((5, 6, 4, 3, 3), 7.0)).any()


def test_a_constant_window_has_a_map_of_one_value_and_no_nan(cell) -> None:
    saliency = window_saliency(torch.full((5, 6, 4, 3, 3), -2.5), cell)
    assert torch.isfinite(saliency).all()
    assert torch.allclose(saliency, saliency[0, 0].expand_as(saliency), atol=1e-6)


def test_scale_and_level_of_the_class_maps_do_not_matter(cell) -> None:
    cams = clip(5)
    assert torch.allclose(
        window_saliency(cams, cell), window_saliency(3 * cams + 100, cell), atol=1e-4
    )


def test_windows_of_other_lengths_and_heights(cell) -> None:
    cams = clip(6)
    indices, maps = saliency_of_sequence(cams, cell, window=3, height=10)
    assert indices == [2, 3, 4, 5]
    assert maps[0].shape == (10, 20)
    assert TemporalStream(cell, window=1).warmup_frames == 0


def test_what_is_no_window_is_refused_in_words(cell) -> None:
    with pytest.raises(ValueError, match="a window is"):
        window_saliency(clip(5)[0], cell)
    with pytest.raises(ValueError, match="a window is"):
        window_saliency(clip(5), random_cell(4, 3))
    with pytest.raises(ValueError, match="no memory 'endless'"):
        TemporalStream(cell, memory="endless")
    with pytest.raises(ValueError, match="over 0 frames"):
        TemporalStream(cell, window=0)
