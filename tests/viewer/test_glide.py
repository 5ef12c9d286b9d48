"""Inertia, with a clock of its own."""

from __future__ import annotations

from math import exp, radians

import pytest
from pytestqt.qtbot import QtBot

from cubesal.camera import Camera
from cubesal_viewer.glide import DECAY_S, Glide
from cubesal_viewer.preferred import Preferences
from cubesal_viewer.state import ViewerState


class Hands:
    """A state, a glide over it, and a hand that drags at a steady speed."""

    def __init__(self) -> None:
        self.now = 100.0
        self.state = ViewerState()
        self.state.set_preferences(Preferences(inertia=True))
        self.glide = Glide(self.state, self.state.set_camera, clock=lambda: self.now)

    def drag(self, speed: float, seconds: float = 0.2) -> None:
        for _ in range(round(seconds / 0.01)):
            self.now += 0.01
            here = self.state.camera
            self.state.set_camera(Camera(here.yaw + speed * 0.01, here.pitch, 0.0, here.hfov))
            self.glide.dragged(self.state.camera)


@pytest.fixture
def hands(qtbot: QtBot) -> Hands:
    return Hands()


def test_a_glide_decays_exponentially_and_ends(qtbot: QtBot, hands: Hands) -> None:
    hands.drag(radians(40))
    begin = hands.state.camera.yaw
    hands.glide.released()
    for after_s in (0.1, 0.35, 1.0):
        hands.now = 100.2 + after_s
        expected = begin + radians(40) * DECAY_S * (1 - exp(-after_s / DECAY_S))
        qtbot.waitUntil(
            lambda expected=expected: abs(hands.state.camera.yaw - expected) < 1e-6, timeout=2000
        )
    hands.now += 10
    qtbot.waitUntil(lambda: not hands.glide.is_gliding, timeout=2000)


def test_nothing_glides_unless_wished(hands: Hands) -> None:
    hands.state.set_preferences(Preferences())
    hands.drag(radians(40))
    hands.glide.released()
    assert not hands.glide.is_gliding


def test_a_hand_that_rests_before_it_lets_go_means_to_stop(hands: Hands) -> None:
    hands.drag(radians(40))
    hands.now += 0.2
    hands.glide.released()
    assert not hands.glide.is_gliding


def test_whoever_moves_the_view_or_takes_it_ends_the_glide(qtbot: QtBot, hands: Hands) -> None:
    for interfere in (
        lambda: hands.state.set_camera(Camera(2.0)),
        lambda: hands.state.set_autopilot(True),
        hands.glide.stop,
    ):
        hands.state.set_autopilot(False)
        hands.drag(radians(40))
        hands.glide.released()
        assert hands.glide.is_gliding
        interfere()
        there = hands.state.camera
        qtbot.waitUntil(lambda: not hands.glide.is_gliding, timeout=2000)
        assert hands.state.camera == there
