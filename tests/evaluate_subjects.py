"""Does the saliency map lie on the subjects? NSS inside primary subject boxes, per clip.

    python tests/evaluate_subjects.py [--model default] [--device auto] [--data ../shared]

Every map is standardised over the sphere (cos-weighted mean 0, standard deviation 1), then
averaged, cos-weighted, inside the union of a frame's primary boxes; boxes of groups ("people",
"crowd") are left out. A clip's score is the mean over its annotated frames, the last row the mean
over clips. The band is a Gaussian of the latitude at -5°, sigma 10°: what knowing nothing but the
horizon is worth. Exit code 1 if the mean is below 0.9 with or without the prior.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cubesal.geometry import sphere_weights
from cubesal.predictor import SaliencyPredictor, create_predictor
from cubesal.video import ClipReader

CHECKOUT = Path(__file__).resolve().parents[1]
HEIGHT = 120
GOAL = 0.9
GROUPS = {"people", "crowd"}
Box = tuple[float, float, float, float]
Map = npt.NDArray[np.floating]


@dataclass(frozen=True)
class AnnotatedFrame:
    index: int
    boxes: list[Box]  # u0, v0, u1, v1 of the primary subjects; u1 > 1 crosses the seam


def primary_frames(annotation: Path) -> list[AnnotatedFrame]:
    """Frames of one clip that have a primary subject."""
    frames = []
    for frame in json.loads(annotation.read_text())["frames"]:
        boxes = [
            tuple(subject["box"])
            for subject in frame["subjects"]
            if subject["primary"] and subject["label"] not in GROUPS
        ]
        if boxes:
            frames.append(AnnotatedFrame(frame["frame_index"], boxes))
    return frames


def inside(boxes: list[Box]) -> npt.NDArray[np.bool_]:
    """(HEIGHT, 2 HEIGHT) mask of the pixel centres inside any of the boxes."""
    u = (np.arange(2 * HEIGHT) + 0.5) / (2 * HEIGHT)
    v = (np.arange(HEIGHT) + 0.5) / HEIGHT
    mask = np.zeros((HEIGHT, 2 * HEIGHT), dtype=bool)
    for u0, v0, u1, v1 in boxes:
        columns = ((u >= u0) & (u <= u1)) | (u + 1 <= u1)
        mask |= ((v >= v0) & (v <= v1))[:, None] & columns
    return mask


def box_nss(saliency: Map, boxes: list[Box]) -> float:
    """Mean of the standardised map inside the boxes, everything weighted by area on the sphere."""
    weight = np.broadcast_to(sphere_weights(HEIGHT), saliency.shape)
    weight = weight / weight.sum()
    mean = (weight * saliency).sum()
    std = np.sqrt((weight * (saliency - mean) ** 2).sum())
    mask = inside(boxes)
    return float(((saliency - mean) / std * weight)[mask].sum() / weight[mask].sum())


def latitude_band(centre_deg: float = -5.0, sigma_deg: float = 10.0) -> Map:
    latitude_deg = 90 - 180 * (np.arange(HEIGHT) + 0.5) / HEIGHT
    column = np.exp(-0.5 * ((latitude_deg - centre_deg) / sigma_deg) ** 2)
    return np.broadcast_to(column[:, None], (HEIGHT, 2 * HEIGHT))


def predictions(
    predictor: SaliencyPredictor, clip: Path, indices: list[int]
) -> Iterator[npt.NDArray[np.float32]]:
    predictor.reset()
    with ClipReader(clip) as reader:
        for frame in reader.frames(indices):
            yield predictor.step(frame.rgb(), frame.time_s)


def clip_scores(
    annotation: Path, clip: Path, predictors: dict[str, SaliencyPredictor]
) -> dict[str, float]:
    """Mean score of the band and of each predictor over a clip's annotated frames."""
    frames = primary_frames(annotation)
    band = latitude_band()
    scores = {"band": [box_nss(band, f.boxes) for f in frames]}
    for name, predictor in predictors.items():
        maps = predictions(predictor, clip, [f.index for f in frames])
        scores[name] = [box_nss(m, f.boxes) for f, m in zip(frames, maps, strict=True)]
    return {name: float(np.mean(values)) for name, values in scores.items()}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="default")
    parser.add_argument("--device", default="auto")
    data = os.environ.get("CUBESAL_DATA", str(CHECKOUT / ".." / "shared"))
    parser.add_argument("--data", type=Path, default=Path(data))
    return parser.parse_args()


def main() -> int:
    options = arguments()
    predictors = {
        f"prior {word}": create_predictor(options.model, options.device, prior=word == "on")
        for word in ("off", "on")
    }
    columns = ["band", *predictors]
    print(f"NSS inside primary subject boxes, model {options.model}")
    print(f"{'clip':44}" + "".join(f"{c:>11}" for c in columns))
    table = []
    for annotation in sorted((options.data / "gt" / "subjects").glob("*.json")):
        clip = options.data / "clips" / json.loads(annotation.read_text())["clip"]
        scores = clip_scores(annotation, clip, predictors)
        table.append([scores[c] for c in columns])
        print(f"{clip.stem:44}" + "".join(f"{v:11.2f}" for v in table[-1]), flush=True)
    if not table:
        print(f"no annotations under {options.data / 'gt' / 'subjects'}", file=sys.stderr)
        return 1
    means = np.mean(table, axis=0)
    print(f"{f'mean over {len(table)} clips':44}" + "".join(f"{v:11.2f}" for v in means))
    return 0 if means[1:].min() >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
