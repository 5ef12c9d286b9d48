"""Textures of a picture on the sphere: frame planes, saliency map, colour map."""

from __future__ import annotations

from ctypes import c_void_p
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cubesal_viewer.render.errors import RenderError
from cubesal_viewer.render.gl import GL, tex_image_2d, tex_sub_image_2d

__all__ = ["LUT_FORMAT", "MAP_FORMAT", "PLANE_FORMAT", "Texture", "TextureFormat"]


@dataclass(frozen=True)
class TextureFormat:
    """How arrays become a texture: GL's internal format, channel order, component type."""

    internal: Any
    channels: Any
    component: Any
    dtype: type[np.generic]
    linear: bool


PLANE_FORMAT: Final = TextureFormat(GL.GL_R8, GL.GL_RED, GL.GL_UNSIGNED_BYTE, np.uint8, True)
MAP_FORMAT: Final = TextureFormat(GL.GL_R32F, GL.GL_RED, GL.GL_FLOAT, np.float32, True)
LUT_FORMAT: Final = TextureFormat(GL.GL_RGB8, GL.GL_RGB, GL.GL_UNSIGNED_BYTE, np.uint8, False)


class Texture:
    """A 2D texture on its own unit; columns wrap around, rows clamp, one level.

    All methods need the context it was made in to be current.
    """

    def __init__(self, unit: int, texture_format: TextureFormat) -> None:
        self._unit = unit
        self._format = texture_format
        self._size: tuple[int, int] | None = None
        self._id = int(GL.glGenTextures(1))
        self.bind()
        smooth = GL.GL_LINEAR if texture_format.linear else GL.GL_NEAREST
        for name, value in (
            (GL.GL_TEXTURE_MIN_FILTER, smooth),
            (GL.GL_TEXTURE_MAG_FILTER, smooth),
            (GL.GL_TEXTURE_WRAP_S, GL.GL_REPEAT),
            (GL.GL_TEXTURE_WRAP_T, GL.GL_CLAMP_TO_EDGE),
            (GL.GL_TEXTURE_BASE_LEVEL, 0),
            (GL.GL_TEXTURE_MAX_LEVEL, 0),
        ):
            GL.glTexParameteri(GL.GL_TEXTURE_2D, name, value)

    def bind(self) -> None:
        """Make it the current texture of its unit."""
        GL.glActiveTexture(GL.GL_TEXTURE0 + self._unit)
        GL.glBindTexture(GL.GL_TEXTURE_2D, self._id)

    def upload(self, array: NDArray[np.generic]) -> None:
        """Replace its content by ``array``, (H, W) or (H, W, 3) of the format's dtype.

        Rows may lie apart in memory (a cropped view): nothing is copied then.

        Raises:
            RenderError: the picture is larger than this graphics device can hold.
        """
        if array.dtype != self._format.dtype:
            raise ValueError(f"expected {self._format.dtype.__name__}, not {array.dtype}")
        height, width = array.shape[:2]
        rows = array if _rows_are_packed(array) else np.ascontiguousarray(array)
        pixel_bytes = rows.itemsize * (rows.shape[2] if rows.ndim == 3 else 1)
        self.bind()
        GL.glPixelStorei(GL.GL_UNPACK_ALIGNMENT, 1)
        GL.glPixelStorei(GL.GL_UNPACK_ROW_LENGTH, rows.strides[0] // pixel_bytes)
        self._transfer(width, height, c_void_p(rows.ctypes.data))
        GL.glPixelStorei(GL.GL_UNPACK_ROW_LENGTH, 0)
        GL.glPixelStorei(GL.GL_UNPACK_ALIGNMENT, 4)

    def _transfer(self, width: int, height: int, address: c_void_p) -> None:
        form = self._format
        target = GL.GL_TEXTURE_2D
        if (width, height) == self._size:
            # Reusing the storage saves an allocation per frame.
            tex_sub_image_2d(target, 0, 0, 0, width, height, form.channels, form.component, address)
            return
        largest = int(GL.glGetIntegerv(GL.GL_MAX_TEXTURE_SIZE))
        if max(width, height) > largest:
            raise RenderError(
                f"the picture is {width}x{height}, but this graphics device holds at most "
                f"{largest} pixels a side: show a smaller copy of the clip"
            )
        tex_image_2d(
            target, 0, form.internal, width, height, 0, form.channels, form.component, address
        )
        self._size = (width, height)

    def release(self) -> None:
        """Delete it on the GPU; may be called again."""
        if self._id:
            GL.glDeleteTextures(1, [self._id])
            self._id = 0


def _rows_are_packed(array: NDArray[np.generic]) -> bool:
    """Whether each row is contiguous and the row pitch is a whole number of pixels."""
    pixel_strides = array.strides[1:]
    pixel_bytes = array.itemsize * (array.shape[2] if array.ndim == 3 else 1)
    packed = (pixel_bytes, array.itemsize)[: array.ndim - 1]
    pitch = array.strides[0]
    return (
        pixel_strides == packed
        and pitch >= array.shape[1] * pixel_bytes
        and (pitch % pixel_bytes == 0)
    )
