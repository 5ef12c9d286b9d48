"""What pixel tests need: a context, frames as planes, and one call that draws them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest

from cubesal import geometry
from cubesal.camera import Camera
from cubesal.lens import RECTILINEAR, Lens
from cubesal.overlay import OverlayStyle, colormap_lut
from cubesal.video import ColourSpec, YuvPlanes
from cubesal_viewer.render import NO_OVERLAY, OverlayParams, RenderError, ViewMark, Viewport
from cubesal_viewer.render.offscreen import OffscreenTarget
from cubesal_viewer.render.sphere_renderer import SphereRenderer

FRAME_HEIGHT = 480
Draw = Callable[..., np.ndarray]


def planes_from_rgb(rgb: np.ndarray, colour: ColourSpec | None = None) -> YuvPlanes:
    """Planes of an RGB picture with even sides; ``colour`` only relabels the same codes."""
    height, width = rgb.shape[:2]
    packed = cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420)
    chroma = packed[height:].reshape(2, height // 2, width // 2)
    spec = colour or ColourSpec("bt601", full_range=False)
    return YuvPlanes(packed[:height].copy(), chroma[0].copy(), chroma[1].copy(), spec)


def smooth_rgb(height: int = FRAME_HEIGHT, seed: int = 7) -> np.ndarray:
    """A colourful picture that is smooth on the sphere, hence without a seam."""
    rng = np.random.default_rng(seed)
    rays = geometry.equirect_rays(height)
    waves = [np.sin(rays @ rng.normal(0, 4, (3, 3)) + rng.uniform(0, 6, 3)) for _ in range(4)]
    return np.rint(127.5 + 50 * np.sum(waves, axis=0) / 2).clip(0, 255).astype(np.uint8)


def smooth_map(height: int = 120) -> np.ndarray:
    """A saliency map with peaks in front, on the seam and near the zenith; largest value 2.5."""
    rays = geometry.equirect_rays(height)
    peaks = [(0.4, -0.1, 2.5), (np.pi, 0.2, 1.8), (1.0, 1.4, 2.0)]
    blobs = [a * np.exp(9 * (rays @ geometry.dir_from_angles(y, p) - 1)) for y, p, a in peaks]
    return np.maximum.reduce(blobs).astype(np.float32)


def mean_difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(float) - b.astype(float)).mean())


def params(style: OverlayStyle, scale: float) -> OverlayParams:
    return OverlayParams(scale, style.opacity, style.threshold)


@pytest.fixture(scope="session")
def photo(shared_data) -> np.ndarray:
    """A real panorama at the tests' size."""
    picture = cv2.imread(str(shared_data / "panoramas" / "city.png"))
    small = cv2.resize(picture, (2 * FRAME_HEIGHT, FRAME_HEIGHT), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_BGR2RGB)


@pytest.fixture
def target(qapp) -> Iterator[Callable[[int, int], OffscreenTarget]]:
    """Makes offscreen targets and frees them; skips where no OpenGL is to be had."""
    made: list[OffscreenTarget] = []

    def make(width: int, height: int) -> OffscreenTarget:
        try:
            made.append(OffscreenTarget(width, height))
        except RenderError as error:
            pytest.skip(str(error))
        return made[-1]

    yield make
    for one in made:
        with one:
            one.release()


@pytest.fixture
def draw(target) -> Draw:
    """``draw(kind, planes, width, height, ...)`` → the picture (height, width, 3) uint8."""

    def drawn(
        kind: str,
        planes: YuvPlanes,
        width: int,
        height: int,
        *,
        camera: Camera | None = None,
        saliency: np.ndarray | None = None,
        scale: float = 0.0,
        style: OverlayStyle | None = None,
        mark: ViewMark | None = None,
        lens: Lens = RECTILINEAR,
        background: tuple[float, float, float] = (0.0, 0.0, 0.0),
    ) -> np.ndarray:
        style = style or OverlayStyle()
        overlay = NO_OVERLAY if saliency is None else params(style, scale)
        viewport = Viewport(0, 0, width, height)
        renderer = SphereRenderer()
        with target(width, height) as canvas:
            renderer.initialise()
            renderer.upload_frame(planes, 1)
            renderer.upload_saliency(saliency, 1)
            renderer.set_colormap(colormap_lut(style.colormap, style.inverted), 1)
            renderer.begin(width, height, background)
            if kind == "nfov":
                renderer.draw_nfov(viewport, camera or Camera(), overlay, lens)
            elif kind == "equirect":
                renderer.draw_equirect(viewport, overlay, mark)
            else:
                renderer.draw_cube_net(viewport, overlay, mark)
            picture = canvas.read_rgb()
            renderer.release()
        return picture

    return drawn
