"""Frames of many clips under a model's overlay on one picture, to be looked at.

.venv/bin/python tools/contact_sheet.py CLIP... -o sheet.jpg [--model default] [--moments 4]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.analysis import DEFAULT_RATE_HZ, analyse, grid_track
from cubesal.overlay import OverlayStyle, blend_overlay
from cubesal.predictor import SaliencyPredictor, create_predictor
from cubesal.video import ClipReader

Picture = NDArray[np.uint8]

WIDTH, HEIGHT, LINE = 480, 240, 18


def main() -> None:
    """Write the sheet."""
    options = arguments()
    predictor = create_predictor(options.model)
    rows = [row_of(clip, predictor, options.moments) for clip in options.clips]
    sheet = cv2.cvtColor(np.concatenate(rows), cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(options.out), sheet, [cv2.IMWRITE_JPEG_QUALITY, 88])
    print(f"wrote {options.out} ({sheet.shape[1]} x {sheet.shape[0]}), model {options.model}")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", nargs="+", type=Path, metavar="CLIP")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="FILE")
    parser.add_argument("--model", default="default")
    parser.add_argument("--moments", type=int, default=4, help="frames per clip (4)")
    return parser.parse_args()


def row_of(clip: Path, predictor: SaliencyPredictor, moments: int) -> Picture:
    """(LINE + HEIGHT, moments * WIDTH, 3): evenly spread moments of one clip."""
    with ClipReader(clip) as reader:
        track = grid_track(reader, predictor.name, DEFAULT_RATE_HZ)
        points = np.unique(np.linspace(0, len(track) - 1, moments + 2)[1:-1].astype(int))
        for k in points:
            analyse(reader, predictor, track, only=range(k, k + 1))
        frames = reader.frames([int(track.frame_index[k]) for k in points])
        tiles = [
            tile_of(frame.rgb(), track.get(int(k)), f"{clip.stem[:40]}  {frame.time_s:.1f} s")
            for k, frame in zip(points, frames, strict=True)
        ]
    return np.concatenate(tiles, axis=1)


def tile_of(rgb: Picture, saliency: NDArray[np.float32], words: str) -> Picture:
    """One frame under its overlay, with a line of words above it."""
    small = np.asarray(cv2.resize(rgb, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)
    style = OverlayStyle(opacity=0.6, threshold=0.2)
    shown = blend_overlay(small, saliency, float(saliency.max()), style)
    line = np.full((LINE, WIDTH, 3), 24, np.uint8)
    cv2.putText(
        line, words, (4, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (230, 230, 230), 1, cv2.LINE_AA
    )
    return np.concatenate([line, shown])


if __name__ == "__main__":
    main()
