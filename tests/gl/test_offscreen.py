"""The offscreen target draws on any thread, and the widget's context is left as it was."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QThread
from PySide6.QtGui import QOpenGLContext

from cubesal.camera import Camera
from cubesal_viewer.render import Viewport
from cubesal_viewer.render.sphere_renderer import SphereRenderer

from .conftest import planes_from_rgb, smooth_rgb

pytestmark = pytest.mark.gl


def test_the_context_is_current_only_inside_the_block(target):
    with target(8, 8):
        assert QOpenGLContext.currentContext() is not None
    assert QOpenGLContext.currentContext() is None


def test_another_thread_draws_the_same_picture(target, draw):
    planes = planes_from_rgb(smooth_rgb(120))
    here = draw("nfov", planes, 64, 36, camera=Camera(yaw=1.0))
    canvas = target(64, 36)
    pictures: list[np.ndarray] = []
    home = QThread.currentThread()

    class Export(QThread):
        def run(self) -> None:
            renderer = SphereRenderer()
            with canvas:
                renderer.initialise()
                renderer.upload_frame(planes, 1)
                renderer.begin(64, 36)
                renderer.draw_nfov(Viewport(0, 0, 64, 36), Camera(yaw=1.0))
                pictures.append(canvas.read_rgb())
                renderer.release()
            canvas.move_to_thread(home)

    thread = Export()
    canvas.move_to_thread(thread)
    thread.start()
    assert thread.wait(10_000)
    assert (pictures[0] == here).all()
