"""How a clip is to be read, as one text."""

from __future__ import annotations

from math import radians

import numpy as np
import pytest

from cubesal.geometry import angles_from_rotation, rotation
from cubesal.video import ClipReader, Eye
from cubesal.video.reading import Reading
from tests.media import make_still


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        (None, Reading()),
        ("", Reading()),
        ("eac", Reading("eac")),
        (":right", Reading(eye=Eye.RIGHT)),
        ("equirect-tb:right", Reading("equirect-tb", Eye.RIGHT)),
        ("@-90,0,2.5", Reading(yaw=radians(-90), roll=radians(2.5))),
        ("eac:right@1,2,3", Reading("eac", Eye.RIGHT, *map(radians, (1, 2, 3)))),
    ],
)
def test_a_text_says_what_a_reading_is(text: str | None, reading: Reading) -> None:
    assert Reading.parse(text) == reading
    assert reading.text == (text or None)


def test_equal_readings_have_one_text() -> None:
    assert Reading.parse("eac:left@360,-0,0.0").text == "eac"


@pytest.mark.parametrize("text", ["eac:up", "@1,2", "@a,b,c", "@0,91,0", "@nan,0,0", "@inf,0,0"])
def test_nonsense_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"eye|orientation"):
        Reading.parse(text)


def test_an_unknown_projection_is_refused_by_the_reader(tmp_path) -> None:
    with pytest.raises(ValueError, match="unknown projection 'dome'"):
        ClipReader(make_still(tmp_path / "a.png"), projection="dome:right@1,0,0")


@pytest.mark.parametrize("angles", [(0.3, -0.4, 2.0), (-3.0, 1.5, 0.1), (1.0, np.pi / 2, 0.0)])
def test_angles_come_back_from_a_turn(angles: tuple[float, float, float]) -> None:
    assert angles_from_rotation(rotation(*angles)) == pytest.approx(angles, abs=1e-9)
