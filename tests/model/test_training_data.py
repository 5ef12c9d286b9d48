"""Prepared data: made once, completed when something is missing, never trusted unseen."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from cubesal.cam import merged_classes
from cubesal.errors import ExportError, MediaError, TrainingError
from cubesal.geometry import rotate_equirect, rotation
from cubesal.training.config import DataConfig
from cubesal.training.preparation import Preparation
from cubesal.training.prepared import PreparedClip
from cubesal.training.sources import find_clips
from cubesal.training.static_maps import StaticMaps
from cubesal.training.windows import ClipWindows, epoch_order
from cubesal.weight_places import default_weights
from cubesal.weight_store import keep_weights
from cubesal.weights import read_weights
from tests.media import make_clip
from tests.wild360 import make_tree

FRAMES = 5
DATA = DataConfig(rate_hz=0, every=1, backbone="lite0", face_w=65, channels=4, flow_height=24)


@pytest.fixture(scope="module")
def maps() -> StaticMaps:
    return StaticMaps(DATA, "exact", torch.device("cpu"))


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "clip.mp4", frames=FRAMES, gop=2)


@pytest.fixture
def prepare(maps: StaticMaps, tmp_path: Path) -> Callable[..., PreparedClip]:
    def of(clip: Path, **changes: object) -> PreparedClip:
        data = DataConfig(**{**DATA.__dict__, **changes})
        return Preparation(data, "exact", maps, tmp_path / "cache").of(clip)

    return of


Prepare = Callable[..., PreparedClip]


def contents(prepared: PreparedClip) -> dict[str, bytes]:
    return {
        str(p.relative_to(prepared.folder)): p.read_bytes() for p in prepared.folder.rglob("*.npy")
    }


def test_each_moment_has_maps_and_each_but_the_last_a_flow(prepare: Prepare, clip: Path) -> None:
    prepared = prepare(clip)
    assert len(prepared) == FRAMES
    assert prepared.load("maps", 4).shape == prepared.map_shape == (6, 4, 3, 3)
    assert prepared.load("flow", 3).shape == (24, 48, 2)
    assert len(contents(prepared)) == 2 * FRAMES - 1
    assert prepared.missing() == []


def as_zip(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, np.zeros(3))


def as_undefined(path: Path) -> None:
    values = np.load(path)
    values.flat[0] = np.nan
    np.save(path, values)


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def with_bytes(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(change(path.read_bytes()))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "gone": Path.unlink,
    "cut": with_bytes(lambda whole: whole[:-10]),
    "foreign": lambda path: np.save(path, np.zeros(3)),
    "empty": with_bytes(lambda _: b""),
    "zip": as_zip,
    "broken zip": with_bytes(lambda whole: b"PK\x03\x04" + whole[4:]),
    "huge header": with_bytes(lambda whole: whole[:8] + b"\xff\xff" + whole[10:]),
    "huge shape": with_bytes(lambda whole: whole.replace(b"(", b"(9999999999, ", 1)),
    "undefined": as_undefined,
    "folder": as_folder,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_half_prepared_cache_is_completed_to_the_same_bytes(
    prepare: Prepare, clip: Path, damage: str
) -> None:
    prepared = prepare(clip, camera_motion=True)
    whole = contents(prepared)
    for item, moment in (("maps", 1), ("flow", 2), ("turn", 3)):
        DAMAGES[damage](prepared.path(item, moment))  # type: ignore[arg-type]  # items by name
    assert prepared.missing() == [1, 2, 3]
    again = prepare(clip, camera_motion=True)
    assert contents(again) == whole


def test_what_is_there_is_not_made_again(prepare: Prepare, clip: Path) -> None:
    prepared = prepare(clip)
    times = {p: p.stat().st_mtime_ns for p in prepared.folder.rglob("*.npy")}
    prepared.path("maps", 2).unlink()
    prepare(clip)
    changed = [p.name for p, t in times.items() if p.stat().st_mtime_ns != t]
    assert changed == ["000002.npy"] or sorted(changed) == ["000002.npy", "000002.npy"]


def test_other_settings_and_other_contents_do_not_mix(
    prepare: Prepare, clip: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copy(clip, tmp_path / "copy.mp4"))
    other = make_clip(tmp_path / "other.mp4", frames=FRAMES, first_number=40)
    folders = [prepare(clip).folder, prepare(copy).folder, prepare(other).folder]
    folders.append(prepare(clip, flow_height=16).folder)
    assert folders[0] == folders[1], "the same content under another name"
    assert len(set(folders)) == 3


def test_undefined_values_are_named_with_their_file(prepare: Prepare, clip: Path) -> None:
    prepared = prepare(clip)
    values = prepared.load("maps", 2)
    values[0, 0, 0, 0] = np.nan
    with pytest.raises(TrainingError, match=r"maps of clip\.mp4 at frame 2 came out undefined"):
        prepared.save("maps", 2, values)
    np.save(prepared.path("maps", 2), values)
    windows = ClipWindows([prepared], 5)
    with pytest.raises(TrainingError, match=r"000002\.npy.*undefined values: start the training"):
        windows.batch([0], torch.device("cpu"))


def test_a_folder_with_contents_in_place_of_an_item_is_named_and_kept(
    prepare: Prepare, clip: Path
) -> None:
    path = prepare(clip).path("maps", 2)
    path.unlink()
    (path / "mine").mkdir(parents=True)
    with pytest.raises(ExportError, match=r"000002\.npy.*remove what is in its place"):
        prepare(clip)
    assert (path / "mine").is_dir()


def test_weights_that_share_only_their_classes_share_no_maps(
    maps: StaticMaps, tmp_path: Path
) -> None:
    state = read_weights(default_weights("lite0"))
    names = []
    for factor in (1.0, 1.5):
        path = tmp_path / f"{factor}.safetensors"
        changed = {**state, "_conv_stem.weight": factor * state["_conv_stem.weight"]}
        keep_weights(changed, path)
        data = DataConfig(**{**DATA.__dict__, "weights": str(path)})
        names.append(StaticMaps(data, "exact", torch.device("cpu")).weights_name)
    assert names[0] == maps.weights_name, "the same weights in another file"
    assert names[1] != names[0]


def test_faces_that_a_backbone_cannot_look_at_are_said() -> None:
    data = DataConfig(**{**DATA.__dict__, "face_w": 9})
    with pytest.raises(TrainingError, match=r"faces of data\.face_w = 9 pixels"):
        _ = StaticMaps(data, "exact", torch.device("cpu")).shape


def test_an_item_that_disappears_during_training_is_named(prepare: Prepare, clip: Path) -> None:
    prepared = prepare(clip)
    windows = ClipWindows([prepared], 5)
    prepared.path("flow", 0).unlink()
    with pytest.raises(TrainingError, match="start the training again"):
        windows.batch([0], torch.device("cpu"))


def test_windows_are_successive_moments_with_the_flow_between_them(
    prepare: Prepare, clip: Path
) -> None:
    prepared = prepare(clip)
    windows = ClipWindows([prepared, prepared], 3, stride=2)
    assert len(windows) == 4
    batch = windows.batch([1, 2], torch.device("cpu"))
    assert batch.cams.shape == (3, 2, 6, 4, 3, 3)
    assert batch.flow.shape == (2, 2, 24, 48, 2)
    np.testing.assert_array_equal(batch.cams[1, 0].numpy(), prepared.load("maps", 3))
    np.testing.assert_array_equal(batch.flow[0, 1].numpy(), prepared.load("flow", 0))


def test_the_published_windows_miss_the_last_one(prepare: Prepare, clip: Path) -> None:
    prepared = prepare(clip)
    assert len(ClipWindows([prepared], 4, convention="cp360")) == 1
    assert len(ClipWindows([prepared], 4)) == 2
    with pytest.raises(TrainingError, match="needs 6 moments, the longest clip has 5"):
        ClipWindows([prepared], 5, convention="cp360")


def still_picture(height: int = 256) -> NDArray[np.uint8]:
    noise = np.random.default_rng(0).normal(size=(height, 2 * height, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(np.concatenate([noise] * 3, axis=1), (0, 0), 4)
    smooth = smooth[:, 2 * height : 4 * height]
    return np.clip(128 + 45 * smooth / smooth.std(), 0, 255).astype(np.uint8)


def test_a_turning_camera_is_steadied_before_anything_is_made(
    prepare: Prepare, tmp_path: Path
) -> None:
    still = still_picture()
    turns = [rotation(*np.radians([3.0 * k, 1.5 * k, 0.0])) for k in range(3)]
    pictures = [rotate_equirect(still, turn) for turn in turns]
    options = {"crf": "12"}
    clip = make_clip(
        tmp_path / "t.mp4", frames=3, size=(512, 256), pictures=pictures, options=options
    )
    plain, steady = prepare(clip, flow_height=60), prepare(clip, flow_height=60, camera_motion=True)
    mean = [np.abs(p.load("flow", 1).astype(float)[15:-15]).mean() for p in (plain, steady)]
    assert mean[0] > 0.3
    assert mean[1] < 0.1 * mean[0]
    turn = steady.load("turn", 2)
    angle = np.degrees(np.arccos((np.trace(turn.T @ turns[2]) - 1) / 2))
    assert angle < 0.15


def test_merged_classes_keep_the_greatest_of_all() -> None:
    maps = torch.rand(6, 10, 3, 3, generator=torch.Generator().manual_seed(0))
    merged = merged_classes(maps, 4)
    assert merged.shape == (6, 4, 3, 3)
    torch.testing.assert_close(merged.amax(dim=1), maps.amax(dim=1))


def test_the_published_static_maps_swap_red_and_blue() -> None:
    data = DataConfig(backbone="lite0", face_w=65, channels=4)
    rng = np.random.default_rng(0)
    frame = cv2.resize(rng.integers(0, 256, (8, 16, 3)).astype(np.uint8), (128, 64))
    published = StaticMaps(data, "cp360", torch.device("cpu"))
    assert not np.allclose(published(frame), published(frame[..., ::-1]))
    assert published(frame).min() >= 0, "their class weights are lifted above zero"


def test_a_tree_gives_its_train_split_and_a_list_chooses(tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "wild", clips=2, frames=2)
    clips = find_clips([tree.root])
    assert [c.stem for c in clips] == tree.train_ids
    ids = tmp_path / "ids.txt"
    ids.write_text(f"{tree.train_ids[1]}\n{tree.train_ids[1]}.mp4\n")
    assert [c.stem for c in find_clips([tree.root], ids)] == [tree.train_ids[1]]
    ids.write_text("nobody\n")
    with pytest.raises(TrainingError, match="nobody is not among the clips"):
        find_clips([tree.root], ids)


def test_nothing_to_learn_from_is_said(tmp_path: Path, prepare: Prepare) -> None:
    with pytest.raises(TrainingError, match=r"data\.clips or with --clips"):
        find_clips([])
    with pytest.raises(TrainingError, match="no clip"):
        find_clips([tmp_path / "none.mp4"])
    with pytest.raises(TrainingError, match="no clips in"):
        find_clips([tmp_path])
    with pytest.raises(TrainingError, match="no two frames"):
        prepare(make_clip(tmp_path / "one.mp4", frames=1))
    (tmp_path / "bad.mp4").write_bytes(b"no clip")
    with pytest.raises(MediaError, match=r"bad\.mp4"):
        prepare(tmp_path / "bad.mp4")


def test_backbones_that_do_not_exist_or_fit_are_named() -> None:
    cpu = torch.device("cpu")
    with pytest.raises(TrainingError, match="'lite9' cannot be used"):
        StaticMaps(DataConfig(backbone="lite9"), "exact", cpu)
    with pytest.raises(TrainingError, match=r"data\.channels is 2000, but lite0 knows 1000"):
        StaticMaps(DataConfig(backbone="lite0", channels=2000), "exact", cpu)


def test_orders_are_permutations_that_depend_on_seed_and_epoch_only() -> None:
    assert sorted(epoch_order(9, 0, 0)) == list(range(9))
    assert epoch_order(9, 0, 0) == epoch_order(9, 0, 0)
    assert epoch_order(9, 0, 0) != epoch_order(9, 0, 1)
    assert epoch_order(9, 1, 0) != epoch_order(9, 0, 0)
