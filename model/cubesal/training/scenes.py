"""Rendered scenes with known movers, to learn motion from: panoramas with cuttings that wander.

A scene is a panorama on which ovals cut from panoramas walk, pause and wobble, while patches of
texture flicker as leaves, water and screens do, and the camera stands, drifts or is held by hand.
Who moves on purpose, and where, is known for every moment. Everything follows from a seed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.geometry import equirect_rays, rotate_equirect, rotation, sample_equirect

__all__ = ["MOMENTS", "SceneMoment", "scene"]

Matrix = NDArray[np.float64]
Frame = NDArray[np.uint8]

#: Moments of a scene, and how many there are per second.
MOMENTS: Final = 24
RATE_HZ: Final = 5.0
#: Rows of the frames.
HEIGHT: Final = 480

_Camera = Literal["still", "drifts", "held"]
_CAMERAS: Final[tuple[_Camera, ...]] = ("still", "drifts", "held")
_CAMERA_SHARES: Final = (0.5, 0.25, 0.25)
#: How often per moment a mover stops or goes on.
_CHANGES: Final = 0.12


@dataclass(frozen=True)
class SceneMoment:
    """One frame (480, 960, 3), and where each of K movers is, on `dirs` (P, 3): (K, P) in 0..1."""

    frame: Frame
    movers: NDArray[np.float32]


@dataclass
class _Mover:
    """An oval of a panorama on its way around the sphere; angles in radians."""

    picture: NDArray[np.float32]
    cut_at: tuple[float, float]
    size: tuple[float, float]  # width, height
    yaw: float
    pitch: float
    speed: float  # per second
    wobble: float
    phase: float
    brightness: float
    goes: bool

    def step(self, rng: np.random.Generator) -> None:
        if rng.random() < _CHANGES:
            self.goes = not self.goes
        if self.goes:
            self.yaw += self.speed / RATE_HZ

    def plane(
        self, dirs: NDArray[np.floating], time_s: float
    ) -> tuple[NDArray[np.floating], NDArray[np.floating], NDArray[np.floating]]:
        """(ahead, x, y) of directions, x and y being -1..1 from border to border of the oval."""
        middle, right, down = _axes(self.yaw, self.pitch)
        ahead = dirs @ middle.astype(dirs.dtype)
        near = np.maximum(ahead, 0.05)
        wide = 1 + self.wobble * math.sin(3 * time_s + self.phase)
        x = dirs @ right.astype(dirs.dtype) / near * (wide / math.tan(self.size[0] / 2))
        y = dirs @ down.astype(dirs.dtype) / near / math.tan(self.size[1] / 2)
        return ahead, x, y

    def draw(self, canvas: NDArray[np.float32], rays: NDArray[np.float32], time_s: float) -> None:
        ahead, x, y = self.plane(rays, time_s)
        cover = np.where(ahead > 0.1, np.clip((1 - x**2 - y**2) * 4, 0, 1), 0)
        at = np.nonzero(cover > 0)
        if not len(at[0]):
            return
        middle, right, down = _axes(*self.cut_at)
        across = x[at][:, None] * (math.tan(self.size[0] / 2) * right)
        source = middle + across + y[at][:, None] * (math.tan(self.size[1] / 2) * down)
        source /= np.linalg.norm(source, axis=1, keepdims=True)
        colour = sample_equirect(self.picture, source[None].astype(np.float32))[0]
        share = cover[at][:, None].astype(np.float32)
        canvas[at] = canvas[at] * (1 - share) + colour * self.brightness * share

    def mask(self, dirs: Matrix, time_s: float) -> NDArray[np.float32]:
        """(P,) in 0..1: on the oval, and softly around it."""
        ahead, x, y = self.plane(dirs, time_s)
        beyond = np.maximum(np.hypot(x, y) - 0.6, 0)
        return np.asarray(np.exp(-2 * beyond**2) * (ahead > 0.1), np.float32)


@dataclass(frozen=True)
class _Flicker:
    """A patch in which texture slides along: restless, and nothing to look at."""

    direction: Matrix
    size: float
    strength: float
    speed: float

    def draw(
        self,
        canvas: NDArray[np.float32],
        rays: NDArray[np.float32],
        texture: NDArray[np.float32],
        moment: int,
    ) -> None:
        near = np.exp((rays @ self.direction.astype(np.float32) - 1) / self.size**2)
        slid = np.roll(texture, int(7 * moment * self.speed), axis=int(10 * self.speed) % 2)
        canvas += (near * np.float32(self.strength) * slid)[..., None]


def scene(panoramas: Sequence[Frame], dirs: Matrix, seed: int) -> Iterator[SceneMoment]:
    """The moments of the scene with that number.

    Args:
        panoramas: (H, 2H, 3) RGB each, at least one.
        dirs: (P, 3) unit directions at which the masks of the movers are wanted.
    """
    rng = np.random.default_rng((360, seed))
    ground = _chosen(panoramas, rng)
    camera = _Path(_CAMERAS[rng.choice(len(_CAMERAS), p=_CAMERA_SHARES)], rng)
    movers = [_mover(panoramas, rng) for _ in range(rng.integers(1, 4))]
    flickers = [_flicker(rng) for _ in range(rng.integers(0, 3))]
    noise = cv2.GaussianBlur(rng.standard_normal(ground.shape[:2], np.float32), (0, 0), 4)
    texture = noise / noise.std()
    rays = equirect_rays(HEIGHT).astype(np.float32)
    for moment in range(MOMENTS):
        time_s = moment / RATE_HZ
        canvas = ground.copy()
        for flicker in flickers:
            flicker.draw(canvas, rays, texture, moment)
        turn = camera.at(time_s)
        for mover in movers:
            mover.step(rng)
            mover.draw(canvas, rays, time_s)
        masks = np.stack([mover.mask(dirs @ turn, time_s) for mover in movers])
        yield SceneMoment(_developed(canvas, turn, rng), masks)


def _chosen(panoramas: Sequence[Frame], rng: np.random.Generator) -> NDArray[np.float32]:
    picture = panoramas[int(rng.integers(len(panoramas)))]
    size = (2 * HEIGHT, HEIGHT)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC), np.float32)


def _mover(panoramas: Sequence[Frame], rng: np.random.Generator) -> _Mover:
    return _Mover(
        picture=_chosen(panoramas, rng),
        cut_at=(rng.uniform(-math.pi, math.pi), 0.2 * rng.standard_normal()),
        size=(math.radians(rng.uniform(4, 14)), math.radians(rng.uniform(8, 24))),
        yaw=rng.uniform(-math.pi, math.pi),
        pitch=0.25 * rng.standard_normal() - 0.1,
        speed=math.radians(rng.choice([-1, 1]) * rng.uniform(3, 35)),
        wobble=rng.uniform(0, 0.15),
        phase=rng.uniform(0, 6),
        brightness=rng.uniform(0.6, 1.3),
        goes=rng.random() < 0.6,
    )


def _flicker(rng: np.random.Generator) -> _Flicker:
    middle, _, _ = _axes(rng.uniform(-math.pi, math.pi), 0.3 * rng.standard_normal())
    size, strength = math.radians(rng.uniform(3, 15)), rng.uniform(5, 40)
    return _Flicker(middle, size, strength, rng.uniform(1, 3))


class _Path:
    """How the camera turns."""

    def __init__(self, kind: _Camera, rng: np.random.Generator) -> None:
        self._kind = kind
        self._drift = math.radians(rng.uniform(-20, 20))
        self._sway = math.radians(4) * rng.standard_normal((3, 2))
        self._beat = 2 * math.pi * rng.uniform(0.1, 0.6, 3)

    def at(self, time_s: float) -> Matrix:
        if self._kind == "still":
            return np.eye(3)
        if self._kind == "drifts":
            return rotation(yaw=self._drift * time_s)
        wave = [(math.sin(b * time_s), 1 - math.cos(b * time_s)) for b in self._beat]
        yaw, pitch, roll = (self._sway * wave).sum(axis=1)
        return rotation(yaw=yaw, pitch=pitch, roll=roll)


def _developed(canvas: NDArray[np.float32], turn: Matrix, rng: np.random.Generator) -> Frame:
    """The frame as the turned camera saw it, with the noise of its sensor."""
    frame = np.clip(canvas, 0, 255).astype(np.uint8)
    if not np.array_equal(turn, np.eye(3)):
        frame = rotate_equirect(frame, turn)
    noise = rng.standard_normal(frame.shape, np.float32) * np.float32(rng.uniform(0.5, 2.5))
    return np.clip(frame + noise, 0, 255).astype(np.uint8)


def _axes(yaw: float, pitch: float) -> tuple[Matrix, Matrix, Matrix]:
    """Ahead, right and down of someone who looks there."""
    turn = rotation(yaw=yaw, pitch=pitch)
    return turn[:, 2], turn[:, 0], turn[:, 1]
