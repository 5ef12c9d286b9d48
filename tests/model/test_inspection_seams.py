"""The seam inspector: padding rows, twelve edges, and what zeros do."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from cubesal.evaluation import seam_ratio
from cubesal.evaluation.checks import edge_ratios
from cubesal.geometry import FACE_BASES, Face, equirect_rays, face_coords_from_dir
from cubesal.inspection import inspect_seams, seams
from cubesal.models import load_model
from cubesal.sphere_filter import smooth_on_sphere


@pytest.fixture(scope="module")
def model():
    return load_model("fast", "cpu")


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    noise = np.random.default_rng(3).random((3, 128, 256)).astype(np.float32)
    smooth = np.stack([smooth_on_sphere(channel, 0.15) for channel in noise], axis=-1)
    low, high = smooth.min(), smooth.max()
    return np.rint((smooth - low) / (high - low) * 255).astype(np.uint8)


def test_the_twelve_edges_are_named_by_their_faces_and_average_to_the_seam_ratio():
    saliency = np.random.default_rng(0).random((120, 240))
    ratios = edge_ratios(saliency)
    assert len(ratios) == 12
    assert (Face.FRONT, Face.BACK) not in ratios
    assert np.mean(list(ratios.values())) == pytest.approx(seam_ratio(saliency))


def test_a_face_that_stands_out_shows_at_its_own_four_edges_only():
    smooth = smooth_on_sphere(np.random.default_rng(0).random((120, 240)), 0.3)
    face, _, _ = face_coords_from_dir(equirect_rays(120))
    ratios = edge_ratios(smooth + 0.5 * np.ptp(smooth) * (face == Face.TOP))
    own = {edge for edge in ratios if Face.TOP in edge}
    assert len(own) == 4
    assert min(ratios[edge] for edge in own) > 2 * max(
        ratio for edge, ratio in ratios.items() if edge not in own
    )


def test_padding_rows_are_the_neighbours_or_zeros(model, picture):
    report = inspect_seams(model, picture, "saliency")
    n, pad = report.cube.faces.shape[1], report.cube.pad
    assert report.cube.padded.shape == (6, n + 2 * pad, n + 2 * pad)
    right_of_front = report.cube.padded[Face.FRONT, pad:-pad, -pad]
    assert np.allclose(right_of_front, report.cube.faces[Face.RIGHT, :, 0])
    assert not report.zero.padded[:, :pad].any()
    assert report.zero.faces.any()


def test_under_zeros_faces_agree_less_about_the_edges_that_they_share(model, picture):
    plain = inspect_seams(model, picture)
    assert len(plain.cube.ratios) == 12
    assert plain.zero.mean_ratio > 1.05 * plain.cube.mean_ratio
    assert plain.peak >= plain.cube.padded.max()
    turned = inspect_seams(model, picture, turned=True)
    assert turned.turned
    assert turned.cube.ratios != plain.cube.ratios


def test_edges_become_a_table(model, picture, tmp_path):
    report = inspect_seams(model, picture)
    report.write_csv(tmp_path / "edges.csv")
    rows = list(csv.DictReader((tmp_path / "edges.csv").read_text().splitlines()))
    assert len(rows) == 12
    assert {row["face"] for row in rows} | {row["other_face"] for row in rows} == {
        face.name.lower() for face in Face
    }
    assert float(rows[0]["cube_padding"]) == pytest.approx(
        next(iter(report.cube.ratios.values())), abs=1e-6
    )


def test_faces_of_one_mind_do_not_differ_and_one_that_does_shows_at_its_edges():
    plane = np.stack(np.meshgrid(*2 * [np.linspace(-1, 1, 9)]), axis=-1).reshape(-1, 2)
    rays = plane[:, :1] * FACE_BASES[:, None, 0] + plane[:, 1:] * FACE_BASES[:, None, 1]
    features = (rays + FACE_BASES[:, None, 2]).transpose(0, 2, 1).reshape(6, 3, 9, 9)
    assert max(seams._disagreement(features).values()) == pytest.approx(0, abs=1e-12)
    features[Face.LEFT] += 1.0
    apart = seams._disagreement(features)
    assert {edge for edge, ratio in apart.items() if ratio > 1e-9} == {
        edge for edge in apart if Face.LEFT in edge
    }
    with pytest.raises(ValueError, match="nothing to compare"):
        seams._disagreement(np.ones((6, 3, 9, 9)))


def test_an_unknown_quantity_is_refused(model, picture):
    with pytest.raises(ValueError, match="one of features, saliency"):
        inspect_seams(model, picture, "colour")  # type: ignore[arg-type]
