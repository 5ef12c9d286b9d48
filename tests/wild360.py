"""Makes a small tree laid out as Wild-360 is, with a subject whose place is known.

>>> tree = make_tree(tmp_path / "wild", clips=2, frames=12)
>>> tree.clip("test", tree.test_ids[0])        # 360_Discovery/test/<id>.mp4
>>> np.load(tree.gt / f"{tree.test_ids[0]}.mp4" / "00003.npy")   # (32, 64), of frame 3

    root/360_Discovery/{train,test}/<id>.mp4      clips of one bright subject on a calm ground
    root/Wild360_GT/<id>.mp4/00000.npy ...        heat maps of the test clips, one per frame
    root/Wild360_GT/<id>.mp4/overlay/00000.jpg    pictures that are no ground truth
    root/train_ids.txt, root/test_ids.txt         ids, one a line; the last of the test ids twice
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import pi, radians
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.geometry import dir_from_angles, equirect_rays
from tests.media import make_clip

SUBJECT_RADIUS = radians(14)
GT_SIGMA = radians(10)
STEP = radians(4)


@dataclass(frozen=True)
class Wild360Tree:
    """Where everything lies; ids are distinct, the list of test ids names the last one twice."""

    root: Path
    gt: Path
    train_ids: list[str]
    test_ids: list[str]
    train_list: Path
    test_list: Path

    def clip(self, split: str, clip_id: str) -> Path:
        """The clip of an id; ``split`` is "train" or "test"."""
        return self.root / "360_Discovery" / split / f"{clip_id}.mp4"


def make_tree(
    folder: Path,
    clips: int = 2,
    frames: int = 12,
    size: tuple[int, int] = (128, 64),
    fps: Fraction | int = 25,
) -> Wild360Tree:
    """Write ``clips`` train clips and as many test clips of ``frames`` frames; see above."""
    ids = {split: [f"{split}Clip{k}_{k + 1}" for k in range(clips)] for split in ("train", "test")}
    tree = Wild360Tree(
        folder,
        folder / "Wild360_GT",
        ids["train"],
        ids["test"],
        folder / "train_ids.txt",
        folder / "test_ids.txt",
    )
    for split, names in ids.items():
        for number, name in enumerate(names):
            path = tree.clip(split, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            seed = number + (100 if split == "train" else 0)
            pictures = [scene(seed, k, size) for k in range(frames)]
            make_clip(path, frames=frames, size=size, fps=fps, pictures=pictures)
            if split == "test":
                write_ground_truth(tree.gt / f"{name}.mp4", seed, frames)
    tree.train_list.write_text("".join(f"{name}\n" for name in tree.train_ids))
    tree.test_list.write_text("".join(f"{name}\n" for name in [*tree.test_ids, ids["test"][-1]]))
    return tree


def subject_at(seed: int, frame: int) -> tuple[float, float]:
    """(yaw, pitch) in radians of the subject of clip ``seed``; it walks to the right."""
    yaw = radians(-60 + 50 * seed) + STEP * frame
    return (yaw + pi) % (2 * pi) - pi, radians(10 - 8 * (seed % 3))


def scene(seed: int, frame: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """(H, W, 3) RGB: the subject, bright and striped, on a ground that does not move."""
    width, height = size
    ground = np.random.default_rng(seed).uniform(50, 100, (height // 8, width // 8, 3))
    picture = cv2.resize(ground, (width, height), interpolation=cv2.INTER_CUBIC)
    angle = _angle_to_subject(seed, frame, height)
    stripes = np.where(np.floor(angle / SUBJECT_RADIUS * 4) % 2 == 0, 1.0, 0.45)[..., None]
    colour = np.array([255, 210, 60]) * stripes
    edge = np.clip((SUBJECT_RADIUS - angle) / radians(3), 0, 1)[..., None]
    return np.clip(picture * (1 - edge) + colour * edge, 0, 255).astype(np.uint8)


def ground_truth(seed: int, frame: int, height: int = 32) -> NDArray[np.float32]:
    """(height, 2 height) float32 heat map in [0, 1] around the subject."""
    angle = _angle_to_subject(seed, frame, height)
    return np.exp(-0.5 * (angle / GT_SIGMA) ** 2).astype(np.float32)


def write_ground_truth(folder: Path, seed: int, frames: int) -> None:
    """One map per frame, named by its 0-based number, beside a folder that is to be ignored."""
    (folder / "overlay").mkdir(parents=True)
    for frame in range(frames):
        heat = ground_truth(seed, frame)
        np.save(folder / f"{frame:05d}.npy", heat)
        cv2.imwrite(str(folder / "overlay" / f"{frame:05d}.jpg"), (255 * heat).astype(np.uint8))


def _angle_to_subject(seed: int, frame: int, height: int) -> NDArray[np.float64]:
    """(height, 2 height) radians between each pixel's direction and the subject."""
    yaw, pitch = subject_at(seed, frame)
    cosine = equirect_rays(height) @ dir_from_angles(yaw, pitch)
    return np.arccos(np.clip(cosine, -1, 1))
