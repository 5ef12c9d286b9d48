"""Pictures of the sphere whose colours tell the direction, and FFmpeg's v360 to convert them."""

from __future__ import annotations

import av
import numpy as np
import pytest
from av.filter import Graph
from numpy.typing import NDArray

from cubesal.geometry import angles_from_dir, dir_from_angles, equirect_rays


def coloured(height: int) -> NDArray[np.uint8]:
    """An equirect RGB picture (height, 2·height, 3), smooth everywhere on the sphere."""
    x, y, z = np.moveaxis(equirect_rays(height), -1, 0)
    waves = [np.sin(5 * x + 1) * np.cos(3 * y), np.sin(4 * y + z), np.cos(6 * z) * np.cos(2 * x)]
    return (127 + 110 * np.stack(waves, axis=-1)).astype(np.uint8)


def with_dot(height: int, yaw_deg: float, pitch_deg: float) -> NDArray[np.uint8]:
    """A dark equirect RGB picture with a bright dot, 4° in radius."""
    centre = dir_from_angles(np.radians(yaw_deg), np.radians(pitch_deg))
    near = equirect_rays(height) @ centre > np.cos(np.radians(4))
    return np.repeat(np.where(near, 235, 30).astype(np.uint8)[..., None], 3, axis=-1)


def dot_angles(rgb: NDArray[np.uint8]) -> tuple[float, float]:
    """(yaw, pitch) in degrees of the middle of the bright dot in an equirect picture."""
    rays = equirect_rays(rgb.shape[0])
    area = np.hypot(rays[..., 0], rays[..., 2])
    weights = np.clip(rgb.min(axis=-1).astype(float) - 100, 0, None) * area
    yaw, pitch = angles_from_dir(np.einsum("hw,hwd->d", weights, rays))
    return float(np.degrees(yaw)), float(np.degrees(pitch))


def v360(rgb: NDArray[np.uint8], options: str) -> NDArray[np.uint8]:
    """An RGB picture through FFmpeg's filter v360; skips where this FFmpeg has none."""
    if "v360" not in av.filter.filters_available:
        pytest.skip("this FFmpeg has no filter v360")
    graph = Graph()
    height, width = rgb.shape[:2]
    source = graph.add_buffer(width=width, height=height, format="rgb24", time_base=1)
    steps = [source, graph.add("format", "gbrp"), graph.add("v360", options)]
    steps += [graph.add("format", "rgb24"), graph.add("buffersink")]
    graph.link_nodes(*steps).configure()
    graph.push(av.VideoFrame.from_ndarray(rgb, "rgb24"))
    return graph.pull().to_ndarray()


def psnr(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """Peak signal to noise ratio of two pictures in dB."""
    return float(10 * np.log10(255**2 / np.mean((a.astype(float) - b) ** 2)))
