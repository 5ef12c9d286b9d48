"""Rows, sections, subject boxes, flicker and the checks that need no ground truth."""

from __future__ import annotations

import json
from math import radians
from pathlib import Path

import cv2
import numpy as np
import pytest

from cubesal import metrics
from cubesal.errors import EvaluationError
from cubesal.evaluation import (
    ClipTruth,
    Flickering,
    PredictedMaps,
    Row,
    Section,
    baseline_rows,
    bootstrap_interval,
    centre_prior,
    check_row,
    equator_prior,
    flicker,
    latitude_band,
    read_clips,
    read_stills,
    score_clips,
    score_stills,
    seam_ratio,
    still_share,
)
from cubesal.evaluation.baselines import (
    BAND,
    FrameDifference,
    SpectralResidual,
    band_row,
    model_prior,
)
from cubesal.evaluation.rows import Fixed, still_map, variants
from cubesal.evaluation.subjects import AnnotatedFrame, box_nss, hit_share, primary_frames, turned
from cubesal.geometry import equirect_rays, sample_equirect
from cubesal.predictor import SaliencyPredictor, create_predictor
from tests.media import make_clip
from tests.wild360 import ground_truth, scene, subject_at

SIZE = (128, 64)


class Brightness:
    """Predicts the brightness of the picture, looked up pixel by pixel on the sphere."""

    warmup_frames = 0

    def __init__(self) -> None:
        self.steps = 0

    def reset(self) -> None: ...

    def observe(self, equirect_rgb: np.ndarray, time_s: float) -> None:
        self.steps += 1

    def step(self, equirect_rgb: np.ndarray, time_s: float) -> np.ndarray:
        self.steps += 1
        grey = cv2.cvtColor(equirect_rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
        return sample_equirect(grey, equirect_rays(120))


class Falling(Brightness):
    """Needs two frames to warm up, and predicts nonsense before."""

    warmup_frames = 2

    def reset(self) -> None:
        self.steps = 0

    def step(self, equirect_rgb: np.ndarray, time_s: float) -> np.ndarray:
        saliency = super().step(equirect_rgb, time_s)
        return saliency if self.steps > 2 else saliency.max() - saliency


def _box_around(seed: int, frame: int, half: float = 0.04) -> tuple[float, float, float, float]:
    yaw, pitch = subject_at(seed, frame)
    u, v = (yaw / (2 * np.pi) + 0.5 - half) % 1, 0.5 - pitch / np.pi
    return u, v - half, u + 2 * half, v + half


@pytest.fixture
def clip_truth(tmp_path: Path) -> ClipTruth:
    """Two seconds at 25 Hz of a bright subject that moves on between the points of the grid."""
    pictures = [scene(1, k // 4, SIZE) for k in range(50)]
    path = make_clip(tmp_path / "clip.mp4", frames=50, size=SIZE, fps=25, pictures=pictures)
    frames = [AnnotatedFrame(k, (_box_around(1, k // 4),)) for k in (12, 33)]
    return ClipTruth("clip", path, tuple(frames))


def test_known_rows_score_as_the_published_orientation_figures_say(shared_data: Path) -> None:
    stills = read_stills(shared_data / "gt")
    sections = score_stills(stills, [band_row(), Row("centre", Fixed(centre_prior()))])
    ceap, salient = ({s.name: s for s in sections}[n] for n in ("ceap", "salient360"))
    assert (len(ceap.items), ceap.kind) == (4, "fixations")
    assert (len(salient.items), salient.kind) == (3, "map")
    assert ceap.mean(BAND, "cc") == pytest.approx(0.418, abs=5e-4)
    assert ceap.mean(BAND, "nss") == pytest.approx(1.57, abs=6e-3)
    assert salient.mean(BAND, "cc") == pytest.approx(0.413, abs=5e-4)
    assert salient.mean(BAND, "nss") == pytest.approx(1.27, abs=6e-3)
    assert ceap.mean("centre", "auc_judd") == pytest.approx(0.907, abs=5e-4)
    assert ceap.mean("centre", "cc") == pytest.approx(0.692, abs=5e-4)


def test_the_prior_of_the_rows_is_that_of_the_predictor() -> None:
    picture = scene(0, 0, SIZE)
    on, off = (create_predictor("fast", "cpu", prior=p).step(picture, 0.0) for p in (True, False))
    assert np.allclose(off * model_prior(), on, rtol=1e-4)


def test_variants_smooth_first_and_weight_then() -> None:
    saliency = np.random.default_rng(0).random((120, 240)).astype(np.float32)
    made = {v.suffix: v.apply(saliency) for v in variants(equator_prior(), radians(5))}
    assert list(made) == ["", ", 5°", " x prior", ", 5° x prior"]
    assert made[", 5°"].std() < 0.3 * saliency.std()
    assert np.allclose(made[", 5° x prior"], made[", 5°"] * equator_prior())
    assert [v.suffix for v in variants(None)] == [""]


def test_a_still_is_shown_once_and_without_what_was_before_it() -> None:
    source, alone = Falling(), Falling()
    for _ in range(3):
        source.step(scene(0, 0, SIZE), 0.0)
    alone.reset()
    assert np.array_equal(still_map(source, scene(1, 0, SIZE)), alone.step(scene(1, 0, SIZE), 0.0))
    assert source.steps == 1


def test_motion_is_where_the_picture_changed_and_nowhere_at_first() -> None:
    source = FrameDifference()
    assert not source.step(scene(1, 0, SIZE), 0.0).any()
    moved = source.step(scene(1, 3, SIZE), 0.2)
    boxes = (_box_around(1, 0, 0.08), _box_around(1, 3, 0.08))
    assert hit_share(moved, boxes) == 1
    assert not source.step(scene(1, 3, SIZE), 0.4).any()
    source.reset()
    assert not source.step(scene(1, 0, SIZE), 0.6).any()


def test_the_spectral_residual_finds_the_odd_one_out() -> None:
    v, u = np.mgrid[0:64, 0:128]
    picture = np.repeat((120 + 60 * np.sin(u / 2) * np.sin(v / 2))[..., None], 3, axis=2)
    picture[28:33, 90:95] = 255
    saliency = SpectralResidual().step(picture.astype(np.uint8), 0.0)
    assert hit_share(saliency, ((90 / 128, 28 / 64, 95 / 128, 33 / 64),)) == 1


def test_stills_are_scored_per_set_and_what_fails_is_named(tmp_path: Path) -> None:
    for k, name in enumerate(("one_a", "one_b", "two_a")):
        cv2.imwrite(str(tmp_path / f"{name}.png"), scene(1, k, SIZE)[..., ::-1])
        yaw, pitch = subject_at(1, k)
        draws = np.random.default_rng(k).normal(0, 0.01, (2, 40))
        u, v = (yaw / (2 * np.pi) + 0.5 + draws[0]) % 1, 0.5 - pitch / np.pi + draws[1]
        if name == "two_a":
            heat = np.uint8(255 * ground_truth(1, k, 64))
            cv2.imwrite(str(tmp_path / f"{name}_map.png"), heat)
        else:
            np.savez(tmp_path / f"{name}.npz", u=u, v=v, participant=np.arange(40) % 4)
    rows = [*baseline_rows(), Row("bright", Brightness(), judged=True)]
    rows.append(Row("even", Fixed(np.ones((120, 240)))))
    one, two = score_stills(read_stills(tmp_path), rows, observers=True)
    assert (one.items, one.kind, two.items, two.kind) == (
        ["one_a", "one_b"],
        "fixations",
        ["two_a"],
        "map",
    )
    bright = one.mean("bright", "auc_judd")
    assert bright is not None
    assert bright > 0.9
    assert one.mean("half the observers", "cc") > 0.8
    assert one.mean("uniform", "auc_judd") == 0.5
    assert "half the observers" not in two.scores
    assert "auc_shuffled" in one.scores["bright"]["one_a"]
    assert "auc_shuffled" not in two.scores["bright"]["two_a"]
    assert all(gain > 0 for gain in one.gains("bright", BAND, "nss").values())
    assert any("motion" in name for name in one.scores) is False
    assert len(one.failures) == 2
    assert "even cannot be scored on one_a" in one.failures[0]
    assert "constant" in one.failures[0]


def test_damaged_ground_truth_is_refused_in_one_sentence(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a_1.png"), scene(1, 0, SIZE))
    np.savez(tmp_path / "a_1.npz", u=[0.5], x=[0.5])
    with pytest.raises(EvaluationError, match="lacks v"):
        read_stills(tmp_path)
    np.savez(tmp_path / "a_1.npz", u=np.zeros(0), v=np.zeros(0))
    with pytest.raises(EvaluationError, match="no fixations"):
        read_stills(tmp_path)
    np.savez(tmp_path / "a_1.npz", u=[0.5, np.nan], v=[0.5, 0.5])
    with pytest.raises(EvaluationError, match="finite"):
        read_stills(tmp_path)
    (tmp_path / "a_1.npz").write_bytes(b"nothing")
    with pytest.raises(EvaluationError, match="usable"):
        read_stills(tmp_path)
    (tmp_path / "a_1.npz").unlink()
    cv2.imwrite(str(tmp_path / "a_1_map.png"), np.full((20, 40), 7, np.uint8))
    with pytest.raises(EvaluationError, match="constant"):
        read_stills(tmp_path)


def test_box_scores_of_a_band_know_its_ties() -> None:
    band = latitude_band()
    boxes = ((0.9, 0.5, 1.1, 0.56),)
    middle = 50 / 360  # 25° to either side of the middle, nearly on the band
    assert hit_share(band, boxes) == pytest.approx(middle, abs=0.01)
    assert box_nss(band, boxes) > 1
    assert box_nss(-band, boxes) == pytest.approx(-box_nss(band, boxes))
    with pytest.raises(ValueError, match="constant"):
        box_nss(np.ones((120, 240)), boxes)


def test_boxes_across_the_seam_are_found_on_both_sides_and_turn() -> None:
    saliency = np.zeros((120, 240))
    saliency[60, 1] = 1
    assert hit_share(saliency, ((0.98, 0.45, 1.02, 0.55),)) == 1
    assert hit_share(saliency, ((0.48, 0.45, 0.52, 0.55),)) == 0
    assert box_nss(saliency, ((0.98, 0.45, 1.02, 0.55),)) > 1
    assert box_nss(saliency, ((0.9, 0.45, 0.99, 0.55),)) < 0
    ((u0, v0, u1, v1),) = turned(((0.98, 0.45, 1.02, 0.55),), 0.25)
    assert (u0, u1) == pytest.approx((0.23, 0.27))
    assert (v0, v1) == (0.45, 0.55)


def test_groups_and_secondary_subjects_are_left_out(tmp_path: Path) -> None:
    box = [0.1, 0.2, 0.3, 0.4]
    subjects = [
        {"label": "person", "box": box, "primary": False},
        {"label": "people", "box": box, "primary": True},
    ]
    facts = {"clip": "c.mp4", "frames": [{"frame_index": 3, "subjects": subjects}]}
    path = tmp_path / "c.json"
    path.write_text(json.dumps(facts))
    with pytest.raises(EvaluationError, match="no primary subject"):
        primary_frames(path)
    subjects[0]["primary"] = True
    path.write_text(json.dumps(facts))
    assert primary_frames(path) == ("c.mp4", [AnnotatedFrame(3, ((0.1, 0.2, 0.3, 0.4),))])
    with pytest.raises(EvaluationError, match="--clips"):
        read_clips(tmp_path, tmp_path)
    path.write_text('{"clip": "c.mp4"}')
    with pytest.raises(EvaluationError, match="usable"):
        primary_frames(path)


def test_clips_are_scored_at_their_annotated_frames_with_the_warm_up(clip_truth: ClipTruth) -> None:
    rows = [band_row(), Row("bright", Brightness(), judged=True), Row("falling", Falling())]
    section = score_clips([clip_truth], rows)
    assert not section.failures
    assert section.mean("bright", "hits") == 1
    assert section.mean("bright", "nss") > section.mean(BAND, "nss") + 1
    assert section.scores["falling"] == section.scores["bright"]


def test_a_turning_sphere_changes_nothing_for_what_looks_at_the_picture(
    clip_truth: ClipTruth,
) -> None:
    rows = [Row("bright", Brightness())]
    straight, turning = (
        score_clips([clip_truth], rows, drift_deg=d).scores["bright"]["clip"] for d in (0, 30)
    )
    assert turning["hits"] == 1
    assert turning["nss"] == pytest.approx(straight["nss"], rel=0.15)


def test_a_clip_shorter_than_its_annotation_is_named(clip_truth: ClipTruth) -> None:
    late = ClipTruth("clip", clip_truth.path, (AnnotatedFrame(99, ((0.1, 0.2, 0.3, 0.4),)),))
    section = score_clips([late], [band_row()])
    assert section.failures == ["clip cannot be scored: it has 50 frames, 99 is annotated"]
    assert not section.scores


def test_flicker_is_what_changes_where_nothing_moves() -> None:
    greys = np.full((6, 30, 60), 100, np.float32)
    greys += np.random.default_rng(0).normal(0, 0.3, greys.shape).astype(np.float32)
    greys[:, 10:14, 10:14] += 60 * np.arange(6)[:, None, None]
    assert 0.9 < still_share(greys) < 1
    calm = [latitude_band(height=30)] * 6
    nervous = [np.roll(centre_prior(30), 3 * (k % 2), axis=1) for k in range(6)]
    follows = [latitude_band(height=30) + (k * (greys[k] > 130)) for k in range(6)]
    assert flicker(calm, greys) == 0
    assert flicker(nervous, greys) > 0.05
    scaled = [m * (1 + k) for k, m in enumerate(nervous)]
    assert flicker(scaled, greys) == pytest.approx(flicker(nervous, greys))
    assert flicker(follows, greys) < flicker(nervous, greys) / 2
    with pytest.raises(ValueError, match="at least two"):
        flicker(calm[:1], greys[:1])
    with pytest.raises(ValueError, match="zeros"):
        flicker([np.zeros((30, 60))] * 6, greys)


def test_flicker_is_a_column_of_clips_on_a_tripod(clip_truth: ClipTruth) -> None:
    rows = [band_row(), Row("bright", Brightness()), Row("motion", FrameDifference(), (), True)]
    section = score_clips([clip_truth], rows, flickering=Flickering())
    assert not section.failures
    assert section.scores[BAND]["clip"]["flicker"] == pytest.approx(0, abs=1e-9)
    assert section.scores["bright"]["clip"]["flicker"] > 0.001


def test_what_turns_with_the_sphere_passes_and_what_ignores_the_picture_fails() -> None:
    pictures = [scene(1, 2, (240, 120))]
    sees, blind = (
        check_row(Row("r", source), pictures) for source in (Brightness(), Fixed(centre_prior()))
    )
    assert min(sees.rotations.values()) > 0.98
    assert blind.rotations["yaw 45°"] < blind.rotations["yaw 15°"] < 0.99
    assert blind.rotations["random"] < 0.5
    assert sees.as_json()["rotations"]["yaw mean"] == sees.yaw_mean  # type: ignore[index]
    with pytest.raises(ValueError, match="at least one picture"):
        check_row(Row("r", Brightness()), [])


def test_the_seam_ratio_sees_steps_at_cube_edges_and_nowhere_else() -> None:
    rays = equirect_rays(120)
    smooth = (rays @ np.array([1.0, 0.4, -0.7])).astype(np.float32)
    face = np.argmax(np.abs(rays), axis=-1) * 2 + (rays.max(axis=-1) == np.abs(rays).max(axis=-1))
    assert seam_ratio(smooth) == pytest.approx(1, abs=0.3)
    assert seam_ratio(smooth + 0.3 * face) > 5
    checker = smooth + 0.3 * (np.sin(8 * rays[..., 0]) > 0)
    assert seam_ratio(checker) < 2
    with pytest.raises(ValueError, match="constant"):
        seam_ratio(np.ones((120, 240)))


def test_intervals_need_eight_items_and_hold_the_mean() -> None:
    values = list(np.random.default_rng(0).normal(2, 1, 40))
    assert bootstrap_interval(values[:7]) is None
    few, many = bootstrap_interval(values[:8]), bootstrap_interval(values)
    assert few is not None
    assert many is not None
    assert few == bootstrap_interval(values[:8])
    assert many[0] < np.mean(values) < many[1]
    # the standard error of the mean of 40 is about 0.16
    assert many[1] - many[0] == pytest.approx(4 * 0.16, rel=0.3)


def test_a_section_averages_by_weight_and_lists_gains_item_by_item() -> None:
    section = Section("s", "map", ("cc",))
    for item, (ours, base) in {"a": (0.5, 0.1), "b": (0.2, 0.4)}.items():
        section.add("ours", item, {"cc": ours})
        section.add("base", item, {"cc": base})
    assert section.mean("ours", "cc") == pytest.approx(0.35)
    section.weights = {"a": 3.0, "b": 1.0}
    assert section.mean("ours", "cc") == pytest.approx(0.425)
    assert section.gains("ours", "base", "cc") == pytest.approx({"a": 0.4, "b": -0.2})
    facts = json.loads(json.dumps(section.as_json(over="base")))
    assert facts["rows"]["ours"]["gain over base"]["cc"]["items"]["b"] == pytest.approx(-0.2)
    assert facts["rows"]["ours"]["interval"] == {"cc": None}


def test_predictions_of_stills_are_found_in_every_form(tmp_path: Path) -> None:
    saliency = np.random.default_rng(0).random((30, 60)).astype(np.float32)
    np.save(tmp_path / "a.npy", saliency)
    np.save(tmp_path / "b.npy", saliency[None])
    cv2.imwrite(str(tmp_path / "c.png"), np.uint16(65535 * saliency))
    maps = PredictedMaps(tmp_path)
    assert np.array_equal(maps.still("a"), maps.still("b"))
    assert metrics.cc(maps.still("c"), saliency) > 0.999
    with pytest.raises(EvaluationError, match="no prediction of d"):
        maps.still("d")
    np.save(tmp_path / "d.npy", np.full((4, 8), np.nan))
    with pytest.raises(EvaluationError, match="not finite"):
        maps.still("d")
    np.save(tmp_path / "d.npy", np.ones((2, 4, 8)))
    with pytest.raises(EvaluationError, match="not a map"):
        maps.still("d")


def test_a_predictor_can_be_a_row() -> None:
    predictor = create_predictor("fast", "cpu", prior=False)
    assert isinstance(predictor, SaliencyPredictor)
    row = Row("fast", predictor)
    assert still_map(row.source, scene(0, 0, SIZE)).shape == (120, 240)
    assert row.needs_video
    assert not band_row().needs_video
