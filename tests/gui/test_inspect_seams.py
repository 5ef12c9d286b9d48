"""The seam inspector in the real window."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QFileDialog, QPushButton

from .conftest import open_clip, pixels

pytestmark = pytest.mark.gl


def test_open_the_inspector_see_both_paddings_turn_the_sphere_save_the_edges(
    qtbot, viewer, known_clip, tmp_path, monkeypatch
):
    open_clip(qtbot, viewer, known_clip)
    modifiers = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(viewer.window, Qt.Key.Key_I, modifiers)
    seams = viewer.inspect.seams
    qtbot.waitUntil(lambda: seams.report is not None, timeout=30_000)
    dialog = seams.dialog
    assert dialog.isVisible()
    assert dialog.table.rowCount() == 12
    first = seams.report
    edge, ratio = next(iter(first.cube.ratios.items()))
    assert dialog.table.item(0, 0).text() == "–".join(face.name.lower() for face in edge)
    assert dialog.table.item(0, 1).text() == f"{ratio:.2f}"
    cube, zero = (pixels(view.grab().toImage()) for view in (dialog.cube, dialog.zero))
    assert np.abs(cube.astype(int) - zero).max() > 40

    dialog.findChild(QCheckBox).click()
    qtbot.waitUntil(lambda: seams.report is not first, timeout=30_000)
    assert seams.report.turned

    out = tmp_path / "edges.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a: (str(out), ""))
    next(b for b in dialog.findChildren(QPushButton) if "Save" in b.text()).click()
    assert len(out.read_text().splitlines()) == 13


def test_without_a_clip_the_inspector_says_what_it_needs(qtbot, viewer):
    with qtbot.waitSignal(viewer.failed) as told:
        viewer.inspect.seams.show()
    assert "Open a clip first" in told.args[0]
