"""Shaders and resources are found, in the package first and in the checkout else."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from cubesal_viewer import assets


@pytest.mark.parametrize(
    "name", ["screen.vert", "equirect.frag", "cubenet.frag", "nfov.frag", "include/yuv.glsl"]
)
def test_every_shader_is_found(name):
    assert assets.shader_path(name).is_file()
    assert assets.shader_text(name).strip()


def test_the_icon_is_a_picture():
    root = ElementTree.fromstring(assets.resource_text("icons/cubesal-viewer.svg"))
    assert root.tag.endswith("svg")
    assert root.attrib["viewBox"]


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_style_sheets_are_found(theme):
    assert "QWidget" in assets.resource_text(f"styles/{theme}.qss")


def test_what_is_missing_is_named_with_the_places_tried():
    with pytest.raises(FileNotFoundError, match=r"resources/none\.png is not in .* or .*install"):
        assets.resource_path("none.png")


def test_the_packaged_place_wins_over_the_checkout(tmp_path, monkeypatch):
    package = tmp_path / "cubesal_viewer"
    for folder, text in ((package, "packaged"), (tmp_path, "checkout")):
        (folder / "shaders").mkdir(parents=True)
        (folder / "shaders" / "x.frag").write_text(text)
    monkeypatch.setattr(assets, "_PACKAGE", package)
    assert assets.shader_text("x.frag") == "packaged"
    (package / "shaders" / "x.frag").unlink()
    assert assets.shader_text("x.frag") == "checkout"
