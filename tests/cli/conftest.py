"""Small real clips, and the command run as a user would, in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from cubesal.cli import main
from tests.media import make_clip

#: A training of seconds: four kinds of classes, three cells per face edge, 20 steps on two clips.
SMALL_TRAINING = """
convention = "exact"
[data]
rate_hz = 0
every = 1
face_w = 65
channels = 4
flow_height = 24
[network]
input = 4
hidden = 4
[losses]
height = 12
[optimiser]
lr = 1e-2
[run]
epochs = 4
batch = 2
checkpoint_every = 3
"""


@dataclass
class Outcome:
    """What a command left behind on the terminal."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        """The lines that say what went wrong."""
        return [line for line in self.err.splitlines() if "error:" in line]


Cubesal = Callable[..., Outcome]


@pytest.fixture
def cubesal(capsys: pytest.CaptureFixture[str]) -> Cubesal:
    """``cubesal("predict", clip, ...)`` → its :class:`Outcome`."""

    def run(*arguments: object) -> Outcome:
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """One second of numbered frames with a tone."""
    return make_clip(tmp_path / "clip.mp4", frames=30, gop=10, audio="aac")
