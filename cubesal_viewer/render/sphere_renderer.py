"""Draws a picture on the sphere: as an equirect, as a cube net, or as a flat camera sees it."""

from __future__ import annotations

from math import ceil, cos, sin
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cubesal import geometry
from cubesal.camera import Camera
from cubesal.lens import RECTILINEAR, Lens
from cubesal.overlay_limits import MOST_CONTOURS
from cubesal_viewer.render.content import (
    NO_OVERLAY,
    OverlayParams,
    RenderContent,
    ViewMark,
    Viewport,
)
from cubesal_viewer.render.gl import GL
from cubesal_viewer.render.program import Program, Uniform
from cubesal_viewer.render.textures import LUT_FORMAT, MAP_FORMAT, PLANE_FORMAT, Texture

if TYPE_CHECKING:
    from cubesal.video import YuvPlanes

__all__ = ["SphereRenderer", "taps_for"]

#: Texture units in the order of the uniforms.
_SAMPLERS: Final = {
    "y_plane": PLANE_FORMAT,
    "u_plane": PLANE_FORMAT,
    "v_plane": PLANE_FORMAT,
    "saliency_map": MAP_FORMAT,
    "colormap": LUT_FORMAT,
    "other_map": MAP_FORMAT,
}
_UNITS: Final = {name: unit for unit, name in enumerate(_SAMPLERS)}
_MOST_TAPS: Final = 4
#: A contour that no value is near to.
_NO_LEVEL: Final = 1e9
Uniforms = dict[str, Uniform]


def taps_for(minification: float) -> int:
    """Bilinear taps per axis for a frame shown ``minification`` times smaller than it is.

    A bilinear tap averages two pixels well; beyond four taps a pane is a thumbnail.
    """
    return min(max(ceil(minification / 2 - 0.01), 1), _MOST_TAPS)


#: Uniforms keep the values of the last draw, so a picture without a mark says so.
_UNMARKED: Final[Uniforms] = {"line_width": 0.0, "wrap_width": 0.0}


class SphereRenderer:
    """Textures and programs of one OpenGL context.

    Order of use: :meth:`initialise`; then per picture the uploads (or :meth:`upload`),
    :meth:`begin` and a draw call; :meth:`release` at the end.  All need the context to be current.
    """

    def __init__(self) -> None:
        self._target_height = 0
        self._reset()

    def _reset(self) -> None:
        self._programs: dict[tuple[str, int, bool, bool], Program] = {}
        self._textures: dict[str, Texture] = {}
        self._vertex_array = 0
        self._keys: dict[str, int | str] = {}
        self._frame_size = (0, 0)
        self._colour: Uniforms = {}

    @property
    def is_initialised(self) -> bool:
        return self._vertex_array != 0

    def initialise(self) -> None:
        """Compile the shaders and create the textures.

        Raises:
            RenderError: the driver refuses a shader.
        """
        self.release()
        self._vertex_array = int(GL.glGenVertexArrays(1))  # core profile draws nothing without one
        for kind in ("equirect", "cubenet", "nfov"):
            self._program(kind)  # so that a driver that refuses them is known at once
        for name, texture_format in _SAMPLERS.items():
            self._textures[name] = Texture(_UNITS[name], texture_format)

    def release(self) -> None:
        """Give everything back; may be called again, also before :meth:`initialise`."""
        for program in self._programs.values():
            program.release()
        for texture in self._textures.values():
            texture.release()
        if self._vertex_array:
            GL.glDeleteVertexArrays(1, [self._vertex_array])
        self._reset()  # also forgets the keys, so that everything is uploaded again

    # ---- uploads -----------------------------------------------------------------------------

    def upload(self, content: RenderContent) -> None:
        """Bring frame, map and colour map to the GPU, each only if its key is new."""
        if content.planes is not None:
            self.upload_frame(content.planes, content.frame_key)
        self.upload_saliency(content.saliency, content.saliency_key)
        self.upload_other(content.other, content.other_key)
        self.set_colormap(content.lut, content.lut_key)

    def upload_frame(self, planes: YuvPlanes, key: int) -> None:
        """Upload the three planes unless ``key`` is that of the frame already there."""
        if self._keys.get("frame") == key:
            return
        for name, plane in (("y_plane", planes.y), ("u_plane", planes.u), ("v_plane", planes.v)):
            self._textures[name].upload(plane)
        height, width = planes.y.shape
        self._frame_size = (width, height)
        self._colour = _colour_uniforms(planes)
        self._keys["frame"] = key  # last, so that a failed upload is not taken for done

    def upload_saliency(self, saliency: NDArray[np.float32] | None, key: int) -> None:
        """Upload a map float32 (h, 2h) unless ``key`` is known; None uploads nothing.

        Without a map, draw with an overlay whose scale is 0.
        """
        if saliency is not None and self._keys.get("saliency") != key:
            self._textures["saliency_map"].upload(saliency)
            self._keys["saliency"] = key

    def upload_other(self, saliency: NDArray[np.float32] | None, key: int) -> None:
        """Upload the map that a wipe uncovers, as :meth:`upload_saliency` does the first."""
        if saliency is not None and self._keys.get("other") != key:
            self._textures["other_map"].upload(saliency)
            self._keys["other"] = key

    def set_colormap(self, lut: NDArray[np.uint8], key: int | str) -> None:
        """Upload a colour map (256, 3) uint8 RGB unless ``key`` is known."""
        if lut.shape != (256, 3):
            raise ValueError(f"a colour map has shape (256, 3), not {lut.shape}")
        if self._keys.get("lut") != key:
            self._textures["colormap"].upload(lut[None])
            self._keys["lut"] = key

    # ---- drawing -----------------------------------------------------------------------------

    def begin(
        self, width: int, height: int, background: tuple[float, float, float] = (0.0, 0.0, 0.0)
    ) -> None:
        """Start a picture on a framebuffer of ``width`` x ``height`` pixels: fill it."""
        self._target_height = height
        GL.glViewport(0, 0, width, height)
        for capability in (GL.GL_BLEND, GL.GL_DEPTH_TEST, GL.GL_SCISSOR_TEST, GL.GL_DITHER):
            GL.glDisable(capability)
        GL.glClearColor(*background, 1.0)
        GL.glClear(GL.GL_COLOR_BUFFER_BIT)

    def draw_equirect(
        self, viewport: Viewport, overlay: OverlayParams = NO_OVERLAY, mark: ViewMark | None = None
    ) -> None:
        """The whole frame, 2:1, with the outline of a view if ``mark`` is given."""
        uniforms = dict(_UNMARKED)
        if mark is not None:
            uniforms |= _mark_uniforms(mark)
            u, v = geometry.uv_from_dir(_axis(mark.camera))
            uniforms["view_centre"] = (u * viewport.width, v * viewport.height)
            uniforms["wrap_width"] = float(viewport.width)
        taps = taps_for(self._frame_size[0] / viewport.width)
        program = self._program("equirect", taps, _is_stereographic(mark), bool(overlay.contours))
        self._draw(program, viewport, overlay, uniforms)

    def draw_cube_net(
        self, viewport: Viewport, overlay: OverlayParams = NO_OVERLAY, mark: ViewMark | None = None
    ) -> None:
        """The unfolded cube, 4:3; the cells beside the faces keep the background."""
        face_w = viewport.width / geometry.NET_COLUMNS
        uniforms = dict(_UNMARKED)
        if mark is not None:
            uniforms |= _mark_uniforms(mark)
            x, y = geometry.net_from_dir(_axis(mark.camera))
            uniforms["view_centre"] = (x * viewport.width, y * viewport.height)
        taps = taps_for(self._frame_size[0] / 4 / face_w)
        program = self._program("cubenet", taps, _is_stereographic(mark), bool(overlay.contours))
        self._draw(program, viewport, overlay, uniforms)

    def draw_nfov(
        self,
        viewport: Viewport,
        camera: Camera,
        overlay: OverlayParams = NO_OVERLAY,
        lens: Lens = RECTILINEAR,
    ) -> None:
        """What ``camera`` sees through ``lens``, filling the viewport with square pixels."""
        uniforms: Uniforms = {
            "world_from_camera": lens.world_from_view(camera),
            "half_extent": lens.half_extent(camera, viewport.width / viewport.height),
        }
        program = self._program("nfov", 1, lens.is_stereographic, bool(overlay.contours))
        self._draw(program, viewport, overlay, uniforms)

    def _program(
        self, kind: str, taps: int = 1, stereographic: bool = False, contours: bool = False
    ) -> Program:
        """The program of that kind, compiled when it is first needed.

        What is seldom used is compiled apart, so that it costs nothing where it is not.
        """
        key = (kind, taps, stereographic, contours)
        if key not in self._programs:
            defines = {"LUMA_TAPS": taps, "CHROMA_TAPS": (taps + 1) // 2}
            defines |= {"STEREOGRAPHIC": int(stereographic), "CONTOURS": int(contours)}
            self._programs[key] = Program("screen.vert", f"{kind}.frag", defines)
        return self._programs[key]

    def _draw(
        self, program: Program, viewport: Viewport, overlay: OverlayParams, uniforms: Uniforms
    ) -> None:
        if self._frame_size == (0, 0):
            raise RuntimeError("no frame has been uploaded")
        shown = overlay if "saliency" in self._keys and "lut" in self._keys else NO_OVERLAY
        for texture in self._textures.values():
            texture.bind()
        program.use(
            {
                **_UNITS,
                **_contour_uniforms(overlay),
                **self._colour,
                "overlay_scale": shown.scale,
                "overlay_opacity": shown.opacity,
                "overlay_threshold": shown.threshold,
                "overlay_signed": float(shown.signed),
                "overlay_wipe": shown.wipe if "other" in self._keys else 1.0,
                "picture_size": (float(viewport.width), float(viewport.height)),
                **uniforms,
            }
        )
        bottom = self._target_height - viewport.y - viewport.height  # GL counts from the bottom
        GL.glViewport(viewport.x, bottom, viewport.width, viewport.height)
        GL.glBindVertexArray(self._vertex_array)
        GL.glDrawArrays(GL.GL_TRIANGLES, 0, 3)
        self._leave_no_trace()

    def _leave_no_trace(self) -> None:
        """QPainter may draw in the same context next and expects the defaults."""
        GL.glBindVertexArray(0)
        GL.glUseProgram(0)
        GL.glActiveTexture(GL.GL_TEXTURE0)
        GL.glBindTexture(GL.GL_TEXTURE_2D, 0)


def _axis(camera: Camera) -> NDArray[np.float64]:
    """World direction of the optical axis."""
    return np.asarray(camera.world_from_camera[:, 2], np.float64)


def _mark_uniforms(mark: ViewMark) -> Uniforms:
    half_h, half_v = mark.camera.hfov / 2, mark.camera.vfov(mark.aspect) / 2
    half_view = (cos(half_h), sin(half_h), cos(half_v), sin(half_v))
    if _is_stereographic(mark):
        half_view = (*mark.lens.half_extent(mark.camera, mark.aspect), 0.0, 0.0)
    return {
        "line_width": mark.line_width,
        "camera_from_world": mark.lens.world_from_view(mark.camera).T,
        "half_view": half_view,
    }


def _contour_uniforms(overlay: OverlayParams) -> Uniforms:
    if not overlay.contours:
        return {}
    levels = (*overlay.contours, *[_NO_LEVEL] * MOST_CONTOURS)[:MOST_CONTOURS]
    return {"contour_levels": levels, "contour_width": overlay.contour_width}


def _is_stereographic(mark: ViewMark | None) -> bool:
    return mark is not None and mark.lens.is_stereographic


def _colour_uniforms(planes: YuvPlanes) -> Uniforms:
    height, width = planes.y.shape
    chroma_height, chroma_width = planes.u.shape
    matrix, offset = planes.colour.rgb_from_yuv
    return {
        "chroma_scale": (width / (2 * chroma_width), height / (2 * chroma_height)),
        "rgb_from_yuv": matrix,
        "rgb_offset": tuple(float(x) for x in offset),
    }
