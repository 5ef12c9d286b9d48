"""The analysis grid follows file time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cubesal.video import sample_indices


def test_five_hertz_of_thirty_is_every_sixth() -> None:
    times_s = np.arange(90) / 30
    assert list(sample_indices(times_s, 5.0, None)) == list(range(0, 90, 6))


def test_a_tick_takes_the_frame_shown_then() -> None:
    times_s = np.array([0.0, 0.1, 0.5, 0.9, 1.0])
    assert list(sample_indices(times_s, 5.0, None)) == [0, 1, 2, 4]


def test_ntsc_times_do_not_slip_by_rounding() -> None:
    times_s = np.arange(3000) * 1001 / 30000
    picked = sample_indices(times_s, 30000 / 1001, None)
    assert list(picked) == list(range(3000))


@pytest.mark.parametrize("rate_hz", [1e9, 1e300])
def test_a_rate_beyond_the_clips_takes_every_frame_at_no_cost(rate_hz: float) -> None:
    times_s = np.arange(1000) * 36.0
    assert list(sample_indices(times_s, rate_hz, None)) == list(range(1000))


def test_every_takes_each_nth_frame() -> None:
    assert list(sample_indices(np.arange(10) / 25, None, 4)) == [0, 4, 8]


@pytest.mark.parametrize(
    ("rate_hz", "every"), [(None, None), (5.0, 2), (0.0, None), (float("nan"), None), (None, 0)]
)
def test_senseless_requests_are_refused(rate_hz: float | None, every: int | None) -> None:
    with pytest.raises(ValueError, match=r"rate_hz|every"):
        sample_indices(np.arange(3) / 25, rate_hz, every)


@given(
    steps=st.lists(st.floats(0.0, 0.5), min_size=0, max_size=60),
    rate_hz=st.floats(0.5, 60.0),
)
def test_the_grid_is_ascending_and_never_shows_the_future(
    steps: list[float], rate_hz: float
) -> None:
    times_s = np.concatenate([[0.0], np.cumsum(steps)])
    picked = sample_indices(times_s, rate_hz, None)
    assert picked[0] == np.searchsorted(times_s, 1e-6, side="right") - 1
    assert (np.diff(picked) > 0).all()
    ticks = np.arange(int(times_s[-1] * rate_hz) + 1) / rate_hz
    for tick in ticks:
        shown = np.flatnonzero(times_s <= tick + 1e-6)[-1]
        assert shown in picked
