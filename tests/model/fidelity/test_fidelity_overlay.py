"""The overlay picture against the one that the published code draws."""

from __future__ import annotations

from cubesal.exporting.published import jet_overlay


def test_the_jet_overlay_is_the_published_one(reference, agree) -> None:
    arrays = reference("static_pipeline_64")
    ours = jet_overlay(arrays["resized"], arrays["sal_bilinear"])
    agree("static_pipeline_64", "overlay_bilinear", ours, arrays["overlay_bilinear"], atol=2)
