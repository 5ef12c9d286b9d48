"""``cubesal figure``: from a clip to the result block of a paper, in one command."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cubesal.cli import figure
from cubesal.cli.figure_truth import open_truth
from cubesal.errors import MediaError
from cubesal.predictor import create_predictor
from cubesal.video import ClipReader
from tests.media import make_damaged, make_still, make_text
from tests.wild360 import make_tree

FAST = ("--model", "fast", "--device", "cpu")


@pytest.fixture
def tree(tmp_path):
    return make_tree(tmp_path / "wild", clips=1, frames=12, size=(64, 32))


@pytest.fixture
def drawn(monkeypatch):
    """The blocks that are handed to drawing, which is tested elsewhere."""
    blocks = []

    def keep(block, out):
        blocks.append(block)
        out.write_bytes(b"drawn")

    monkeypatch.setattr(figure, "draw_result_block", keep)
    return blocks


@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_a_figure_comes_out_of_a_clip_and_its_ground_truth(cubesal, tree, tmp_path, suffix):
    out = tmp_path / "new" / f"block.{suffix}"
    clip = tree.clip("test", "testClip0_1")
    done = cubesal("figure", clip, "-o", out, "--count", 2, "--gt", tree.gt, *FAST)
    assert (done.code, done.errors) == (0, [])
    assert f"wrote {out}" in done.err
    assert [entry.name for entry in out.parent.iterdir()] == [out.name]
    if suffix == "png":
        assert cv2.imread(str(out)).shape[1] == pytest.approx(6.875 * 300, abs=1)


def test_columns_rows_maps_and_truth_are_those_asked_for(cubesal, tree, tmp_path, drawn):
    clip = tree.clip("test", "testClip0_1")
    options = ("--frame", 3, "--every", 2, "--count", 3, "--gt", tree.gt)
    done = cubesal("figure", clip, "-o", tmp_path / "b.png", *options, *FAST)
    assert done.code == 0, done.err
    (block,) = drawn
    assert block.methods == ("fast",)
    predictor = create_predictor("fast", "cpu")
    with ClipReader(clip) as reader:
        predictor.observe(reader.read(1).rgb(), 0.0)  # as far before the first as they are apart
        for column, index in zip(block.columns, (3, 5, 7), strict=True):
            assert column.time_s == pytest.approx(index / 25)
            rgb = reader.read(index).rgb()
            np.testing.assert_array_equal(column.rgb, rgb)
            np.testing.assert_allclose(column.maps[0], predictor.step(rgb, 0.0), atol=1e-5)
            truth = np.load(tree.gt / "testClip0_1.mp4" / f"{index:05d}.npy")
            np.testing.assert_array_equal(column.truth, truth)


def test_several_models_are_rows_in_their_order(cubesal, clip, tmp_path, drawn):
    models = ("--model", "fast,default", "--device", "cpu")
    assert cubesal("figure", clip, "-o", tmp_path / "b.png", "--count", 1, *models).code == 0
    assert drawn[0].methods == ("fast", "default")
    one, other = drawn[0].columns[0].maps
    assert np.abs(one - other).max() > 1e-3


def test_without_more_words_columns_are_a_fifth_of_a_second_apart(cubesal, clip, tmp_path, drawn):
    options = ("--from", 0.1, "--count", 3)
    assert cubesal("figure", clip, "-o", tmp_path / "b.png", *options, *FAST).code == 0
    assert [c.time_s for c in drawn[0].columns] == pytest.approx([0.1, 0.3, 0.5])
    assert drawn[0].columns[0].truth is None


def test_a_still_is_one_column(cubesal, tmp_path, drawn):
    still = make_still(tmp_path / "still.png")
    assert cubesal("figure", still, "-o", tmp_path / "b.png", *FAST).code == 0
    assert len(drawn[0].columns) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("-o", "b.svg"), "does not end in .png or .pdf"),
        (("--frame", 40), "has 30 frames"),
        (("--from", 9), "no frame at 9 s"),
        (("--every", 20), "fewer (--count) or closer ones (--every)"),
        (("--gt", "nowhere"), "does not exist"),
        (("--model", "fast,fast"), "each once"),
        (("--model", "magic"), "unknown model 'magic'"),
        (("--carried",), "fast has none"),
        (("--count", 40), "40 columns"),
        (("--frame", "-1"), "-1"),
    ],
)
def test_what_cannot_be_drawn_is_one_sentence_and_leaves_nothing(
    cubesal, clip, tmp_path, monkeypatch, options, words
):
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    done = cubesal("figure", clip, "-o", "b.png", *FAST, *options)
    assert done.code == 2
    assert len(done.errors) == 1
    assert words in done.errors[0]
    assert "unexpected" not in done.err
    assert list(folder.iterdir()) == []


def test_the_clip_is_never_the_figure(cubesal, tmp_path):
    still = make_still(tmp_path / "still.png")
    before = still.read_bytes()
    done = cubesal("figure", still, "-o", still, *FAST)
    assert done.code == 2
    assert "is the clip itself" in done.errors[0]
    assert still.read_bytes() == before


def test_a_damaged_clip_is_drawn_and_named_as_partial(cubesal, tmp_path, drawn):
    hurt = make_damaged(tmp_path / "hurt.mp4", packets=[2, 3], frames=12, gop=6)
    options = ("--every", 1, "--count", 5)
    done = cubesal("figure", hurt, "-o", tmp_path / "b.png", *options, *FAST)
    assert done.code == 1
    assert "hurt.mp4 is damaged" in done.errors[0]
    assert len(drawn) == 1


# --- forms of ground truth ------------------------------------------------------------------


def test_ground_truth_may_come_in_every_usual_form(tmp_path, clip):
    saliency = np.linspace(0, 1, 8 * 16, dtype=np.float32).reshape(8, 16)
    np.save(tmp_path / "one.npy", saliency)
    np.save(tmp_path / "stack.npy", np.stack([0 * saliency, saliency]))
    cv2.imwrite(str(tmp_path / "map.png"), (255 * saliency).astype(np.uint8))
    np.savez(tmp_path / "points.npz", u=np.full(9, 0.75), v=np.full(9, 0.5))
    grid = {"frame_index": [0, 6], "time_s": [0.0, 0.2], "model": "m", "source": "s"}
    np.savez(tmp_path / "maps.npz", saliency=np.stack([saliency, 3 * saliency]), **grid)
    np.testing.assert_array_equal(open_truth(tmp_path / "one.npy", clip)(7, 0.3), saliency)
    np.testing.assert_array_equal(open_truth(tmp_path / "stack.npy", clip)(1, 0.1), saliency)
    np.testing.assert_allclose(open_truth(tmp_path / "maps.npz", clip)(3, 0.1), 2 * saliency, 1e-6)
    np.testing.assert_allclose(
        open_truth(tmp_path / "map.png", clip)(0, 0.0), 255 * saliency, atol=1
    )
    density = open_truth(tmp_path / "points.npz", clip)(0, 0.0)
    row, column = np.unravel_index(density.argmax(), density.shape)
    assert ((column + 0.5) / density.shape[1], (row + 0.5) / density.shape[0]) == pytest.approx(
        (0.75, 0.5), abs=0.01
    )


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("wrong.npy", np.zeros((3, 4, 5, 6)), "has no map of frame 1"),
        ("short.npy", np.zeros((1, 4, 8)), "has no map of frame 1"),
        ("nan.npy", np.full((4, 8), np.nan), "not finite"),
        ("below.npy", np.full((4, 8), -1.0), "negative"),
        ("words.npy", np.array(["a", "b"]), "does not hold numbers"),
        ("objects.npy", np.array([{}], dtype=object), "not a readable npy"),
    ],
)
def test_unusable_ground_truth_is_named(tmp_path, clip, name, values, words):
    np.save(tmp_path / name, values, allow_pickle=True)
    with pytest.raises(MediaError, match=words):
        open_truth(tmp_path / name, clip)(1, 0.1)


def test_missing_and_foreign_files_are_named(tmp_path, clip):
    folder = tmp_path / "gt"
    folder.mkdir()
    with pytest.raises(MediaError, match=r"frame 4 \(00004.npy is missing\)"):
        open_truth(folder, clip)(4, 0.1)
    for name in ("prose.png", "prose.npz"):
        with pytest.raises(MediaError, match=name):
            open_truth(make_text(tmp_path / name), clip)
