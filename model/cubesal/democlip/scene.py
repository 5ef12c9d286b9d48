"""One moment of the demo clip as an equirect frame: backdrop, subjects, and their reflections."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from math import pi

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.democlip.aircraft import balloon, biplane
from cubesal.democlip.deck import DECK_BELOW_M, DECK_RADIUS_M, DECK_SPAN_M, deck
from cubesal.democlip.gulls import gulls
from cubesal.democlip.land import LAND_TOP, land
from cubesal.democlip.light import SUN_COLOUR, SUN_DIR, pixels_from_radiance
from cubesal.democlip.mesh import posed
from cubesal.democlip.paths import DURATION_S, EYE_M, SUBJECTS, pose, scene_truth
from cubesal.democlip.sea import Sea
from cubesal.democlip.sky import cloudy_sky
from cubesal.democlip.sprites import Sprite, draw, lay_over
from cubesal.democlip.waterside import lighthouse, sailboat
from cubesal.geometry import equirect_rays, pixel_angles

__all__ = ["frame"]

_MODELS = {
    "biplane": biplane,
    "balloon": balloon,
    "sailboat": sailboat,
    "gulls": gulls,
    "lighthouse": lighthouse,
}
_EYE = np.zeros(3)
#: What the water mirrors is what an eye as far under the water would see.
_MIRROR_EYE = np.array([0.0, 2 * EYE_M, 0.0])
_DECK_EDGE = float(np.arctan2(DECK_BELOW_M, DECK_RADIUS_M + 0.01))
_STILL = frozenset({"lighthouse"})
_WATER = np.array([0.012, 0.060, 0.075])


@dataclass(frozen=True)
class _Backdrop:
    """All that does not move, for one height."""

    picture: NDArray[np.uint8]  # (H, 2H, 3) sky and land above, deck below
    mirrored: NDArray[np.uint8]  # (H/2, 2H, 3) sky and land as still water shows them
    gain: NDArray[np.float32]  # (H/2,) how much of a mirrored colour each row keeps
    floor: NDArray[np.float32]  # (H/2, 3) and what the water adds
    sea: Sea
    sea_rows: int
    deck_row: int  # the deck's rim shares the rows from here to the last of the sea
    rim: NDArray[np.float32]  # (R, 2H, 3) colour of those rows times coverage, 0..255
    bare: NDArray[np.float32]  # (R, 2H, 1) share of them that the deck leaves uncovered


def frame(
    time_s: float, height: int = 960, *, subjects: Collection[str] | None = None
) -> NDArray[np.uint8]:
    """Equirect frame (height, 2·height, 3) uint8 of the clip at any time (random access).

    ``subjects`` names those to draw (default all of :data:`~cubesal.democlip.paths.SUBJECTS`, none
    if empty).  ValueError for an unknown name or a height that is odd or below 64.
    """
    if height < 64 or height % 2:
        raise ValueError(f"height must be even and at least 64, not {height}")
    time_s = time_s % DURATION_S
    backdrop = _backdrop(height)
    picture, mirrored = backdrop.picture.copy(), backdrop.mirrored.copy()
    half = height // 2
    names = _far_to_near(subjects, time_s)
    for name in names:
        if _is_mirrored(name, time_s):
            glimpse = _sprite(name, time_s, height, mirrored=True)
            lay_over(mirrored, glimpse, height, (backdrop.gain, backdrop.floor))
    picture[half : half + backdrop.sea_rows] = backdrop.sea.picture(time_s, mirrored)
    for name in names:
        lay_over(picture, _sprite(name, time_s, height, mirrored=False), height)
    rim = slice(backdrop.deck_row, half + backdrop.sea_rows)
    picture[rim] = np.rint(picture[rim] * backdrop.bare + backdrop.rim).astype(np.uint8)
    return picture


def _is_mirrored(name: str, time_s: float) -> bool:
    """Whether the water can show the subject: the deck hides reflections from high above."""
    truth = scene_truth(time_s)
    waves = 0.2  # radians by which steep facets bend what is mirrored
    return truth.directions[name][1] - truth.radii[name] < _DECK_EDGE + waves


def _far_to_near(subjects: Collection[str] | None, time_s: float) -> list[str]:
    names = SUBJECTS if subjects is None else subjects
    return sorted(names, key=lambda name: -float(np.linalg.norm(pose(name, time_s).position)))


def _sprite(name: str, time_s: float, height: int, *, mirrored: bool) -> Sprite:
    return (
        _still_sprite(name, height, mirrored)
        if name in _STILL
        else _drawn(name, time_s, height, mirrored)
    )


@lru_cache(maxsize=8)
def _still_sprite(name: str, height: int, mirrored: bool) -> Sprite:
    return _drawn(name, 0.0, height, mirrored)


def _drawn(name: str, time_s: float, height: int, mirrored: bool) -> Sprite:
    """A subject where it is now, cut off at the water, as the camera or the water sees it."""
    where = pose(name, time_s)
    mesh = posed(_MODELS[name](time_s), where.position, where.heading, where.climb, where.bank)
    np.minimum(mesh.vertices[:, 1], EYE_M, out=mesh.vertices[:, 1])
    # Waves tear a reflection apart; drawn coarsely, it does not break into glittering dots.
    return draw(mesh, height, _MIRROR_EYE, 0.75) if mirrored else draw(mesh, height, _EYE)


def _upper(height: int) -> NDArray[np.float64]:
    """Radiance (H/2, 2H, 3) of sky and land."""
    sky = cloudy_sky(equirect_rays(height)[: height // 2].astype(np.float64))
    yaw, pitch = pixel_angles(height)
    rows = np.flatnonzero((pitch >= 0) & (pitch < LAND_TOP))
    fine = 4  # rows per row: the ridge lines need smooth edges
    sub = (np.arange(fine) + 0.5) / fine - 0.5
    radiance, cover = land(yaw, (pitch[rows][:, None] - sub[None, :] * pi / height).ravel())
    shape = (rows.size, fine, yaw.size)
    cover = cover.reshape(shape)[..., None]
    mixed = (radiance.reshape(*shape, 3) * cover).mean(axis=1)
    sky[rows] = sky[rows] * (1 - cover.mean(axis=1)) + mixed
    return sky


@lru_cache(maxsize=2)
def _backdrop(height: int) -> _Backdrop:
    upper = _upper(height)
    _, pitch = pixel_angles(height)
    # Fresnel (Schlick), a little stronger than real water: reflections are half the picture.
    keep = 0.10 + 0.90 * (1 - np.sin(pitch[: height // 2])) ** 4.0
    under = _WATER * (1 - keep[:, None])
    # Ripples too fine to draw blur what the water mirrors.
    margin = height // 60
    wide = cv2.copyMakeBorder(upper, 0, 0, margin, margin, cv2.BORDER_WRAP)
    soft = np.asarray(cv2.GaussianBlur(wide, (0, 0), height / 500))[:, margin:-margin]
    shine = soft + _glitter(height)
    mirrored = pixels_from_radiance(shine * keep[:, None, None] + under[:, None, :])
    deck_row = int((0.5 + _DECK_EDGE / pi) * height) - 1
    planks, cover = _deck_pixels(height, deck_row)
    last = int(np.flatnonzero(cover.min(axis=(1, 2)) < 1)[-1]) + 1
    picture = np.zeros((height, 2 * height, 3), np.uint8)
    picture[: height // 2] = pixels_from_radiance(upper)
    picture[deck_row:] = np.rint(planks)
    sea_rows = deck_row + last - height // 2
    return _Backdrop(
        picture,
        mirrored,
        (keep ** (1 / 2.2)).astype(np.float32),
        pixels_from_radiance(under).astype(np.float32),
        Sea(height, sea_rows),
        sea_rows,
        deck_row,
        planks[:last] * cover[:last],
        1 - cover[:last],
    )


def _glitter(height: int) -> NDArray[np.float64]:
    """Extra radiance around the mirrored sun: ripples finer than the waves scatter it."""
    rays = equirect_rays(height)[: height // 2]
    off = np.arccos(np.clip(rays @ SUN_DIR, -1, 1))[..., None]
    return np.asarray(14.0 * np.exp(-((off / 0.055) ** 2)) * SUN_COLOUR / 2.3, np.float64)


def _deck_pixels(height: int, first: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Deck pixels (R, 2H, 3) and coverage (R, 2H, 1) from row ``first`` down, averaged 2 x 2."""
    size = height * 5 // 4
    radiance, cover = deck(size)
    above = np.dstack([pixels_from_radiance(radiance).astype(np.float32), cover])
    yaw, pitch = pixel_angles(2 * height)
    away = (DECK_BELOW_M / np.tan(-pitch[2 * first :]))[:, None] / DECK_SPAN_M
    x, z = ((away * axis + 1) * size / 2 - 0.5 for axis in (np.sin(yaw), np.cos(yaw)))
    seen = cv2.remap(above, x.astype(np.float32), z.astype(np.float32), cv2.INTER_LINEAR)
    small = cv2.resize(seen, (2 * height, height - first), interpolation=cv2.INTER_AREA)
    return np.asarray(small[..., :3], np.float32), np.asarray(small[..., 3:], np.float32)
