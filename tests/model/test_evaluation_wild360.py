"""The Wild-360 layout: both ways to average, and everything that may be wrong with the files."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from cubesal import metrics
from cubesal.class_map_model import display_map
from cubesal.errors import EvaluationError
from cubesal.evaluation import PredictedMaps, Row, read_ids, read_wild360, score_wild360
from cubesal.evaluation.baselines import BAND, FrameDifference, band_row, equator_prior
from cubesal.evaluation.rows import RawMaps, variants
from cubesal.geometry import equirect_rays, sample_equirect
from cubesal.predictor import SaliencyPredictor
from cubesal.video import ClipReader
from tests.wild360 import Wild360Tree, ground_truth, make_tree

FRAMES = 12


class Brightness:
    warmup_frames = 0

    def reset(self) -> None: ...

    def observe(self, equirect_rgb: np.ndarray, time_s: float) -> None: ...

    def step(self, equirect_rgb: np.ndarray, time_s: float) -> np.ndarray:
        grey = cv2.cvtColor(equirect_rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
        return sample_equirect(grey, equirect_rays(120))


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Wild360Tree:
    return make_tree(tmp_path_factory.mktemp("wild"), clips=2, frames=FRAMES)


def write_predictions(
    folder: Path, tree: Wild360Tree, counts: list[int], first: int = 0
) -> PredictedMaps:
    """Maps that are right in the first clip and turned away in the second one."""
    for clip, (name, count) in enumerate(zip(tree.test_ids, counts, strict=True)):
        (folder / f"{name}.mp4").mkdir(parents=True)
        for frame in range(count):
            heat = np.roll(ground_truth(clip, frame), 20 * clip, axis=1)
            np.save(folder / f"{name}.mp4" / f"{frame + first:06d}.npy", heat)
    return PredictedMaps(folder)


def test_the_tree_is_read_without_its_overlays(tree: Wild360Tree) -> None:
    clips = read_wild360(tree.gt)
    assert [clip.name for clip in clips] == tree.test_ids
    assert [list(clip.heats) for clip in clips] == [list(range(FRAMES))] * 2
    repeated = read_wild360(tree.gt, read_ids(tree.test_list))
    assert [clip.copies for clip in repeated] == [1, 2]


def test_the_authors_average_counts_files_and_repetitions_and_the_right_one_clips(
    tree: Wild360Tree, tmp_path: Path
) -> None:
    rows = [Row("maps", write_predictions(tmp_path, tree, [FRAMES - 1, FRAMES - 2]), judged=True)]
    features = tmp_path / f"{tree.test_ids[1]}.mp4" / "features"
    features.mkdir()
    for k in range(7):
        np.save(features / f"{k + 2:06d}.npy", np.zeros(1))
    clips = read_wild360(tree.gt, read_ids(tree.test_list))
    theirs, ours = (score_wild360(clips, rows, p) for p in ("cp360", "sphere"))
    assert not theirs.failures + ours.failures
    good, bad = (theirs.scores["maps"][name]["auc_judd"] for name in tree.test_ids)
    assert good > 0.95 > 0.6 > bad
    # 11 = one less than heat maps; 7 feature files, named twice
    assert theirs.weights == {tree.test_ids[0]: 11, tree.test_ids[1]: 14}
    assert theirs.mean("maps", "auc_judd") == pytest.approx((11 * good + 14 * bad) / 25)
    good, bad = (ours.scores["maps"][name]["auc_judd"] for name in tree.test_ids)
    assert ours.mean("maps", "auc_judd") == pytest.approx((good + bad) / 2)


def test_a_clip_scores_the_mean_of_its_frames(tree: Wild360Tree, tmp_path: Path) -> None:
    maps = write_predictions(tmp_path, tree, [FRAMES, FRAMES])
    section = score_wild360(read_wild360(tree.gt), [Row("maps", maps)], "cp360")
    name = tree.test_ids[1]
    by_hand = [
        metrics.cc(np.roll(ground_truth(1, k), 20, axis=1), ground_truth(1, k), "cp360")
        for k in range(FRAMES)
    ]
    assert section.scores["maps"][name]["cc"] == pytest.approx(np.mean(by_hand))


def test_predictors_are_run_on_the_clips_frame_by_frame(tree: Wild360Tree) -> None:
    rows = [
        band_row(),
        Row("bright", Brightness()),
        Row("motion", FrameDifference(), needs_motion=True),
    ]
    section = score_wild360(read_wild360(tree.gt), rows, videos=tree.root)
    assert not section.failures
    assert section.mean("bright", "auc_judd") > 0.8
    assert section.mean("bright", "cc") > section.mean(BAND, "cc")
    assert section.mean("motion", "auc_judd") > 0.75
    sparse = score_wild360(read_wild360(tree.gt), rows, videos=tree.root, rate_hz=5)
    assert section.mean(BAND, "nss") < sparse.mean("bright", "nss") < section.mean("bright", "nss")


def test_the_first_number_comes_from_the_maps_or_the_user(
    tree: Wild360Tree, tmp_path: Path
) -> None:
    write_predictions(tmp_path, tree, [FRAMES - 1, FRAMES - 1], first=2)
    clips = read_wild360(tree.gt)
    told = score_wild360(clips, [Row("maps", PredictedMaps(tmp_path, 2))])
    name = tree.test_ids[0]
    assert told.scores["maps"][name]["cc"] == pytest.approx(1)
    unknown = score_wild360(clips, [Row("maps", PredictedMaps(tmp_path))])
    assert len(unknown.failures) == 2
    assert "--first-number" in unknown.failures[0]
    for clip in tree.test_ids:
        facts = tmp_path / f"{clip}.mp4" / "maps.json"
        facts.write_text(json.dumps({"first_number": 2}))
    found = score_wild360(clips, [Row("maps", PredictedMaps(tmp_path))])
    assert found.scores == told.scores


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda f: (f / "000004.npy").unlink(), "lacks frame 4"),
        (lambda f: np.save(f / "000004.npy", np.full((8, 16), 0.3)), "frame 4: .*constant"),
        (lambda f: np.save(f / "000004.npy", np.full((8, 16), np.nan)), "not finite"),
        (lambda f: np.save(f / "000004.npy", np.ones((8, 15)) * np.arange(15)), "equirect"),
        (lambda f: np.save(f / "000004.npy", np.ones(8)), "not a map"),
        (lambda f: (f / "000004.npy").write_bytes(b"\x93NUMPY"), "not a readable array"),
    ],
)
def test_bad_predictions_fail_their_clip_only(
    spoil: object, words: str, tree: Wild360Tree, tmp_path: Path
) -> None:
    assert callable(spoil)
    maps = write_predictions(tmp_path, tree, [FRAMES, FRAMES])
    spoil(tmp_path / f"{tree.test_ids[0]}.mp4")
    section = score_wild360(read_wild360(tree.gt), [Row("maps", maps)])
    assert list(section.scores["maps"]) == [tree.test_ids[1]]
    assert len(section.failures) == 1
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(section.failures[0])


def test_bad_ground_truth_is_refused(tree: Wild360Tree, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="no ground truth for nobody"):
        read_wild360(tree.gt, ["nobody"])
    folder = tmp_path / "gt" / "x.mp4"
    folder.mkdir(parents=True)
    for k in (0, 1, 3):
        np.save(folder / f"{k:05d}.npy", ground_truth(0, k))
    with pytest.raises(EvaluationError, match=r"x .* lacks 00002.npy"):
        read_wild360(tmp_path / "gt")
    with pytest.raises(EvaluationError, match="names no clip"):
        read_ids(_written(tmp_path / "ids.txt", "\n"))
    with pytest.raises(EvaluationError, match="readable list"):
        read_ids(tmp_path / "absent.txt")


def test_empty_heat_maps_and_absent_clips_are_named(tree: Wild360Tree, tmp_path: Path) -> None:
    folder = tmp_path / "gt" / f"{tree.test_ids[0]}.mp4"
    folder.mkdir(parents=True)
    for k in range(2):
        np.save(folder / f"{k:05d}.npy", np.zeros((8, 16)))
    clips = read_wild360(tmp_path / "gt")
    section = score_wild360(clips, [band_row()], videos=tree.root)
    assert "no fixations" in section.failures[0] or "zero everywhere" in section.failures[0]
    for videos, words in ((None, "--clips"), (tmp_path, "there is no")):
        failures = score_wild360(clips, [Row("bright", Brightness())], videos=videos).failures
        assert words in failures[0]


class Signed:
    """A model whose raw maps are small and partly negative, as those of CP-360's memory are."""

    name, device, complete, convention, prior = "signed", "cpu", True, "cp360", False
    warmup_frames, columns, files, prior_power, batch = 0, None, (), 1.0, 1
    last_raw: np.ndarray | None = None

    def reset(self) -> None: ...

    def observe(self, equirect_rgb: np.ndarray) -> None: ...

    def step(self, equirect_rgb: np.ndarray) -> np.ndarray:
        grey = cv2.cvtColor(equirect_rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
        self.last_raw = cv2.resize(grey, (28, 14), interpolation=cv2.INTER_AREA) / 255 - 0.5
        return display_map(self.last_raw)


def test_under_the_published_protocol_raw_maps_are_scored_as_if_they_had_been_stored(
    tree: Wild360Tree, tmp_path: Path
) -> None:
    clips = read_wild360(tree.gt)[:1]
    name = tree.test_ids[0]
    predictor = SaliencyPredictor(Signed(), prior=False)  # type: ignore[arg-type]
    made = variants(equator_prior())
    live = [Row("live", predictor, made, raw=RawMaps(predictor))]
    (tmp_path / f"{name}.mp4").mkdir()
    with ClipReader(tree.clip("test", name)) as reader:
        for k, frame in enumerate(list(reader.frames())[:-1]):
            predictor.step(frame.rgb(), 0.0)
            assert predictor.last_raw is not None
            assert predictor.last_raw.min() < 0
            np.save(tmp_path / f"{name}.mp4" / f"{k:05d}.npy", predictor.last_raw)
    stored = [Row("stored", PredictedMaps(tmp_path))]
    theirs = score_wild360(clips, [*live, *stored], "cp360", videos=tree.root)
    assert not theirs.failures
    assert list(theirs.scores) == ["live", "stored"]
    assert theirs.scores["live"][name] == pytest.approx(theirs.scores["stored"][name], abs=1e-9)
    shown = score_wild360(clips, [Row("shown", predictor)], "cp360", videos=tree.root)
    borji = [s[name]["auc_borji"] for s in (theirs.scores["live"], shown.scores["shown"])]
    assert abs(borji[0] - borji[1]) > 1e-3  # it depends on the range
    ours = score_wild360(clips, live, "sphere", videos=tree.root)
    assert list(ours.scores) == ["live", "live x prior"]


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_under_the_published_protocol_only_frames_with_a_published_map_count(
    tree: Wild360Tree, tmp_path: Path
) -> None:
    class Windowed(RawMaps):
        warmup_frames = 4

        def __init__(self) -> None:
            self.unfilled = 4

        def reset(self) -> None: ...

        def observe(self, equirect_rgb: np.ndarray, time_s: float) -> None: ...

        def step(self, equirect_rgb: np.ndarray, time_s: float) -> np.ndarray:
            return Brightness().step(equirect_rgb, time_s)

    clips = read_wild360(tree.gt)[:1]
    rows = [Row("static", Brightness()), Row("windowed", Windowed())]
    live = score_wild360(clips, rows, "cp360", videos=tree.root)
    every = score_wild360(clips, rows, "sphere", videos=tree.root)
    assert every.scores["static"] == every.scores["windowed"]
    with ClipReader(tree.clip("test", tree.test_ids[0])) as reader:
        maps = [Brightness().step(frame.rgb(), 0.0) for frame in reader.frames()]
    for row, kept in (("static", range(FRAMES - 1)), ("windowed", range(4, FRAMES - 2))):
        expected = [metrics.cc(maps[k], ground_truth(0, k), "cp360") for k in kept]
        assert live.scores[row][tree.test_ids[0]]["cc"] == pytest.approx(np.mean(expected))
